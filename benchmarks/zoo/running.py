"""A row trained, and what the doctor makes of it."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid import Sequential
from pellucid.actions.building import build
from pellucid.actions.kinds.arrays import Arrays
from pellucid.actions.prepared import Prepared
from pellucid.actions.spec import TrainSpec
from pellucid.callbacks import Callback, EarlyStopping
from pellucid.doctor.base import Case, Rule
from pellucid.doctor.outcome import failed_at, like, works
from pellucid.doctor.rules import every_rule
from pellucid.errors import NonFinite
from pellucid.training.batches import with_class_weight
from pellucid.training.callbacks.probes import Probes

from .data import load, raw
from .planters import IN_DATA, IN_NETWORK
from .rows import Row

VALIDATION_ROWS = 400  # at most half of the held-out rows; the others are for judging cures


class Watch(Callback):
    """Keeps the logs, and the error that ended a training."""

    handles_non_finite = True

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.stopped: NonFinite | None = None

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))

    def on_non_finite(self, problem: NonFinite, batch: int) -> None:
        self.stopped = problem
        self.model.stop_training = True


@dataclass(frozen=True)
class Trained:
    """A row's case, and how good the model is on rows that neither training nor validation saw."""

    case: Case
    score: float  # mean recall of the classes, or R²


def prepared(row: Row) -> Prepared:
    """What the row trains on: inputs as they come, targets that are numbers scaled; faults planted."""
    inputs, targets = raw(row.data), load(row.data)
    half = min(VALIDATION_ROWS, len(inputs.x_held) // 2)
    validation = inputs.x_held[:half], targets.y_held[:half]
    data: Prepared = Arrays(
        inputs.x[: row.rows], targets.y[: row.rows], validation, inputs.x_held[half:], targets.y_held[half:],
        tuple(range(inputs.classes)),
    )  # fmt: skip
    random = np.random.default_rng(row.seed)
    for name, argument in row.plants:
        if name in IN_DATA:
            data = IN_DATA[name](data, argument, random)
    return data


def trained(row: Row) -> Trained:
    """The row, trained from its seed."""
    data = prepared(row)
    spec = TrainSpec.of({"data": row.data, **row.spec}, row.name)
    assert spec.epochs is not None
    model = _network(row, spec, data)
    watch, probes = Watch(), Probes()
    callbacks: list[Any] = [watch, probes]
    weights = None
    for name, argument in row.plants:
        if name == "early_stopping":
            callbacks.append(EarlyStopping(patience=argument, restore_best_weights=True))
        elif name == "balanced":
            counts = np.bincount(data.y_train, minlength=data.classes)
            weights = {k: len(data.y_train) / (data.classes * n) for k, n in enumerate(counts) if n}
        elif name == "class_weight":
            weights = argument
    with quietly():
        model.fit(
            data.x_train, data.y_train, batch_size=spec.batch_size, epochs=spec.epochs, validation_data=data.validation,
            callbacks=callbacks, verbose=0, class_weight=weights,
        )  # fmt: skip
        score = held_out_score(model, data)
    case = Case(
        model, data.x_train, data.y_train, data.validation, spec.batch_size, spec.epochs, watch.history, probes.looks,
        watch.stopped, spec.model_dump(exclude_none=True), with_class_weight(data.y_train, None, weights),
    )  # fmt: skip
    return Trained(case, score)


def _network(row: Row, spec: TrainSpec, data: Prepared) -> Sequential:
    assert spec.epochs is not None
    model = build(spec, data, spec.epochs)
    for name, argument in row.plants:
        if name in IN_NETWORK:
            model = IN_NETWORK[name](model, data, argument)
    return model


def held_out_score(model: Sequential, data: Prepared) -> float:
    """Mean recall of the classes, or R², on rows without the fault; -1 where nothing finite comes out."""
    x = data.x_test
    if x.shape[1:] != tuple(model.input_shape[1:]):
        return -1.0
    outputs = model.predict(x, verbose=0).astype("float64")
    if not np.isfinite(outputs).all():
        return -1.0
    if not data.classes:
        t, y = data.y_test, outputs.reshape(len(x), -1)[:, 0]
        return max(-1.0, 1 - float(np.mean((t - y) ** 2) / np.var(t)))
    level = 0.0 if getattr(model.loss, "from_logits", False) else 0.5
    said = outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > level).astype(int)
    return float(np.mean([np.mean(said[data.y_test == k] == k) for k in np.unique(data.y_test)]))


class quietly:
    """No warnings, no remarks of the engine: faults are what we are after."""

    def __enter__(self) -> None:
        self.caught = warnings.catch_warnings()
        self.caught.__enter__()
        warnings.simplefilter("ignore")
        logging.getLogger("pellucid").setLevel(logging.ERROR)

    def __exit__(self, *problem: object) -> None:
        self.caught.__exit__(None, None, None)


def signals(case: Case, rules: Sequence[Rule] | None = None) -> tuple[dict[str, Any], dict[str, str]]:
    """Each rule's (value, evidence), those of rules that a deeper finding would silence included; and what a rule
    stumbled over, which the doctor passes over. rules: those that the zoo judges unless others are given."""
    found: dict[str, Any] = {}
    stumbled: dict[str, str] = {}
    with quietly(), np.errstate(all="ignore"):
        for rule in every_rule() if rules is None else rules:
            try:
                signal = rule.measure(case)
            except Exception as problem:
                signal, stumbled[rule.name] = None, repr(problem)
            told = signal is not None and not np.isnan(signal.value)
            found[rule.name] = (float(signal.value), signal.evidence) if told else None
    return found, stumbled


def examined(row: Any) -> dict[str, Any]:
    """What is kept of a row."""
    began = time.monotonic()
    run = trained(row) if isinstance(row, Row) else row.trained()
    middle = time.monotonic()
    values, stumbled = signals(run.case)
    return {
        "name": row.name, "rule": row.rule, "group": row.group, "data": row.data, "also": sorted(row.also),
        "score": round(run.score, 4), "signals": {name: v and float(f"{v[0]:.6g}") for name, v in values.items()},
        "evidence": values[row.rule][1] if row.rule and values.get(row.rule) else "",
        "stumbled": stumbled,
        "like": like(run.case), "works": works(run.case), "failed": failed_at(run.case) is not None,
        "seconds": [round(middle - began, 2), round(time.monotonic() - middle, 2)],
    }  # fmt: skip
