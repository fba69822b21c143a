"""Sigmoid and tanh units at the flat ends of their curves."""

from __future__ import annotations

import numpy as np

from ...arrays import Array
from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..consequences import OUTCOMES
from ..inside import Inside, at_start
from ..remedies import with_activation, with_default_weights
from ..wires import activation_of

ENDS = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "hard_tanh": (-1.0, 1.0)}
NEAR = 0.01  # of the range: a sigmoid's slope there is 0.04 of its largest


def measure(case: Case) -> Signal | None:
    """The largest share, over hidden layers, of outputs within 1 % of the range from an end of it, before the first
    step."""
    shares = shares_of(case, at_start(case))
    if not shares:
        return None
    worst = max(shares, key=lambda path: shares[path])
    kinds = {step.label: activation_of(step.layer) for step in case.model.wiring.steps}
    evidence = (
        f"{shares[worst]:.0%} of the outputs of layer {worst!r} ({kinds[worst]}) are at an end of their range before "
        "the first step."
    )
    return Signal(shares[worst], evidence, worst)


def shares_of(case: Case, look: Inside) -> dict[str, float]:
    """The saturation of each hidden layer whose activation has flat ends."""
    kinds = {step.label: activation_of(step.layer) for step in case.model.wiring.steps}
    return {path: saturation(look.outputs[path], kinds[path]) for path in facts.hidden(case, *ENDS)}


def saturation(y: Array, activation: str) -> float:
    """The share of y within 1 % of the range from an end of it.

    >>> saturation(np.array([0.999, 0.5, 0.001, 0.6]), "sigmoid")
    0.5
    """
    low, high = ENDS[activation]
    near = NEAR * (high - low)
    return float(np.mean((y < low + near) | (y > high - near)))


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy(
        "Scale the inputs, draw smaller weights (glorot_uniform), lower the learning rate, or use relu in hidden "
        "layers.",
        with_default_weights(case) or with_activation(case, "relu"),
    )


RULE = Rule(
    name="saturated",
    title="Units are saturated",
    measure=measure,
    threshold=0.4,
    meaning="At the ends of its curve a unit hardly changes whatever comes in, and passes no gradient back: it stops "
    "learning.",
    remedy=remedy,
    source="Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks (AISTATS 2010); "
    "DeepDiagnosis (ICSE 2022)",
    explains=OUTCOMES | {"wrong_initial_loss", "learning_rate_too_low", "cannot_overfit_20_samples"},
    tolerable=True,
)
