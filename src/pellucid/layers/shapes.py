"""Shapes and axes: what layers say about them, and the errors when they do not fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import checks
from ..arrays import Array, Shape, at_length, is_open, with_batch
from ..errors import ShapeError

STAND_INS = 240, 480  # two lengths that stand, in turn, where one is left open; many numbers divide them


def open_shapes(outputs: Callable[..., tuple[Shape, ...]], shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    """The outputs' shapes for inputs of these, where some lengths are left open: so is what varies with them.

    >>> open_shapes(lambda shape: ((2 * shape[0], shape[1]),), [(None, 3)])
    ((None, 3),)
    """
    if not any(map(is_open, shapes)):
        return outputs(*shapes)
    try:
        small, large = (outputs(*(at_length(shape, n) for shape in shapes)) for n in STAND_INS)
    except ShapeError as problem:
        told = [with_batch(shape) for shape in shapes]
        raise ShapeError(problem.where, problem.expected, told if len(told) > 1 else told[0], problem.fix) from None
    return tuple(map(_agreeing, small, large))


def _agreeing(a: Shape, b: Shape) -> Shape:
    lengths: list[Any] = [n if n == m else None for n, m in zip(a, b, strict=True)]
    return type(a)(lengths)


def axis_argument(where: str, value: Any) -> int | tuple[int, ...]:
    """An axis or several, as a layer's constructor takes them."""
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) > 0:
        return tuple(checks.integer(where, a) for a in value)
    return checks.integer(where, value)


def axes_of(layer: str, axis: int | Sequence[int], shape: Shape) -> tuple[int, ...]:
    """Axes counted as Keras counts them, with the batch as axis 0: made positive and put in order.

    The batch itself is no axis of a sample, and is refused.

    >>> axes_of("softmax", -1, (28, 28, 3))
    (3,)
    """
    n = len(shape) + 1
    axes = sorted({a + n if a < 0 else a for a in ((axis,) if isinstance(axis, int) else axis)})
    if not all(1 <= a < n for a in axes):
        raise ShapeError(f"layer {layer!r}, input", f"a shape with an axis {axis} behind the batch", (None, *shape))
    return tuple(axes)


def along(w: Array, axes: Sequence[int], ndim: int) -> Array:
    """w, one entry for each place on `axes`, shaped so that it broadcasts against an array of `ndim` axes.

    >>> import numpy as np
    >>> along(np.ones((3, 5)), (1, 3), 4).shape
    (1, 3, 1, 5)
    """
    shape = [1] * ndim
    for a, n in zip(axes, w.shape, strict=True):
        shape[a] = n
    return w.reshape(shape)


def must_fit(layer: str, name: str, size: Shape, wanted: Shape, shape: Shape) -> None:
    """Refuse an input (None, *shape) where an array `name` of this size does not stretch to the wanted shape."""
    if len(size) > len(wanted) or any(n not in (1, m) for n, m in zip(size[::-1], wanted[::-1], strict=False)):
        raise ShapeError(f"layer {layer!r}, input", f"a shape that {name} of shape {size} fits", (None, *shape))


def noise_shape_argument(where: str, value: Any) -> tuple[int | None, ...] | None:
    """A shape with the batch in front, None where the input's own size is meant; or None for all of it."""
    if value is None:
        return None
    checks.shape(where, [1 if n is None else n for n in value] if isinstance(value, Sequence) else value)
    return tuple(value)


def noise_shape_for(layer: str, noise_shape: tuple[int | None, ...] | None, shape: Shape) -> Shape:
    """The shape of the noise for an input of this shape, the batch included.

    >>> noise_shape_for("dropout", (None, 1, 8), (32, 10, 8))
    (32, 1, 8)
    """
    if noise_shape is None:
        return shape
    fits = len(noise_shape) == len(shape) and all(n in (None, 1, m) for n, m in zip(noise_shape, shape, strict=True))
    if not fits:
        raise ShapeError(f"layer {layer!r}, input", f"a shape that noise_shape {noise_shape} fits", shape)
    return tuple(m if n is None else n for n, m in zip(noise_shape, shape, strict=True))
