"""Ops that put numbers in order.     x (..., n, ...)"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array
from .base import op
from .options import places
from .reductions import MATH, Axis, axes, filled, opened


@op()
def sort(x: Any, axis: int = -1) -> Any:
    """y = x from the smallest to the largest along an axis. Each gradient goes back to the place that it came from.

    >>> sort([3.0, 1.0, 2.0])
    array([1., 2., 3.], dtype=float32)
    """
    return np.sort(x, axis)


@sort.gradient("dx = dy, each back where its x was")
def sort_grad(dy: Array, y: Array, x: Array, axis: int = -1) -> Array:
    dx = np.zeros_like(dy)
    np.put_along_axis(dx, np.argsort(x, axis, kind="stable"), dy, axis)
    return dx


@op()
def argsort(x: Any, axis: int = -1) -> Any:
    """y = the places of x from its smallest to its largest along an axis, the first of equal ones first. No gradient
    flows.

    >>> argsort([3.0, 1.0, 2.0])
    array([1, 2, 0], dtype=int32)
    """
    return np.argsort(x, axis, kind="stable").astype("int32")


@op(2)
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Any:
    """y = the entries of x at places along an axis that each have their own: what `argsort` gives, for one.

    >>> take_along_axis([[3.0, 1.0], [2.0, 4.0]], [[1], [0]], axis=1)
    array([[1.],
           [2.]], dtype=float32)
    """
    return np.take_along_axis(np.asarray(x), places("ops.take_along_axis, indices", indices), axis)


@take_along_axis.gradient("dx = the sums of the dy of each x that was taken")
def take_along_axis_grad(dy: Array, y: Array, x: Array, indices: Any, axis: int | None = None) -> Any:
    dx, at = np.zeros_like(x), places("ops.take_along_axis, indices", indices)
    if axis is None:
        np.add.at(dx.reshape(-1), at, dy)
        return dx, None
    along = axis % x.ndim
    everywhere = np.ogrid[tuple(slice(n) for n in at.shape)]
    sizes = enumerate(zip(x.shape, everywhere, strict=True))
    where: Any = tuple(  # an axis of length 1 is stretched to fit the places
        at if i == along else 0 if n == 1 else there for i, (n, there) in sizes
    )
    np.add.at(dx, where, dy)
    return dx, None


@op(2, module=MATH)
def in_top_k(targets: Any, predictions: Any, k: int) -> Any:
    """y = whether the class of each row is among its k largest predictions. No gradient flows.

    targets (B,), predictions (B, C), y (B,)

    >>> in_top_k([1, 0], [[0.1, 0.7, 0.2], [0.1, 0.7, 0.2]], 1)
    array([ True, False])
    """
    rows = np.asarray(predictions)
    mine = np.take_along_axis(rows, places("ops.in_top_k, targets", targets)[:, None], 1)
    return ((rows > mine).sum(1) < k) & np.isfinite(mine[:, 0])


@op()
def median(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """y = the number in the middle, the mean of two where there are two. The gradient goes to those it was made of.

    >>> median([1.0, 7.0, 3.0])
    array(3., dtype=float32)
    """
    filled("ops.median", x, axis)
    return np.median(x, axes(axis), keepdims=keepdims)


@median.gradient("dx = dy to the x in the middle, halves to two of them")
def median_grad(dy: Array, y: Array, x: Array, axis: Axis = None, keepdims: bool = False) -> Any:
    gone = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    gone = tuple(a % x.ndim for a in gone)
    kept = [a for a in range(x.ndim) if a not in gone]
    together = x.transpose(*kept, *gone)  # the axes that go, as one at the end
    flat = together.reshape(*(x.shape[a] for a in kept), -1)
    order, n = np.argsort(flat, -1, kind="stable"), flat.shape[-1]
    middle = order[..., (n - 1) // 2 : n // 2 + 1]
    found = np.zeros_like(flat)
    dy = opened(dy, x, axis, keepdims).transpose(*kept, *gone).reshape(*flat.shape[:-1], 1)
    np.put_along_axis(found, middle, dy / middle.shape[-1], -1)
    return found.reshape(together.shape).transpose(np.argsort([*kept, *gone]))
