"""Borders of windows as others say them, and as `padding` does here."""

from __future__ import annotations

from collections.abc import Sequence

from ..arrays import Shape
from ..errors import ShapeError
from ..layers.sliding import window_over

Border = tuple[Shape, Shape]  # (before, after), along each axis


def padding_of(
    size: Shape, kernel: Shape, strides: Shape, dilation: Shape, border: Border, kinds: Sequence[str]
) -> str | None:
    """Which of these paddings has this border over a sample of this size, if any does."""
    for padding in kinds:
        try:
            window = window_over("", size, kernel, strides, dilation, padding)
        except ShapeError:  # a window that "valid" has no room for
            continue
        if (window.before, window.after) == border:
            return padding
    return None


def filling(size: Shape, kernel: Shape, strides: Shape, dilation: Shape, border: Border, up: bool) -> Border:
    """The border that windows meet: less after where a last place would begin beyond it; up: with such a place where it
    begins in the sample, or before it."""
    before, after = border
    found = []
    for n, k, s, d, b, a in zip(size, kernel, strides, dilation, before, after, strict=True):
        span, whole = (k - 1) * d + 1, b + n + a
        places = max(whole - span, 0) // s + 1
        if up and (whole - span) % s and places * s < n + b:
            places += 1
        found.append(max((places - 1) * s + span - b - n, 0))
    return before, tuple(found)
