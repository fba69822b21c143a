"""A network as steps of C: those of its wiring that its outputs need, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...arrays import Array, Whole
from ...ops import Op
from ...wiring import Step as Use
from ..form import mask_read
from ..ours import PASSED, only_ours, ours
from ..walking import of_zeros, walked
from . import (  # noqa: F401  # their emitters register themselves
    attention,
    encodings,
    layers,
    pictures,
    positions,
    recurrence,
    resizing,
    sliding,
    stepping,
)
from .loops import block
from .ops import write_op
from .writer import EMITTERS, FORM, At, Buffer, Step, Value, Writing, reshaped

ROWS = 256  # on which ranges are looked for at once
Bounds = dict[int, tuple[float, float]]  # the smallest and the largest number on each wire


@dataclass
class Network:
    """What enters and what leaves: the arguments of the function. placed: which buffer lies in which output."""

    inputs: list[Buffer]
    outputs: list[Buffer]
    placed: dict[Buffer, Buffer]


def write_network(writing: Writing, model: Any, data: Sequence[Array] | None) -> Network:
    """Write all steps; data: batches of the inputs on which ranges are looked for, where bytes are written."""
    only_ours(FORM, model)
    needed = needed_steps(model)
    for step in needed:
        FORM.refuse_text(model, step)
    numbers, whole = of_zeros(model), of_batches(model)
    bounds: Bounds = {} if data is None else ranges(model, data)
    wires: dict[int, Value] = {}
    inputs = []
    for wire, name, shape in zip(model.wiring.inputs, model.input_names, model.sample_shapes, strict=True):
        called = "x" if len(model.sample_shapes) == 1 else writing.name(f"x_{name}")
        buffer = Buffer(called, int(np.prod(shape)), writing.type, outside=True)
        inputs.append(buffer)
        wires[wire] = Value((1, *shape), buffer, bounds=bounds.get(wire, (0.0, 0.0)))
    for step in needed:
        if step.layer.gives_weights:
            for wire, spec in zip(step.outputs, step.layer.parameters(), strict=True):
                array = model.p[f"{step.path}/{spec.name}"]
                wires[wire] = Value(array.shape, array=array)
            continue
        if (place := PASSED.get(ours(type(step.layer)))) is not None:
            wires[step.outputs[0]] = wires[step.inputs[place]]
            continue
        FORM.refuse_mask(step)
        FORM.refuse_memory(step)
        given = [wires[wire] for wire in step.inputs]
        mask = wires[by] if (by := mask_read(step)) is not None else None
        made = written(writing, step, given, mask, numbers[step.label], step.outputs[0] not in whole)
        for end, value in zip(step.outputs, made, strict=True):
            wires[end] = replace(value, bounds=bounds.get(end, (0.0, 0.0)))
    return ended(writing, model, inputs, [wires[wire] for wire in model.wiring.outputs])


def written(
    writing: Writing, step: Use, given: list[Value], mask: Value | None, ys: tuple[Array, ...], apart: bool
) -> list[Value]:
    """Write one step, whose outputs for zeros are ys; what depends on weights alone is known by now.

    apart: whether each row has an output of its own."""
    if given and all(value.array is not None for value in given):
        return [Value(y.shape, array=y) for y in ys]
    FORM.refuse_training(step)
    kind, y = ours(type(step.layer)), ys[0]
    flowing = [value for value in given if value.array is None]
    at = At(writing, step.layer, step.path, step.label, given, y.shape, y.dtype.name, titled(step, flowing, y), mask)
    made: Any = None
    if apart:
        made = write_op(at) if issubclass(kind, Op) else EMITTERS[kind](at) if kind in EMITTERS else None
    if made is None:
        raise FORM.unwritten(step.path, step.layer)
    made = made if isinstance(made, tuple) else (made,)
    return [reshaped(value, y.shape) for value, y in zip(made, ys, strict=True)]


def of_batches(model: Any) -> set[int]:
    """The wires that hold one array for all rows: weights, what is made of them, and what an op makes of a batch."""
    shapes = dict(zip(model.wiring.inputs, model.sample_shapes, strict=True))
    for step, given in model.steps(*model.sample_shapes):
        shapes |= zip(step.outputs, step.layer.output_shapes_for(*given), strict=True)
    return {wire for wire, shape in shapes.items() if isinstance(shape, Whole)}


def titled(step: Use, given: Sequence[Value], y: Array) -> str:
    """dense: Dense, 64 -> 10."""
    kind = step.layer.formula if isinstance(step.layer, Op) else type(step.layer).__name__
    sizes = [" x ".join(map(str, shape[1:])) or "1" for shape in (*(value.shape for value in given), y.shape)]
    return f"{step.label}: {kind}, {' and '.join(sizes[:-1])} -> {sizes[-1]}"


def ended(writing: Writing, model: Any, inputs: list[Buffer], leaving: Sequence[Value]) -> Network:
    """Have the values that leave lie in the outputs; one that enters, is known, or leaves twice, is copied."""
    outputs, placed = [], dict[Buffer, Buffer]()
    for value, name in zip(leaving, model.output_names, strict=True):
        to = "y" if len(leaving) == 1 else writing.name(f"y_{name}")
        output = Buffer(to, value.size, writing.type, outside=True)
        outputs.append(output)
        if value.array is None and not value.memory.outside and value.memory not in placed:
            placed[value.memory] = output
            continue
        at = At(writing, None, name, name, [value], value.shape, writing.dtype)
        lines = block(f"for (size_t i = 0; i < {value.size}; i++)", [f"{to}[i] = {at.named(value)}[i];"])
        reads = [] if value.buffer is None else [value.buffer]
        writing.steps.append(Step(lines, reads, output, title=f"{name}: leaves as it is"))
    return Network(inputs, outputs, placed)


def needed_steps(model: Any) -> list[Use]:
    """The steps that the outputs need, as the model predicts."""
    wanted, found = set(model.wiring.outputs), list[Use]()
    for step in reversed(model.wiring.steps):
        if wanted & set(step.outputs):
            place = PASSED.get(ours(type(step.layer)))
            wanted |= set(step.inputs if place is None else step.inputs[place : place + 1])
            wanted |= {mask for mask in (mask_read(step),) if mask is not None}
            found.append(step)
    return found[::-1]


def ranges(model: Any, data: Sequence[Array]) -> Bounds:
    """The smallest and the largest number on each wire, for these rows."""
    found: Bounds = {}
    for start in range(0, len(data[0]), ROWS):
        rows = [x[start : start + ROWS] for x in data]
        there = list(zip(model.wiring.inputs, rows, strict=True))
        with np.errstate(all="ignore"):
            for step, made in walked(model, *rows):
                there += [] if step.layer.gives_weights else zip(step.outputs, made, strict=True)
        for wire, y in there:
            low, high = found.get(wire, (0.0, 0.0))
            found[wire] = min(low, float(np.min(y))), max(high, float(np.max(y)))
    return found
