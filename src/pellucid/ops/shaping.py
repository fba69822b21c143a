"""Ops that move numbers and compute nothing: another shape, another order, a part, several side by side.

Axes are counted as NumPy does, the batch, where there is one, being axis 0."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from ..arrays import Array
from .base import op
from .options import places

Axes = int | Sequence[int] | None


@op()
def reshape(x: Any, newshape: Sequence[int]) -> Any:
    """y = x in another shape; -1 stands for what is left.

    >>> reshape([1.0, 2.0, 3.0, 4.0], (2, -1))
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    """
    return np.reshape(x, _sizes(newshape))


@reshape.gradient("dx = dy, in the shape of x")
def reshape_grad(dy: Array, y: Array, x: Array, newshape: Any = None, axis: Any = None) -> Array:
    return dy.reshape(x.shape)


def _sizes(newshape: Any) -> Any:
    """A shape in which the batch's None is what is left."""
    return newshape if isinstance(newshape, int) else tuple(-1 if n is None else int(n) for n in newshape)


@op()
def ravel(x: Any) -> Any:
    """y = x as one row.

    >>> ravel([[1.0], [2.0]])
    array([1., 2.], dtype=float32)
    """
    return np.ravel(x)


@op(new_axes=1)
def expand_dims(x: Any, axis: Any) -> Any:
    """y = x with one more axis, of length 1.

    >>> expand_dims([1.0, 2.0], 0)
    array([[1., 2.]], dtype=float32)
    """
    return np.expand_dims(x, axis if isinstance(axis, int) else tuple(axis))


@op()
def squeeze(x: Any, axis: Any = None) -> Any:
    """y = x without an axis of length 1, or without all of them.

    >>> squeeze([[1.0, 2.0]])
    array([1., 2.], dtype=float32)
    """
    return np.squeeze(x, axis if axis is None or isinstance(axis, int) else tuple(axis))


for same in (ravel, expand_dims, squeeze):
    same.gradient("dx = dy, in the shape of x")(reshape_grad)


@op()
def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """y = x with its axes in another order, the reverse unless one is given.

    >>> transpose([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 3.],
           [2., 4.]], dtype=float32)
    """
    return np.transpose(x, axes)


@transpose.gradient("dx = dyᵀ")
def transpose_grad(dy: Array, y: Array, x: Array, axes: Sequence[int] | None = None) -> Array:
    return dy.transpose(None if axes is None else np.argsort(np.mod(axes, x.ndim)))


@op()
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """y = x with two axes in each other's place.

    >>> swapaxes([[1.0, 2.0]], 0, 1)
    array([[1.],
           [2.]], dtype=float32)
    """
    return np.swapaxes(x, axis1, axis2)


@swapaxes.gradient("dx = dy, its axes swapped back")
def swapaxes_grad(dy: Array, y: Array, x: Array, axis1: int, axis2: int) -> Any:
    return np.swapaxes(dy, axis1, axis2)


@op()
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """y = x with an axis, or several, moved to other places.

    >>> moveaxis([[1.0, 2.0]], 0, 1)
    array([[1.],
           [2.]], dtype=float32)
    """
    return np.moveaxis(x, source, destination)


@moveaxis.gradient("dx = dy, its axis moved back")
def moveaxis_grad(dy: Array, y: Array, x: Array, source: Any, destination: Any) -> Any:
    return np.moveaxis(dy, destination, source)


@op()
def flip(x: Any, axis: Any = None) -> Any:
    """y = x backwards along an axis, or along all.

    >>> flip([1.0, 2.0])
    array([2., 1.], dtype=float32)
    """
    return np.flip(x, axis)


@flip.gradient("dx = dy, flipped back")
def flip_grad(dy: Array, y: Array, x: Array, axis: Any = None) -> Any:
    return np.flip(dy, axis)


@op()
def broadcast_to(x: Any, shape: Sequence[int]) -> Any:
    """y = x, stretched to a shape.

    >>> broadcast_to([1.0, 2.0], (2, 2))
    array([[1., 2.],
           [1., 2.]], dtype=float32)
    """
    return np.broadcast_to(x, tuple(shape))


@broadcast_to.gradient("dx = the sums of the dy of each x's copies")
def broadcast_to_grad(dy: Array, y: Array, x: Array, shape: Sequence[int]) -> Array:
    return dy  # what was stretched is summed by whoever asks


@op()
def repeat(x: Any, repeats: int, axis: int | None = None) -> Any:
    """y = each entry along an axis, so many times over; of a flat row where there is no axis.

    >>> repeat([1.0, 2.0], 2)
    array([1., 1., 2., 2.], dtype=float32)
    """
    return np.repeat(x, repeats, axis)


@repeat.gradient("dx = the sums of the dy of each x's copies")
def repeat_grad(dy: Array, y: Array, x: Array, repeats: int, axis: int | None = None) -> Any:
    if axis is None:
        return dy.reshape(x.size, repeats).sum(1).reshape(x.shape)
    axis %= x.ndim
    return dy.reshape(*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :]).sum(axis + 1)


@op()
def tile(x: Any, repeats: Any) -> Any:
    """y = x, so many times over along each axis.

    >>> tile([1.0, 2.0], 2)
    array([1., 2., 1., 2.], dtype=float32)
    """
    return np.tile(x, repeats)


@tile.gradient("dx = the sums of the dy of each x's copies")
def tile_grad(dy: Array, y: Array, x: Array, repeats: Any) -> Any:
    times = (repeats,) if isinstance(repeats, int) else tuple(repeats)
    times = (1,) * (y.ndim - len(times)) + times
    sizes = (1,) * (y.ndim - x.ndim) + x.shape
    apart = dy.reshape([n for pair in zip(times, sizes, strict=True) for n in pair])
    return apart.sum(tuple(range(0, 2 * y.ndim, 2))).reshape(x.shape)


@op(0)
def concatenate(xs: Any, axis: int = 0) -> Any:
    """y = the operands side by side along an axis.

    >>> concatenate([[1.0], [2.0, 3.0]])
    array([1., 2., 3.], dtype=float32)
    """
    return np.concatenate(xs, axis)


@concatenate.gradient("dxᵢ = the part of dy that xᵢ became")
def concatenate_grad(dy: Array, y: Array, xs: Sequence[Array], axis: int = 0) -> list[Array]:
    return np.split(dy, list(accumulate(np.shape(x)[axis] for x in xs[:-1])), axis)


@op(0, new_axes=1)
def stack(x: Any, axis: int = 0) -> Any:
    """y = the operands one behind the other, along a new axis.

    >>> stack([[1.0, 2.0], [3.0, 4.0]], axis=1)
    array([[1., 3.],
           [2., 4.]], dtype=float32)
    """
    return np.stack(x, axis)


@stack.gradient("dxᵢ = the part of dy that xᵢ became")
def stack_grad(dy: Array, y: Array, x: Sequence[Array], axis: int = 0) -> list[Array]:
    return [np.take(dy, i, axis) for i in range(len(x))]


@op(2)
def get_item(x: Any, key: Any) -> Any:
    """y = x[key], a part of x: key may be a number, a slice, `...`, None for a new axis, or several of these.

    >>> get_item([1.0, 2.0, 3.0], slice(1, None))
    array([2., 3.], dtype=float32)
    """
    return np.asarray(x)[tuple(key) if isinstance(key, list) else key]


@get_item.gradient("dx = the sums of the dy of each x that was taken")
def get_item_grad(dy: Array, y: Array, x: Array, key: Any) -> Any:
    dx = np.zeros_like(x)
    np.add.at(dx, tuple(key) if isinstance(key, list) else key, dy)  # an entry may have been taken twice
    return dx, None


@op(2)
def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """y = the entries of x at these places along an axis; of a flat row where there is no axis.

    >>> take([[1.0, 2.0], [3.0, 4.0]], [1], axis=1)
    array([[2.],
           [4.]], dtype=float32)
    """
    return np.take(x, places("ops.take, indices", indices), axis)


@take.gradient("dx = the sums of the dy of each x that was taken")
def take_grad(dy: Array, y: Array, x: Array, indices: Any, axis: int | None = None) -> Any:
    dx = np.zeros_like(x)
    at = places("ops.take, indices", indices)
    if axis is None:
        np.add.at(dx.reshape(-1), at, dy)
    else:
        np.add.at(
            np.moveaxis(dx, axis, 0),
            at,
            np.moveaxis(dy, range(axis % x.ndim, axis % x.ndim + at.ndim), range(at.ndim)),
        )
    return dx, None


@op(1, module="keras.src.ops.nn", new_axes=1)
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: str | None = None) -> Any:
    """y = 1 at the place that x names and 0 elsewhere, along a new axis; all 0 where there is no such place. No
    gradient flows.

    >>> one_hot([1, 0], 2)
    array([[0., 1.],
           [1., 0.]], dtype=float32)
    """
    hot = places("ops.one_hot, x", x)[..., None] == np.arange(num_classes)
    return np.moveaxis(hot, -1, axis).astype(dtype or "float64")
