"""What the first layer looks for: its weights as pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, ShapeError
from .base import diverging, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 64  # units shown
GAP = 1  # pixels between two units
STRAY = 99.5  # percent of the weights lie within the colours' ends; the rest has the colour of its end


def first_layer_weights(
    W: Any, shape: Sequence[int] | None = None, *, most: int = MOST, transparent: bool = False
) -> Figure:
    """Draw each unit's weights as the picture that would excite it most: blue below zero, vermillion above.

    W: a first layer's kernel (I, O). shape: of an input, (height, width) or (height, width, channels), whose channels
    are averaged; unless given, I is taken for a square. Where it is none, or the shape is (), the table (I, O) itself
    is drawn, a row for each input. most: at most this many units, those of the largest norm, in their own order. All
    share one scale.

    >>> figure = first_layer_weights(np.eye(9), shape=(3, 3))
    >>> figure.axes[0].images[0].get_array().shape      # 9 units of 3 by 3 in 3 rows and columns, a gap between
    (11, 11)
    """
    W = np.asarray(W, dtype=np.float64)
    if W.ndim != 2 or not W.size:
        raise ShapeError("plots.first_layer_weights, W", "a kernel (I, O)", W.shape)
    if not np.isfinite(W).all():
        raise DataError("plots.first_layer_weights, W", "finite numbers", "NaN or infinity")
    W = W[:, strongest(W, most)]
    shape = picture_shape(len(W), shape)
    picture = W if shape is None else mosaic(W, shape)
    rows, columns = picture.shape
    page = sheet(4.2, float(np.clip(4.0 * rows / columns, 1.6, 8.0)), transparent)
    axes = page.bare()
    limit = float(np.percentile(np.abs(W), STRAY)) or 1.0
    drawn = axes.imshow(picture, cmap=diverging(), vmin=-limit, vmax=limit, interpolation="none")
    if shape is None:
        axes.set(xlabel="unit", ylabel="input", aspect="auto")
    page.scale(drawn, axes)
    return page.figure


def strongest(W: Array, most: int) -> Array:
    """The units of W (I, O) with the largest norms, at most so many, in their own order."""
    return np.sort(np.argsort(-np.linalg.norm(W, axis=0), kind="stable")[:most])


def picture_shape(I: int, shape: Sequence[int] | None) -> tuple[int, ...] | None:
    """The shape of a picture of I numbers; None where they are no picture."""
    if shape is None:
        side = math.isqrt(I)
        return (side, side) if side * side == I and side > 1 else None
    if not len(shape):
        return None
    if len(shape) not in (2, 3) or math.prod(shape) != I:
        raise ShapeError("plots.first_layer_weights, argument shape", f"the height and width of {I} inputs", shape)
    return tuple(shape)


def mosaic(W: Array, shape: Sequence[int]) -> Array:
    """The columns of W (I, O) as pictures of this shape, side by side in rows; NaN between them."""
    O = W.shape[1]
    tiles = W.T.reshape(O, *shape)
    tiles = tiles.mean(axis=-1) if tiles.ndim == 4 else tiles  # (O, height, width)
    _, h, w = tiles.shape
    columns = min(O, max(1, round(math.sqrt(O * (h + GAP) / (w + GAP)))))
    rows = -(-O // columns)
    picture = np.full((rows * (h + GAP) - GAP, columns * (w + GAP) - GAP), np.nan)
    for i, tile in enumerate(tiles):
        top, left = i // columns * (h + GAP), i % columns * (w + GAP)
        picture[top : top + h, left : left + w] = tile
    return picture
