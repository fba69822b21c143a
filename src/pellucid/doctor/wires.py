"""Where things stand in a network, be it a chain or a graph: where weights meet data, what lies before what, what an
output comes from."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..activations import activations
from ..arrays import Array
from ..layers import Layer
from ..layers.activation_layer import ActivationLayer
from ..layers.walking import outputs_of
from ..ops import Op
from ..wiring import Step

UNKNOWN = "unknown"  # the end of a network that is neither a layer with weights nor an activation
PASSING = ("Flatten", "Reshape", "Dropout", "Identity", "ActivityRegularization", "Permute", "ExpandDims", "Squeeze")
PRODUCTS = ("matmul", "einsum", "add")  # with weights of one's own: they end as a layer without an activation does


def function_of(layer: Layer) -> Any:
    """The activation that a layer or op ends with, or is; None, where it has none. The larger of x and 0 is relu."""
    if isinstance(layer, Op):
        zero = [one for one in layer.held.values() if np.ndim(one) == 0 and one == 0]
        if layer.operation.name == "maximum" and layer.places - len(layer.held) == 1 and zero:
            return activations.get("relu")
        return layer.operation.activation
    return getattr(layer, "function", getattr(layer, "activation", None))


def activation_of(layer: Layer) -> str:
    """Its name: "relu", "linear", ..."""
    return str(getattr(function_of(layer), "name", "linear"))


def end_of(model: Any) -> Layer | None:
    """The last layer that has weights or is an activation; None where the output is of something else, such as a sum of
    several layers."""
    steps = model.wiring.steps
    if model.wiring.is_chain and not any(isinstance(step.layer, Op) for step in steps):
        layers: list[Layer] = [step.layer for step in steps]
        return next((layer for layer in reversed(layers) if layer.p or isinstance(layer, ActivationLayer)), layers[-1])
    givers, given = {wire: step for step in steps for wire in step.outputs}, own_weights(model)
    wire = model.wiring.outputs[0]
    while wire in givers:
        step = givers[wire]
        end: Layer = step.layer
        own = isinstance(end, Op) and end.operation.name in PRODUCTS and bool(given & set(step.inputs))
        if end.p or own or function_of(end) is not None or isinstance(end, ActivationLayer):
            return end
        if type(end).__name__ not in PASSING or len(step.inputs) != 1:
            return None
        (wire,) = step.inputs
    return None


def ends_in(model: Any) -> str:
    """The name of the output activation, "linear" among them; "unknown" where there is none to be told."""
    end = end_of(model)
    return UNKNOWN if end is None else activation_of(end)


def own_weights(model: Any) -> frozenset[int]:
    """The wires of the weights that classes of one's own asked for."""
    return frozenset(wire for step in model.wiring.steps if step.layer.gives_weights for wire in step.outputs)


def meeting(model: Any) -> dict[str, Step]:
    """The step at which each weight matrix meets data, by its name: its layer's first use; of a weight of one's own the
    first step that reads it."""
    steps, found = model.wiring.steps, dict[str, Step]()
    for step in steps:
        for i, (name, p) in enumerate(step.layer.p.items()):
            path = f"{step.path}/{name}"
            if p.ndim < 2 or path in found:
                continue
            if not step.layer.gives_weights:
                found[path] = step
            elif (reader := next((s for s in steps if step.outputs[i] in s.inputs), None)) is not None:
                found[path] = reader
    return found


def before(model: Any) -> dict[str, frozenset[str]]:
    """The labels of all steps that data pass on the way to each step; what gives weights is none."""
    known: dict[int, frozenset[str]] = {}
    found = {}
    for step in model.wiring.steps:
        found[step.label] = frozenset[str]().union(*(known.get(wire, frozenset()) for wire in step.inputs))
        reached = found[step.label] if step.layer.gives_weights else found[step.label] | {step.label}
        known |= dict.fromkeys(step.outputs, reached)
    return found


def firsts(model: Any) -> list[str]:
    """The weight matrices that data meet before any other."""
    meets, passed = meeting(model), before(model)
    weighing = {step.label for step in meets.values()}
    return [name for name, step in meets.items() if not passed[step.label] & weighing]


def entering(model: Any, x: Array, *, without: tuple[str, ...], settles: type[Layer]) -> Array:
    """What the first weights are given, all columns side by side (N, D): x after the layers in front of them. Layers
    that have one of the attributes `without` are passed over; those of the kind `settles` see their own batch."""
    wiring, values = model.wiring, {model.wiring.inputs[0]: x}
    heads = {meeting(model)[name].label for name in firsts(model)}
    found: dict[int, Array] = {}
    for step in wiring.steps:
        if not all(wire in values or wire in own_weights(model) for wire in step.inputs) or step.layer.gives_weights:
            continue
        if step.label in heads:
            found |= {wire: values[wire] for wire in step.inputs if wire in values}
        elif any(hasattr(step.layer, name) for name in without):
            values[step.outputs[0]] = values[step.inputs[0]]
        elif not any(wire in own_weights(model) for wire in step.inputs):
            given, trains = [values[wire] for wire in step.inputs], isinstance(step.layer, settles)
            y, _ = step.layer.forward(step.layer.p, *given, training=trains, rng=model.key)
            values |= zip(step.outputs, outputs_of(y), strict=True)
    return np.concatenate([part.reshape(len(part), -1) for part in found.values()], axis=1)
