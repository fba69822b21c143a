"""Batches of pictures read as they are needed: Keras's `image_dataset_from_directory`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import FileError, InvalidArgument, Told, UnknownName
from .labelled_files import FileBatches, files_under, from_directory
from .pictures import METHODS, MODES, SUFFIXES, img_to_array, load_img, padded, resized

WHERE = "image_dataset_from_directory, argument"
ALIKE = {"area": "box", "lanczos3": "lanczos"}  # Pillow's names for what Keras calls so


class PictureBatches(FileBatches):
    """Batches of pictures x (B, height, width, channels) from 0 to 255, with labels where there are any."""

    def samples(self, paths: Sequence[str]) -> Array:
        return np.stack([self._sample(path) for path in paths])

    def _sample(self, path: str) -> Array:
        read = self.read
        image = load_img(path, read["color_mode"])
        if read["pad"]:
            image = padded(image, read["size"])
        return img_to_array(resized(image, read["size"], read["interpolation"], read["crop"]), read["data_format"])


def image_dataset_from_directory(
    directory: str | Path, labels: Any = "inferred", label_mode: str | None = "int",
    class_names: Sequence[str] | None = None, color_mode: str = "rgb", batch_size: int | None = 32,
    image_size: int | Sequence[int] = (256, 256), shuffle: bool = True, seed: int | None = None,
    validation_split: float | None = None, subset: str | None = None, interpolation: str = "bilinear",
    follow_links: bool = False, crop_to_aspect_ratio: bool = False, pad_to_aspect_ratio: bool = False,
    data_format: str | None = None, format: str = "tf", verbose: bool = True,
) -> Any:  # fmt: skip
    """The pictures of a folder as batches for `fit`, their labels the numbers of the folders in it, in sorted order.

    label_mode: "int" (B,), "categorical" (B, classes), "binary" (B, 1) or None. labels: "inferred", None, or one number
    for each picture, folder by folder, in each by name. class_names: some of the folders, in the order in which they
    are numbered. crop_to_aspect_ratio, pad_to_aspect_ratio: have the middle cut out, or black put around, in the
    proportion of image_size. data_format: "channels_last" or "channels_first". follow_links: whether links to folders
    are followed. subset: "training", "validation" or "both" parts of a `validation_split`, for which a `seed` is needed
    where shuffled. `class_names` and `file_paths` are attributes.

    As in Keras, apart from the draws; but sizes are changed by Pillow, which takes the mean where a picture gets
    smaller, and has no interpolation "lanczos5", "gaussian" and "mitchellcubic"; TIFF and WebP are read, too; what is
    returned is a PyDataset, whatever `format` says.
    """
    checks.one_of(f"{WHERE} color_mode", color_mode, list(MODES))
    checks.one_of(f"{WHERE} format", format, ("tf", "grain"))
    checks.one_of(f"{WHERE} data_format", data_format, (None, "channels_last", "channels_first"))
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise InvalidArgument(f"{WHERE} pad_to_aspect_ratio", "False, as crop_to_aspect_ratio is True", True)
    read = {
        "color_mode": color_mode, "size": _size(image_size), "interpolation": _method(interpolation),
        "crop": crop_to_aspect_ratio, "pad": pad_to_aspect_ratio, "data_format": data_format,
    }  # fmt: skip
    return from_directory(
        WHERE, PictureBatches, partial(_pictures_in, follow_links=follow_links), read, Path(directory), labels,
        label_mode, class_names, batch_size, shuffle, seed, validation_split, subset, verbose,
    )  # fmt: skip


def _pictures_in(folder: Path, follow_links: bool) -> list[Path]:
    found = files_under(folder, SUFFIXES, follow_links)
    if not found:
        raise FileError(f"reading {folder}", f"pictures ({', '.join(SUFFIXES)})", Told("none"), "Check the path.")
    return found


def _size(given: Any) -> tuple[int, int]:
    """(height, width); one number stands for both."""
    each = given if isinstance(given, tuple | list) else (given, given)
    if len(each) != 2:
        raise InvalidArgument(f"{WHERE} image_size", "(height, width)", given)
    height, width = (checks.integer(f"{WHERE} image_size", n, minimum=1) for n in each)
    return height, width


def _method(name: Any) -> str:
    """Pillow's name of an interpolation."""
    found = ALIKE.get(str(name).lower(), str(name).lower())
    if found not in METHODS:
        raise UnknownName(f"{WHERE} interpolation", str(name), [*METHODS, *ALIKE])
    return found
