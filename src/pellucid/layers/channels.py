"""Where the channels of a picture stand: last, as everything here computes, or first, as some data have them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import checks
from ..activations.axes import inverse, permuted
from ..arrays import Array, Shape
from ..errors import ShapeError
from ..program import Buffer, Program

LAST, FIRST = "channels_last", "channels_first"


class Channels:
    """What layers have that take x (B, *size, C), or with `data_format="channels_first"` x (B, C, *size); of sequences,
    with the steps behind the batch, arrays are moved alike."""

    data_format: str
    name: str
    axes: int  # of the size

    def keep_data_format(self: Any, value: Any) -> None:
        """Keep the constructor's argument."""
        self.data_format = LAST if value is None else checks.one_of(self.where("data_format"), value, (LAST, FIRST))

    def split(self, shape: Shape) -> tuple[Shape, int]:
        """(size, channels) of a sample."""
        if len(shape) != self.axes + 1:
            size = ", ".join(["height", "width", "depth"][: self.axes] if self.axes > 1 else ["steps"])
            wanted = f"(batch, {size}, channels)" if self.data_format == LAST else f"(batch, channels, {size})"
            fix = "A picture without channels gets one by Reshape: (28, 28, 1); a picture alone is a batch: x[None]."
            fix = fix if self.axes == 2 else ""
            raise ShapeError(f"layer {self.name!r}, input", f"shape {wanted}", (None, *shape), fix)
        return (shape[:-1], shape[-1]) if self.data_format == LAST else (shape[1:], shape[0])

    def joined(self, size: Shape, channels: int) -> Shape:
        """A sample's shape."""
        return (*size, channels) if self.data_format == LAST else (channels, *size)

    def last(self, x: Array) -> Array:
        """x with its channels last."""
        return x if self.data_format == LAST else np.moveaxis(x, -1 - self.axes, -1)

    def as_given(self, x: Array) -> Array:
        """x, whose channels are last, with its channels where the user has them."""
        return x if self.data_format == LAST else np.moveaxis(x, -1, -1 - self.axes)

    def order(self, n: int) -> list[int]:
        """The order of a sample's n axes in which the channels are last."""
        axes, place = list(range(n)), n - 1 - self.axes
        return axes if self.data_format == LAST else [*axes[:place], *axes[place + 1 :], place]

    def lower_last(self, code: Program, x: Buffer) -> Buffer:
        """Emit `last`, and the way back."""
        return permuted(code, x, self.order(len(x.shape)))

    def lower_as_given(self, code: Program, x: Buffer) -> Buffer:
        """Emit `as_given`, and the way back."""
        return permuted(code, x, inverse(self.order(len(x.shape))))
