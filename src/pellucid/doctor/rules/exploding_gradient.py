"""Gradients that are far too large for the weights."""

from __future__ import annotations

import math

import numpy as np

from ...wiring import Step
from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..consequences import ALL
from ..inside import Inside, at_start
from ..remedies import rate_now, rounded, with_default_weights
from ..wires import firsts, meeting


def measure(case: Case) -> Signal | None:
    """log10 of the larger of two growths before the first step: of the signal, from the inputs to the hidden layer
    where it is largest; and of the gradient, from the last weight matrix to the first. Each by its root mean square."""
    start = at_start(case)
    kernels = start.kernels()
    if len(kernels) < 2 or not all(np.isfinite(g).all() for g in start.gradients.values()):
        return None  # what is not finite has a rule of its own
    meets, begin = meeting(case.model), [name for name in firsts(case.model) if name in kernels] or kernels[:1]
    hidden = [meets[name].label for name in kernels[:-1] if name in meets]
    sizes = {path: rms(start.outputs[path]) for path in hidden}
    largest = max(sizes, key=lambda path: sizes[path], default="")
    entering = max(*(_entering(case, start, meets[name]) for name in begin), 1.0)
    forward = sizes.get(largest, 0.0) / entering
    steepest = max(begin, key=lambda name: rms(start.gradients[name]))
    first, last = rms(start.gradients[steepest]), rms(start.gradients[kernels[-1]])
    backward = first / last if last > 0 else 0.0
    growth = max(forward, backward)
    if growth <= 0 or not math.isfinite(growth):
        return None
    evidence = (
        f"Before the first step the outputs grow from {entering:.3g} at the inputs to {sizes.get(largest, 0.0):.3g} in "
        f"{largest!r}, the gradient from {last:.3g} for {kernels[-1]!r} to {first:.3g} for {steepest!r}; the loss "
        f"is {start.loss:.3g}."
    )
    return Signal(math.log10(growth), evidence, largest if forward >= backward else steepest)


def _entering(case: Case, start: Inside, step: Step) -> float:
    """The root mean square of what a step is given that weights are met at."""
    given = [other for other in case.model.wiring.before(step) if not other.layer.gives_weights]
    return max((rms(start.outputs[other.label]) for other in given), default=rms(facts.sample(case)[0]))


def rms(a: object) -> float:
    """The root mean square of all entries.

    >>> rms(np.array([3.0, 4.0, 0.0, 0.0]))
    2.5
    """
    return float(np.sqrt(np.square(np.asarray(a, np.float64)).mean()))


def remedy(case: Case, signal: Signal) -> Remedy:
    words = "Draw smaller initial weights (glorot_uniform, or he_normal with relu: deviation √(2/inputs)), normalize "
    change = with_default_weights(case)
    if case.spec and not change:
        change = {"batch_norm": True, "learning_rate": rounded(min(rate_now(case), 1e-3))}
    return Remedy(
        f"{words}layers (BatchNormalization), and clip the gradient: optimizer(..., global_clipnorm=1).", change
    )


RULE = Rule(
    name="exploding_gradient",
    title="The gradient explodes",
    measure=measure,
    threshold=1.976,
    meaning="Each layer makes the signal larger, and the gradient on its way back again: one step throws the weights "
    "far off, or overflows.",
    remedy=remedy,
    source="Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks (ICML 2013); "
    "AUTOTRAINER (ICSE 2021)",
    explains=ALL - {"frozen_parameters"},
    tolerable=True,
)
