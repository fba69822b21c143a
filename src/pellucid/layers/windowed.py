"""What convolutions of all kinds are told of their window: how large it is, and how it slides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from .. import checks
from ..arrays import Shape
from ..errors import InvalidArgument
from .channels import Channels
from .sliding import Window, per_axis, window_over


class Windowed(Channels):
    """A layer whose filters slide over the axes between the batch and the channels."""

    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")
    may_stride_and_dilate: ClassVar[bool] = False  # whether strides and dilation may both be above 1
    kernel_size: Shape
    strides: Shape
    dilation_rate: Shape
    padding: str

    def keep_window(
        self: Any,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int],
        padding: str,
        data_format: str | None,
        dilation_rate: int | Sequence[int],
    ) -> None:
        """Keep these arguments of the constructor."""
        self.kernel_size = per_axis(self.where("kernel_size"), kernel_size, self.axes)
        self.strides = per_axis(self.where("strides"), strides, self.axes)
        self.padding = checks.one_of(self.where("padding"), padding, self.paddings)
        self.keep_data_format(data_format)
        self.dilation_rate = per_axis(self.where("dilation_rate"), dilation_rate, self.axes)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1 and not self.may_stride_and_dilate:
            expected = "1 where strides are above 1, as in Keras"
            raise InvalidArgument(self.where("dilation_rate"), expected, self.dilation_rate)

    def window(self, size: Shape) -> Window:
        """How the filters slide over a sample of this size."""
        return window_over(self.name, size, self.kernel_size, self.strides, self.dilation_rate, self.padding)
