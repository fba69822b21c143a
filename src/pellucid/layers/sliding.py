"""A window that slides over the axes between the batch and the channels: where it meets what.

Along each axis, of `size` numbers with `before` and `after` more of border, place o of the window has its tap t at
u = o·stride + t·dilation of the bordered axis; there are (bordered − (kernel − 1)·dilation − 1) // stride + 1 places.

Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285 (2016).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array, Shape
from ..errors import InvalidArgument, ShapeError, Told

Tap = tuple[int, ...]
At = tuple[Any, ...]


@dataclass(frozen=True)
class Window:
    """How it slides over a sample of a known size; everything has an entry for each axis."""

    size: Shape
    kernel: Shape
    strides: Shape
    dilation: Shape
    before: Shape
    after: Shape

    @property
    def bordered(self) -> Shape:
        """The size with its borders."""
        return tuple(map(sum, zip(self.before, self.size, self.after, strict=True)))

    @property
    def places(self) -> Shape:
        """How many places the window has."""
        axes = zip(self.bordered, self.kernel, self.strides, self.dilation, strict=True)
        return tuple((n - (k - 1) * d - 1) // s + 1 for n, k, s, d in axes)

    @property
    def has_border(self) -> bool:
        """Whether there is any border."""
        return any(self.before) or any(self.after)

    def with_border(self, x: Array, fill: float = 0.0) -> Array:
        """x (B, *size, C) with its borders."""
        widths = [(0, 0), *zip(self.before, self.after, strict=True), (0, 0)]
        return np.pad(x, widths, constant_values=fill) if self.has_border else x

    def without_border(self, x: Array) -> Array:
        """x (B, *bordered, C) without them."""
        return x[(slice(None), *(slice(b, b + n) for b, n in zip(self.before, self.size, strict=True)))]

    def taps(self) -> Iterator[tuple[Tap, At]]:
        """Each tap, and where all places of the window have it in x (B, *bordered, C)."""
        for tap in np.ndindex(*self.kernel):
            axes = zip(tap, self.dilation, self.strides, self.places, strict=True)
            yield tap, (slice(None), *(slice(t * d, t * d + (n - 1) * s + 1, s) for t, d, s, n in axes))

    # For tables: places and taps as whole numbers, in pixels of the bordered sample ----------------------------------

    def place_offsets(self) -> Array:
        """Where each place has its tap 0."""
        return offsets([np.arange(n) * s for n, s in zip(self.places, self.strides, strict=True)], self.bordered)

    def tap_offsets(self) -> Array:
        """How far behind that each tap is."""
        return offsets([np.arange(k) * d for k, d in zip(self.kernel, self.dilation, strict=True)], self.bordered)


def offsets(axes: Sequence[Array], size: Shape) -> Array:
    """Of the grid with these coordinates along each axis, in an array of this size: flat numbers.

    >>> offsets([np.array([0, 2]), np.array([1, 3])], (4, 5))
    array([ 1,  3, 11, 13])
    """
    steps = [math.prod(size[i + 1 :]) for i in range(len(size))]
    found = np.zeros(1, "int64")
    for axis, step in zip(axes, steps, strict=True):
        found = (found[:, None] + axis * step).ravel()
    return found


@dataclass(frozen=True)
class Phase:
    """Places of the input, along with the taps that meet them: u = place·stride + phase, in every axis."""

    inputs: Array  # the places, in pixels of the input
    outputs: Array  # where they begin in what comes out, bordered by `reach` and more, in pixels of that
    taps: Array  # the taps, counted in the order of `Window.taps`
    behind: Array  # how far behind that each has its number


def reach(window: Window) -> tuple[Shape, Shape]:
    """(before, after): the borders that the window's places need, for every input to find all taps among them."""
    axes = zip(window.kernel, window.dilation, window.strides, strict=True)
    before = tuple((k - 1) * d // s for k, d, s in axes)
    last = zip(window.size, window.before, window.strides, window.places, strict=True)
    return before, tuple(max(0, (n - 1 + b) // s - (places - 1)) for n, b, s, places in last)


def phases(window: Window) -> Iterator[Phase]:
    """The way back: which inputs meet which taps. One phase without strides."""
    before, after = reach(window)
    bordered = tuple(map(sum, zip(before, window.places, after, strict=True)))
    axes = zip(window.size, window.kernel, window.strides, window.dilation, window.before, before, strict=True)
    per_axis = [[_along(n, k, s, d, b, own, r) for r in range(s)] for n, k, s, d, b, own in axes]
    for each in product(*per_axis):
        inputs, outputs, taps, behind = (list(part) for part in zip(*each, strict=True))
        yield Phase(
            offsets(inputs, window.size), offsets(outputs, bordered), offsets(taps, window.kernel),
            offsets(behind, bordered),
        )  # fmt: skip


def _along(n: int, kernel: int, stride: int, dilation: int, border: int, before: int, r: int) -> tuple[Array, ...]:
    """Along one axis, the inputs of phase r, where each begins, the taps that meet them, how far behind each lies."""
    u, t = np.arange(n) + border, np.arange(kernel)[::-1]
    inputs, taps = np.flatnonzero(u % stride == r), t[t * dilation % stride == r]
    return inputs, u[inputs] // stride, taps, before - taps * dilation // stride


# What users say ------------------------------------------------------------------------------------------------------


def per_axis(where: str, value: Any, axes: int) -> Shape:
    """A whole number for each axis, or one for all.

    >>> per_axis("Conv2D, argument kernel_size", 3, 2)
    (3, 3)
    """
    found = checks.shape(where, value)
    if len(found) == 1:
        found *= axes
    if len(found) != axes:
        raise InvalidArgument(where, f"a whole number, or {axes} of them" if axes > 1 else "a whole number", value)
    return found


def window_over(layer: str, size: Shape, kernel: Shape, strides: Shape, dilation: Shape, padding: str) -> Window:
    """The window over a sample of this size: `padding` is "valid", without borders; "same", with as many as leave
    size / stride places, rounded up, one more after than before where they are uneven; or "causal", all before."""
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    before = after = (0,) * len(size)
    if padding == "same":
        lacking = [max(0, (-(-n // s) - 1) * s + span - n) for n, s, span in zip(size, strides, spans, strict=True)]
        before, after = tuple(n // 2 for n in lacking), tuple(n - n // 2 for n in lacking)
    elif padding == "causal":
        before = tuple(span - 1 for span in spans)
    elif any(n < span for n, span in zip(size, spans, strict=True)):
        wanted = f"at least {' x '.join(map(str, spans))} numbers for the window"
        fix = "Use a smaller window or padding='same'."
        raise ShapeError(f"layer {layer!r}, input", wanted, Told(" x ".join(map(str, size))), fix)
    return Window(size, kernel, strides, dilation, before, after)
