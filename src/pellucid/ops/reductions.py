"""Ops along axes: sums, means, the largest and the smallest.     x (..., n, ...), y (..., ...)

axis: a number, several, or None for all; the batch, where there is one, is axis 0. keepdims: whether the axis stays,
with length 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import ShapeError
from .base import op

Axis = int | tuple[int, ...] | list[int] | None
MATH = "keras.src.ops.math"


def axes(axis: Axis) -> Any:
    """An axis as NumPy takes it."""
    return tuple(axis) if isinstance(axis, list) else axis


def opened(a: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """What came of x along an axis, with that axis there again, of length 1."""
    if keepdims:
        return a
    gone = range(x.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    return np.expand_dims(a, tuple(gone))


def count(x: Array, axis: Axis) -> int:
    """How many numbers of x go into one."""
    gone = range(x.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    return math.prod(x.shape[a] for a in gone)


def filled(where: str, x: Any, axis: Axis) -> None:
    """Refuse what has no mean: no numbers at all."""
    if count(np.asarray(x), axis) == 0:
        raise ShapeError(where, "at least one number along each axis", np.shape(x))


@op(exact=True)
def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """y = Σ x.

    >>> sum([[1.0, 2.0], [3.0, 4.0]], axis=1)
    array([3., 7.], dtype=float32)
    """
    return np.sum(x, axes(axis), keepdims=keepdims)


@sum.gradient("dx = dy")
def sum_grad(dy: Array, y: Array, x: Array, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.broadcast_to(opened(dy, x, axis, keepdims), x.shape)


@op()
def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """y = Σ x / n.

    >>> mean([[1.0, 2.0], [3.0, 4.0]], axis=0)
    array([2., 3.], dtype=float32)
    """
    filled("ops.mean", x, axis)
    return np.mean(x, axes(axis), keepdims=keepdims)


@mean.gradient("dx = dy / n")
def mean_grad(dy: Array, y: Array, x: Array, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.broadcast_to(opened(dy, x, axis, keepdims) / count(x, axis), x.shape)


@op()
def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """y = Σ (x − m)² / n, m the mean.

    >>> var([1.0, 3.0])
    array(1., dtype=float32)
    """
    filled("ops.var", x, axis)
    return np.var(x, axes(axis), keepdims=keepdims)


@var.gradient("dx = dy·2·(x − m) / n")
def var_grad(dy: Array, y: Array, x: Array, axis: Axis = None, keepdims: bool = False) -> Any:
    deviation = x - np.mean(x, axes(axis), keepdims=True)
    return opened(dy, x, axis, keepdims) * deviation * (2 / count(x, axis))


@op()
def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """y = √(Σ (x − m)² / n), m the mean.

    >>> std([1.0, 3.0])
    array(1., dtype=float32)
    """
    filled("ops.std", x, axis)
    return np.std(x, axes(axis), keepdims=keepdims)


@std.gradient("dx = dy·(x − m) / (n·y)")
def std_grad(dy: Array, y: Array, x: Array, axis: Axis = None, keepdims: bool = False) -> Any:
    return var_grad(dy / (2 * y), y, x, axis, keepdims)


@op()
def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """y = the largest x. Those that are equally large share the gradient, as in JAX and TensorFlow.

    >>> max([[1.0, 5.0], [3.0, 4.0]], axis=1)
    array([5., 4.], dtype=float32)
    """
    return np.max(x, axes(axis), keepdims=keepdims)


@max.gradient("dx = dy where x is the largest")
def max_grad(dy: Array, y: Array, x: Array, axis: Axis = None, keepdims: bool = False) -> Any:
    here = x == opened(y, x, axis, keepdims)
    return opened(dy, x, axis, keepdims) * here / here.sum(axes(axis), keepdims=True).astype(dy.dtype)


@op()
def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """y = the smallest x. Those that are equally small share the gradient, as in JAX and TensorFlow.

    >>> min([[1.0, 5.0], [3.0, 4.0]], axis=1)
    array([1., 3.], dtype=float32)
    """
    return np.min(x, axes(axis), keepdims=keepdims)


min.gradient("dx = dy where x is the smallest")(max_grad)


@op(exact=True)
def prod(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """y = Π x.

    >>> prod([2.0, 3.0, 4.0])
    array(24., dtype=float32)
    """
    return np.prod(x, axes(axis), keepdims=keepdims)


@prod.gradient("dx = dy·(the product of all other x)")
def prod_grad(dy: Array, y: Array, x: Array, axis: Axis = None, keepdims: bool = False) -> Any:
    zero = x == 0
    zeros = zero.sum(axes(axis), keepdims=True)
    rest = np.prod(np.where(zero, 1, x), axes(axis), keepdims=True)  # without the zeros: what one zero leaves
    others = np.where(zero, rest, rest / np.where(zero, 1, x)) * (zeros == zero)
    return opened(dy, x, axis, keepdims) * others.astype(dy.dtype)


@op(1, module=MATH)
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """y = ln Σ eˣ, without overflow.

    >>> logsumexp([1000.0, 1000.0])
    array(1000.6932, dtype=float32)
    """
    top = np.max(x, axes(axis), keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    y = np.log(np.sum(np.exp(x - top), axes(axis), keepdims=True)) + top
    return y if keepdims else np.squeeze(y, axes(axis))


@logsumexp.gradient("dx = dy·e^(x − y)")
def logsumexp_grad(dy: Array, y: Array, x: Array, axis: Axis = None, keepdims: bool = False) -> Any:
    return opened(dy, x, axis, keepdims) * np.exp(x - opened(y, x, axis, keepdims))


@op(exact=True)
def cumsum(x: Any, axis: int | None = None) -> Any:
    """y = the sums of x up to each place.

    >>> cumsum([1.0, 2.0, 3.0])
    array([1., 3., 6.], dtype=float32)
    """
    return np.cumsum(x, axis)


@cumsum.gradient("dx = the sums of dy from each place on")
def cumsum_grad(dy: Array, y: Array, x: Array, axis: int | None = None) -> Array:
    along = 0 if axis is None else axis
    return np.flip(np.cumsum(np.flip(dy, along), along), along).reshape(x.shape)


@op(exact=True)
def cumprod(x: Any, axis: int | None = None) -> Any:
    """y = the products of x up to each place.

    >>> cumprod([1.0, 2.0, 3.0])
    array([1., 2., 6.], dtype=float32)
    """
    return np.cumprod(x, axis)


@cumprod.gradient("dx = the sums of dy·∂y/∂x from each place on")
def cumprod_grad(dy: Array, y: Array, x: Array, axis: int | None = None) -> Array:
    along = np.moveaxis(x.reshape(-1) if axis is None else x, 0 if axis is None else axis, -1)
    back = np.moveaxis(dy, 0 if axis is None else axis, -1)
    dx = np.empty_like(along)
    for i in range(along.shape[-1]):  # the products without x[i], which may be 0
        others = along.copy()
        others[..., i] = 1
        dx[..., i] = (back * np.cumprod(others, -1))[..., i:].sum(-1)
    return np.moveaxis(dx, -1, 0 if axis is None else axis).reshape(x.shape)


@op()
def count_nonzero(x: Any, axis: Axis = None) -> Any:
    """y = how many x are not 0. No gradient flows.

    >>> count_nonzero([0.0, 1.0, 2.0])
    array(2, dtype=int32)
    """
    return np.asarray(np.count_nonzero(np.asarray(x), axes(axis))).astype("int32")


@op()
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """y = the place of the largest x, the first of several. No gradient flows.

    >>> argmax([[1.0, 5.0], [3.0, 2.0]], axis=1)
    array([1, 0], dtype=int32)
    """
    return np.argmax(x, axis, keepdims=keepdims).astype("int32")


@op()
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """y = the place of the smallest x, the first of several. No gradient flows.

    >>> argmin([[1.0, 5.0], [3.0, 2.0]], axis=1)
    array([0, 1], dtype=int32)
    """
    return np.argmin(x, axis, keepdims=keepdims).astype("int32")


@op()
def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether any x is true.

    >>> any([False, True])
    array(True)
    """
    return np.any(x, axes(axis), keepdims=keepdims)


@op()
def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether every x is true.

    >>> all([False, True])
    array(False)
    """
    return np.all(x, axes(axis), keepdims=keepdims)
