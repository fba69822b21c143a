"""Pictures turned, moved or stretched: y at row i and column j is x at i′ = b₀·j + b₁·i + b₂, j′ = a₀·j + a₁·i + a₂.
x (B, height, width, C)   transforms (B, 6): a₀ a₁ a₂ b₀ b₁ b₂   y as x

Between pixels stands a weighted sum of the four around; beyond the edges, what the fill mode says.
Source: Szeliski, Computer Vision: Algorithms and Applications (2022), section 3.6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array

FILL_MODES = ("reflect", "wrap", "constant", "nearest")


@dataclass(frozen=True)
class Corners:
    """For each pixel that comes out: which of x it is made of, and how much of each; the rest is of the fill value."""

    places: Array  # (B, 4, height·width), in pixels of a sample
    weights: Array  # likewise, 0 for what lies outside
    rest: Array  # (B, height·width): how much lies outside


def corners(shape: tuple[int, ...], transforms: Array, interpolation: str, fill_mode: str) -> Corners:
    """Where the pixels of y come from, for pictures of this shape (height, width)."""
    i, j = (axis.ravel() for axis in np.indices(shape))
    a0, a1, a2, b0, b1, b2 = transforms.T[..., None]
    return corners_at(shape, b0 * j + b1 * i + b2, a0 * j + a1 * i + a2, interpolation, fill_mode)


def corners_at(shape: tuple[int, ...], row: Array, column: Array, interpolation: str, fill_mode: str) -> Corners:
    """As `corners`, from rows and columns of x that are given, each (B, height·width)."""
    height, width = shape
    if interpolation == "nearest":
        row, column = np.round(row), np.round(column)
    top, left = np.floor(row), np.floor(column)
    down, right = row - top, column - left
    places, weights = [], []
    for di, of_row in ((0, 1 - down), (1, down)):
        for dj, of_column in ((0, 1 - right), (1, right)):
            at_row, in_rows = inside(top + di, height, fill_mode)
            at_column, in_columns = inside(left + dj, width, fill_mode)
            places.append(at_row * width + at_column)
            weights.append(of_row * of_column * (in_rows & in_columns))
    return Corners(np.stack(places, axis=1), np.stack(weights, axis=1), 1 - sum(weights))


def inside(at: Array, n: int, fill_mode: str) -> tuple[Array, Any]:
    """(the places within 0..n − 1 that stand for these, which of them count)."""
    at = at.astype(int)
    if fill_mode == "wrap":
        return at % n, True
    if fill_mode == "reflect":  # d c b a | a b c d | d c b a
        at = at % (2 * n)
        return np.minimum(at, 2 * n - 1 - at), True
    kept = np.clip(at, 0, n - 1)
    return kept, kept == at if fill_mode == "constant" else True


def warped(x: Array, met: Corners, fill: float) -> Array:
    pixels = x.reshape(len(x), -1, x.shape[-1])
    y: Array = met.rest[..., None].astype(x.dtype) * x.dtype.type(fill)
    for corner in range(4):
        taken = np.take_along_axis(pixels, met.places[:, corner, :, None], axis=1)
        y = y + met.weights[:, corner, :, None].astype(x.dtype) * taken
    return y.reshape(x.shape)


def warped_grad(dy: Array, met: Corners) -> Array:
    dx = np.zeros((len(dy), dy[0].size // dy.shape[-1] if len(dy) else 0, dy.shape[-1]), dy.dtype)
    each, back = np.arange(len(dy))[:, None], dy.reshape(dx.shape)
    for corner in range(4):
        np.add.at(dx, (each, met.places[:, corner]), met.weights[:, corner, :, None].astype(dy.dtype) * back)
    return dx.reshape(dy.shape)
