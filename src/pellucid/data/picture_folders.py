"""A folder of pictures, in it a folder for each class: `pictures/cat/1.png`, or `pictures/train/cat/1.png`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..arrays import Array
from ..errors import DataError, Told
from ..files import is_hidden
from .pictures import GREY, opened, pictures_in, pixels

LARGEST = 64  # pixels along a side: every one is an input to each unit of a dense network
LOOKED_AT = 100  # pictures that tell the size and whether there are colours
PARTS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}


@dataclass(frozen=True)
class Pictures:
    """Pictures x (N, height, width) or (N, height, width, 3) uint8 and the names of their classes y (N,), by part."""

    parts: dict[str, tuple[Array, Array]]  # "all", or "train" with "val", "test" or both
    remarks: tuple[str, ...]


def read_pictures(folder: Path) -> Pictures:
    """All pictures in a folder, of one shape: the one that most have, no larger than 64 × 64."""
    parts = _parts(folder)
    files = {part: by_class(inside) for part, inside in parts.items()}
    names = {part: {name for _, name in each} for part, each in files.items()}
    more = sorted(set.union(*names.values()) - next(iter(names.values())))
    if more:
        raise DataError(
            f"reading {folder}", "the same classes in each part", Told(f"{more[0]} in one without pictures to train on")
        )
    shape, remarks = _shape([path for path, _ in next(iter(files.values()))])
    if "val" in parts and "test" not in parts:
        remarks.append(f"What is in {parts['val'].name} is kept for the test; a part of the others is watched.")
    read = {
        part: (np.stack([pixels(path, shape) for path, _ in each]), np.array([name for _, name in each]))
        for part, each in files.items()
    }
    return Pictures(read, tuple(remarks))


def by_class(folder: Path) -> list[tuple[Path, str]]:
    """(picture, its class) of all pictures in a folder, in the order of their names."""
    classes = sorted(inside for inside in folder.iterdir() if inside.is_dir() and not is_hidden(inside.name))
    if len(classes) < 2:
        raise DataError(
            f"reading {folder}",
            "a folder of pictures for each class, such as cat and dog",
            Told(f"{len(classes)} folders"),
        )
    return [(path, inside.name) for inside in classes for path in pictures_in(inside)]


def _parts(folder: Path) -> dict[str, Path]:
    """The folders of the parts, where the first level names parts; the whole folder otherwise."""
    inside = {path.name.lower(): path for path in folder.iterdir() if path.is_dir()}
    found = {part: inside[name] for part, names in PARTS.items() for name in names if name in inside}
    return found if "train" in found and len(found) > 1 else {"all": folder}


def _shape(paths: list[Path]) -> tuple[tuple[int, ...], list[str]]:
    """(the shape for these pictures, what there is to say about it)."""
    looked_at = paths[:: max(1, len(paths) // LOOKED_AT)]
    sizes, grey = Counter[tuple[int, int]](), True
    for path in looked_at:
        image = opened(f"reading {path}", path)
        sizes[image.height, image.width] += 1
        grey = grey and image.mode in GREY
    (height, width), _ = sizes.most_common(1)[0]
    shrink = min(1.0, LARGEST / max(height, width))
    size = max(1, round(height * shrink)), max(1, round(width * shrink))
    remarks = []
    if len(sizes) > 1 or shrink < 1:
        remarks.append(f"The pictures are brought to {size[0]} × {size[1]} pixels.")
    return size if grey else (*size, 3), [*remarks, f"They are read {'in grey' if grey else 'in colour'}."]
