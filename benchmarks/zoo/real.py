"""python -m benchmarks.zoo.real [WORD ...]: the commonest beginners' programs, each faulty and mended.

Unlike the other rows these are not clean: a handful of rows, raw units, empty columns, many targets.

Of each faulty program it is told whether a cause is named, and whether all that is said is true; of each mended one,
whether no fault is named. Remarks do not count as faults.
"""

# ruff: noqa: E501, the table of programs is read by its columns
from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid import Sequential, datasets, losses
from pellucid.callbacks import History
from pellucid.doctor import Case, examine
from pellucid.errors import NonFinite
from pellucid.layers import Dense, Normalization
from pellucid.optimizers import SGD, Adam

from .data import Array

SPARSE, BINARY, ONE_HOT = "sparse_categorical_crossentropy", "binary_crossentropy", "categorical_crossentropy"
FAILED = "failed"  # what the doctor says where a training failed and it knows no cause
TOO_SHORT = {"stopped_too_early", "learning_rate_too_low"}  # both cure, and so both are true


@dataclass(frozen=True)
class Program:
    """A data set, a network and a training."""

    data: Callable[[], tuple[Array, Array]]
    hidden: Sequence[Any] = (16,)  # units, or layers
    out: int = 1
    end: str | None = None
    loss: Any = "mse"
    optimizer: Callable[[], Any] = Adam
    epochs: int = 40
    activation: str | None = "relu"
    held: float = 0.2  # the share of rows that are held out

    def case(self) -> Case:
        x, y = self.data()
        n = round(len(x) * (1 - self.held))
        hidden = [h if not isinstance(h, int) else Dense(h, self.activation) for h in self.hidden]
        model = Sequential([*hidden, Dense(self.out, self.end)], seed=1)
        model.build((None, x.shape[1]))
        model.compile(self.optimizer(), self.loss)
        validation = (x[n:], y[n:]) if n < len(x) else None
        history, stopped = History(), None
        with np.errstate(all="ignore"):
            try:
                model.fit(
                    x[:n], y[:n], batch_size=32, epochs=self.epochs, validation_data=validation, callbacks=[history],
                    verbose=0,
                )  # fmt: skip
            except NonFinite as problem:
                stopped = problem
        return Case(model, x[:n], y[:n], validation, 32, self.epochs, history.history, (), stopped)


@dataclass(frozen=True)
class Real:
    """A faulty program, its causes by the names of the rules, and the program mended."""

    name: str
    causes: set[str]
    faulty: Program
    mended: Program
    also: frozenset[str] = frozenset()  # true of the faulty one as well


# Data ----------------------------------------------------------------------------------------------------------------


def xor() -> tuple[Array, Array]:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
    return x, np.array([0, 1, 1, 0], "float32")[:, None]


def tiled_xor() -> tuple[Array, Array]:
    x, y = xor()
    order = np.random.default_rng(0).permutation(200)
    return np.tile(x, (50, 1))[order], np.tile(y, (50, 1))[order]


def two_rows() -> tuple[Array, Array]:
    """Two rows that differ, many times."""
    k = np.random.default_rng(0).integers(0, 2, 200)
    return np.array([[0, 1], [1, 0]], "float32")[k], k


def normal(rows: int = 400, columns: int = 4) -> Array:
    return np.random.default_rng(1).normal(size=(rows, columns)).astype("float32")


def classes(scale: float = 1.0, shift: float = 0.0) -> tuple[Array, Array]:
    x = normal()
    return scale * x + shift, (x[:, 0] + x[:, 1] ** 2 > 0.7).astype(int)


def three() -> tuple[Array, Array]:
    x = normal(600)
    return x, (x[:, 0] > 0.4).astype(int) + (x[:, 1] > 0)


def one_hot() -> tuple[Array, Array]:
    x, k = three()
    return x, np.eye(3, dtype="float32")[k]


def several(columns: int = 5) -> tuple[Array, Array]:
    x = normal(600, 6)
    return x, np.stack([(x[:, i] + x[:, i - 1] > 0) for i in range(columns)], axis=1).astype("float32")


def line(target: float = 1.0, shift: float = 0.0) -> tuple[Array, Array]:
    x = normal()
    y = x @ np.array([1.0, -0.5, 0.3, 0.0]) + 0.3 * x[:, 0] * x[:, 1]
    return x, (target * y + shift).astype("float32")[:, None]


def raw_units() -> tuple[Array, Array]:
    """Rooms, age and income: a few units apart, and learned well all the same."""
    x, y = line()
    return x * np.array([3, 12, 1, 8], "float32") + np.array([5, 20, 0, 9], "float32"), y


def houses() -> tuple[Array, Array]:
    """Prices in thousands."""
    return line(60.0, 250.0)


def padded() -> tuple[Array, Array]:
    x, k = classes()
    return np.hstack([x, np.zeros((len(x), 6), "float32")]), k


def all_the_same() -> tuple[Array, Array]:
    return np.ones((300, 4), "float32"), classes()[1][:300]


def digits(scale: float = 1 / 16) -> tuple[Array, Array]:
    (x, y), _ = datasets.digits.load_data()
    return (x[:900].reshape(900, -1) * scale).astype("float32"), y[:900].reshape(-1)


def pictures() -> tuple[Array, Array]:
    """Digits to themselves: their borders are empty, nearly."""
    x, _ = digits()
    return x, x


def columns() -> tuple[Array, Array]:
    """Twelve targets, of which four hardly vary."""
    x = normal(500, 6)
    t = np.tanh(x @ np.random.default_rng(2).normal(size=(6, 12)) / 2)
    t[:, 8:] = 1 + 1e-6 * t[:, 8:]
    return x, t.astype("float32")


def shuffled() -> tuple[Array, Array]:
    x, k = classes()
    return x, np.random.default_rng(3).permutation(k)


def signs() -> tuple[Array, Array]:
    x, k = classes()
    return x, (2.0 * k - 1).astype("float32")[:, None]


def rare() -> tuple[Array, Array]:
    x = normal(1000)
    return x, (x[:, 0] + 0.5 * x[:, 1] > 2.3).astype(int)


def few() -> tuple[Array, Array]:
    x, k = classes()
    x = np.hstack([x, normal(400, 30)[:, 4:]])
    return x[:60], k[:60]


def few_helped() -> tuple[Array, Array]:
    return classes()


def lecture() -> tuple[Array, Array]:
    """Hours of sleep and of study, and a mark: three rows."""
    return np.array([[3, 5], [5, 1], [10, 2]], "float32") / 10, np.array([[0.75], [0.82], [0.93]], "float32")


def linear_few() -> tuple[Array, Array]:
    """The first example of many a course: y = 2x - 1, as six rows."""
    x = np.array([[-1.0], [0], [1], [2], [3], [4]], "float32")
    return x, 2 * x - 1


def gate() -> tuple[Array, Array]:
    x, _ = xor()
    return x, x.min(axis=1, keepdims=True)


def scaled(rows: Callable[[], tuple[Array, Array]]) -> list[Any]:
    x, _ = rows()
    return [Normalization(mean=x.mean(axis=0), variance=x.var(axis=0) + 1e-6)]


# Programs ------------------------------------------------------------------------------------------------------------

XOR = Program(
    xor, (8,), end="sigmoid", loss=BINARY, held=0, activation="tanh", epochs=400, optimizer=lambda: Adam(0.03)
)
TILED = Program(tiled_xor, (8,), end="sigmoid", loss=BINARY, epochs=150, optimizer=lambda: Adam(0.03))
TWO = Program(classes, (32,), 2, "softmax", SPARSE, lambda: Adam(0.01), 60)
THREE = Program(three, (32,), 3, "softmax", SPARSE, lambda: Adam(0.01), 30)
HOT = Program(one_hot, (32,), 3, "softmax", ONE_HOT, lambda: Adam(0.01), 30)
LABELS = Program(several, (32,), 5, "sigmoid", BINARY, lambda: Adam(0.01), 40)
LINE = Program(line, (32,), optimizer=lambda: Adam(0.01), epochs=60)
DIGITS = Program(digits, (64,), 10, "softmax", SPARSE, lambda: Adam(0.003), 25)
PICTURES = Program(pictures, (32,), 64, "sigmoid", optimizer=lambda: Adam(0.01), epochs=60)
YES = Program(lambda: (classes()[0], classes()[1][:, None]), (32,), 1, "sigmoid", BINARY, lambda: Adam(0.01), 60)


def but(program: Program, **changes: Any) -> Program:
    return replace(program, **changes)


def real() -> list[Real]:
    """All of them."""
    return [
        Real("xor, four rows, sgd, 50 epochs", TOO_SHORT, but(XOR, optimizer=lambda: SGD(0.01), epochs=50), XOR),
        Real("xor, four rows, adam, 100 epochs", TOO_SHORT, but(XOR, optimizer=Adam, epochs=100), XOR),
        Real("xor, four rows, sigmoid and mse, sgd, 500 epochs", TOO_SHORT,
            but(XOR, activation="sigmoid", loss="mse", optimizer=lambda: SGD(0.1), epochs=500),
            but(XOR, activation="sigmoid", loss="mse", epochs=1000)),
        Real("xor, four rows, no hidden layer", {"underfitting", "linear_stack", FAILED}, but(XOR, hidden=()), XOR),
        Real("xor, four rows, linear hidden layer", {"linear_stack"}, but(XOR, activation=None), XOR),
        Real("xor, many times, sgd, 3 epochs", TOO_SHORT, but(TILED, optimizer=lambda: SGD(0.01), epochs=3), TILED),
        Real("and, four rows, too few epochs", TOO_SHORT, but(XOR, data=gate, optimizer=Adam, epochs=20),
            but(XOR, data=gate)),
        Real("y = 2x - 1, six rows, adam at 1e-5", TOO_SHORT,
            Program(linear_few, (), optimizer=lambda: Adam(1e-5), epochs=300, held=0),
            Program(linear_few, (), optimizer=lambda: SGD(0.01), epochs=500, held=0)),
        Real("y = 2x - 1, six rows, sgd at 1", {"learning_rate_too_high", "non_finite"},
            Program(linear_few, (), optimizer=lambda: SGD(1.0), epochs=100, held=0),
            Program(linear_few, (), optimizer=lambda: SGD(0.01), epochs=500, held=0)),
        Real("three rows of marks, sgd, 10 epochs", TOO_SHORT,
            Program(lecture, (8,), 1, "sigmoid", optimizer=lambda: SGD(0.01), epochs=10, held=0),
            Program(lecture, (8,), 1, None, optimizer=lambda: Adam(0.03), epochs=600, held=0)),
        Real("two rows, many times, sgd, 1 epoch", TOO_SHORT,
            Program(two_rows, (8,), 2, "softmax", SPARSE, lambda: SGD(1e-4), 1),
            Program(two_rows, (8,), 2, "softmax", SPARSE, lambda: Adam(0.01), 30)),
        Real("several labels, softmax", {"missing_output_activation"}, but(LABELS, end="softmax", loss=ONE_HOT), LABELS),
        Real("several labels, softmax and binary loss", {"missing_output_activation"}, but(LABELS, end="softmax"), LABELS),
        Real("several labels, sigmoid and categorical loss", {"missing_output_activation"}, but(LABELS, loss=ONE_HOT),
            LABELS),
        Real("several labels, softmax of logits", {"missing_output_activation", "softmax_and_logits"},
            but(LABELS, end=None, loss=losses.CategoricalCrossentropy(from_logits=True)),
            but(LABELS, end=None, loss=losses.BinaryCrossentropy(from_logits=True))),
        Real("autoencoder of digits, sgd", TOO_SHORT, but(PICTURES, optimizer=lambda: SGD(0.01), epochs=10), PICTURES),
        Real("autoencoder of digits, adam at 0.5", {"learning_rate_too_high"},
            but(PICTURES, optimizer=lambda: Adam(0.5)), but(PICTURES, end=None, optimizer=lambda: Adam(0.003))),
        Real("many targets, tanh of too few epochs", TOO_SHORT,
            Program(columns, (64,), 12, optimizer=lambda: Adam(1e-4), epochs=5),
            Program(columns, (64,), 12, optimizer=lambda: Adam(0.01), epochs=100)),
        Real("prices, mse, sgd", {"unscaled_targets", "learning_rate_too_high", "non_finite"},
            but(LINE, data=houses, optimizer=lambda: SGD(0.1)), but(LINE, data=houses, epochs=300, optimizer=lambda: Adam(0.03))),
        Real("prices, adam, 20 epochs", {"unscaled_targets"}, but(LINE, data=houses, optimizer=Adam, epochs=20), LINE),
        Real("pixels 0 to 255, sgd", {"unscaled_inputs"},
            but(DIGITS, data=lambda: digits(255 / 16), optimizer=lambda: SGD(0.1)), DIGITS),
        Real("raw units, sgd at 0.1", {"unscaled_inputs", "learning_rate_too_high", "non_finite"},
            but(LINE, data=raw_units, optimizer=lambda: SGD(0.1)), but(LINE, data=raw_units, hidden=(64, 32), epochs=250)),
        Real("inputs in thousands", {"unscaled_inputs"},
            but(TWO, data=lambda: classes(1000, 5000), optimizer=lambda: SGD(0.01)), TWO),
        Real("every column empty", {"constant_inputs"}, but(TWO, data=all_the_same), but(TWO, data=padded)),
        Real("padded, sgd at 1e-5", TOO_SHORT, but(TWO, data=padded, optimizer=lambda: SGD(1e-5)), but(TWO, data=padded),
            frozenset({"constant_inputs"})),
        Real("no softmax", {"missing_output_activation"}, but(THREE, end=None), THREE),
        Real("softmax and from_logits", {"softmax_and_logits"},
            but(THREE, loss=losses.SparseCategoricalCrossentropy(from_logits=True)),
            but(THREE, end=None, loss=losses.SparseCategoricalCrossentropy(from_logits=True))),
        Real("sigmoid, one of three", {"missing_output_activation"}, but(HOT, end="sigmoid"), HOT),
        Real("relu and categorical loss", {"missing_output_activation"}, but(HOT, end="relu"), HOT),
        Real("one unit and softmax", {"wrong_output_width"}, but(YES, end="softmax"), YES),
        Real("relu output, negative targets", {"unreachable_targets"}, but(LINE, end="relu"), LINE),
        Real("sigmoid output, prices", {"unreachable_targets", "unscaled_targets"}, but(LINE, data=houses, end="sigmoid"),
            LINE),
        Real("sigmoid output, targets -1 and 1", {"unreachable_targets"}, but(YES, data=signs, loss="mse"),
            but(YES, data=signs, end="tanh", loss="mse")),
        Real("adam at 1", {"learning_rate_too_high"}, but(DIGITS, optimizer=lambda: Adam(1.0)), DIGITS),
        Real("ten sigmoid layers", {"vanishing_gradient"}, but(TWO, hidden=(16,) * 10, activation="sigmoid"), TWO),
        Real("labels in another order", {"ignores_inputs"}, but(TWO, data=shuffled), TWO,
            frozenset({"overfitting", "trained_too_long"})),
        Real("one in a hundred", {"class_imbalance"}, but(TWO, data=rare, optimizer=lambda: SGD(0.01), epochs=20), TWO,
            frozenset(TOO_SHORT)),
        Real("sixty rows, a thousand units", {"overfitting", "trained_too_long"},
            but(TWO, data=few, hidden=(512, 512), epochs=100, held=0.5), but(TWO, data=few_helped), frozenset({"overfitting"})),
    ]  # fmt: skip


def judge(words: Sequence[str]) -> None:
    """Prints what is said of each, and the counts."""
    named = true = said = silent = count = first = 0
    began = time.monotonic()
    for one in real():
        if words and not any(word in one.name for word in words):
            continue
        found, healthy = examine(one.faulty.case()), examine(one.mended.case())
        faults, wrongly = ([f for f in part if getattr(f, "kind", "fault") == "fault"] for part in (found, healthy))
        right = [f.rule in one.causes | one.also for f in faults]
        count += 1
        named += any(f.rule in one.causes for f in found)
        first += bool(faults) and faults[0].rule in one.causes
        said, true, silent = said + len(right), true + sum(right), silent + (not wrongly)
        print(f"{one.name:50} {', '.join(f.rule for f in faults) or 'NOTHING'} {_remarks(found)}", flush=True)
        for f in faults:
            print(f"     {'true ' if f.rule in one.causes | one.also else 'FALSE'} {f.rule}: {f.remedy}")
        print(f"     mended: {', '.join('FALSE ' + f.rule for f in wrongly) or 'silent'} {_remarks(healthy)}")
    seconds = time.monotonic() - began
    print(
        f"causes named {named}/{count} (first {first}), statements true {true}/{said}, mended ones silent "
        f"{silent}/{count}; {seconds:.0f} s"
    )


def _remarks(found: Sequence[Any]) -> str:
    remarks = ", ".join(f.rule for f in found if getattr(f, "kind", "fault") == "remark")
    return f"(remarks: {remarks})" if remarks else ""


if __name__ == "__main__":
    judge(sys.argv[1:])
