"""Concatenate: inputs side by side.     x₁ (B, ..., C₁), x₂ (B, ..., C₂), ...   y (B, ..., C₁ + C₂ + ...)"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from itertools import accumulate, pairwise
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..activations.axes import stretched
from ..arrays import Array, Arrays, Shape
from ..errors import ShapeError
from ..program import Buffer, CannotLower, Program
from ..rng import Key
from .base import LayerOptions, layers
from .merging import Joining
from .operands import mapped, spread
from .shapes import axes_of


@layers.add()
class Concatenate(Joining):
    """Lay the inputs side by side along an axis; all their other axes are as long as each other's.

    axis: counted with the batch as 0; the last unless given.

    >>> Concatenate()([[[1.0, 2.0]], [[3.0]]])
    array([[1., 2., 3.]], dtype=float32)
    """

    formula, formula_back = "y = [x1, x2, ...]", "dxᵢ = the part of dy that xᵢ became"

    def __init__(self, axis: int = -1, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.axis = checks.integer(self.where("axis"), axis)

    def output_shape_for(self, *shapes: Shape) -> Shape:
        places = {axes_of(self.name, self.axis, shape)[0] - 1 for shape in shapes}
        rest = {(*s[:place], *s[place + 1 :]) for s in shapes for place in places}
        if len(places) != 1 or len(rest) != 1 or len({len(s) for s in shapes}) != 1:
            raise ShapeError(
                f"layer {self.name!r}, input", f"shapes that differ along axis {self.axis} alone",
                [(None, *s) for s in shapes],
            )  # fmt: skip
        (place,) = places
        return (*shapes[0][:place], sum(s[place] for s in shapes), *shapes[0][place + 1 :])

    def masks_output(self, masked: Sequence[bool]) -> bool:
        return any(masked)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The masks side by side, an input without one counting whole; over the last axis, what counts in any of
        them, as in Keras."""
        if previous_mask is None or all(mask is None for mask in previous_mask):
            return None
        wide = [
            np.broadcast_to(True if m is None else m.reshape(m.shape + (1,) * (x.ndim - m.ndim)), x.shape)
            for x, m in zip(inputs, previous_mask, strict=True)
        ]
        (axis,) = axes_of(self.name, self.axis, wide[0].shape[1:])
        return np.concatenate(wide, axis).any(axis=-1)

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        (axis,) = axes_of(self.name, self.axis, xs[0].shape[1:])
        return np.concatenate(xs, axis), (axis, [x.shape[axis] for x in xs])

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        axis, sizes = cache
        return tuple(np.split(dy, list(accumulate(sizes[:-1])), axis)), {}

    def lower_mask(self, code: Program, xs: Sequence[Buffer], masks: Sequence[Buffer | None]) -> Buffer:
        """Emit the mask."""
        (axis,) = axes_of(self.name, self.axis, xs[0].shape)
        wide = [_wide(code, mask, x.shape[:-1]) for x, mask in zip(xs, masks, strict=True)]
        if axis == len(xs[0].shape):
            return reduce(lambda a, b: mapped(code, "op.logical_or", a, b), wide)
        return _side_by_side(code, wide, axis)[0]

    def lower(self, code: Program, *xs: Buffer) -> Buffer:
        (axis,) = axes_of(self.name, self.axis, xs[0].shape)
        y, rows, edges = _side_by_side(code, xs, axis)
        total = y.size // rows if rows else 0

        def undo(dy: Buffer, wanted: Any) -> tuple[Buffer, ...]:
            found = []
            for x, (first, last) in zip(xs, edges, strict=True):
                found.append(code.buffer(x.shape))
                code.emit("merge.block", dy, found[-1], rows, last - first, total, first, last - first, 0)
            return tuple(found)

        code.back(undo)
        return y


def _side_by_side(code: Program, xs: Sequence[Buffer], axis: int) -> tuple[Buffer, int, list[tuple[int, int]]]:
    """(y, its rows, which numbers of each of those come from each x)."""
    shape, place = xs[0].shape, axis - 1
    y = code.buffer((*shape[:place], sum(x.shape[place] for x in xs), *shape[axis:]))
    rows = math.prod(shape[:place])
    widths = [x.size // rows if rows else 0 for x in xs]
    edges, total = list(pairwise([0, *accumulate(widths)])), sum(widths)
    for x, (first, last) in zip(xs, edges, strict=True):
        code.emit("merge.block", x, y, rows, last - first, last - first, 0, total, first)
    return y, rows, edges


def _wide(code: Program, mask: Buffer | None, shape: Shape) -> Buffer:
    """A mask for every step, from one for some of the axes; all ones where there is none."""
    if mask is None:
        return spread(code, code.constant(np.ones(1)), shape)
    if len(mask.shape) > len(shape):
        raise CannotLower(f"mask {(None, *mask.shape)} of steps {(None, *shape)}")
    return stretched(code, mask.shaped(mask.shape + (1,) * (len(shape) - len(mask.shape))), shape)
