"""Batches of pictures read as they are needed: Keras's `image_dataset_from_directory`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from .labelled_files import FileBatches, from_directory
from .pictures import MODES, img_to_array, load_img, pictures_in

WHERE = "image_dataset_from_directory, argument"


class PictureBatches(FileBatches):
    """Batches of pictures x (B, height, width, channels) float32 from 0 to 255, with labels where there are any."""

    def samples(self, paths: Sequence[str]) -> Array:
        return np.stack([img_to_array(load_img(path, **self.read)) for path in paths])


def image_dataset_from_directory(
    directory: str | Path, labels: Any = "inferred", label_mode: str | None = "int",
    class_names: Sequence[str] | None = None, color_mode: str = "rgb", batch_size: int | None = 32,
    image_size: int | Sequence[int] = (256, 256), shuffle: bool = True, seed: int | None = None,
    validation_split: float | None = None, subset: str | None = None, interpolation: str = "bilinear",
    crop_to_aspect_ratio: bool = False, verbose: bool = True,
) -> Any:  # fmt: skip
    """The pictures of a folder as batches for `fit`, their labels the numbers of the folders in it, in sorted order.

    label_mode: "int" (B,), "categorical" (B, classes), "binary" (B, 1) or None. labels: "inferred", None, or one number
    for each picture in the order of their paths. subset: "training", "validation" or "both" parts of a
    `validation_split`, for which a `seed` is needed where shuffled. `class_names` and `file_paths` are attributes.

    As in Keras, apart from the draws, and sizes are changed by Pillow. Of Keras's arguments follow_links,
    pad_to_aspect_ratio, data_format and format are not taken.
    """
    checks.one_of(f"{WHERE} color_mode", color_mode, list(MODES))
    size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    read = {
        "color_mode": color_mode, "target_size": size, "interpolation": interpolation,
        "keep_aspect_ratio": crop_to_aspect_ratio,
    }  # fmt: skip
    return from_directory(
        WHERE, PictureBatches, pictures_in, read, Path(directory), labels, label_mode, class_names, batch_size, shuffle,
        seed, validation_split, subset, verbose,
    )  # fmt: skip
