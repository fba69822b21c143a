"""An ONNX graph as tensors of Pellucid's layers and ops: from the inputs on, as far as the outputs need it."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays import Array
from ...errors import FileError, PellucidError, Told
from ...files import reading as guarded
from ...layers import Input, Layer
from ...wiring import Tensor
from ..naming import apart
from . import (  # noqa: F401  # their readers register themselves
    reading_layers,
    reading_ops,
    reading_recurrent,
    reading_sliding,
)
from .folding import FOLDED, shape_of
from .network import package
from .opening import WHOLE, array_of, opened
from .reader import LATE, MOST, READERS, Late, Reading, Use

FLOATS = ("float16", "bfloat16", "float32", "float64")


@dataclass
class Read:
    """A network that was read: the tensors with which it begins and ends, and the weights of its layers."""

    where: str
    inputs: list[Tensor]
    outputs: list[Tensor]
    weights: list[tuple[Layer, Mapping[str, Array]]]
    size: int  # numbers that the file holds


def read(path: str | os.PathLike[str]) -> Read:
    """The network in an ONNX file."""
    proto, arrays, where = opened(path)
    with speaking_of(where):
        return _read(proto.graph, arrays, where)


@contextmanager
def speaking_of(where: str) -> Iterator[None]:
    """Within the block, every error is one of ours that names the file."""
    try:
        with guarded(where, WHOLE):
            yield
    except PellucidError as problem:
        if not problem.where.startswith(where):
            problem.where = f"{where}, {problem.where}"
        raise


def _read(graph: Any, arrays: dict[str, Array], where: str) -> Read:
    onnx = package("from_onnx")
    size = sum(array.size for array in arrays.values())
    makers = {name: node for node in graph.node for name in node.output}
    ends = _ends(onnx, graph, makers, where)
    needed = _needed(ends, makers)
    dtype = "float64" if "float64" in ends.values() else "float32"
    given = [one for one in graph.input if one.name not in arrays]
    shapes = {one.name: _shape(onnx, one, where) for one in given}
    fixed = {rows for rows, _ in shapes.values() if rows is not None}
    taken = set[str]()
    inputs = {one.name: Input(shapes[one.name][1], name=_legal(one.name, taken), dtype=dtype) for one in given}
    rows = fixed.pop() if len(fixed) == 1 else None
    reading = Reading(where, dtype, rows, {**arrays, **inputs}, max(size, MOST))
    for node in graph.node:
        if set(node.output) & needed:
            _use(onnx, reading, node, needed)
    outputs = [reading.values[name] for name in ends]
    for name, y in zip(ends, outputs, strict=True):
        if isinstance(y, Late):
            raise FileError(f"{where}, output {name!r}", "a batch that is the first axis", Told(f"axis {y.batch}"))
        if not isinstance(y, Tensor):
            raise FileError(f"{where}, output {name!r}", "an output that depends on the inputs", Told("a constant"))
        if not y.node.layer.named:
            y.node.layer._name = _legal(name, taken)  # an output is called as the layer that gives it
    return Read(where, list(inputs.values()), outputs, list(reading.weights.values()), size)


def _use(onnx: Any, reading: Reading, node: Any, needed: Collection[str]) -> None:
    """Read one node."""
    op = node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
    options = {a.name: _attribute(onnx, a, reading.where) for a in node.attribute}
    outputs = [name for name in node.output if name]
    wanted = [bool(name) and name in needed for name in node.output]
    use = Use(reading, op, node.name or outputs[0], list(node.input), len(outputs), options, wanted)
    given = [reading.values.get(name) for name in node.input]
    known = not any(isinstance(one, Tensor | Late) for one in given)
    late = any(isinstance(one, Late) for one in given) and op in LATE
    reader = FOLDED.get(op) if known else LATE[op] if late else shape_of if op == "Shape" else READERS.get(op)
    if reader is None:
        use.refuse("an operator that is a layer or an op here", f"{op} of constants" if known and op in READERS else op)
    found = reader(use)
    made = found if isinstance(found, list) else [found]
    use.fit(*(y for y in made if isinstance(y, Tensor)))
    named = zip(node.output if len(made) == len(node.output) else outputs, made, strict=False)
    reading.values.update((name, y) for name, y in named if name and y is not None)


def _attribute(onnx: Any, attribute: Any, where: str) -> Any:
    """The value of an attribute: a number, bytes, an array, a dtype, or a list of them."""
    if attribute.type == onnx.AttributeProto.TENSOR:
        return array_of(onnx, attribute.t, where)
    value = onnx.helper.get_attribute_value(attribute)
    return onnx.helper.tensor_dtype_to_np_dtype(value) if attribute.name == "to" else value


def _ends(onnx: Any, graph: Any, makers: Mapping[str, Any], where: str) -> dict[str, str]:
    """The outputs that are numbers with decimals, and their dtypes; where there are none, those of other numbers.

    Labels, which scikit-learn's converters put beside them, are made from these and left out, and a table of
    probabilities by class is taken before it becomes one."""
    found: dict[str, str] = {}
    for output in graph.output:
        maker = makers.get(output.name)
        if maker is not None and maker.op_type == "ZipMap":
            found[maker.input[0]] = "float32"
        elif output.type.HasField("tensor_type"):
            found[output.name] = onnx.helper.tensor_dtype_to_np_dtype(output.type.tensor_type.elem_type).name
    decimals = {name: kind for name, kind in found.items() if kind in FLOATS}
    if not found:
        raise FileError(where, "an output of numbers", Told("none"))
    return decimals or found


def _needed(ends: Mapping[str, str], makers: Mapping[str, Any]) -> set[str]:
    """The names of all values that the outputs are made of."""
    found, waiting = set[str](), list(ends)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += makers[name].input if name in makers else ()
    return found


def _shape(onnx: Any, given: Any, where: str) -> tuple[int | None, tuple[int, ...]]:
    """(the number of rows, if it is fixed, the shape of a sample) of an input."""
    at = f"{where}, input {given.name!r}"
    kind = given.type.tensor_type
    if not given.type.HasField("tensor_type") or not kind.HasField("shape") or not kind.shape.dim:
        raise FileError(at, "an array with a batch axis in front", Told("something else"))
    if np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)).kind not in "biufV":
        raise FileError(at, "numbers", Told("texts"))
    rows, *sizes = (d.dim_value if d.HasField("dim_value") else None for d in kind.shape.dim)
    known = tuple(n for n in sizes if n is not None and n > 0)
    if len(known) < len(sizes):
        told = tuple(d.dim_value or d.dim_param or "?" for d in kind.shape.dim)
        raise FileError(at, "sizes that are known, but for the batch", Told(str(told)))
    if math.prod(known) > MOST:
        raise FileError(at, f"rows of {MOST:,} numbers at most", Told(f"a shape {(None, *known)}"))
    return rows, known


def _legal(name: str, taken: set[str]) -> str:
    """A name as layers bear them, which nothing else bears."""
    found = apart(name.replace("/", "_") or "unnamed", taken)
    taken.add(found)
    return found
