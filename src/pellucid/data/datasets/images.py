"""Sets of 28x28 images kept as four IDX files: found on this machine, or downloaded and checked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ...arrays import Array, Shape
from ...errors import FileError, Told
from ...files import cache_folder
from ..download import fetch
from ..idx import idx_sum, read_idx
from ..npz import SPLIT, load_npz
from .base import Split


@dataclass(frozen=True)
class IdxFile:
    """One file of a set: its name without an ending, the array's shape, and its sums."""

    stem: str
    shape: Shape
    archive: str  # of the gzipped file as the mirrors have it, in pooch's form "sha256:..."
    content: str | None  # SHA-256 of the uncompressed file, where it is known

    def find(self, folder: Path) -> Path | None:
        """This file in a folder, gzipped or not; some tools write a dot for the first hyphen of 'idx3-ubyte'."""
        dotted = self.stem.replace("-idx", ".idx")
        names = (f"{self.stem}.gz", self.stem, f"{dotted}.gz", dotted)
        return next((folder / name for name in names if (folder / name).is_file()), None)

    def checked(self, x: Array, where: str) -> Array:
        """x, if it is what this file holds."""
        if x.shape != self.shape or x.dtype != "uint8":
            raise FileError(where, f"uint8 values of the shape {self.shape}", Told(f"{x.dtype} of {x.shape}"))
        if self.content is not None and (got := idx_sum(x)) != self.content:
            raise FileError(
                where, f"the content with the SHA-256 sum {self.content}", Told(got), "Get the original file again."
            )
        return x


@dataclass(frozen=True)
class ImageSet:
    """A set of images: its name, its mirrors, and the files of x_train, y_train, x_test, y_test."""

    name: str
    mirrors: tuple[str, ...]
    files: tuple[IdxFile, IdxFile, IdxFile, IdxFile]

    def load(self, path: str | os.PathLike[str] | None = None) -> Split:
        """The set from `path`, or else from PELLUCID_DATA, from the cache, or from a mirror."""
        if path is not None:
            return self._given(Path(path).expanduser())
        data = os.environ.get("PELLUCID_DATA")
        if data:
            own = Path(data).expanduser() / self.name
            if (found := self._found(own)) is not None:
                return self._read(found)
            # The folder above may hold another set whose files have the same names: what does not fit is passed over.
            if (split := self._read_if_whole(own.parent)) is not None:
                return split
        cache = cache_folder() / "datasets" / self.name
        return self._read_if_whole(cache) or self._downloaded(cache)

    def at_hand(self) -> bool:
        """Whether it can be loaded without a download."""
        data = os.environ.get("PELLUCID_DATA")
        own = [Path(data).expanduser() / self.name, Path(data).expanduser()] if data else []
        return any(self._found(folder) for folder in [*own, cache_folder() / "datasets" / self.name])

    def _given(self, path: Path) -> Split:
        where = f"datasets.{self.name}.load_data, argument path"
        if path.suffix == ".npz" and path.is_file():
            arrays = load_npz(path)
            if set(arrays) != set(SPLIT):
                raise FileError(f"reading {path}", f"the arrays {', '.join(SPLIT)}", Told(", ".join(arrays)))
            checked = [f.checked(arrays[k], f"reading {path}, {k}") for k, f in zip(SPLIT, self.files, strict=True)]
            return (checked[0], checked[1]), (checked[2], checked[3])
        found = self._found(path)
        if found is None:
            fix = "Leave path out to look in PELLUCID_DATA and the cache, and else to download."
            raise FileError(where, f"a folder with {self._names()}, or an .npz file with {', '.join(SPLIT)}", path, fix)
        return self._read(found)

    def _found(self, folder: Path) -> list[Path] | None:
        found = [file.find(folder) for file in self.files]
        return [path for path in found if path] if all(found) else None

    def _read(self, paths: list[Path]) -> Split:
        x_train, y_train, x_test, y_test = (
            file.checked(read_idx(path), f"reading {path}") for file, path in zip(self.files, paths, strict=True)
        )
        return (x_train, y_train), (x_test, y_test)

    def _read_if_whole(self, folder: Path) -> Split | None:
        found = self._found(folder)
        if found is None:
            return None
        try:
            return self._read(found)
        except FileError:
            return None

    def _downloaded(self, cache: Path) -> Split:
        fix = (
            f"Put {self._names()} into a folder named {self.name} and set PELLUCID_DATA to the folder that holds it,"
            " or pass that folder as path."
        )
        where = f"datasets.{self.name}.load_data"
        return self._read([fetch(f"{f.stem}.gz", f.archive, self.mirrors, cache, where, fix) for f in self.files])

    def _names(self) -> str:
        return ", ".join(f"{file.stem}.gz" for file in self.files)
