"""Ops that slide windows, for forms in which a network is written: the layer that computes each, and its window.

What enters has its channels first there; kernels are operands, and may come out of other steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Shape, Whole
from ..layers.channels import LAST
from ..layers.sliding import Window


@dataclass(frozen=True)
class Slid:
    """A step that slides a window: the layer that computes it, its axes, channels, window, and kernel's shape."""

    layer: Any
    axes: int
    channels: int
    window: Window
    kernel: Shape

    @property
    def last(self) -> bool:
        """Whether what enters has its channels at the end."""
        return bool(self.layer.data_format == LAST)

    @property
    def first(self) -> tuple[int, ...]:
        """The order that brings channels to the front."""
        return (0, self.axes + 1, *range(1, self.axes + 1)) if self.last else tuple(range(self.axes + 2))

    @property
    def back(self) -> tuple[int, ...]:
        """The order that brings them back."""
        return (0, *range(2, self.axes + 2), 1) if self.last else tuple(range(self.axes + 2))

    @property
    def turned(self) -> tuple[int, ...]:
        """The order of a kernel (*K, I, O) as (O, I, *K)."""
        n = self.axes
        return (n + 1, n, *range(n))

    @property
    def groups(self) -> int:
        """How many groups a kernel for fewer channels divides them into."""
        return self.channels // self.kernel[-2]

    @property
    def after(self) -> list[int]:
        """What a transposed convolution cuts off behind, below 0 what it adds there."""
        w = self.window
        axes = zip(w.before, w.size, w.places, w.strides, w.kernel, w.dilation, strict=True)
        return [(n - 1) * s + (k - 1) * d + 1 - b - size for b, size, n, s, k, d in axes]

    @property
    def spread(self) -> tuple[int, ...]:
        """The order of a kernel (*K, C, M) of each channel by itself as (C, M, *K)."""
        n = self.axes
        return (n, n + 1, *range(n))

    @property
    def depthwise(self) -> tuple[int, ...]:
        """The shape (C·M, 1, *K) of such a kernel."""
        return (math.prod(self.kernel[-2:]), 1, *self.kernel[:-2])


def slid(at: Any) -> Slid:
    """What is known of a step."""
    op = at.layer
    flowing = iter(at.shapes)
    shapes = [np.shape(op.held[i]) if i in op.held else next(flowing) for i in range(op.places)]
    sizes = [tuple(s) if isinstance(s, Whole) or i in op.held else (1, *s) for i, s in enumerate(shapes)]
    layer = op.operation.shell(*sizes, **op.options)
    layer.output_shape_for(sizes[0][1:])
    if not hasattr(layer, "window"):  # of parts, each by itself
        channels = sizes[0][-1 if layer.data_format == LAST else 1]
        return Slid(layer, len(sizes[0]) - 2, channels, None, ())  # type: ignore[arg-type]
    size, channels = layer.split(sizes[0][1:])
    return Slid(layer, len(size), channels, layer.window(size), sizes[1] if len(sizes) > 1 else ())
