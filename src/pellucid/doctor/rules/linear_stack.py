"""Layers with weights that follow one another without a non-linearity between them."""

from __future__ import annotations

import numpy as np

from ...layers import Layer
from ...rng import Key
from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..copies import copy_of
from ..remedies import with_activation


def measure(case: Case) -> Signal | None:
    """The share of hidden layers with weights whose output reaches the next weights unbent; of chains alone."""
    twin = copy_of(case.model)
    if not twin.wiring.is_chain:
        return None
    bent, linear, hidden, last = True, [], 0, ""
    for step in twin.wiring.steps:
        path, layer = step.path, step.layer
        weights = any(p.ndim >= 2 for p in layer.p.values())
        if weights and last:
            hidden += 1
            if not bent:
                linear.append(last)
        if weights:
            last, bent = path, False
        bent = bent or not affine(layer, twin.dtype)
    if hidden == 0:
        return None
    evidence = f"{len(linear)} of {hidden} hidden layers pass a linear function on"
    evidence += f": {', '.join(linear)}." if linear else "."
    return Signal(len(linear) / hidden, evidence, linear[0] if linear else "")


def affine(layer: Layer, dtype: str) -> bool:
    """Whether f((a + b) / 2) = (f(a) + f(b)) / 2 for random a and b of many sizes, f being the layer's activation or,
    if it has none of its own, the layer; what gives the same whatever comes in has another fault."""
    activation = facts.function_of(layer)
    shape = (64, 8) if activation is not None else (64, *(layer.shape or ()))
    size = np.logspace(-1, 1, 64).reshape(64, *[1] * (len(shape) - 1))
    a, b = (Key(i).fold("affine").uniform(shape, dtype, -1, 1) * size.astype(dtype) for i in (1, 2))
    f = activation or (lambda x: layer.forward(layer.p, x, training=False, rng=Key(0))[0])
    fa, fb, middle = f(a), f(b), f((a + b) / 2)
    return not np.array_equal(fa, fb) and bool(
        np.allclose(middle, (fa + fb) / 2, rtol=1e-3, atol=1e-4 * max(float(np.abs(fa).max()), 1e-6))
    )


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy("Give each hidden layer an activation, such as relu.", with_activation(case, "relu"))


RULE = Rule(
    name="linear_stack",
    title="Hidden layers are linear",
    measure=measure,
    threshold=0.8,
    meaning="A linear layer upon another is one linear layer: however deep, the network draws straight lines only.",
    remedy=remedy,
    source="Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.1; UMLAUT (CHI 2021)",
    explains=frozenset({"underfitting", "ignores_inputs", "one_class_always_wrong", "cannot_overfit_20_samples"}),
    tolerable=True,
    static=True,
)
