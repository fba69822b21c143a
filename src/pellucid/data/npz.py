"""NumPy's .npz files as data to learn from. Nothing in a file is ever executed: pickled objects are refused."""

from __future__ import annotations

import os
import zipfile
from typing import IO

from ..arrays import Array
from ..errors import DataError, FileError, Told
from ..files import reading
from .npy import read_npy

SPLIT = ("x_train", "y_train", "x_test", "y_test")
WHOLE = ("x", "y")
ALONE = ("x",)
MAX_RATIO = 1100  # deflate shrinks a byte run 1032 times at most
AGAIN = "Write it again with numpy.savez_compressed, from arrays whose dtype is not object."

Forms = tuple[tuple[str, ...], ...]


def load_npz(path: str | os.PathLike[str], *, targets: bool = True) -> dict[str, Array]:
    """The arrays x_train, y_train, x_test, y_test of an .npz file, or, where it has none of these, x and y.

    Names may be in capitals (X, Y), and two arrays without names (arr_0, arr_1) are x and y.
    The first form is split already, the second is the caller's to split (`utils.train_test_split`). Other arrays in
    the file are passed over. With targets=False an x alone will do. Raises FileError for a file that is missing,
    damaged, foreign or holds pickled objects, and DataError for an x and a y of different lengths.
    """
    where = f"reading {path}"
    with reading(where, "a whole .npz file of plain numbers", AGAIN):
        arrays = _read(where, path, (SPLIT, WHOLE) if targets else (SPLIT, WHOLE, ALONE))
    for x, y in (("x_train", "y_train"), ("x_test", "y_test"), ("x", "y")):
        if y in arrays and len(arrays[x]) != len(arrays[y]):
            raise DataError(f"{where}, {y}", f"{len(arrays[x])} rows, as {x} has", len(arrays[y]))
    return arrays


def _read(where: str, path: str | os.PathLike[str], forms: Forms) -> dict[str, Array]:
    with open(path, "rb") as raw:
        if not zipfile.is_zipfile(raw):
            foreign = Told("a file that is not a zip archive, or is cut off")
            raise FileError(where, "an .npz file", foreign, "Get it again.")
        raw.seek(0)
        return _arrays(where, raw, forms)


def _arrays(where: str, raw: IO[bytes], forms: Forms) -> dict[str, Array]:
    with zipfile.ZipFile(raw) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
        given = _as_named(names)
        keys = next((keys for keys in forms if set(keys) <= set(given)), None)
        if keys is None:
            raise FileError(
                where, f"the arrays {', '.join(SPLIT)}, or {' and '.join(WHOLE)}",
                Told(", ".join(names) or "no arrays"), "Rename them when saving: numpy.savez(path, x=..., y=...).",
            )  # fmt: skip
        size = raw.seek(0, os.SEEK_END)
        arrays = {key: _array(archive, given[key], size) for key in keys}
    for key, array in arrays.items():
        if array.ndim == 0:
            raise FileError(f"{where}, {key}", "an array with one row per sample", Told("a single value"))
    return arrays


def _array(archive: zipfile.ZipFile, name: str, size: int) -> Array:
    """One array of an archive that has so many bytes."""
    member = archive.getinfo(f"{name}.npy" if f"{name}.npy" in archive.namelist() else name)
    most = min(member.file_size, MAX_RATIO * min(member.compress_size, size))
    with archive.open(member) as file:
        return read_npy(file, most)


def _as_named(names: list[str]) -> dict[str, str]:
    """Our names with those in the file: capitals are as good, and so is what savez calls arrays without names."""
    given = {name.lower(): name for name in sorted(names)}  # a small letter comes after its capital, and counts
    if set(names) <= {"arr_0", "arr_1"} and "arr_0" in names:
        given |= {ours: name for ours, name in (("x", "arr_0"), ("y", "arr_1")) if name in names}
    return given
