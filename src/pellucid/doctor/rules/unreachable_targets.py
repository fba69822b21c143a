"""Targets that the output activation cannot give."""

from __future__ import annotations

import numpy as np

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..consequences import ALL

RANGES = {
    "sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0),
    "relu": (0.0, np.inf), "softplus": (0.0, np.inf), "exponential": (0.0, np.inf), "relu6": (0.0, 6.0),
}  # fmt: skip


def measure(case: Case) -> Signal | None:
    """The share of targets outside the range of the output activation; of a regression."""
    end = facts.ends_in(case.model)
    if facts.task(case).kind != "numbers" or end not in RANGES or hasattr(case.model.loss, "from_logits"):
        return None
    y, (low, high) = np.asarray(case.y), RANGES[end]
    share = float(((y < low) | (y > high)).mean())
    evidence = f"{share:.0%} of the targets ({y.min():.3g} to {y.max():.3g}) lie outside {low:g}..{high:g}, all that "
    return Signal(share, f"{evidence}the output activation {end} can give.", "output")


def remedy(case: Case, signal: Signal) -> Remedy:
    layers = list(case.spec.get("layers", ()))
    linear = [*layers[:-1], {**layers[-1], "activation": "linear"}] if layers and isinstance(layers[-1], dict) else None
    return Remedy("Let the last layer have no activation.", {"layers": linear} if linear else {})


RULE = Rule(
    name="unreachable_targets",
    title="The output activation cannot reach the targets",
    measure=measure,
    threshold=0.02,
    confidence=0.96,
    meaning="Whatever the network learns, its outputs stay within the activation's range.",
    remedy=remedy,
    source="Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2",
    explains=ALL,
    static=True,
)
