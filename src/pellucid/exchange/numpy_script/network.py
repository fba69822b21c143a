"""The network of a script: `forward`, and `backward` under it, step by step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays import TEXT, Shape
from ...errors import InvalidArgument, Told
from ...layers.composite import Composite
from ...training.base import is_own
from ...wiring import Step
from ..form import mask_read
from ..ours import activations_of, kind, ours, own_code, refuse_foreign
from ..walking import nothing
from . import (  # noqa: F401  # they register
    convolved_recurrence,
    encodings,
    joining,
    layers,
    normalizing,
    operations,
    pictures,
    plain_ops,
    positions,
    recurrence,
    resizing,
    sliding,
    stepping,
    windows,
)
from .assembling import averages_text, backward_text, cached, forward_text, unpacked
from .writer import EMITTERS, FORM, At, Back, Script, said


@dataclass
class Output:
    """An output of the network, in the script."""

    name: str  # what forward returns: y, or the logits where the loss takes those
    gradient: str  # by what name backward takes dL/d(that)
    predicted: str  # y, from what forward returns
    loss: Any  # the loss as the script has it: of the logits, where it can be; None without one
    shape: Shape


@dataclass
class Written:
    """What `forward` and `backward` turned out to be."""

    forward: str
    backward: str
    averages: str  # what moves after a step; empty if nothing does
    penalty: list[str]  # the lines that say what activities add to the loss
    outputs: list[Output]

    @property
    def out(self) -> str:
        """What forward returns beside the cache."""
        names = [output.name for output in self.outputs]
        return names[0] if len(names) == 1 else f"({', '.join(names)})"


@dataclass(frozen=True)
class Walked:
    """A step, and the shapes of what it reads and gives."""

    step: Step
    shapes: tuple[Shape, ...]
    made: tuple[Shape, ...]

    @property
    def kind(self) -> str:
        """The class of the library that it is."""
        return str(ours(type(self.step.layer)).__name__)

    @property
    def parameters(self) -> Sequence[Any]:
        """What it has of them."""
        return self.step.layer.parameters(*self.shapes)  # type: ignore[no-any-return]


def walked(model: Any) -> Iterator[Walked]:
    """Every step in the order in which data meet it; refuses those of which no script is made."""
    check_models(model)
    for name in model.input_names:
        plainly_named("an input", name)
    if model.wiring.masked and model.compiled:
        told = Told("a mask, which says which of them count")
        raise InvalidArgument(
            f"{FORM.where}, model {model.name!r}", "a loss that counts every number", told, FORM.instead
        )
    wanted = set(model.wiring.predicting if model.compiled else model.wiring.answering)
    for step, shapes in model.steps(*model.sample_shapes):
        if step not in wanted:
            continue  # a mask that only a loss would ask for
        plainly_named("a layer", step.layer.name)
        if step.layer.is_layer:
            refuse_foreign(FORM, f"layer {step.path!r}", step.layer)
            FORM.refuse_unknown(step.layer)
        FORM.refuse_mask(step, trains=True)
        FORM.refuse_memory(step)
        if step.training:
            raise FORM.refused(step.path, "a call that trains where the network trains", "one with training=True")
        found = Walked(step, shapes, step.layer.output_shapes_for(*shapes))
        for spec in found.parameters:
            plainly_named("a weight", spec.name)
        yield found


def check_models(model: Any) -> None:
    """Refuse models that compute what their user's own code says, at any depth. What a `call` says is read: it is the
    graph."""
    if own_code(model) or (hasattr(model, "train_step") and is_own(model, "train_step")):
        refuse_foreign(FORM, f"model {model.name!r}", model)
    plainly_named("a model", model.name)
    for layer in model.layers:
        if isinstance(layer, Composite):
            check_models(layer)


def plainly_named(what: str, name: str) -> None:
    """Refuse a name that could end the text that it would stand in."""
    if not re.fullmatch(r"[\w .:+-]+", name):
        raise InvalidArgument(
            f"{FORM.where}, the name of {what}", "letters, digits, blanks and . : + - _", name,
            "Make the model with another name.",
        )  # fmt: skip


def losses_of(model: Any) -> list[tuple[Any, bool]]:
    """(the loss as training takes it, whether of what enters the last activation) of each output."""
    if not model.compiled:
        return [(None, False)] * len(model.wiring.outputs)
    with np.errstate(all="ignore"):
        _, cache = model.forward(model.p, *nothing(model, 2), training=False, rng=model.key)
    found = []
    for loss, end in zip(model.objective.losses, model.all_logits(cache), strict=True):
        behind = None if loss is None or end is None else loss.from_logits_of(end[0])
        found.append((loss, False) if behind is None else (behind, True))
    return found


Record = tuple[Walked, At, tuple[str, ...], Back]  # (the step, where it is written, its outputs' names, the way back)


def write_network(model: Any, script: Script) -> Written:
    """The text of forward and backward."""
    steps, losses, wiring = list(walked(model)), losses_of(model), model.wiring
    inputs = input_names(model)
    wires = dict(zip(wiring.inputs, inputs, strict=True))
    script.dtypes |= {x: "object" if kind == TEXT else kind for x, kind in zip(inputs, model.input_dtypes, strict=True)}
    fused = {wire for wire, (_, behind) in zip(wiring.outputs, losses, strict=True) if behind}
    records: list[Record] = []
    for number, found in enumerate(steps, start=1):
        record = forward_step(script, number, found, wires, bool(fused & set(found.step.outputs)))
        wires |= zip(found.step.outputs, record[2], strict=True)
        records.append(record)
    ends, outputs = [wires[wire] for wire in wiring.outputs], list[Output]()
    for i, (wire, (loss, behind), shape) in enumerate(
        zip(wiring.outputs, losses, model.output_shapes_for(*model.sample_shapes), strict=True), start=1
    ):
        name, last = wires[wire], wiring.last(wire)
        activation = activations_of(last.layer)[-1] if behind and last is not None else None
        predicted = name if activation is None else script.activation(activation, name)
        outputs.append(Output(name, f"d{name}" if ends.count(name) == 1 else f"dy{i}", predicted, loss, shape))
    judged = [output for output in outputs if output.loss is not None]
    script.arrived |= {f"d{output.name}" for output in judged}
    write_backward(script, records, model)
    cache, heads = cached(script, inputs), [(output.gradient, f"d{output.name}") for output in judged]
    written = Written("", "", averages_text(script, cache), [], outputs)
    written.forward = forward_text(script, inputs, written.out, cache)
    written.backward = backward_text(script, heads, cache)
    written.penalty = [*unpacked(cache, script.penalties), *script.penalties]
    return written


def input_names(model: Any) -> list[str]:
    """x, or x1, x2, ... of a model that is called on several."""
    return [f"x{i}" for i, _ in enumerate(model.sample_shapes, 1)] if model.takes_many else ["x"]


def forward_step(script: Script, number: int, found: Walked, wires: dict[int, str], fused: bool) -> Record:
    """Write the lines of one step of forward."""
    step, layer = found.step, found.step.layer
    script.forward.append(f"    # {_title(found)}")
    before = len(script.forward)
    xs = tuple(in_its_dtype(script, layer, f"x{number}_{i}", wires[wire]) for i, wire in enumerate(step.inputs, 1))
    key = ", ".join(map(str, step.numbers))
    at = At(script, layer, step.path, number, key, xs, found.shapes, fused, predicts=step.training is False)
    if (mask := mask_read(step)) is not None:
        at.mask = wires[mask]
    emitter = EMITTERS.get(ours(type(layer)))
    if emitter is None:
        raise FORM.unwritten(step.path, layer)
    for activation in activations_of(layer):
        refuse_foreign(FORM, f"layer {step.path!r}, activation", activation)
    out, back = emitter(at)
    if len(script.forward) == before:
        script.forward[-1] += ": passes on what it is given"
    return found, at, out if isinstance(out, tuple) else (out,), back


def in_its_dtype(script: Script, layer: Any, name: str, x: str) -> str:
    """What a layer reads: whole numbers in its own dtype, under a name of their own, unless it takes those."""
    if layer.takes_whole or np.dtype(script.dtypes.get(x, layer.dtype)).kind == "f":
        return x
    script.forward.append(said(f"{name} = {x}.astype(DTYPE)"))
    return name


def _title(found: Walked) -> str:
    step = found.step
    title = step.label if step.label == kind(step.layer) else f"{step.label}: {found.kind}"
    return title if step.layer.trainable or not found.parameters else f"{title}, frozen"


def write_backward(script: Script, records: Sequence[Record], model: Any) -> None:
    """The lines of `backward`, as far down as there is something to train."""
    learned: set[int] = set()  # the wires that hang on something that is trained
    for found, at, outs, _ in records:
        if any(at.trains(spec.name) for spec in found.parameters) or learned & set(found.step.inputs):
            wires = zip(found.step.outputs, outs, strict=True)
            learned |= {wire for wire, out in wires if np.dtype(script.dtypes.get(out, model.dtype)).kind == "f"}
    for record in reversed(records):
        found, at, outs, _ = record
        penalties = penalised(script, found, outs)
        arrived = any(f"d{out}" in script.arrived for out in outs)
        if not learned & set(found.step.outputs) or not (arrived or penalties):
            continue
        script.backward.append(f"    # {found.step.label}")
        lines = len(script.backward)
        for out, penalty in penalties:
            at.backward(f"d{out} = d{out} + {penalty}" if f"d{out}" in script.arrived else f"d{out} = {penalty}")
            script.arrived.add(f"d{out}")
        backward_step(script, record, [wire in learned for wire in found.step.inputs])
        if len(script.backward) == lines:
            script.backward.pop()
    for name in model.trained_names() if model.compiled else []:
        if f'g["{name}"]' not in script.given:
            script.backward.append(said(f'g["{name}"] = np.zeros_like(p["{name}"])', "nothing comes back to it"))


def penalised(script: Script, found: Walked, outs: Sequence[str]) -> list[tuple[str, str]]:
    """Write what the activities of a step add to the loss, if anything; returns each with its gradient: an output and
    a state may be the same numbers, which then count twice."""
    regularizer = found.step.layer.activity_regularizer
    if regularizer is None:
        return []
    refuse_foreign(FORM, f"layer {found.step.path!r}, activity_regularizer", regularizer)
    name, slopes = kind(regularizer), list[tuple[str, str]]()
    for out in outs:
        script.penalties.append(
            said(f"total += ({script.formula(regularizer.__call__, f'{name}_penalty', out)}) / len({out})")
        )
        slopes.append((out, f"({script.formula(regularizer.grad, f'{name}_penalty_grad', out)}) / len({out})"))
    return slopes


def backward_step(script: Script, record: Record, wanted: Sequence[bool]) -> None:
    """Write the lines of one step of backward; what the readers of an array send back is added."""
    found, at, outs, back = record
    dys = tuple(f"d{out}" if f"d{out}" in script.arrived else None for out in outs)
    many_in, many_out = len(at.xs) != 1, len(outs) != 1
    given = back(dys if many_out else dys[0], tuple(wanted) if many_in else wanted[0])
    for x, dx, asked in zip(at.xs, given if many_in else (given,), wanted, strict=True):
        if not asked or dx is None:
            continue
        if dx != f"d{x}":
            minus = re.fullmatch(r"-(\w+)", dx)
            more = f"- {minus[1]}" if minus else f"+ {dx}"
            at.backward(f"d{x} = d{x} {more}" if f"d{x}" in script.arrived else f"d{x} = {dx}")
        script.arrived.add(f"d{x}")
    for place, more in at.again.items():
        at.backward(f"{place} = {place} + {more}")
    script.given |= {f'g["{at.path}/{spec.name}"]' for spec in found.parameters if at.trains(spec.name)}
