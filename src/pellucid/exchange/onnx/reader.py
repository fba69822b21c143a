"""What the readers of operators work with: the values of a graph as tensors and arrays, and one node of it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from ... import layers as L
from ...arrays import Array, Shape
from ...errors import FileError, Told
from ...ops import Operation
from ...wiring import Tensor

Value = Any  # a Tensor, an Array, or data that are Late
MOST = 1 << 22  # numbers in a row of data, and in all arrays that are made of others: no network here needs more
BATCH = -1  # in an array of sizes: as many as there are rows


@dataclass
class Late:
    """Data of which the batch is not the first axis, on their way into an operator that goes through time or out of it.
    x: they with the batch in front; batch: the axis where it stands."""

    x: Tensor
    batch: int

    @property
    def shape(self) -> list[int]:
        """All axes, BATCH for the batch."""
        return [*self.x.sample[: self.batch], BATCH, *self.x.sample[self.batch :]]


def sample(x: Value) -> Shape:
    """The shape of a row of data, or of a constant."""
    return x.sample if isinstance(x, Tensor) else x.shape


@dataclass
class Reading:
    """A graph being read: what its values are so far, and the arrays that belong to its layers."""

    where: str
    dtype: str
    batch: int | None  # the number of rows, where the file fixes one
    values: dict[str, Value]
    room: int  # numbers that arrays made of others may hold
    weights: dict[int, tuple[L.Layer, dict[str, Array]]] = field(default_factory=dict)
    places: dict[int, Tensor] = field(default_factory=dict)  # what was cast to whole numbers, and from what
    _shared: dict[Any, L.Layer] = field(default_factory=dict)

    def weighted(self, key: Any, make: Callable[[], L.Layer], weights: dict[str, Array]) -> L.Layer:
        """A layer with these weights: the same one wherever the same arrays are used in the same way."""
        layer = self._shared.get(key)
        if layer is None:
            layer = self._shared[key] = make()
            self.weights[id(layer)] = layer, weights
        return layer


@dataclass
class Use:
    """One node of a graph."""

    reading: Reading
    op: str
    name: str
    inputs: list[str]
    outputs: int
    options: dict[str, Any]
    wanted: list[bool] = field(default_factory=list)  # of all outputs, those left out among them: which are read

    def refuse(self, expected: str, got: str) -> NoReturn:
        raise FileError(
            f"{self.reading.where}, node {self.name!r} ({self.op})", expected, Told(got),
            "Networks of Pellucid's layers and ops are read; take the part out that is none.",
        )  # fmt: skip

    def value(self, i: int) -> Value | None:
        """An input; None where it is left out."""
        return self.reading.values[self.inputs[i]] if i < len(self.inputs) and self.inputs[i] else None

    def values(self) -> list[Value]:
        """All inputs, of which none is left out."""
        return [self.value(i) if name else self.refuse("all inputs", "fewer") for i, name in enumerate(self.inputs)]

    def tensor(self, i: int = 0) -> Tensor:
        """An input that data flow through, the batch in front."""
        found = self.value(i)
        if isinstance(found, Late):
            self.refuse("data whose first axis is the batch", f"a shape {tuple(found.shape)}")
        if not isinstance(found, Tensor):
            self.refuse(f"data as input {i + 1}", "a constant")
        if id(found) in self.reading.places and self.op != "Gather":
            self.refuse("a cast to numbers with decimals", "one to whole numbers, which are read as places of Gather")
        return found

    def constant(self, i: int, default: Any = None) -> Array:
        """An input that is known."""
        found = self.value(i)
        if isinstance(found, Tensor | Late):
            self.refuse(f"a constant as input {i + 1}", "data")
        if found is None and default is None:
            self.refuse(f"an input {i + 1}", "none")
        return np.asarray(default if found is None else found)

    def number(self, i: int, default: float | None = None) -> float:
        """An input that is one known number."""
        found = self.constant(i, default)
        if found.size != 1:
            self.refuse(f"one number as input {i + 1}", f"an array {found.shape}")
        return float(found.reshape(()))

    def whole(self, i: int, option: str, default: Any = None) -> list[int]:
        """Known whole numbers: an input, or an attribute where older operators have one."""
        if self.value(i) is not None:
            found = self.constant(i)
        else:
            found = np.asarray(self.options.get(option, [] if default is None else default))
        if found.ndim > 1 or found.dtype.kind not in "iuf" or (found.dtype.kind == "f" and found.size):
            self.refuse(f"a list of whole numbers as input {i + 1}", f"{found.dtype} {found.shape}")
        return [int(n) for n in found.reshape(-1)]

    def axis(self, x: Tensor, axis: int) -> int:
        """An axis behind the batch, counted from the front."""
        n = len(x.sample) + 1
        if not -n <= axis < n or axis % n == 0:
            self.refuse("an axis behind the batch", f"axis {axis} of {n}")
        return axis % n

    # What a reader makes -----------------------------------------------------------------------------------------

    def layer(self, kind: Callable[..., L.Layer], x: Tensor | Sequence[Tensor], **options: Any) -> Tensor:
        """The tensor that a new layer gives."""
        return self.on(kind(**options, dtype=self.reading.dtype), x)

    def weighted(self, kind: Callable[..., L.Layer], x: Tensor, weights: dict[str, Array], **options: Any) -> Tensor:
        """The tensor of a layer with these weights."""
        places = tuple((w.__array_interface__["data"][0], w.shape, w.strides) for w in weights.values())
        key = kind, places, x.sample, repr(options)
        layer = self.reading.weighted(key, lambda: kind(**options, dtype=self.reading.dtype), weights)
        return self.on(layer, x)

    def on(self, layer: L.Layer, x: Tensor | Sequence[Tensor]) -> Tensor:
        (y,) = layer.called_on([x] if isinstance(x, Tensor) else list(x))
        return y

    def operate(self, operation: Operation, *operands: Any, **options: Any) -> Tensor:
        """The tensor that an op gives; operands that are no tensors are known."""
        self.fit(*operands)
        found: Tensor = operation(*map(self._operand, operands), **options)
        return found

    def _operand(self, value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            return value.astype(self.reading.dtype)
        return value

    def beside(self, array: Array, x: Tensor) -> Array:
        """A constant as it goes along with samples of x: without the axis of the batch, in which it has length 1."""
        shape = array.shape
        if len(shape) > len(x.sample) + 1:
            self.refuse(f"a constant of {len(x.sample) + 1} axes at most", f"one of shape {shape}")
        while len(shape) > len(x.sample) or (shape and shape[0] == 1 and len(shape) > 1):
            if shape[0] != 1:
                self.refuse("a constant that is the same for every row", f"one of shape {array.shape}")
            shape = shape[1:]
        return array.reshape(shape)

    def alongside(self) -> list[Value]:
        """The inputs, the constants among them as they go along with samples. Data have as many axes each: ONNX would
        stretch those with fewer along the batch of the others."""
        given = self.values()
        tensors = [x for x in given if isinstance(x, Tensor)]
        if not tensors or len({len(x.sample) for x in tensors}) > 1:
            self.refuse("data of as many axes each", ", ".join(str((None, *x.sample)) for x in tensors) or "none")
        return [x if isinstance(x, Tensor) else self.beside(x, tensors[0]) for x in given]

    def small(self, shape: Sequence[int]) -> Shape:
        """A shape of an array to be made, if there is room for it."""
        size = math.prod(shape)
        if size > self.reading.room or any(n < 0 for n in shape):
            self.refuse(f"arrays of {MOST:,} numbers, or as many as the file holds", f"one of shape {tuple(shape)}")
        self.reading.room -= size
        return tuple(shape)

    def fits(self, shape: Sequence[int]) -> None:
        """Refuse data of too many numbers in a row."""
        if math.prod(shape) > MOST:
            self.refuse(f"rows of {MOST:,} numbers at most", f"a shape {(None, *shape)}")

    def fit(self, *given: Any) -> None:
        """Refuse data of too many numbers in a row, or that would have them when they are stretched to fit each other:
        an op is tried before it is part of a graph."""
        shapes = [sample(x) for x in given if isinstance(x, Tensor | np.ndarray)]
        with contextlib.suppress(ValueError):  # they are not stretched, or the op says what does not fit
            shapes.append(np.broadcast_shapes(*shapes))
        for shape in shapes:
            self.fits(shape)


Reader = Callable[[Use], Any]  # the value of the one output, or a list of values
READERS: dict[str, Reader] = {}
LATE: dict[str, Reader] = {}  # of data that are Late


def reads(*ops: str) -> Callable[[Reader], Reader]:
    """Decorator: this reads these operators."""

    def register(reader: Reader) -> Reader:
        READERS.update(dict.fromkeys(ops, reader))
        return reader

    return register
