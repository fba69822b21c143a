"""What the emitters of layers write into: the nodes of an ONNX graph, and the arrays that they read.

Emitters and their table know nothing of the package onnx, which is loaded only when a graph is put together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ...activations.axes import inverse, to_the_end
from ...arrays import Array, Arrays, Shape
from ..emitters import Emitters
from ..form import Form
from ..naming import apart
from ..step import StepAt

FORM = Form("to_onnx", "in ONNX", "Take it out of the model, or save the model as a .keras file.")
SINGLE = ("Elu", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "PRelu", "Selu", "Softplus", "Softsign")
"""Operators for which ONNX Runtime has kernels in single precision only: in double, they are made of others."""


@dataclass
class Node:
    """An operator called on values, which are known by their names. The attribute `to` is a dtype's name."""

    op: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]


@dataclass
class Writing:
    """A graph being written. `taken`: names that only the model's inputs and outputs may bear."""

    p: Arrays  # the model's parameters by path
    dtype: str
    taken: Collection[str]
    nodes: list[Node] = field(default_factory=list)
    arrays: dict[str, Array] = field(default_factory=dict)
    _known: dict[tuple[str, Shape, bytes], str] = field(default_factory=dict)  # constants
    _parameters: dict[str, str] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._names |= set(self.taken)

    def name(self, wanted: str) -> str:
        """A name that nothing else bears."""
        found = apart(wanted, self._names)
        self._names.add(found)
        return found

    def array(self, value: npt.ArrayLike, name: str, dtype: npt.DTypeLike | None = None) -> str:
        """The name of a constant; equal ones are kept once, under the first name."""
        array = np.asarray(value, self.dtype if dtype is None else dtype, order="C")
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = self.name(name)
            self.arrays[self._known[key]] = array
        return self._known[key]

    def parameter(self, path: str) -> str:
        """The name of a parameter of the model, which is its path; a layer that is used twice has one."""
        if path not in self._parameters:
            name = self._parameters[path] = self.name(path)
            self.arrays[name] = np.asarray(self.p[path], order="C")
        return self._parameters[path]

    def node(self, label: str, op: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> list[str]:
        """Call an operator; returns the names of its outputs, which begin with the label of the step."""
        made = [self.name(f"{label}/{op}") for _ in range(outputs)]
        self.nodes.append(Node(op, list(inputs), made, attributes))
        return made

    def keep(self, outputs: Collection[str]) -> None:
        """Leave out what the outputs don't need."""
        needed, kept = set(outputs), list[Node]()
        for node in reversed(self.nodes):
            if needed & set(node.outputs):
                needed |= set(node.inputs)
                kept.append(node)
        self.nodes = kept[::-1]
        self.arrays = {name: array for name, array in self.arrays.items() if name in needed}


@dataclass
class At(StepAt[Writing, str]):
    """One step being written."""

    shapes: tuple[Shape, ...]
    kinds: list[str]  # the dtypes of what it reads
    kind: str  # that of what it gives
    mask: str | None = None  # which steps of what it reads count, as truths

    @property
    def shape(self) -> Shape:
        """Of a sample that enters."""
        return self.shapes[0]

    @property
    def out_shape(self) -> Shape:
        return self.layer.output_shape_for(*self.shapes)  # type: ignore[no-any-return]

    @property
    def out_shapes(self) -> tuple[Shape, ...]:
        """Of a sample of each output."""
        return self.layer.output_shapes_for(*self.shapes)  # type: ignore[no-any-return]

    def p(self, name: str) -> str:
        """The name of a parameter."""
        return self.writing.parameter(f"{self.path}/{name}")

    def has(self, op: str) -> bool:
        """Whether the operator can be used in the model's precision."""
        return self.writing.dtype == "float32" or op not in SINGLE

    def op(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Call an operator that has one output."""
        return self.writing.node(self.label, op, inputs, **attributes)[0]

    def cast(self, x: str, kind: str, to: str) -> str:
        """A value of one dtype in another."""
        return x if kind == to else self.op("Cast", x, to=to)

    def in_single(self, op: str, x: str, *rest: str, **attributes: Any) -> str:
        """An operator that ONNX Runtime has in single precision only, and that is not made of others."""
        dtype = self.writing.dtype
        y = self.op(op, self.cast(x, dtype, "float32"), *rest, **attributes)
        return self.cast(y, "float32", dtype)

    def number(self, value: npt.ArrayLike) -> str:
        """The name of a constant, in the model's precision."""
        return self.writing.array(value, f"{self.label}/constant")

    def whole(self, *values: int) -> str:
        """The name of a list of whole numbers."""
        return self.writing.array(values, f"{self.label}/shape", np.int64)

    def reshaped(self, x: str, shape: Sequence[int]) -> str:
        """Samples in another shape; the batch stays, of no rows too."""
        return self.op("Reshape", x, self.whole(0, *shape))

    def backwards(self, x: str) -> str:
        """The steps of sequences (B, T, ...) in reverse; of reversed ones, those from which they came."""
        starts, ends, axes, steps = self.whole(-1), self.whole(-1 << 63), self.whole(1), self.whole(-1)
        for node in self.writing.nodes:
            if node.outputs == [x] and node.op == "Slice" and node.inputs[1:] == [starts, ends, axes, steps]:
                return node.inputs[0]
        return self.op("Slice", x, starts, ends, axes, steps)

    def transposed(self, x: str, order: Sequence[int]) -> str:
        """Axes in another order, the batch's being the first."""
        return x if list(order) == sorted(order) else self.op("Transpose", x, perm=list(order))

    def along_last(self, x: str, axes: Sequence[int], write: Callable[[str], str]) -> str:
        """What `write` makes of x with these axes merged into the last, put back into x's shape."""
        order = [0, *(i + 1 for i in to_the_end(self.shape, axes))]
        moved = self.transposed(x, order)
        shape = [self.shape[i - 1] for i in order[1:]]
        if len(axes) > 1:
            kept = shape[: -len(axes)]
            y = self.reshaped(write(self.reshaped(moved, [*kept, int(np.prod(shape[len(kept) :]))])), shape)
        else:
            y = write(moved)
        return self.transposed(y, inverse(order))


EMITTERS: Emitters[Callable[[At], Any]] = Emitters()  # which return the name of the output, or those of several
writes = EMITTERS.writes
