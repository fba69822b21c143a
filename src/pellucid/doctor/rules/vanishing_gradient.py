"""Gradients that are lost on their way to the first layers."""

from __future__ import annotations

import math

import numpy as np

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..blaming import MANY_DEAD
from ..consequences import ALL
from ..inside import Inside, at_start
from ..remedies import with_activation, with_default_weights
from .exploding_gradient import rms
from .saturated import shares_of

SATURATED = 0.5  # of a layer's outputs, before the first step
FADED = 1e-4  # of the inputs' size: a signal that has become smaller than this was lost on the way
TINY = 1e-30  # so that nothing is divided by 0
DWINDLING = 1e-3  # an elasticity, somewhere, by which a gradient that comes to 0 is seen to have vanished by and by


def measure(case: Case) -> Signal | None:
    """-log10 of the smallest ‖dL/dW‖·‖W‖/L over the weight matrices, before the first step: by how many per cent the
    loss can change where that matrix changes by one."""
    start = at_start(case)
    kept = kept_of_signal(case, start)
    if kept > FADED:
        return None  # dead units pass nothing back
    if max(shares_of(case, start).values(), default=0.0) > SATURATED:
        return None  # nor do saturated ones, which have a rule of their own
    kernels = start.kernels()
    if not kernels or not math.isfinite(start.loss):
        return None
    if not all(np.isfinite(g).all() for g in start.gradients.values()):
        return None
    found = {name: start.elasticity(name) for name in kernels}
    least = min(kernels, key=lambda name: found[name])
    if found[least] == 0 and kept == 0 and not any(0 < e < DWINDLING for e in found.values()):
        return None  # cut off rather than lost on the way: by dead units, or by a layer that passes nothing back
    value = -math.log10(found[least]) if found[least] > 0 else 40.0
    last = kernels[-1]
    evidence = (
        f"Before the first step, changing {least!r} by 1 % changes the loss by {found[least]:.1e} % at most, changing "
        f"{last!r} by {found[last]:.1e} %. Layer by layer: {', '.join(f'{found[name]:.0e}' for name in kernels[:16])}."
    )
    return Signal(value, evidence, least)


def kept_of_signal(case: Case, start: Inside) -> float:
    """What is left of the inputs' size right before the first layer of dead ReLU units; 0 without such a layer.

    Units that are dead for a reason of their own are given a signal of ordinary size. One that each layer made smaller
    is 0 at last, too, where it is less than a float can be; and so are then all units behind.
    """
    wiring = case.model.wiring
    for label in facts.hidden(case, "relu", "relu6"):
        if facts.dead(start.outputs[label]) > MANY_DEAD:
            (step,) = (step for step in wiring.steps if step.label == label)
            before = [rms(start.outputs[other.label]) for other in wiring.before(step)]
            return max(before) / max(rms(facts.sample(case)[0]), TINY) if before else 1.0
    return 0.0


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy(
        "Use relu in hidden layers, normalize them (BatchNormalization, or LayerNormalization), draw weights by "
        "he_normal or glorot_uniform, or use fewer layers.",
        with_default_weights(case) or {**with_activation(case, "relu"), "batch_norm": True},
    )


RULE = Rule(
    name="vanishing_gradient",
    title="The gradient vanishes before it reaches the first layers",
    measure=measure,
    threshold=3.7,
    meaning="Each layer passes only a part of the gradient on (a sigmoid at most a quarter), and little of it arrives: "
    "the first layers stay random.",
    remedy=remedy,
    source="Hochreiter (1991); Glorot & Bengio, Understanding the difficulty of training deep feedforward neural "
    "networks (AISTATS 2010)",
    explains=ALL - {"exploding_gradient"},
    tolerable=True,
)
