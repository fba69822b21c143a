"""A network as PyTorch's modules and statements: the steps of its wiring, one after another."""

from __future__ import annotations

from typing import Any

from ... import layers as L
from ...arrays import Whole
from ...errors import InvalidArgument, Told
from ...layers.lending import Assigned
from ...layers.spectral_normalization import Spectral
from ...layers.tracing import ByPhase
from ...ops import Op
from ...tables.attaching import attached
from ..form import mask_read
from ..ours import only_ours, ours
from ..safetensors.names import layout, module_names
from ..walking import kinds
from . import (  # noqa: F401  # what they write registers itself
    attention,
    encodings,
    layers,
    pictures,
    positions,
    recurrence,
    resizing,
    shaping,
    sliding,
    stepping,
    windows,
)
from .ops import write_op
from .writer import EMITTERS, FORM, At, Attribute, Value, Writing

WHERE = FORM.where
OF_WEIGHTS = (Assigned, ByPhase, Spectral)  # steps that may read weights where others read data


def written(model: Any) -> Writing:
    """The network that computes what the model does, in training and in prediction."""
    model.needs_parameters(WHERE)
    model.needs_known_lengths(WHERE)
    only_ours(FORM, model)
    if attached(model):
        raise InvalidArgument(
            f"{WHERE}, model {model.name!r}", "a model of arrays", Told("one of a table's rows"),
            "Export it with --to numpy, which takes encoded rows, or with --to onnx, which takes numbers and words.",
        )  # fmt: skip
    names = {place.path: name for name, place in layout(model).items() if not place.second}
    writing = Writing(model.name, model.dtype, module_names(model), names)
    computed, wires = kinds(model), dict(zip(model.wiring.inputs, _inputs(writing, model), strict=True))
    found = dict(zip(wires, zip(model.input_dtypes, model.sample_shapes, strict=True), strict=True))
    for step, given in model.steps(*model.sample_shapes):
        FORM.refuse_mask(step)
        FORM.refuse_memory(step)
        FORM.refuse_text(model, step)
        if step.layer.gives_weights:
            for wire, name, spec in zip(step.outputs, _own(writing, step), step.layer.parameters(), strict=True):
                wires[wire], found[wire] = Attribute(name), (model.dtype, Whole(spec.shape))
            continue
        FORM.refuse_training(step)
        kind = computed[step.label]
        read = [wires[wire] for wire in step.inputs], given, [found[wire][0] for wire in step.inputs]
        at = At(writing, step.layer, step.path, step.label, *read, kind, step.training)
        if (mask := mask_read(step)) is not None:
            at.mask = at.cast(wires[mask], found[mask][0], "bool")
        made = _written(at)
        wires |= zip(step.outputs, made if isinstance(made, tuple) else (made,), strict=True)
        shapes = step.layer.output_shapes_for(*given)
        found |= {wire: (kind, shape) for wire, shape in zip(step.outputs, shapes, strict=True)}
    writing.output = model.in_form([wires[wire] for wire in model.wiring.outputs])
    writing.forget_unread()
    writing.frozen = _frozen(model)
    return writing


def _written(at: At) -> Any:
    """Write one step; returns its output, or a tuple of several."""
    kind = ours(type(at.layer))
    rows = kind in OF_WEIGHTS or not any(isinstance(shape, Whole) for shape in at.shapes)
    if issubclass(kind, Op):
        y = write_op(at)
    elif kind in EMITTERS and rows:
        if not at.layer.takes_whole and kind is not L.Embedding:  # which PyTorch has read whole numbers
            at.xs = [at.cast(x, dtype, at.writing.dtype) for x, dtype in zip(at.xs, at.kinds, strict=True)]
        y = EMITTERS[kind](at)
    else:
        y = None
    if y is None:
        raise FORM.unwritten(at.path, at.layer)
    return y


def _inputs(writing: Writing, model: Any) -> list[Value]:
    given = []
    for name in model.input_names:
        given.append(writing.value(name))
        writing.inputs.append(given[-1].name)
    return given


def _own(writing: Writing, step: Any) -> list[str]:
    """What the weights of a layer of one's own are called."""
    found = []
    for spec in step.layer.parameters():
        found.append(writing.names[f"{step.path}/{spec.name}"])
        writing.parameters[found[-1]] = spec.shape, spec.trainable
    return found


def _frozen(model: Any) -> list[str]:
    """The modules, and the weights of layers of one's own, that training leaves alone."""
    trained = set(model.trained_names())
    return [
        name
        for name, place in layout(model).items()
        if place.path in model.theta and (place.idle or place.path not in trained)
    ]
