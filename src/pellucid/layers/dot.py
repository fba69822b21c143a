"""Dot: products of two inputs, summed along an axis of each.     x₁, x₂ (B, ..., K, ...)   y (B, ...)"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..activations.axes import reordered, to_the_end
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, ShapeError
from ..program import Buffer, Program
from ..rng import Key
from .base import LayerOptions, layers
from .contracting import lower_products
from .merging import Joining
from .operands import mapped, rowed

TINY = 1e-12  # what Keras keeps a squared length above


@layers.add()
class Dot(Joining):
    """y = Σₖ x₁[..., k, ...]·x₂[..., k, ...] for each sample: what is left of x₁'s axes, then of x₂'s.

    axes: the axis of both, or one of each, counted with the batch as 0. normalize: of rows of length 1, which gives
    the cosine of their angle. Two vectors give one number: (B, 1).

    >>> Dot(axes=1)([[[1.0, 2.0]], [[3.0, 4.0]]])
    array([[11.]], dtype=float32)
    """

    formula, formula_back = "y = Σₖ x1·x2", "dx1 = Σ dy·x2, dx2 = Σ dy·x1"
    consumes_mask = True  # what is left are no longer the steps of either

    def __init__(self, axes: Any, normalize: bool = False, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        if isinstance(axes, Sequence) and len(axes) != 2:
            raise InvalidArgument(self.where("axes"), "an axis, or one of each input", axes)
        given = axes if isinstance(axes, Sequence) else (axes,)
        found = [checks.integer(self.where("axes"), axis) for axis in given]
        if 0 in found:
            raise InvalidArgument(self.where("axes"), "axes behind the batch", axes)
        self.axes: int | list[int] = found if isinstance(axes, Sequence) else found[0]
        self.normalize = bool(normalize)

    def axes_for(self, *shapes: Shape) -> tuple[int, int]:
        """The axis of each, counted with the batch as 0."""
        if len(shapes) != 2:
            raise ShapeError(f"layer {self.name!r}, input", "two inputs", [(None, *s) for s in shapes])
        given = self.axes if isinstance(self.axes, list) else [self.axes] * 2
        a, b = (axis + len(s) + 1 if axis < 0 else axis for axis, s in zip(given, shapes, strict=True))
        first, second = shapes
        if not (1 <= a <= len(first) and 1 <= b <= len(second)) or first[a - 1] != second[b - 1]:
            raise ShapeError(
                f"layer {self.name!r}, input", f"as many places on axes {self.axes} of both",
                [(None, *s) for s in shapes],
            )  # fmt: skip
        return a, b

    def masks_output(self, masked: Sequence[bool]) -> bool:
        return False

    def output_shape_for(self, *shapes: Shape) -> Shape:
        a, b = self.axes_for(*shapes)
        first, second = shapes
        return (*first[: a - 1], *first[a:], *second[: b - 1], *second[b:]) or (1,)

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        a, b = self.axes_for(*(x.shape[1:] for x in xs))
        lengths = [_length(x, axis) if self.normalize else None for x, axis in zip(xs, (a, b), strict=True)]
        first, second = (x if n is None else x / n for x, n in zip(xs, lengths, strict=True))
        rows, columns = _rows(first, a), _rows(second, b)  # (B, M, K), (B, N, K)
        y = rows @ columns.swapaxes(1, 2)
        shape = self.output_shape_for(*(x.shape[1:] for x in xs))
        return y.reshape(len(y), *shape), (first, second, lengths, (a, b))

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        first, second, lengths, (a, b) = cache
        rows, columns = _rows(first, a), _rows(second, b)
        dy = dy.reshape(len(dy), rows.shape[1], columns.shape[1])
        found = _unrows(dy @ columns, first, a), _unrows(dy.swapaxes(1, 2) @ rows, second, b)
        scaled = zip(found, (first, second), lengths, (a, b), strict=True)
        return tuple(d if n is None else (d - x * (d * x).sum(axis, keepdims=True)) / n for d, x, n, axis in scaled), {}

    def lower(self, code: Program, *xs: Buffer) -> Buffer:
        a, b = self.axes_for(*(x.shape for x in xs))
        if self.normalize:
            xs = _lower_normalized(code, xs, (a, b))
        letters = iter(string.ascii_lowercase[2:])
        first, second = (
            "a" + "".join("b" if i == axis else next(letters) for i in range(1, len(x.shape) + 1))
            for x, axis in zip(xs, (a, b), strict=True)
        )
        out = (first + second[1:]).replace("b", "")
        y = lower_products(code, xs, [first, second], out)
        code.back(lambda dy, wanted: dy.shaped(y.shape))
        return y.shaped(self.output_shape_for(*(x.shape for x in xs)))


def _lower_normalized(code: Program, xs: Sequence[Buffer], axes: Sequence[int]) -> tuple[Buffer, ...]:
    """Emit u = x / ‖x‖ for each, and the way back."""

    def along(x: Buffer, axis: int) -> Buffer:
        """Σ x along an axis, which stays, of length 1."""
        total = rowed(code, "op.sum", x, reordered(code, x, to_the_end(x.shape, [axis])), [axis])
        return total.shaped((*x.shape[: axis - 1], 1, *x.shape[axis:]))

    lengths, us = [], []
    for x, axis in zip(xs, axes, strict=True):
        square = along(mapped(code, "op.multiply", x, x), axis)
        lengths.append(mapped(code, "op.sqrt", mapped(code, "op.maximum", square, TINY)))
        us.append(mapped(code, "op.divide", x, lengths[-1]))

    def undo(dus: Any, wanted: Any) -> tuple[Buffer | None, ...]:
        found: list[Buffer | None] = []
        for du, u, length, axis in zip(dus, us, lengths, axes, strict=True):
            if du is None:
                found.append(None)
                continue
            component = mapped(code, "op.multiply", u, along(mapped(code, "op.multiply", du, u), axis))
            found.append(mapped(code, "op.divide", mapped(code, "op.subtract", du, component), length))
        return tuple(found)

    code.back(undo)
    return tuple(us)


def _length(x: Array, axis: int) -> Array:
    return np.asarray(np.sqrt(np.maximum((x * x).sum(axis, keepdims=True), x.dtype.type(TINY))))


def _rows(x: Array, axis: int) -> Array:
    """(B, M, K): the axis last, all others before it as one."""
    moved = np.moveaxis(x, axis, -1)
    return moved.reshape(len(x), -1, x.shape[axis]) if x.size else moved.reshape(len(x), 0, x.shape[axis])


def _unrows(rows: Array, like: Array, axis: int) -> Array:
    """The way back from `_rows`."""
    moved = np.moveaxis(like, axis, -1)
    return np.moveaxis(rows.reshape(moved.shape), -1, axis)
