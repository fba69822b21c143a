"""Gradients that grow from step to step on their way back through a sequence."""

from __future__ import annotations

import math

from ..base import Case, Remedy, Rule, Signal
from ..consequences import ALL
from ..through_time import at_start, log, told


def measure(case: Case) -> Signal | None:
    """log10 of the largest share of a gradient at the last step of a recurrent layer that arrives at an earlier one,
    before the first step of training. None without a recurrent layer of 8 steps or more."""
    found = at_start(case)
    if not found:
        return None
    worst = max(found, key=lambda label: found[label].largest)
    grown = found[worst].largest
    if not math.isfinite(grown):
        return None  # what is not finite has a rule of its own
    return Signal(log(grown), f"{told(worst, found[worst])}, {grown:.1e} at the step where it is largest.", worst)


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy(
        "Clip the gradient, optimizer(..., global_clipnorm=1); draw recurrent weights by orthogonal, which keeps "
        "lengths; use LSTM or GRU with tanh; cut sequences into shorter windows."
    )


RULE = Rule(
    name="exploding_through_time",
    title="The gradient explodes on its way back through time",
    measure=measure,
    threshold=3.0,
    meaning="Each step makes the gradient of the steps behind it larger: what happened long ago counts beyond all "
    "measure, and one step throws the weights far off, or overflows.",
    remedy=remedy,
    source="Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks (ICML 2013)",
    explains=ALL - {"frozen_parameters", "vanishing_gradient", "vanishing_through_time"},
    tolerable=True,
)
