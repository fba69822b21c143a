"""Ops on pictures, `keras.ops.image`: made of other ops, so that they train, compile and are exported as those are."""

from __future__ import annotations

from typing import Any

from .. import checks
from ..errors import ShapeError, WrongType
from .composed import convert_to_tensor, shape
from .placing import pad
from .shaping import concatenate, get_item, reshape, transpose

__all__ = ["extract_patches"]


def extract_patches(
    images: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """Small pictures cut out of pictures, each as one row of numbers: its pixels row by row, of each its channels.

    Shapes: images (B, H, W, C) or one (H, W, C), size (h, w), y (B, H', W', h·w·C): as many patches beside each other
    as fit; with padding="same" ⌈H/stride⌉, zeros where a patch goes beyond the border. strides: how far it is from one
    to the next, `size` unless given. dilation_rate: how far apart the pixels of a patch stand.

    >>> import numpy as np
    >>> extract_patches(np.arange(16.0).reshape(1, 4, 4, 1), 2)[0, 0].tolist()
    [[0.0, 1.0, 4.0, 5.0], [2.0, 3.0, 6.0, 7.0]]

    Source: Keras, `keras.ops.image.extract_patches`; Dosovitskiy et al., "An image is worth 16x16 words", ICLR 2021.
    """
    where = "ops.image.extract_patches, argument"
    checks.one_of(f"{where} padding", padding, ["valid", "same"])
    checks.one_of(f"{where} data_format", data_format, ["channels_last", "channels_first", None])
    h, w = _pair(f"{where} size", size)
    step = (h, w) if strides is None else _pair(f"{where} strides", strides)
    spread = _pair(f"{where} dilation_rate", dilation_rate)
    images = convert_to_tensor(images)
    if len(shape(images)) not in (3, 4):
        raise ShapeError(f"{where} images", "(B, H, W, C), or (H, W, C) for one", shape(images))
    if len(shape(images)) == 3:
        return get_item(extract_patches(images[None], size, strides, dilation_rate, padding, data_format), 0)
    first = data_format == "channels_first"
    x = transpose(images, (0, 2, 3, 1)) if first else images
    reach = [(n - 1) * s + 1 for n, s in zip((h, w), spread, strict=True)]
    if padding == "same":
        x = pad(x, [(0, 0), *_borders(shape(x)[1:3], reach, step), (0, 0)])
    y = _patches(x, (h, w), step, spread, reach)
    return transpose(y, (0, 3, 1, 2)) if first else y


def _pair(where: str, value: Any) -> tuple[int, int]:
    """One number for both sides, or one for each."""
    both = value if isinstance(value, list | tuple) else (value, value)
    if len(both) != 2:
        raise WrongType(where, "a whole number, or two", value)
    rows, columns = (checks.integer(where, n, minimum=1) for n in both)
    return rows, columns


def _borders(sizes: Any, reach: list[int], step: Any) -> list[tuple[int, int]]:
    """How many zeros stand before and after along each side, so that every pixel is in a patch."""
    lacking = [max((-(-n // s) - 1) * s + r - n, 0) for n, r, s in zip(sizes, reach, step, strict=True)]
    return [(n // 2, n - n // 2) for n in lacking]


def _patches(x: Any, size: Any, step: Any, spread: Any, reach: list[int]) -> Any:
    """The patches of x (B, H, W, C), (B, H', W', h·w·C)."""
    (h, w), (height, width, channels) = size, shape(x)[1:]
    rows, columns = ((n - r) // s + 1 for n, r, s in zip((height, width), reach, step, strict=True))
    if min(rows, columns) < 1:
        raise ShapeError("ops.image.extract_patches", f"pictures of at least {reach[0]} × {reach[1]}", shape(x))
    if step == size and spread == (1, 1):  # side by side: no pixel is copied
        cells = reshape(x[:, : rows * h, : columns * w], (-1, rows, h, columns, w, channels))
        return reshape(transpose(cells, (0, 1, 3, 2, 4, 5)), (-1, rows, columns, h * w * channels))
    parts = [
        x[:, i * spread[0] :: step[0], j * spread[1] :: step[1]][:, :rows, :columns] for i in range(h) for j in range(w)
    ]
    return concatenate(parts, axis=-1)
