"""Layers with weights that follow one another without a non-linearity between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from ...arrays import Array, Shape
from ...ops import Op
from ...rng import Key
from ...wiring import Step
from ..base import Case, Remedy, Rule, Signal
from ..copies import copy_of
from ..remedies import with_activation
from ..wires import function_of, meeting


def measure(case: Case) -> Signal | None:
    """The share of hidden layers with weights whose output reaches the next weights unbent, whichever way it takes."""
    twin = copy_of(case.model)
    meets = dict.fromkeys(step.label for step in meeting(twin).values())
    bends = {step.label: not affine(step, twin) for step in twin.wiring.steps}
    straight = {label: ways_on(twin, label, meets, bends) for label in meets}
    hidden = {label: ways for label, ways in straight.items() if ways}
    linear = [label for label, ways in hidden.items() if not any(ways)]
    if not hidden:
        return None
    evidence = f"{len(linear)} of {len(hidden)} hidden layers pass a linear function on"
    evidence += f": {', '.join(linear)}." if linear else "."
    return Signal(len(linear) / len(hidden), evidence, linear[0] if linear else "")


def ways_on(model: Any, label: str, meets: Collection[str], bends: Mapping[str, bool]) -> list[bool]:
    """For each way from a step to the next weights, whether it is bent before it is there."""
    reached: dict[int, set[bool]] = {}
    found: list[bool] = []
    for step in model.wiring.steps:
        arriving = set[bool]().union(*(reached.get(wire, set()) for wire in step.inputs))
        if step.label in meets and step.label != label:
            found += arriving
        elif step.label == label or arriving:
            leaving = {bends[label]} if step.label == label else {bent or bends[step.label] for bent in arriving}
            reached |= dict.fromkeys(step.outputs, leaving)
    return found


def affine(step: Step, model: Any) -> bool:
    """Whether f((a + b) / 2) = (f(a) + f(b)) / 2 for random a and b of many sizes, f being the layer's activation or,
    if it has none of its own, the step; what gives the same whatever comes in has another fault. The rows of a table
    lie on no line, whatever the numbers that name them."""
    layer = step.layer
    if layer.gives_weights:
        return True
    if layer.names:
        return False
    gated = hasattr(layer, "recurrent_activation")  # which bends, whatever its activation does
    activation = None if isinstance(layer, Op) or gated else function_of(layer)
    own = {wire: p for other in model.wiring.steps if other.layer.gives_weights
           for wire, p in zip(other.outputs, other.layer.p.values(), strict=True)}  # fmt: skip
    flowing = [wire for wire in step.inputs if wire not in own]
    if not flowing:
        return True
    shapes = [(64, 8)] if activation is not None else [(64, *shape) for shape in shapes_of(model, step, own)]

    def f(xs: list[Array]) -> Array:
        if activation is not None:
            return np.asarray(activation(xs[0]))
        rest = iter(xs)
        given = [own[wire] if wire in own else next(rest) for wire in step.inputs]
        y, _ = layer.forward(layer.p, *given, training=False, rng=Key(0))
        return np.asarray(y[0] if isinstance(y, tuple) else y)

    a, b = ([_sized(shape, i + 2 * k, model.dtype) for k, shape in enumerate(shapes)] for i in (1, 2))
    fa, fb, middle = f(a), f(b), f([(u + v) / 2 for u, v in zip(a, b, strict=True)])
    return not np.array_equal(fa, fb) and bool(
        np.allclose(middle, (fa + fb) / 2, rtol=1e-3, atol=1e-4 * max(float(np.abs(fa).max()), 1e-6))
    )


def _sized(shape: Shape, seed: int, dtype: str) -> Array:
    """Random numbers, of another size in each row."""
    size = np.logspace(-1, 1, 64).reshape(64, *[1] * (len(shape) - 1))
    drawn: Array = Key(seed).fold("affine").uniform(shape, dtype, -1, 1) * size.astype(dtype)
    return drawn


def shapes_of(model: Any, step: Step, own: Collection[int]) -> list[Shape]:
    """The shapes of a sample of what flows into a step."""
    given = next(shapes for other, shapes in model.steps(*model.sample_shapes) if other is step)
    return [shape for shape, wire in zip(given, step.inputs, strict=True) if wire not in own]


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
