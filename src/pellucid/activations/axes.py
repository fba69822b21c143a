"""Axes moved, for the compiled engine: its kernels work on whole samples or on rows along the last axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..arrays import Shape
from ..program import Buffer, CannotLower, Program

MOST = 12  # axes that the kernel takes


def strides(shape: Shape) -> Shape:
    """How far apart neighbours lie along each axis, in numbers; 0 along an axis of size 1, to stretch it.

    >>> strides((3, 1, 4))
    (4, 0, 1)
    """
    return tuple(math.prod(shape[i + 1 :]) if n > 1 else 0 for i, n in enumerate(shape))


def strided(code: Program, x: Buffer, shape: Shape, steps: Shape) -> Buffer:
    """Emit y of this shape, y[i, j, ...] = x[i·steps[0] + j·steps[1] + ...], for each sample or once, as x is."""
    y = code.buffer(shape) if x.each else code.block(shape)
    axes = [(n, step) for n, step in zip(shape, steps, strict=True) if n > 1] or [(1, 0)]
    if len(axes) > MOST:
        raise CannotLower(f"{len(axes)} axes in another order")
    code.emit("strided", x, y, int(x.each), x.size, len(axes), *(word for axis in axes for word in axis))
    return y


def stretched(code: Program, w: Buffer, shape: Shape) -> Buffer:
    """Emit a parameter, of a sample's number of axes with 1 on some, as large as a sample."""
    return w if w.size == math.prod(shape) else strided(code, w, shape, strides(w.shape))


def summed(code: Program, dy: Buffer, to: Buffer) -> None:
    """Emit the way back from `stretched`: dy (...), summed over the axes on which `to` has 1."""
    shared = [i for i, n in enumerate(to.shape) if n == 1]
    dy = reordered(code, dy, [*shared, *(i for i in range(len(to.shape)) if i not in shared)])
    code.emit("summed", dy, to, 0, dy.size // to.size, to.size)


def reordered(code: Program, x: Buffer, order: Sequence[int]) -> Buffer:
    """Emit x with a sample's axes in this order."""
    if list(order) == sorted(order):
        return x
    steps = strides(x.shape)
    return strided(code, x, tuple(x.shape[i] for i in order), tuple(steps[i] for i in order))


def permuted(code: Program, x: Buffer, order: Sequence[int]) -> Buffer:
    """Emit x with a sample's axes in this order, and the way back."""
    y = reordered(code, x, order)
    if y is not x:
        code.back(lambda dy, wanted: dy and reordered(code, dy, inverse(order)))  # None where no dx is wanted
    return y


def inverse(order: Sequence[int]) -> list[int]:
    """The order that undoes this one.

    >>> inverse([1, 2, 0])
    [2, 0, 1]
    """
    return sorted(range(len(order)), key=lambda i: order[i])


def to_the_end(shape: Shape, axes: Sequence[int]) -> list[int]:
    """The order in which these axes of a sample, the batch being axis 0, come last.

    >>> to_the_end((2, 3, 4), [2])
    [0, 2, 1]
    """
    return [*(i for i in range(len(shape)) if i + 1 not in axes), *(a - 1 for a in sorted(axes))]
