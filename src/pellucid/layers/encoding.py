"""What layers have in common that number categories: places k, whole numbers, or vectors made of them.

    int        y = k                          x (B, ...)      y (B, ...)
    one_hot    y[..., k] = 1                  x (B, ...)      y (B, ..., depth)
    multi_hot  y[k] = 1 for each k            x (B, ..., n)   y (B, ..., depth)
    count      y[k] = how many there are      x (B, ..., n)   y (B, ..., depth)

A place below 0 stands for nothing at all. None of this has a compiled form: where a network begins with it, it is
computed before the engine begins (`training/reading.py`)."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from .. import checks
from ..arrays import TEXT, Array, Arrays, Shape
from ..errors import DataError, InvalidArgument, ShapeError, Told, WrongType
from ..registry import plain
from ..rng import Key
from ..wiring import Tensor
from .base import Layer
from .connecting import as_numbers

MODES = ("int", "one_hot", "multi_hot", "count")
LARGEST = int(np.iinfo("int64").max)
OLD = {"binary": "multi_hot", "tf-idf": "tf_idf"}  # as Keras once called them


def encoded(places: Array, mode: str, depth: int, dtype: str, weights: Any = None) -> Array:
    """Places (B, ...) as vectors; each counts as much as its weight, 1 unless there are weights.

    >>> encoded(np.array([[0, 2, 2]]), "count", 3, "float32")
    array([[1., 0., 2.]], dtype=float32)
    """
    if mode == "one_hot":
        places = places[..., 0] if places.ndim > 1 and places.shape[-1] == 1 else places
        y: Array = (places[..., None] == np.arange(depth)).astype(dtype)
        return y
    rows = places.reshape(math.prod(places.shape[:-1]), places.shape[-1])
    y = np.zeros((len(rows), depth), dtype)
    row, column = np.nonzero((rows >= 0) & (rows < depth))
    amounts = 1 if weights is None else np.asarray(weights, dtype).reshape(rows.shape)[row, column]
    np.add.at(y, (row, rows[row, column]), amounts)
    y = y if mode == "count" else (y > 0).astype(dtype)
    return y.reshape(*places.shape[:-1], depth)


class Encoding(Layer):
    """A layer that finds a place for each category, and gives it in the form that `output_mode` says."""

    formula, formula_back = "k = place of x, y = k in its output_mode", ""
    takes_whole = reads_ahead = True
    modes: tuple[str, ...] = MODES
    whole_dtype = "int64"  # of places, as Keras has them
    reads: str = TEXT  # or a kind of number, or whatever comes in: ""

    def keep_mode(self, output_mode: str, sparse: Any) -> None:
        """Keep the constructor's arguments."""
        mode = OLD.get(output_mode, output_mode) if isinstance(output_mode, str) else output_mode
        self.output_mode = checks.one_of(self.where("output_mode"), mode, self.modes)
        if sparse:
            raise InvalidArgument(self.where("sparse"), "False: arrays are dense here", sparse)
        self.sparse = False

    @property
    @abstractmethod
    def depth(self) -> int:
        """How many places there are."""

    @abstractmethod
    def places(self, x: Array) -> Array:
        """The place of each category, below 0 for none."""

    @property
    def takes_text(self) -> bool:  # type: ignore[override]
        """Whether text may reach it."""
        return self.reads in (TEXT, "")

    @property
    def first_dtype(self) -> str:
        return self.reads or TEXT

    @property
    def gives_dtype(self) -> str:
        return self.whole_dtype if self.output_mode == "int" else self.dtype

    def read(self, where: str, data: Any) -> Array:
        """Data as an array of what the layer reads."""
        if self.reads == TEXT:
            return checks.texts(where, data)
        return whole_numbers(self.name, where, data)

    def as_input(self, data: Any, dtype: str) -> Array:
        return self.read(f"layer {self.name!r}, input", data)

    def called_on(self, tensors: Sequence[Tensor], training: bool | None = None) -> tuple[Tensor, ...]:
        if self.reads == TEXT and (other := next((x.dtype for x in tensors if x.dtype != TEXT), None)) is not None:
            fix = "Begin with Input(shape, dtype='string')."
            raise WrongType(f"layer {self.name!r}, input", "text", Told(f"a tensor of {other}"), fix)
        return super().called_on(tensors, training)

    def output_shape_for(self, *shapes: Shape) -> Shape:
        return self.shape_encoded(shapes[0])

    def shape_encoded(self, shape: Shape) -> Shape:
        """The output's shape, for places of this one."""
        if self.output_mode == "int":
            return shape
        if self.output_mode == "one_hot":
            return (*(shape[:-1] if shape[-1:] == (1,) else shape), self.depth)
        if not shape:
            fix = "One sample alone needs a batch axis: x[None]."
            raise ShapeError(f"layer {self.name!r}, input", "categories of each sample, (B, ..., n)", (None,), fix)
        return (*shape[:-1], self.depth)

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        return self.in_mode(self.places(self.read(f"layer {self.name!r}, input", xs[0]))), None

    def in_mode(self, places: Array) -> Array:
        """Places in the form that `output_mode` says."""
        if self.output_mode == "int":
            return places.astype(self.whole_dtype)
        return encoded(places, self.output_mode, self.depth, self.dtype)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        return None, {}


def whole_numbers(name: str, where: str, data: Any) -> Array:
    """Data as whole numbers of 64 bits; what has decimals is refused.

    >>> whole_numbers("count", "layer 'count', input", [[1.0, 2.0]])
    array([[1, 2]])
    """
    x = as_numbers(name, data, "float64") if np.asarray(data).dtype.kind == "O" else np.asarray(data)
    if x.dtype.kind in "iub":
        if x.ndim == 0:
            raise ShapeError(where, "an array with a batch axis", x.shape)
        if x.dtype == "uint64" and (large := x > LARGEST).any():
            raise DataError(where, f"whole numbers up to {LARGEST}", x[large].flat[0].item())
        return x.astype("int64")
    x = as_numbers(name, x, "float64")
    with np.errstate(invalid="ignore"):
        whole: Array = x.astype("int64")
    if (whole != x).any():
        raise DataError(where, "whole numbers", x[whole != x].flat[0].item())
    return whole


def batches_of(where: str, data: Any, steps: int | None) -> Iterator[Any]:
    """What `adapt` is given, batch by batch: an array or a list is one, of tuples (x, y) the first part counts."""
    if hasattr(data, "__array__") or isinstance(data, list | tuple):
        if steps is not None:
            raise InvalidArgument(f"{where}, argument steps", "None for an array, which is one batch", steps)
        yield data
    elif isinstance(data, Iterable) and not isinstance(data, str | bytes | dict):
        steps = None if steps is None else checks.integer(f"{where}, argument steps", steps, minimum=1)
        for batch in islice(data, steps):
            yield batch[0] if isinstance(batch, tuple) else batch
    else:
        raise DataError(where, "an array, a list, or batches one after another", Told(type(data).__name__))


def salt_argument(where: str, value: Any) -> list[int] | None:
    """The two numbers that key a hash: given as one for both, as two, or None for none."""
    if value is None:
        return None
    values: Sequence[Any] = value if isinstance(value, list | tuple) and len(value) == 2 else [value, value]
    return [checks.integer(where, one, minimum=0) for one in values]


def plain_list(values: Any) -> list[Any]:
    """An array, a tuple or a list as a list of plain values."""
    found: list[Any] = plain(np.asarray(values)) if hasattr(values, "__array__") else plain(list(values))
    return found
