"""A network as an ONNX graph: the steps of its wiring, one after another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...__about__ import version
from ...arrays import TEXT, Shape, Whole, is_whole, with_batch
from ...errors import InvalidArgument, MissingExtra
from ...ops import Op
from ...tables.attaching import attached
from ...wiring import Step
from ..form import mask_read
from ..naming import apart, classes_of
from ..ours import PASSED, only_ours, ours
from ..walking import kinds
from . import (  # noqa: F401  # their emitters register themselves
    attention,
    convolved_recurrence,
    encodings,
    layers,
    made_ops,
    pictures,
    positions,
    recurrence,
    resizing,
    sliding,
    stepping,
    windows,
)
from .columns import columns_of, write_columns, write_targets
from .ops import write_op
from .transposing import settled
from .writer import EMITTERS, FORM, At, Writing

WHERE = FORM.where
OLDEST, NEWEST = 23, 28  # sets of operators: the first that has RMSNormalization, the last that ONNX Runtime 1.32 knows
LEARNING, OF_LEARNING = "ai.onnx.ml", 4  # and those of another kind, of which some networks have one
End = tuple[str, str, Shape]  # a value's name, its dtype, and the shape of a sample


def package(where: str) -> Any:
    """The package onnx."""
    try:
        import onnx
        import onnx.checker
        import onnx.numpy_helper
        import onnx.shape_inference
    except ImportError as problem:
        raise MissingExtra(where, "onnx", "onnx") from problem
    return onnx


def model_proto(model: Any, opset: int | None = None, classes: Sequence[Any] = ()) -> Any:
    """The network that predicts what the model predicts, of any number of rows."""
    onnx = package(WHERE)
    model.needs_parameters(WHERE)
    model.needs_known_lengths(WHERE)
    opset = _checked_opset(opset, onnx.defs.onnx_opset_version())
    only_ours(FORM, model)
    rows = attached(model)
    inputs = columns_of(rows) if rows else _inputs(model)
    names = _output_names(model, [name for name, _, _ in inputs])
    writing = Writing(model.p, model.dtype, {*names, *(name for name, _, _ in inputs)})
    entering = [write_columns(writing, rows)] if rows else [name for name, _, _ in inputs]
    leaving = _written_steps(writing, model, entering)
    if rows and not rows.targets.classes:
        ((value, _, _),) = leaving
        leaving = [(write_targets(writing, rows, value), "float64", (len(rows.targets.names),))]
    _call_outputs(writing, settled(writing, [value for value, _, _ in leaving]), names)
    writing.keep(names)
    graph = onnx.helper.make_graph(
        [_node_proto(onnx, node) for node in writing.nodes],
        model.name,
        [_info(onnx, *given) for given in inputs],
        [_info(onnx, name, dtype, shape) for name, (_, dtype, shape) in zip(names, leaving, strict=True)],
        [onnx.numpy_helper.from_array(array, name) for name, array in writing.arrays.items()],
    )
    return _finished(onnx, graph, opset, classes_of(WHERE, model, rows, classes))


def _written_steps(writing: Writing, model: Any, entering: Sequence[str]) -> list[End]:
    """Write all steps, from the values that enter on; returns those that leave."""
    wires = dict(zip(model.wiring.inputs, entering, strict=True))
    found = {wire: (kind, shape) for wire, (_, kind, shape) in zip(wires, _inputs(model), strict=True)}
    computed = kinds(model)
    answering = set(model.wiring.answering)
    for step, given in model.steps(*model.sample_shapes):
        if step not in answering:
            continue
        FORM.refuse_mask(step)
        FORM.refuse_memory(step)
        if step.layer.gives_weights:
            for wire, spec in zip(step.outputs, step.layer.parameters(), strict=True):
                wires[wire] = writing.parameter(f"{step.path}/{spec.name}")
                found[wire] = (model.dtype, Whole(spec.shape))
            continue
        if (place := PASSED.get(ours(type(step.layer)))) is not None:
            wires[step.outputs[0]], found[step.outputs[0]] = wires[step.inputs[place]], found[step.inputs[place]]
            continue
        FORM.refuse_training(step)
        kind = computed[step.label]
        read = [_read(writing, step, wires[wire], found[wire][0]) for wire in step.inputs]
        values, dtypes = [value for value, _ in read], [of for _, of in read]
        at = At(writing, step.layer, step.path, step.label, values, given, dtypes, kind)
        if (mask := mask_read(step)) is not None:
            at.mask = at.cast(wires[mask], found[mask][0], "bool")
        made = _written(at)
        wires |= zip(step.outputs, made if isinstance(made, tuple) else (made,), strict=True)
        found |= {wire: (kind, shape) for wire, shape in zip(step.outputs, at.out_shapes, strict=True)}
    return [(wires[wire], *found[wire]) for wire in model.wiring.outputs]


def _checked_opset(opset: int | None, known: int) -> int:
    newest = min(NEWEST, known)
    if opset is None:
        return newest
    if not isinstance(opset, int) or not OLDEST <= opset <= newest:
        raise InvalidArgument(f"{WHERE}, argument opset", f"a whole number from {OLDEST} to {newest}", opset)
    return opset


def _written(at: At) -> Any:
    """Write one step; returns the name of its output, or those of several."""
    kind = ours(type(at.layer))
    rows = not any(isinstance(shape, Whole) for shape in at.shapes)
    written = write_op(at) if issubclass(kind, Op) else EMITTERS[kind](at) if kind in EMITTERS and rows else None
    if written is None:
        raise FORM.unwritten(at.path, at.layer)
    return written


def _output_names(model: Any, inputs: Sequence[str]) -> list[str]:
    """The outputs' names; where one is an input's too, which ONNX does not allow, it is numbered."""
    found = list(model.output_names)
    for place, name in enumerate(found):
        if name in inputs:
            found[place] = apart(name, [*inputs, *found])
    return found


def _inputs(model: Any) -> list[End]:
    """The inputs: whole numbers come as they are declared, all others as the model computes."""
    declared = [tensor.dtype for tensor in model.inputs]
    kinds = ["object" if kind == TEXT else kind if is_whole(kind) else model.dtype for kind in declared]
    return list(zip(model.input_names, kinds, model.sample_shapes, strict=True))


def _read(writing: Writing, step: Step, value: str, kind: str) -> tuple[str, str]:
    """(value, kind) as a step reads it: whole numbers in the model's precision, where its layer does not take them."""
    if step.layer.takes_whole or not is_whole(kind):
        return value, kind
    return writing.node(step.label, "Cast", [value], to=writing.dtype)[0], writing.dtype


def _call_outputs(writing: Writing, leaving: Sequence[str], names: Sequence[str]) -> None:
    """Have the values that leave bear the outputs' names; one that enters, or leaves twice, is copied."""
    made = {value for node in writing.nodes for value in node.outputs}
    renamed: dict[str, str] = {}
    for value, name in zip(leaving, names, strict=True):
        if value in made and value not in renamed:
            renamed[value] = name
        else:
            writing.node(name, "Identity", [value])
            writing.nodes[-1].outputs[:] = [name]
    for node in writing.nodes:
        node.inputs = [renamed.get(value, value) for value in node.inputs]
        node.outputs = [renamed.get(value, value) for value in node.outputs]


def _node_proto(onnx: Any, node: Any) -> Any:
    attributes = dict(node.attributes)
    if "to" in attributes:
        attributes["to"] = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(attributes["to"]))
    domain, _, op = node.op.rpartition(".")
    return onnx.helper.make_node(op, node.inputs, node.outputs, node.outputs[0], domain=domain or None, **attributes)


def _info(onnx: Any, name: str, dtype: str, shape: Shape) -> Any:
    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    sizes = ["batch" if n is None else n for n in with_batch(shape)]
    return onnx.helper.make_tensor_value_info(name, kind, sizes)


def _finished(onnx: Any, graph: Any, opset: int, classes: Sequence[Any]) -> Any:
    """The graph with all that stands around it."""
    opsets = [onnx.helper.make_opsetid("", opset)]
    opsets += [onnx.helper.make_opsetid(LEARNING, OF_LEARNING)] if any(n.domain == LEARNING for n in graph.node) else []
    proto = onnx.helper.make_model(
        graph, opset_imports=opsets, ir_version=onnx.helper.find_min_ir_version_for(opsets),
        producer_name="pellucid", producer_version=version,
    )  # fmt: skip
    if classes:
        onnx.helper.set_model_props(proto, {"classes": json.dumps(classes, ensure_ascii=False)})
    return proto
