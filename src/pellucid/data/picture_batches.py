"""Batches of pictures read as they are needed: Keras's `image_dataset_from_directory`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import DataError, InvalidArgument, Told
from ..rng import Key, fresh_key
from .pictures import MODES, img_to_array, load_img, pictures_in
from .pydataset import PyDataset
from .utils import to_categorical

WHERE = "image_dataset_from_directory, argument"


class PictureBatches(PyDataset):
    """Batches of pictures x (B, height, width, channels) float32 from 0 to 255, with labels where there are any."""

    def __init__(
        self, paths: Sequence[Path], labels: Array | None, class_names: Sequence[str], read: dict[str, Any],
        batch_size: int | None, key: Key | None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.file_paths, self.labels, self.class_names = [str(path) for path in paths], labels, list(class_names)
        self.read, self.batch_size, self.key, self.epoch = read, batch_size, key, 0

    def __len__(self) -> int:
        return math.ceil(len(self.file_paths) / (self.batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        n = len(self.file_paths)
        order = np.arange(n) if self.key is None else self.key.fold(self.epoch).permutation(n)
        rows = order[index * (self.batch_size or 1) : (index + 1) * (self.batch_size or 1)]
        x = np.stack([img_to_array(load_img(self.file_paths[row], **self.read)) for row in rows])
        y = None if self.labels is None else self.labels[rows]
        if self.batch_size is None:
            return x[0] if y is None else (x[0], y[0])
        return x if y is None else (x, y)

    def on_epoch_end(self) -> None:
        """Another order for the next epoch."""
        self.epoch += 1


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
    folder, names = Path(directory), _class_names(Path(directory), labels, class_names)
    checks.one_of(f"{WHERE} label_mode", label_mode, ["int", "categorical", "binary", None])
    checks.one_of(f"{WHERE} color_mode", color_mode, list(MODES))
    _check_split(validation_split, subset, shuffle, seed)
    paths = [path for name in names for path in pictures_in(folder / name)] if names else pictures_in(folder)
    numbers = None
    if labels is not None and label_mode is not None:
        inferred = labels == "inferred" if isinstance(labels, str) else False
        numbers = np.array([names.index(path.relative_to(folder).parts[0]) for path in paths] if inferred else labels)
        if len(numbers) != len(paths):
            raise DataError(f"{WHERE} labels", f"{len(paths)} labels, one for each picture", Told(str(len(numbers))))
        numbers = _as_mode(numbers, str(label_mode), len(names) or int(numbers.max()) + 1)
    key = (fresh_key() if seed is None else Key(seed)) if shuffle else None
    order = np.arange(len(paths)) if key is None else key.fold("files").permutation(len(paths))
    size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    read = {
        "color_mode": color_mode, "target_size": size, "interpolation": interpolation,
        "keep_aspect_ratio": crop_to_aspect_ratio,
    }  # fmt: skip
    if verbose:
        print(f"Found {len(paths)} files" + (f" belonging to {len(names)} classes." if names else "."))

    def batches(rows: Array, key: Key | None) -> PictureBatches:
        chosen = [paths[row] for row in rows]
        return PictureBatches(chosen, None if numbers is None else numbers[rows], names, read, batch_size, key)

    held = int((validation_split or 0) * len(paths))
    parts = {"training": batches(order[: len(paths) - held], key)}
    if subset is None:
        return parts["training"]
    parts["validation"] = batches(order[len(paths) - held :], None)
    for part, made in parts.items():
        if not len(made) and subset in (part, "both"):
            raise DataError(f"{WHERE} subset", f"pictures for {part}", Told("none"))
    return [parts["training"], parts["validation"]] if subset == "both" else parts[subset]


def _class_names(folder: Path, labels: Any, given: Sequence[str] | None) -> list[str]:
    if not isinstance(labels, str) or labels != "inferred":
        return []
    found = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if given is not None and set(given) != set(found):
        raise InvalidArgument(f"{WHERE} class_names", f"the folders {', '.join(found)}", list(given))
    if not found:
        raise DataError(f"reading {folder}", "a folder of pictures for each class", Told("none"), "Pass labels=None.")
    return list(given or found)


def _check_split(share: float | None, subset: str | None, shuffle: bool, seed: int | None) -> None:
    checks.one_of(f"{WHERE} subset", subset, ["training", "validation", "both", None])
    if (share is None) != (subset is None):
        raise InvalidArgument(f"{WHERE} subset", "a subset together with a validation_split", subset)
    if share is not None:
        checks.number(f"{WHERE} validation_split", share, above=0, below=1)
        if shuffle and seed is None:
            fix = "Else the parts would share pictures."
            raise InvalidArgument(f"{WHERE} seed", "a number, where parts of shuffled pictures are wanted", seed, fix)


def _as_mode(numbers: Array, mode: str, classes: int) -> Array:
    """Labels in the form asked for."""
    if mode == "categorical":
        return to_categorical(numbers, classes).astype("float32")
    if mode == "binary":
        if classes != 2:
            raise InvalidArgument(f"{WHERE} label_mode", "binary for two classes only", Told(f"{classes} classes"))
        return numbers.astype("float32")[:, None]
    return numbers.astype("int32")
