"""Ops that put numbers elsewhere, or leave some out. The gradient of each goes back to where its number came from."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InvalidArgument, ShapeError, Told
from .base import op
from .options import places
from .reductions import MATH

CORE = "keras.src.ops.core"
NOWHERE = -1


def sent_back(dy: Array, x: Array, moved: Callable[[Array], Array]) -> Array:
    """dx of y = moved(x): the same is done to the places of x, which tells where each dy came from."""
    origins = moved(np.arange(x.size).reshape(x.shape)).ravel()
    from_x = origins != NOWHERE
    return np.bincount(origins[from_x], dy.ravel()[from_x], x.size).reshape(x.shape).astype(dy.dtype)


@op()
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """y = x with more numbers around it: so many before and after along each axis. They are constant_values (0), or
    with mode "reflect" or "symmetric" those of x, mirrored.

    >>> pad([1.0, 2.0], (1, 2))
    array([0., 1., 2., 0., 0.], dtype=float32)
    """
    modes = ("constant", "reflect", "symmetric")
    if mode not in modes or (mode != "constant" and constant_values is not None):
        raise InvalidArgument("ops.pad, argument mode", f"one of {', '.join(modes)}, values with the first only", mode)
    more = {"constant_values": constant_values} if constant_values is not None else {}
    return np.pad(x, pad_width, mode, **more)  # type: ignore[call-overload]


pad.in_call = ("constant_values",)


@pad.gradient("dx = the sums of the dy that each x became")
def pad_grad(dy: Array, y: Array, x: Array, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    outside = {"constant_values": NOWHERE} if mode == "constant" else {}
    return sent_back(dy, x, lambda at: np.pad(at, pad_width, mode, **outside))  # type: ignore[call-overload]


@op()
def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """y = x, moved along an axis, or as one row; what leaves at the end enters at the start.

    >>> roll([1.0, 2.0, 3.0], 1)
    array([3., 1., 2.], dtype=float32)
    """
    return np.roll(x, shift, axis)


@roll.gradient("dx = dy, rolled back")
def roll_grad(dy: Array, y: Array, x: Array, shift: Any, axis: Any = None) -> Array:
    return np.roll(dy, tuple(-n for n in shift) if isinstance(shift, tuple) else -shift, axis)


def _matrices(where: str, x: Any) -> None:
    if np.ndim(x) < 2:
        raise ShapeError(where, "at least two axes", np.shape(x))


@op()
def tril(x: Any, k: int = 0) -> Any:
    """y = x on the diagonal and below, 0 above; of the last two axes. k moves the diagonal up.

    >>> tril([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 0.],
           [3., 4.]], dtype=float32)
    """
    _matrices("ops.tril", x)
    return np.tril(x, k)


@tril.gradient("dx = dy on the diagonal and below")
def tril_grad(dy: Array, y: Array, x: Array, k: int = 0) -> Array:
    return np.tril(dy, k)


@op()
def triu(x: Any, k: int = 0) -> Any:
    """y = x on the diagonal and above, 0 below; of the last two axes. k moves the diagonal up.

    >>> triu([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 2.],
           [0., 4.]], dtype=float32)
    """
    _matrices("ops.triu", x)
    return np.triu(x, k)


@triu.gradient("dx = dy on the diagonal and above")
def triu_grad(dy: Array, y: Array, x: Array, k: int = 0) -> Array:
    return np.triu(dy, k)


@op()
def diag(x: Any, k: int = 0) -> Any:
    """y = a matrix with x on its diagonal; of a matrix, its diagonal. k moves the diagonal up.

    >>> diag([1.0, 2.0])
    array([[1., 0.],
           [0., 2.]], dtype=float32)
    """
    return np.diag(np.asarray(x), k)


@diag.gradient("dx = dy on the diagonal")
def diag_grad(dy: Array, y: Array, x: Array, k: int = 0) -> Array:
    return np.diag(dy, k) if x.ndim == 1 else sent_back(dy, x, lambda at: np.diag(at, k))


@op()
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """y = the diagonal of two axes, along a new last axis. offset moves it up.

    >>> diagonal([[1.0, 2.0], [3.0, 4.0]])
    array([1., 4.], dtype=float32)
    """
    return np.diagonal(x, offset, axis1, axis2)


@diagonal.gradient("dx = dy on the diagonal, 0 elsewhere")
def diagonal_grad(dy: Array, y: Array, x: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    return sent_back(dy, x, lambda at: np.diagonal(at, offset, axis1, axis2))


@op(exact=True)
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """y = the sum of the diagonal of two axes. offset moves it up.

    >>> trace([[1.0, 2.0], [3.0, 4.0]])
    array(5., dtype=float32)
    """
    return np.trace(x, offset, axis1, axis2)


@trace.gradient("dx = dy on the diagonal, 0 elsewhere")
def trace_grad(dy: Array, y: Array, x: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    length = np.diagonal(x, offset, axis1, axis2).shape[-1]
    dx: Array = diagonal_grad(np.repeat(dy[..., None], length, -1), y, x, offset, axis1, axis2)
    return dx


def _window(where: str, x: Any, start_indices: Any, shape: Sequence[int]) -> tuple[builtins.slice, ...]:
    """The part of x that begins at some place and has this shape, -1 being all that follows."""
    starts, sizes = np.ravel(np.asarray(start_indices)), np.shape(x)
    if starts.dtype.kind not in "iu" or not len(starts) == len(sizes) == len(shape):
        raise ShapeError(where, f"a start and a size for each of {len(sizes)} axes", Told(f"{starts} and {shape}"))
    ends = [size if n == -1 else int(i) + n for i, n, size in zip(starts, shape, sizes, strict=True)]
    if any(not 0 <= i <= end <= size for i, end, size in zip(starts, ends, sizes, strict=True)):
        raise ShapeError(where, f"a part of {sizes}", Told(f"one from {starts} of shape {tuple(shape)}"))
    return tuple(builtins.slice(int(i), end) for i, end in zip(starts, ends, strict=True))


@op(2, module=CORE)
def slice(inputs: Any, start_indices: Any, shape: Sequence[int]) -> Any:
    """y = the part of the inputs that begins at some place and has this shape; -1 stands for all that follows.

    >>> slice([1.0, 2.0, 3.0, 4.0], [1], [2])
    array([2., 3.], dtype=float32)
    """
    return np.asarray(inputs)[_window("ops.slice", inputs, start_indices, shape)]


@slice.gradient("dinputs = dy where the part was, 0 elsewhere")
def slice_grad(dy: Array, y: Array, inputs: Array, start_indices: Any, shape: Sequence[int]) -> Any:
    dx = np.zeros_like(inputs)
    dx[_window("ops.slice", inputs, start_indices, shape)] = dy
    return dx, None


@op(3, module=CORE)
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    """y = the inputs, with the updates in the place that begins there.

    >>> slice_update([1.0, 2.0, 3.0], [1], [9.0])
    array([1., 9., 3.], dtype=float32)
    """
    y = np.array(inputs)
    y[_window("ops.slice_update", inputs, start_indices, np.shape(updates))] = updates
    return y


@slice_update.gradient("dinputs = dy outside the place, dupdates = dy in the place")
def slice_update_grad(dy: Array, y: Array, inputs: Array, start_indices: Any, updates: Array) -> Any:
    place = _window("ops.slice_update", inputs, start_indices, np.shape(updates))
    dx = dy.copy()
    dx[place] = 0
    return dx, None, dy[place]


def _segments(where: str, data: Any, segment_ids: Any, num_segments: int | None) -> tuple[Array, int]:
    """(the segment of each row, how many there are)."""
    ids = places(f"{where}, segment_ids", segment_ids)
    if ids.ndim != 1 or ids.shape != np.shape(data)[:1]:
        raise ShapeError(where, "a segment for each row", Told(f"{np.shape(data)} and {ids.shape}"))
    n = int(ids.max(initial=-1)) + 1 if num_segments is None else num_segments
    if ids.min(initial=0) < 0 or ids.max(initial=-1) >= n:
        raise InvalidArgument(where, f"segments from 0 to {n - 1}", f"{ids.min()} to {ids.max()}")
    return ids, n


@op(2, module=MATH)
def segment_sum(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Any:
    """y = the sums of the rows of each segment. `sorted` is taken for Keras's sake: the order does not matter.

    >>> segment_sum([1.0, 2.0, 4.0], [0, 1, 0], 2)
    array([5., 2.], dtype=float32)
    """
    ids, n = _segments("ops.segment_sum", data, segment_ids, num_segments)
    y = np.zeros((n, *np.shape(data)[1:]), np.asarray(data).dtype)
    np.add.at(y, ids, data)
    return y


@segment_sum.gradient("ddata = the dy of its segment")
def segment_sum_grad(dy: Array, y: Array, data: Array, segment_ids: Any, **options: Any) -> Any:
    return dy[places("ops.segment_sum, segment_ids", segment_ids)], None


@op(2, module=MATH)
def segment_max(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Any:
    """y = the largest of the rows of each segment, −∞ where it has none. Those that are equal share the gradient.

    >>> segment_max([1.0, 2.0, 4.0], [0, 1, 0], 2)
    array([4., 2.], dtype=float32)
    """
    ids, n = _segments("ops.segment_max", data, segment_ids, num_segments)
    rows = np.asarray(data)
    lowest = -np.inf if rows.dtype.kind == "f" else np.iinfo(rows.dtype).min
    y = np.full((n, *rows.shape[1:]), lowest, rows.dtype)
    np.maximum.at(y, ids, rows)
    return y


@segment_max.gradient("ddata = the dy of its segment where it is the largest")
def segment_max_grad(dy: Array, y: Array, data: Array, segment_ids: Any, **options: Any) -> Any:
    ids = places("ops.segment_max, segment_ids", segment_ids)
    here = (data == y[ids]).astype(dy.dtype)
    shared = np.zeros_like(y)
    np.add.at(shared, ids, here)
    return dy[ids] * here / shared[ids], None


@op(2, module=MATH)
def segment_prod(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Any:
    """y = the products of the rows of each segment, 1 where it has none.

    >>> segment_prod([1.0, 2.0, 4.0], [0, 1, 0], 3)
    array([4., 2., 1.], dtype=float32)
    """
    ids, n = _segments("ops.segment_prod", data, segment_ids, num_segments)
    y = np.ones((n, *np.shape(data)[1:]), np.asarray(data).dtype)
    np.multiply.at(y, ids, data)
    return y


@segment_prod.gradient("ddata = the dy of its segment·(the product of its other rows)")
def segment_prod_grad(dy: Array, y: Array, data: Array, segment_ids: Any, **options: Any) -> Any:
    ids = places("ops.segment_prod, segment_ids", segment_ids)
    zero = data == 0
    zeros, rest = np.zeros(y.shape, int), np.ones_like(y)  # rest: without the zeros, what one zero leaves
    np.add.at(zeros, ids, zero)
    np.multiply.at(rest, ids, np.where(zero, 1, data))
    others = rest[ids] / np.where(zero, 1, data) * (zeros[ids] == zero)
    return dy[ids] * others.astype(dy.dtype), None


@op(2, exact=True)
def outer(x1: Any, x2: Any) -> Any:
    """y = each number of x1 times each of x2, both as one row.

    >>> outer([1.0, 2.0], [3.0, 4.0])
    array([[3., 4.],
           [6., 8.]], dtype=float32)
    """
    return np.outer(x1, x2)


@outer.gradient("dx1 = dy·x2, dx2 = x1·dy")
def outer_grad(dy: Array, y: Array, x1: Any, x2: Any) -> Any:
    return (dy @ np.ravel(x2)).reshape(np.shape(x1)), (np.ravel(x1) @ dy).reshape(np.shape(x2))


@op(2)
def cross(x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """y = the cross product of vectors of three numbers along the last axis.

    >>> cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    array([0., 0., 1.], dtype=float32)
    """
    if (axisa, axisb, axisc) != (-1, -1, -1) or axis not in (None, -1):
        raise InvalidArgument("ops.cross, argument axis", "vectors along the last axis", axis, "ops.moveaxis moves it.")
    if np.shape(x1)[-1:] != (3,) or np.shape(x2)[-1:] != (3,):
        raise ShapeError("ops.cross", "vectors of three numbers", Told(f"{np.shape(x1)} and {np.shape(x2)}"))
    return np.cross(x1, x2)


@cross.gradient("dx1 = x2 × dy, dx2 = dy × x1")
def cross_grad(dy: Array, y: Array, x1: Array, x2: Array, **options: Any) -> Any:
    return np.cross(x2, dy), np.cross(dy, x1)
