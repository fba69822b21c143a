"""Programs as beginners write them: rows of the zoo that no TrainSpec can say, with what is really true of them.

Whether a program is good, or its fault hurts, is measured here, without the doctor: on rows that neither training nor
validation saw, against a straight line, the nearest neighbours, or the same program without the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from pellucid import Sequential
from pellucid.callbacks import EarlyStopping
from pellucid.doctor import Case
from pellucid.layers import Dense, Layer
from pellucid.optimizers import Adam
from pellucid.training.batches import with_class_weight
from pellucid.training.callbacks.probes import Probes

from .data import Array
from .rows import digest
from .running import Trained, Watch, quietly

TINY = 50  # rows: of fewer, each is needed for training, and they are what is judged by as well

ADAM: Callable[[], Any] = partial(Adam, 0.01)


class Split(NamedTuple):
    """Rows to train on, to validate on (none where there are too few), and to judge by."""

    x: Array
    y: Array
    x_validation: Array
    y_validation: Array
    x_test: Array
    y_test: Array


Data = Callable[[np.random.Generator], Split]
Change = Callable[[Split, np.random.Generator], Split]


@dataclass(frozen=True)
class Program:
    """A data set, a network and a training; `kind` says what the targets are.

    classes: numbers of classes; hot: rows with a single 1; yes: 0 or 1, or -1 or 1; labels: any of several; numbers.
    """

    kind: str
    data: Data
    hidden: Sequence[int | Callable[[], Layer]] = (16,)
    out: int = 1
    end: str | None = None
    loss: Any = "mse"
    optimizer: Callable[[], Any] = ADAM
    epochs: int = 40
    activation: str | None = "relu"
    batch: int = 32
    level: float = 0.5  # an output above it says yes
    dense: Mapping[str, Any] = field(default_factory=dict)  # arguments of the hidden Dense layers
    last: Mapping[str, Any] = field(default_factory=dict)  # arguments of the last
    changes: Sequence[Change] = ()  # what is done to the data on the way
    class_weight: Mapping[int, float] | None = None
    patience: int = 0  # of early stopping, where there is any

    def network(self, seed: int, columns: int) -> Sequential:
        hidden = [
            Dense(h, activation=self.activation, **self.dense) if isinstance(h, int) else h() for h in self.hidden
        ]
        model = Sequential([*hidden, Dense(self.out, activation=self.end, **self.last)], seed=seed)
        model.build((None, columns))
        model.compile(self.optimizer(), self.loss)
        return model

    def rows(self, seed: int) -> Split:
        random = np.random.default_rng(seed)
        split = self.data(random)
        for change in self.changes:
            split = change(split, random)
        return split


@dataclass(frozen=True)
class Measured:
    """A program trained, and how well it does: 1 is all right, and for numbers 0 is a dummy."""

    case: Case
    train: float
    validation: float
    test: float
    sureness: float  # 1 - (cross-entropy / a dummy's), on the test rows


def measured(program: Program, seed: int) -> Measured:
    """The program, trained from this seed."""
    data = program.rows(seed)
    model = program.network(seed, data.x.shape[1])
    watch, probes = Watch(), Probes()
    callbacks: list[Any] = [watch, probes]
    if program.patience:
        callbacks.append(EarlyStopping(patience=program.patience, restore_best_weights=True))
    validation = (data.x_validation, data.y_validation) if len(data.x_validation) else None
    with quietly(), np.errstate(all="ignore"):
        model.fit(
            data.x, data.y, batch_size=program.batch, epochs=program.epochs, validation_data=validation,
            callbacks=callbacks, verbose=0, class_weight=program.class_weight,
        )  # fmt: skip
        pairs = [(data.x, data.y), validation or (data.x, data.y), (data.x_test, data.y_test)]
        outputs = [model.predict(x, verbose=0).astype("float64") for x, _ in pairs]
    weights = with_class_weight(data.y, None, program.class_weight)
    case = Case(
        model, data.x, data.y, validation, program.batch, program.epochs, watch.history, probes.looks, watch.stopped,
        sample_weight=weights,
    )  # fmt: skip
    train, held, test = (success(program, y, out) for (_, y), out in zip(pairs, outputs, strict=True))
    return Measured(case, train, held, test, sureness(program, data.y_test, outputs[2]))


# How well ------------------------------------------------------------------------------------------------------------


def success(program: Program, y: Array, outputs: Array) -> float:
    """Mean recall of the classes or labels, or mean R² of the columns; -1 where nothing finite comes out.

    >>> success(Program("numbers", None), np.array([0.0, 2.0]), np.array([[0.0], [2.0]]))
    1.0
    """
    if not np.isfinite(outputs).all():
        return -1.0
    outputs = outputs.reshape(len(y), -1)
    if program.kind == "numbers":
        t = np.asarray(y, "float64").reshape(outputs.shape)
        varied = t.std(axis=0) > 1e-4 * np.abs(t).max()
        errors, spread = ((t - outputs) ** 2).mean(axis=0)[varied], t.var(axis=0)[varied]
        return float(np.mean(np.maximum(-1.0, 1 - errors / spread)))
    if program.kind == "labels":
        return float(np.mean([_recall(y[:, i] > 0.5, outputs[:, i] > program.level) for i in range(y.shape[1])]))
    if program.kind == "yes":
        return _recall(y.reshape(-1) > 0, outputs[:, 0] > program.level)
    return _recall(y.argmax(axis=1) if program.kind == "hot" else y.reshape(-1), outputs.argmax(axis=1))


def _recall(y: Array, said: Array) -> float:
    return float(np.mean([np.mean(said[y == k] == k) for k in np.unique(y)]))


def sureness(program: Program, y: Array, outputs: Array) -> float:
    """How good the outputs are as probabilities, or numbers; as whoever reads them takes them."""
    if program.kind in ("numbers", "labels") or not np.isfinite(outputs).all():
        return success(program, y, outputs)
    if program.kind == "yes":
        k = (y.reshape(-1) > 0).astype(int)
        p = outputs[:, 0] if program.level == 0.5 else 1 / (1 + np.exp(-outputs[:, 0]))
        p = np.stack([1 - p, p], axis=1)
    else:
        k = y.argmax(axis=1) if program.kind == "hot" else y.reshape(-1)
        p = outputs
    logits = getattr(program.loss, "from_logits", False)
    if logits and program.kind != "yes":
        p = np.exp(p - p.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
    shares = np.bincount(k) / len(k)
    dummy = -np.sum(shares * np.log(np.maximum(shares, 1e-7)))
    return float(1 + np.mean(np.log(np.clip(p[np.arange(len(k)), k], 1e-7, 1))) / dummy)


def line(program: Program, data: Split) -> float:
    """What a straight line through standardized columns comes to, least squares with a small penalty."""
    shift, scale = data.x.mean(axis=0), data.x.std(axis=0) + 1e-9
    x, x_test = (
        np.hstack([(a - shift) / scale, np.ones((len(a), 1))]).astype("float64") for a in (data.x, data.x_test)
    )
    t = _as_columns(program, data.y)
    weights = np.linalg.solve(x.T @ x + 0.01 * len(x) * np.eye(x.shape[1]), x.T @ t)
    return success(replace(program, level=0.5), data.y_test, x_test @ weights)


def neighbours(program: Program, data: Split, count: int = 7) -> float:
    """What the mean of the nearest rows comes to."""
    shift, scale = data.x.mean(axis=0), data.x.std(axis=0) + 1e-9
    x, x_test = ((a - shift) / scale for a in (data.x, data.x_test))
    far = (x_test**2).sum(axis=1)[:, None] - 2 * x_test @ x.T + (x**2).sum(axis=1)
    near = np.argsort(far, axis=1)[:, : min(count, len(x))]
    outputs = _as_columns(program, data.y)[near].mean(axis=1)
    return success(replace(program, level=0.5), data.y_test, outputs)


def _as_columns(program: Program, y: Array) -> Array:
    if program.kind == "classes":
        return np.eye(int(y.max()) + 1)[y.reshape(-1)]
    t = np.asarray(y, "float64").reshape(len(y), -1)
    return (t > 0).astype("float64") if program.kind == "yes" else t


# Rows ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProgramRow:
    """One run; what the doctor is to say of it stands under the names that Row has."""

    rule: str
    recipe: str
    program: Program
    sound: Program  # the same without the fault
    also: frozenset[str]
    measure: str
    margin: float
    ceiling: float | None
    gap: float

    data: str = "moons"  # no folder of data is needed
    plants: tuple[tuple[str, Any], ...] = ()
    marks: frozenset[Any] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.rule or 'healthy'}: {self.recipe}, a program"

    @property
    def group(self) -> str:
        return self.name

    @property
    def seed(self) -> int:
        return digest(f"{self.rule or 'healthy'}: {self.recipe}") % 1000

    def trained(self) -> Trained:
        run = measured(self.program, self.seed)
        return Trained(run.case, run.test)

    def checked(self) -> dict[str, Any]:
        """What is measured without the doctor, and what is not as the table says."""
        return _hurt(self) if self.rule else _good(self)


@dataclass(frozen=True)
class Told:
    """A recipe: a program, and for a faulty one what is changed in it."""

    rule: str
    recipe: str
    sound: Program
    fault: Mapping[str, Any] = field(default_factory=dict)
    also: Sequence[str] = ()
    measure: str = "test"  # or sureness, or honesty: validation as good as the test rows
    margin: float = 0.05  # by which the sound program is better at least
    ceiling: float | None = None  # what nobody can do better than, where that is known
    gap: float = 0.1  # that a healthy run may have between training and test rows

    def rows(self) -> list[ProgramRow]:
        return [
            ProgramRow(
                self.rule, self.recipe, replace(self.sound, **self.fault), self.sound,
                frozenset(self.also) - {self.rule}, self.measure, self.margin, self.ceiling, self.gap,
            )
        ]  # fmt: skip


def _value(run: Measured, measure: str) -> float:
    if measure == "honesty":
        return -abs(run.validation - run.test)
    return float(getattr(run, measure))


def _hurt(row: ProgramRow) -> dict[str, Any]:
    """The faulty program beside its sound twin."""
    faulty, sound = measured(row.program, row.seed), measured(row.sound, row.seed)
    worse, better = _value(faulty, row.measure), _value(sound, row.measure)
    told = {"faulty": worse, "sound": better, "gap": faulty.train - faulty.test, "sound test": sound.test}
    wrong = [] if better >= worse + row.margin else [f"{row.measure}: {worse:.3f} with the fault, {better:.3f} without"]
    return {"name": row.name, "told": told, "wrong": wrong}


def _good(row: ProgramRow) -> dict[str, Any]:
    """The healthy program beside a line, neighbours, what is known, and itself trained shorter and for longer."""
    run = measured(row.program, row.seed)
    data = row.program.rows(row.seed)
    shorter, longer = (
        measured(replace(row.program, epochs=max(1, round(row.program.epochs * k))), row.seed).test for k in (0.5, 4)
    )
    told = {
        "test": run.test, "line": line(row.program, data), "near": neighbours(row.program, data),
        "gap": run.train - run.test, "shorter": shorter, "longer": longer,
    }  # fmt: skip
    tiny = len(data.x) < TINY
    bar = max(told["line"], -1 if tiny else told["near"])
    bars = {"a baseline": bar - 0.03}
    if row.ceiling is not None:
        bars["what can be reached"] = row.ceiling - 0.05
    wrong = [f"{run.test:.3f} where {name} asks for {least:.3f}" for name, least in bars.items() if run.test < least]
    wrong += [f"a gap of {told['gap']:.3f}"] if told["gap"] > row.gap else []
    wrong += [f"{longer:.3f} in four times the epochs, {run.test:.3f} now"] if longer > run.test + 0.03 else []
    wrong += [f"{shorter:.3f} in half the epochs, {run.test:.3f} now"] if shorter > run.test + 0.05 else []
    return {"name": row.name, "told": told, "wrong": wrong}
