"""Pictures as arrays, through Pillow: Keras's `load_img`, `img_to_array` and `array_to_img`."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import FileError, InvalidArgument, MissingExtra, ShapeError, Told, WrongType
from ..files import is_hidden, reading, write_whole
from ..settings import floatx

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")  # what else Pillow reads stays closed to strangers' files
MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
DEEP = ("I", "I;16")  # grey of 16 bits
GREY = ("1", "L", "F", *DEEP)
METHODS = ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming")


def pillow(where: str) -> Any:
    """Pillow's Image, or the error that tells how to get it."""
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtra(where, "pillow", "images") from None
    return Image


def load_img(
    path: Any, color_mode: str = "rgb", target_size: Sequence[int] | None = None, interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:  # fmt: skip
    """A picture from a file (or `io.BytesIO`), as a PIL image: "grayscale", "rgb" or "rgba".

    target_size: (height, width) to bring it to; with keep_aspect_ratio its middle is cut out in that proportion first.

    >>> file = io.BytesIO()
    >>> array_to_img(np.arange(12.0).reshape(2, 2, 3)).save(file, "PNG")
    >>> img_to_array(load_img(file, "grayscale", (4, 4))).shape
    (4, 4, 1)

    Unlike in Keras, a picture that a camera has marked as lying on its side (EXIF) is set upright.
    """
    where = f"reading {path if isinstance(path, str | os.PathLike) else 'a picture'}"
    path = os.fsdecode(path) if isinstance(path, bytes) else path
    if not isinstance(path, str | os.PathLike | io.BytesIO):
        raise WrongType("load_img, argument path", "a path or io.BytesIO", path)
    if color_mode not in MODES:
        raise InvalidArgument("load_img, argument color_mode", f"one of {', '.join(MODES)}", color_mode)
    image = opened(where, path)
    if not (color_mode == "grayscale" and image.mode in DEEP) and image.mode != MODES[color_mode]:
        image = image.convert(MODES[color_mode])
    return image if target_size is None else resized(image, target_size, interpolation, keep_aspect_ratio)


def opened(where: str, path: Any) -> Any:
    """The whole picture, upright; FileError in one sentence for a file that is none."""
    from_pillow = pillow(where)
    with reading(where, "a picture", "Take it out, or get it again."), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        warnings.simplefilter("error", from_pillow.DecompressionBombWarning)  # small files that claim to be huge
        from PIL import ImageOps

        with from_pillow.open(path, formats=FORMATS) as image:
            image.load()
            return ImageOps.exif_transpose(image)


def resized(image: Any, size: Sequence[int], interpolation: str, keep: bool) -> Any:
    """A picture brought to a size (height, width). keep: what does not fit its proportion is cut off at the sides."""
    height, width = (checks.integer("load_img, argument target_size", n, minimum=1) for n in size)
    if interpolation not in METHODS:
        raise InvalidArgument("load_img, argument interpolation", f"one of {', '.join(METHODS)}", interpolation)
    method = pillow("load_img").Resampling[interpolation.upper()]
    if image.size == (width, height):
        return image
    box = None
    if keep:
        across, down = image.size
        cut_w, cut_h = min(across, down * width // height), min(down, across * height // width)
        left, top = (across - cut_w) // 2, (down - cut_h) // 2
        box = (left, top, left + cut_w, top + cut_h)
    return image.resize((width, height), method, box=box)


def padded(image: Any, size: Sequence[int]) -> Any:
    """A picture in the middle of black, in the proportion of a size (height, width) but for a pixel, where it would not
    be the middle."""
    (height, width), (across, down) = size, image.size
    left, top = max(0, down * width // height - across) // 2, max(0, across * height // width - down) // 2
    found = pillow("padded").new(image.mode, (across + 2 * left, down + 2 * top))
    found.paste(image, (left, top))
    return found


def img_to_array(img: Any, data_format: str | None = None, dtype: str | None = None) -> Array:
    """A PIL image as an array (height, width, channels), or (channels, height, width); of `config.floatx()` unless a
    dtype is given."""
    x = np.asarray(img, dtype=dtype or floatx())
    if x.ndim not in (2, 3):
        raise ShapeError("img_to_array, argument img", "an image", x.shape)
    x = x if x.ndim == 3 else x[:, :, None]
    return x.transpose(2, 0, 1) if _first(data_format, "img_to_array") else x


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: str | None = None) -> Any:
    """An array (height, width, channels) with 1, 3 or 4 channels as a PIL image. scale: its smallest number becomes 0
    and its largest 255."""
    where = "array_to_img, argument x"
    x = np.asarray(x, dtype=dtype or floatx())
    if x.ndim != 3:
        raise ShapeError(where, "shape (height, width, channels)", x.shape)
    if not x.size:
        raise ShapeError(where, "at least one pixel", x.shape)
    x = x.transpose(1, 2, 0) if _first(data_format, "array_to_img") else x
    if x.shape[2] not in (1, 3, 4):
        raise ShapeError(where, "1, 3 or 4 channels", x.shape[2])
    if scale:
        x = x - x.min()
        x = x * (255 / x.max() if x.max() else 1)
    x = x[:, :, 0] if x.shape[2] == 1 else x
    return pillow("array_to_img").fromarray(x.astype("int32" if x.ndim == 2 and x.max() > 255 else "uint8"))


def save_img(
    path: Any, x: Any, data_format: str | None = None, file_format: str | None = None, scale: bool = True, **kwargs: Any
) -> None:
    """Write an array (height, width, channels) to a file, or to `io.BytesIO`, as a picture.

    file_format: as the file's name says, unless it is given. scale: as of `array_to_img`. kwargs: those of Pillow's
    `save`. JPEG has no transparency: the fourth channel is left out.

    >>> file = io.BytesIO()
    >>> save_img(file, np.arange(12.0).reshape(2, 2, 3), file_format="png")
    >>> load_img(file).size
    (2, 2)
    """
    named = isinstance(path, str | os.PathLike)
    if not named and not isinstance(path, io.BytesIO):
        raise WrongType("save_img, argument path", "a path or io.BytesIO", path)
    kind = (file_format or (Path(path).suffix[1:] if named else "")).upper()
    kind = {"JPG": "JPEG", "TIF": "TIFF"}.get(kind, kind)
    checks.one_of("save_img, argument file_format", kind, FORMATS)
    image = array_to_img(x, data_format, scale)
    image = image.convert("RGB") if kind == "JPEG" and image.mode == "RGBA" else image
    if named:
        write_whole(path, lambda file: image.save(file, format=kind, **kwargs))
    else:
        image.save(path, format=kind, **kwargs)


def _first(data_format: str | None, where: str) -> bool:
    """Whether the channels come first."""
    if data_format not in (None, "channels_first", "channels_last"):
        raise InvalidArgument(f"{where}, argument data_format", "channels_last or channels_first", data_format)
    return data_format == "channels_first"


def is_picture(name: str) -> bool:
    """Whether a file's name says that a picture is in it.

    >>> is_picture("cat.JPG"), is_picture("cats")
    (True, False)
    """
    return name.lower().endswith(SUFFIXES)


def pixels(path: Path | io.BytesIO, shape: Sequence[int]) -> Array:
    """A picture in this shape, (height, width) in grey or (height, width, 3), uint8."""
    height, width = shape[:2]
    image = opened(f"reading {path if isinstance(path, Path) else 'a picture'}", path)
    if image.mode not in DEEP:
        image = image.convert("L" if len(shape) == 2 else "RGB")
    values = np.asarray(resized(image, (height, width), "bilinear", False))
    if image.mode in DEEP:  # in colour, too, where Pillow would make white of all but the darkest
        eight = image.mode == "I" and values.max() <= 255  # whole numbers of 32 bits, which may hold what 8 can
        values = (np.clip(values, 0, 65535) >> (0 if eight else 8)).astype(np.uint8)
        values = values if len(shape) == 2 else np.repeat(values[..., None], 3, axis=-1)
    return values


def pictures_in(folder: Path) -> list[Path]:
    """The pictures in a folder and the folders in it, in the order of their names; what the system hides is none."""
    if not folder.exists():
        raise FileError(
            f"reading {folder}", "a picture, or a folder of pictures", Told("no such file"), "Check the path."
        )
    named = (path for path in folder.rglob("*") if is_picture(path.name) and path.is_file())
    found = sorted(path for path in named if not any(is_hidden(part) for part in path.relative_to(folder).parts))
    if not found:
        raise FileError(f"reading {folder}", f"pictures ({', '.join(SUFFIXES)})", Told("none"), "Check the path.")
    return found
