"""Files of arrays as data to learn from: .npz, or .npy with the targets in a second file beside it."""

from __future__ import annotations

from pathlib import Path

from ..arrays import Array
from ..errors import DataError, FileError, Told
from ..files import reading
from .npy import read_npy
from .npz import load_npz

SUFFIXES = (".npz", ".npy")


def is_file(where: str, name: str) -> bool:
    """Whether this names a file of arrays rather than a data set; FileError where it is one of another kind, or none.

    >>> is_file("data", "mnist")
    False
    """
    path = Path(name)
    if not path.suffix and len(path.parts) < 2:
        return False
    if not path.exists():
        raise FileError(where, "a file that exists", Told("no such file"), "Check the path.")
    if path.suffix.lower() not in SUFFIXES:
        raise FileError(
            where, "a data set's name, a table (.csv, .parquet, ...), or an .npz or .npy file",
            Told(f"a {path.suffix or 'nameless'} file"),
            "Write it with numpy.savez('data.npz', x=..., y=...).",
        )  # fmt: skip
    return True


def load_arrays(name: str, *, targets: bool = True) -> dict[str, Array]:
    """The arrays of a file as `load_npz` gives them. X.npy goes with y.npy beside it, x_train.npy with y_train.npy,
    x_test.npy and y_test.npy; with targets=False an x alone will do."""
    path = Path(name)
    if path.suffix.lower() != ".npy":
        return load_npz(name, targets=targets)
    if path.stem.lower() == "x_train":
        found = {key: _beside(path, key) for key in ("x_train", "y_train", "x_test", "y_test")}
        return {key: _read(file) for key, file in found.items()}
    if not targets:
        return {"x": _read(path)}
    arrays = {"x": _read(path), "y": _read(_beside(path, "y" + path.stem[1:]))}
    if arrays["x"].shape[:1] != arrays["y"].shape[:1]:
        raise DataError(f"data {name}", f"{len(arrays['x'])} targets, as x has rows", len(arrays["y"]))
    return arrays


def _beside(path: Path, stem: str) -> Path:
    """The file of this name, in small letters or not, in the same folder."""
    if path.stem[:1] in "xX":
        for file in sorted(path.parent.iterdir()):
            if file.name.lower() == f"{stem}.npy".lower():
                return file
    fix = f"Name them X.npy and y.npy, or write one file: numpy.savez('{path.stem}.npz', x=..., y=...)."
    raise FileError(f"data {path}", "a file with its targets beside it, as y.npy beside X.npy", Told("none"), fix)


def _read(path: Path) -> Array:
    where = f"reading {path}"
    with reading(where, "a whole .npy file of plain numbers", "Write it again."), open(path, "rb") as file:
        array = read_npy(file, path.stat().st_size)
    if array.ndim == 0:
        raise FileError(where, "an array with one row per sample", Told("a single value"))
    return array
