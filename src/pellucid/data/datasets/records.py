"""CIFAR's binary files: for each picture its labels, a byte each, then 32 × 32 bytes of red, of green and of blue.

They are found on this machine, in a folder or still in their archive, or downloaded. The version for Python is pickled,
and is never read: whoever reads a pickle executes what is in it.
Source: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009), and the page of the data.
"""

from __future__ import annotations

import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...arrays import Array
from ...errors import FileError, Told
from ...files import cache_folder, reading
from ..download import fetch
from .base import Pair, Split

SIDE = 32
PIXELS = 3 * SIDE * SIDE
MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
AGAIN = "Get the original file again."


@dataclass(frozen=True)
class RecordSet:
    """A set: its name, its archive with its sum, the folder in it, the files to train on and to test on, the records of
    each, and which labels a record has, by how many classes there are of each."""

    name: str
    archive: str
    known_hash: str
    folder: str
    train: tuple[str, ...]
    test: str
    records: tuple[int, int]  # in each file to train on, and in that to test on
    labels: tuple[int, ...]
    pickled: str  # a file of the version that is not read

    def load(self, path: str | os.PathLike[str] | None, label: int = 0) -> Split:
        """The set from `path`, or else from PELLUCID_DATA, from the cache, or from a mirror; y (N, 1) is the label of
        that number."""
        if path is not None:
            return self._read(self._given(Path(path).expanduser()), label)
        found = next(filter(None, map(self._found, self._places())), None)
        return self._read(found or self._downloaded(), label)

    def at_hand(self) -> bool:
        """Whether it can be loaded without a download."""
        return any(map(self._found, self._places()))

    def _places(self) -> list[Path]:
        data = os.environ.get("PELLUCID_DATA")
        own = [Path(data).expanduser() / self.name, Path(data).expanduser()] if data else []
        return [*own, cache_folder() / "datasets" / self.name]

    def _found(self, place: Path) -> Path | None:
        """The folder with all files, or the archive, in this place."""
        for folder in (place, place / self.folder):
            if all((folder / name).is_file() for name in (*self.train, self.test)):
                return folder
        archive = place if place.name == self.archive else place / self.archive
        return archive if archive.is_file() else None

    def _given(self, path: Path) -> Path:
        found = self._found(path)
        if found is None:
            expected = f"{self.archive}, or a folder with {', '.join((*self.train, self.test))}"
            where, fix = f"datasets.{self.name}.load_data, argument path", "Get the binary version."
            if any((folder / self.pickled).exists() for folder in (path, *path.glob("cifar-*-python"))):
                pickled = "Python's pickles, which are not read, since that would execute what is in them"
                raise FileError(where, expected, Told(pickled), fix)
            raise FileError(where, expected, path, fix)
        return found

    def _downloaded(self) -> Path:
        where = f"datasets.{self.name}.load_data"
        fix = f"Put {self.archive} into the folder that PELLUCID_DATA names, or pass its path."
        return fetch(self.archive, self.known_hash, MIRRORS, cache_folder() / "datasets" / self.name, where, fix)

    def _read(self, place: Path, label: int) -> Split:
        parts = [self._records(place, name, self.records[0], label) for name in self.train]
        x, y = (np.concatenate(both) for both in zip(*parts, strict=True))
        return (x, y), self._records(place, self.test, self.records[1], label)

    def _records(self, place: Path, name: str, n: int, label: int) -> Pair:
        where = f"reading {place}{'' if place.is_dir() else ', ' + self.folder}/{name}"
        size = n * (len(self.labels) + PIXELS)
        with reading(where, "a whole file of pictures", AGAIN):
            content = self._content(place, name, size + 1)
        if len(content) != size:
            told = Told(f"{'more' if len(content) > size else f'{len(content):,} bytes'}")
            raise FileError(where, f"{size:,} bytes, for {n:,} pictures", told, AGAIN)
        rows = np.frombuffer(content, np.uint8).reshape(n, -1)
        for i, classes in enumerate(self.labels):
            if int(rows[:, i].max()) >= classes:
                raise FileError(where, f"labels from 0 to {classes - 1}", int(rows[:, i].max()), AGAIN)
        x: Array = rows[:, len(self.labels) :].reshape(n, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
        return np.ascontiguousarray(x), rows[:, label : label + 1].copy()

    def _content(self, place: Path, name: str, most: int) -> bytes:
        if place.is_dir():
            with open(place / name, "rb") as file:
                return file.read(most)
        with tarfile.open(place) as archive:
            member = archive.extractfile(f"{self.folder}/{name}")
            if member is None:
                raise ValueError("it is no file")
            return member.read(most)
