"""Arrays, and one flat vector with many named views.

A model keeps all its parameters in one vector, its gradients in another of the same layout, and each
optimizer slot in one more: an optimizer is then one loop over one array, a checkpoint is a few arrays,
and clipping by the global norm is one norm. Layers never see the vector, only their views of it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import Told, TooLarge

Array = npt.NDArray[Any]
Shape = tuple[int, ...]  # a length that is left open is None, which only whoever makes a network out of data sees
Arrays = Mapping[str, Array]
TEXT = "string"  # the dtype of an input of text: an array of objects, each a str or bytes


class Parts:
    """Several arrays of one sort for the same rows: the inputs, outputs, targets or weights of a model that has more
    than one. It is cut as an array is, row by row; an array may be missing.

    >>> Parts([np.zeros((3, 2)), None])[:2].arrays[0].shape
    (2, 2)
    """

    def __init__(self, arrays: Iterable[Array | None]) -> None:
        self.arrays: tuple[Any, ...] = tuple(arrays)

    def __len__(self) -> int:
        return next((len(array) for array in self.arrays if array is not None), 0)

    def __getitem__(self, rows: Any) -> Parts:
        return Parts(None if array is None else array[rows] for array in self.arrays)


def parts_of(x: Any, count: int = 1) -> tuple[Any, ...]:
    """The arrays that there are: of `Parts` each, else the one; None, where there are none, stands for `count`."""
    return x.arrays if isinstance(x, Parts) else (x,) * (count if x is None else 1)


def as_dtypes(x: Any, dtypes: Sequence[str]) -> Any:
    """The array, or each of the `Parts`, in its dtype."""
    if isinstance(x, Parts):
        return Parts(as_dtypes(part, [dtype]) for part, dtype in zip(x.arrays, dtypes, strict=True))
    return x if dtypes[0] == TEXT else np.asarray(x, dtypes[0])


def is_whole(dtype: npt.DTypeLike) -> bool:
    """Whether it is a kind of whole numbers, or of true and false.

    >>> is_whole("int32"), is_whole("float32")
    (True, False)
    """
    return dtype != TEXT and np.dtype(dtype).kind in "iub"


def joined(parts: Sequence[Any]) -> Any:
    """Arrays or `Parts` for stretches of rows, as one for all rows."""
    if not isinstance(parts[0], Parts):
        return np.concatenate(parts)
    return Parts(np.concatenate(arrays) for arrays in zip(*(part.arrays for part in parts), strict=True))


class Whole(tuple[int, ...]):
    """The shape of an array that has no batch axis in front: a parameter's, or that of a sum over the batch. Any other
    shape in this package leaves the batch out.

    >>> with_batch(Whole((3, 4))), with_batch((3, 4))
    ((3, 4), (None, 3, 4))
    """


def with_batch(shape: Shape) -> tuple[int | None, ...]:
    """All axes of an array of this shape, None for the batch."""
    return tuple(shape) if isinstance(shape, Whole) else (None, *shape)


def fits(shape: Shape, wanted: Shape) -> bool:
    """Whether a shape is the one wanted, whatever stands where a length is left open.

    >>> fits((7, 3), (None, 3)), fits((7, 3), (7, 4))
    (True, False)
    """
    return len(shape) == len(wanted) and all(None in (n, m) or n == m for n, m in zip(shape, wanted, strict=True))


def is_open(shape: Shape) -> bool:
    """Whether some length of it is left open."""
    return None in shape


def at_length(shape: Shape, length: int) -> Shape:
    """The shape with this length wherever one is left open.

    >>> at_length((None, 3), 5)
    (5, 3)
    """
    return type(shape)(length if n is None else n for n in shape)


def known(x: Any) -> Array:
    """x as an array; a kind of number that NumPy itself lacks, such as bfloat16 of the package ml_dtypes, as float32.
    A tensor of PyTorch is taken without its gradient.

    >>> known([1.0]).dtype, known(np.ones(1, "float16")).dtype
    (dtype('float64'), dtype('float16'))
    """
    if hasattr(x, "detach"):
        x = x.detach().cpu()
        x = x.float() if str(x.dtype) == "torch.bfloat16" else x
    array: Array = np.asarray(x)
    return array.astype(np.float32) if array.dtype.kind == "V" and np.can_cast(array.dtype, np.float32) else array


def rows(x: Array) -> Array:
    """x (..., I) as a matrix (product of ..., I), one row per sample.

    >>> rows(np.zeros((2, 3, 4))).shape
    (6, 4)
    """
    return x.reshape(-1, x.shape[-1])


def sum_to(x: Array, shape: Shape) -> Array:
    """Undo broadcasting: sum x over the axes that broadcasting `shape` to x.shape had stretched; x itself for none.

    >>> sum_to(np.ones((2, 3)), (1, 3))
    array([[2., 2., 2.]])
    """
    if x.shape == shape:
        return x
    extra = x.ndim - len(shape)
    stretched = tuple(range(extra)) + tuple(extra + i for i, n in enumerate(shape) if n == 1)
    total: Array = x.sum(axis=stretched, keepdims=True)
    return total.reshape(shape)


def aligned(n: int, dtype: npt.DTypeLike) -> Array:
    """n zeros that begin on a cache line: vector registers read them without straddling two.

    >>> aligned(3, "float32").ctypes.data % 64
    0
    """
    size = np.dtype(dtype).itemsize
    memory = np.zeros(n * size + 64, np.uint8)
    first = -memory.__array_interface__["data"][0] % 64
    return memory[first : first + n * size].view(dtype)


class Flat(Mapping[str, Array]):
    """One vector `data` (P,) with a named, shaped view for each entry, in the order given.

    >>> theta = Flat({"kernel": (2, 3), "bias": (3,)})
    >>> theta["bias"][:] = 1
    >>> theta.data
    array([0., 0., 0., 0., 0., 0., 1., 1., 1.], dtype=float32)
    """

    def __init__(self, shapes: Mapping[str, Shape], dtype: npt.DTypeLike = "float32", data: Array | None = None):
        self.shapes: dict[str, Shape] = dict(shapes)
        self.slices: dict[str, slice] = {}
        start = 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            self.slices[name] = slice(start, stop)
            start = stop
        if data is None:
            _check_memory(self.shapes, start, np.dtype(dtype))
            data = aligned(start, dtype)
        self.data: Array = data
        self._views = {name: self.data[where].reshape(shapes[name]) for name, where in self.slices.items()}

    def like(self) -> Flat:
        """A vector of zeros with the same layout: gradients, an optimizer slot."""
        return Flat(self.shapes, self.data.dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy's views look into the copy's own vector."""
        return Flat, (self.shapes, self.data.dtype, self.data)

    def update(self, values: Arrays) -> None:
        """Write several entries."""
        for name, value in values.items():
            self[name] = value

    def __getitem__(self, name: str) -> Array:
        return self._views[name]

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        self._views[name][...] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)


def _check_memory(shapes: Mapping[str, Shape], size: int, dtype: np.dtype[Any]) -> None:
    """Refuse what the machine's memory cannot hold, before the system is asked for it: some systems say yes, and end
    the program when it writes there."""
    memory = _memory()
    if size * dtype.itemsize > memory:
        name = max(shapes, key=lambda name: math.prod(shapes[name]))
        raise TooLarge(
            f"parameter {name!r} of the shape {shapes[name]}", f"parameters that fit into {memory / 2**30:,.0f} GiB of "
            f"memory, as {dtype.name}", Told(f"{size:,} of them, {size * dtype.itemsize / 2**30:,.0f} GiB"),
            "Use fewer units.",
        )  # fmt: skip


def _memory() -> int:
    """The machine's memory in bytes; where the system does not tell, more than any has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 1 << 47
