"""Ops on pictures, `keras.ops.image`: made of other ops, so that they train, compile and are exported as those are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import checks
from ..errors import InvalidArgument, ShapeError, WrongType
from ..layers import Resizing
from ..layers.blurring import bell
from ..layers.resizing import NONE
from ..settings import floatx
from .arithmetic import add, divide, maximum, minimum, multiply, subtract
from .comparing import equal, greater, less, where
from .composed import convert_to_tensor, shape
from .elementwise import absolute, clip, floor
from .linear import einsum
from .placing import pad
from .shaping import concatenate, expand_dims, get_item, reshape, transpose
from .windows import depthwise_conv

__all__ = [
    "crop_images",
    "extract_patches",
    "gaussian_blur",
    "hsv_to_rgb",
    "pad_images",
    "resize",
    "rgb_to_grayscale",
    "rgb_to_hsv",
]


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
    h, w = pair(f"{where} size", size)
    step = (h, w) if strides is None else pair(f"{where} strides", strides)
    spread = pair(f"{where} dilation_rate", dilation_rate)
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


def pair(where: str, value: Any, minimum: int = 1) -> tuple[int, int]:
    """One number for both sides, or one for each."""
    both = value if isinstance(value, list | tuple) else (value, value)
    if len(both) != 2:
        raise WrongType(where, "a whole number, or two", value)
    rows, columns = (checks.integer(where, n, minimum) for n in both)
    return rows, columns


def _borders(sizes: Any, reach: list[int], step: Any) -> list[tuple[int, int]]:
    """How many zeros stand before and after along each side, so that every pixel is in a patch."""
    lacking = [max((-(-n // s) - 1) * s + r - n, 0) for n, r, s in zip(sizes, reach, step, strict=True)]
    return [(n // 2, n - n // 2) for n in lacking]


def _patches(x: Any, size: Any, step: Any, spread: Any, reach: list[int]) -> Any:
    """The patches of x (B, H, W, C), (B, H', W', h·w·C)."""
    (h, w), (height, width, channels) = size, (n or 0 for n in shape(x)[1:])  # None: of open length, refused
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


def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Any:
    """Pictures brought to one size (height, width), y = A x Aᵀ, as `layers.Resizing` does it.

    images (B, H, W, C) or one (H, W, C), y (B, height, width, C)

    >>> import numpy as np
    >>> resize(np.array([[[[0.0], [1.0], [2.0], [3.0]]]]), (1, 2)).ravel()
    array([0.5, 2.5])
    """
    if not isinstance(size, list | tuple) or len(size) != 2:
        raise WrongType("ops.image.resize, argument size", "(height, width)", size)
    height, width = size
    layer = Resizing(
        height, width, interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio, fill_mode, fill_value, antialias
    )

    def resized(x: Any) -> Any:
        fit = layer.fit(_known("resize", x))
        if fit.cutting != NONE:
            ends = zip(_known("resize", x), fit.cutting, strict=True)
            x = get_item(x, (slice(None), *(slice(b, n - a) for n, (b, a) in ends)))
        x = pad(x, [(0, 0), *fit.padding, (0, 0)], "constant", fill_value) if fit.padding != NONE else x
        A, B = (M.astype(floatx()) for M in fit.matrices)
        return einsum("vw,bhwc->bhvc", B, einsum("uh,bhwc->buwc", A, x))

    return _channels_last("resize", images, data_format, resized)


def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Any:
    """How bright each pixel is: y = 0.2989·red + 0.587·green + 0.114·blue.     images (B, H, W, 3), y (B, H, W, 1)

    >>> rgb_to_grayscale([[[1.0, 1.0, 0.0]]]).round(4)
    array([[[0.8859]]], dtype=float32)
    """

    def grey(x: Any) -> Any:
        channels = shape(x)[-1]
        if channels not in (1, 3):
            raise ShapeError("ops.image.rgb_to_grayscale, argument images", "three channels, or one", shape(x))
        return x if channels == 1 else einsum("bhwc,cd->bhwd", x, [[0.2989], [0.587], [0.114]])

    return _channels_last("rgb_to_grayscale", images, data_format, grey)


def rgb_to_hsv(images: Any, data_format: str | None = None) -> Any:
    """Colours as hue, saturation and value, each from 0 to 1.     images (B, H, W, 3), from 0 to 1; y as images

    >>> rgb_to_hsv([[[0.0, 1.0, 0.0]]]).round(4)
    array([[[0.3333, 1.    , 1.    ]]], dtype=float32)

    Source: Smith, "Color gamut transform pairs", SIGGRAPH (1978).
    """

    def turned(x: Any) -> Any:
        r, g, b = _planes("rgb_to_hsv", x)
        value, least = maximum(maximum(r, g), b), minimum(minimum(r, g), b)
        span = subtract(value, least)
        saturation = where(greater(value, 0.0), divide(span, where(greater(value, 0.0), value, 1.0)), 0.0)
        sixth = divide(1 / 6, where(greater(span, 0.0), span, 1.0))
        hue = where(
            equal(value, g), add(multiply(sixth, subtract(b, r)), 2 / 6), add(multiply(sixth, subtract(r, g)), 4 / 6)
        )
        hue = where(equal(value, r), multiply(sixth, subtract(g, b)), hue)
        hue = where(greater(span, 0.0), hue, 0.0)
        return concatenate([where(less(hue, 0.0), add(hue, 1.0), hue), saturation, value], axis=-1)

    return _channels_last("rgb_to_hsv", images, data_format, turned)


def hsv_to_rgb(images: Any, data_format: str | None = None) -> Any:
    """Colours from hue, saturation and value: `rgb_to_hsv` back.

    >>> hsv_to_rgb([[[0.0, 1.0, 1.0]]])
    array([[[1., 0., 0.]]], dtype=float32)
    """

    def turned(x: Any) -> Any:
        hue, saturation, value = _planes("hsv_to_rgb", x)
        sixths = multiply(subtract(hue, floor(hue)), 6.0)
        red = clip(subtract(absolute(subtract(sixths, 3.0)), 1.0), 0.0, 1.0)
        green = clip(subtract(2.0, absolute(subtract(sixths, 2.0))), 0.0, 1.0)
        blue = clip(subtract(2.0, absolute(subtract(sixths, 4.0))), 0.0, 1.0)
        pale = subtract(1.0, saturation)
        return concatenate([multiply(value, add(pale, multiply(saturation, d))) for d in (red, green, blue)], axis=-1)

    return _channels_last("hsv_to_rgb", images, data_format, turned)


def _planes(name: str, x: Any) -> list[Any]:
    """The three colours, each (B, H, W, 1)."""
    if shape(x)[-1] != 3:
        raise ShapeError(f"ops.image.{name}, argument images", "three channels", shape(x))
    return [get_item(x, (Ellipsis, slice(i, i + 1))) for i in range(3)]


def gaussian_blur(
    images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0), data_format: str | None = None
) -> Any:
    """Pixels mixed with those around them: y = x * G, G falling off as a normal density does, its sum 1.

    images (B, H, W, C) or one (H, W, C), y as images. kernel_size, sigma: how far it reaches, and how wide it is, along
    both axes or each; Keras takes them as (width, height). Zeros stand beyond the borders.

    >>> import numpy as np
    >>> gaussian_blur(np.ones((3, 3, 1)), 3)[1, 1].round(4)
    array([1.])
    """
    place = "ops.image.gaussian_blur, argument"
    across, down = pair(f"{place} kernel_size", kernel_size)
    both = sigma if isinstance(sigma, list | tuple) else (sigma, sigma)
    if len(both) != 2:
        raise WrongType(f"{place} sigma", "a number, or two", sigma)
    wide, tall = (checks.number(f"{place} sigma", one) for one in both)
    if min(wide, tall) <= 0:
        raise InvalidArgument(f"{place} sigma", "numbers above 0", sigma)
    G = np.outer(bell(down, tall), bell(across, wide))

    def blurred(x: Any) -> Any:
        C = shape(x)[-1]
        kernel = np.repeat(G[:, :, None, None], C or 1, axis=2)
        return depthwise_conv(x, kernel.astype(x.dtype), padding="same")

    return _channels_last("gaussian_blur", images, data_format, blurred)


def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """Pictures without their borders: of top, bottom and height two are told, and of left, right and width.

    >>> crop_images([[[1.0], [2.0]]], top_cropping=0, target_height=1, left_cropping=1, target_width=1).ravel()
    array([2.], dtype=float32)
    """

    def cropped(x: Any) -> Any:
        h, w = _known("crop_images", x)
        top, _, height = _third("crop_images", "height", h, top_cropping, bottom_cropping, target_height, -1)
        left, _, width = _third("crop_images", "width", w, left_cropping, right_cropping, target_width, -1)
        return get_item(x, (slice(None), slice(top, top + height), slice(left, left + width)))

    return _channels_last("crop_images", images, data_format, cropped)


def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """Pictures with zeros around: of top, bottom and height two are told, and of left, right and width.

    >>> pad_images([[[1.0]]], top_padding=0, bottom_padding=0, left_padding=1, target_width=2).ravel()
    array([0., 1.], dtype=float32)
    """

    def padded(x: Any) -> Any:
        h, w = _known("pad_images", x)
        top, bottom, _ = _third("pad_images", "height", h, top_padding, bottom_padding, target_height, 1)
        left, right, _ = _third("pad_images", "width", w, left_padding, right_padding, target_width, 1)
        return pad(x, [(0, 0), (top, bottom), (left, right), (0, 0)])

    return _channels_last("pad_images", images, data_format, padded)


def _third(
    name: str, side: str, n: int, before: int | None, after: int | None, target: int | None, sign: int
) -> tuple[int, int, int]:
    """(before, after, target) of which two are told: n + sign·(before + after) = target."""
    where = f"ops.image.{name}, what stands before, after and its target_{side}"
    given = [None if one is None else checks.integer(where, one) for one in (before, after, target)]
    if given.count(None) != 1:
        raise InvalidArgument(where, "two of the three", given)
    b, a, t = given
    around = 0 if t is None else sign * (t - n)  # before and after together
    first, last = (around - (a or 0) if b is None else b), (around - (b or 0) if a is None else a)
    whole = n + sign * (first + last)
    if min(first, last) < 0 or whole < 1:
        raise InvalidArgument(where, f"numbers that fit {n} pixels", given)
    return first, last, whole


def _known(name: str, x: Any) -> tuple[int, int]:
    """Height and width, which must be known."""
    _, h, w, _ = shape(x)
    if h is None or w is None:
        raise ShapeError(f"ops.image.{name}, argument images", "pictures of known size", shape(x))
    return h, w


def _channels_last(name: str, images: Any, data_format: str | None, made: Callable[[Any], Any]) -> Any:
    """What is made of pictures (B, H, W, C), of those that come otherwise: one alone, or with channels first."""
    where = f"ops.image.{name}, argument"
    checks.one_of(f"{where} data_format", data_format, ["channels_last", "channels_first", None])
    x = convert_to_tensor(images)
    if len(shape(x)) not in (3, 4):
        raise ShapeError(f"{where} images", "(B, H, W, C), or (H, W, C) for one", shape(x))
    if len(shape(x)) == 3:
        return get_item(_channels_last(name, expand_dims(x, 0), data_format, made), 0)
    if data_format != "channels_first":
        return made(x)
    return transpose(made(transpose(x, (0, 2, 3, 1))), (0, 3, 1, 2))
