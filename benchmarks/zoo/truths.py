"""What else is true of a faulty program, measured without the doctor: which of its consequences there really are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from pellucid.layers import Dense

from .programs import Measured, Program, ProgramRow, measured
from .unseen_truths import MEASURED

ENOUGH = 0.7
CLEAR = 0.1  # by which something is better, where that is no chance


def truths(row: ProgramRow) -> dict[str, float]:
    """For each rule whose statement can be measured so, how true it is: above 1 clearly, below 0.5 not at all."""
    program, seed = row.program, row.seed
    run = measured(program, seed)

    def gain(other: Program) -> float:
        return (measured(other, seed).test - run.test) / CLEAR

    return {
        "ignores_inputs": 2 - 20 * (run.test - _chance(program, run)),
        "non_finite": 2.0 if run.case.stopped is not None else 0.0,
        "overfitting": (run.train - run.test) / CLEAR,
        "trained_too_long": max(gain(replace(program, epochs=max(1, round(k * program.epochs)))) for k in (0.1, 0.3)),
        "stopped_too_early": gain(replace(program, epochs=5 * program.epochs)),
        "learning_rate_too_low": max(gain(_at(program, k)) for k in (3.0, 10.0, 100.0)),
        "learning_rate_too_high": max(gain(_at(program, k)) for k in (0.1, 0.01)),
        "dead_relus": 2 * _units(run, "relu", lambda h: (h == 0).all(axis=0)),
        "saturated": 2 * _units(run, "tanh", lambda h: np.abs(h) > 0.99)
        + 2 * _units(run, "sigmoid", lambda h: np.abs(2 * h - 1) > 0.99),
    }


def untold(row: ProgramRow) -> list[str]:
    """What clearly is true, and the table does not say; and what it says, and clearly is not."""
    known = MEASURED.get(row.recipe, ())
    found = truths(row)
    return [
        f"{name} measures {value:.2f}" for name, value in found.items()
        if (name not in (*row.also, row.rule) and value > 1.5) or (name in known and value < 0.3)
    ]  # fmt: skip


def true_ones(row: ProgramRow) -> list[str]:
    """The rules whose statements are true enough to be told."""
    return [name for name, value in truths(row).items() if value >= ENOUGH and name != row.rule]


def _chance(program: Program, run: Measured) -> float:
    """What a dummy comes to."""
    y = run.case.y
    kinds = {"numbers": 0.0, "classes": 1 / (int(y.max()) + 1), "hot": 1 / y.reshape(len(y), -1).shape[1]}
    return kinds.get(program.kind, 0.5)


def _at(program: Program, factor: float) -> Program:
    """The program at so many times its learning rate."""
    return replace(program, optimizer=partial(_quicker, program.optimizer, factor))


def _quicker(optimizer: Callable[[], Any], factor: float) -> Any:
    made = optimizer()
    made.learning_rate = float(made.learning_rate) * factor
    return made


def _units(run: Measured, activation: str, told: Callable[[Any], Any]) -> float:
    """The largest share, over the hidden Dense layers of this activation."""
    x, most = run.case.x[:1000], 0.0
    with np.errstate(all="ignore"):
        for layer in run.case.model.layers[:-1]:
            x = np.asarray(layer(x))
            if isinstance(layer, Dense) and layer.activation.name == activation:
                most = max(most, float(np.mean(told(x))))
    return most
