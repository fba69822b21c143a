"""Take a trained network out: write it in a form that something else than Pellucid runs, too."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..data.labels import Names
from ..errors import FileError, Told, UnknownName
from ..files import write_text_whole
from .runs import names_of, open_model

CLASSES, STEM = "classes.json", "network"


def _keras(model: Any, out: Path, names: Names, force: bool) -> Path:
    """A `.keras` file, which Keras 3 opens."""
    target = _target(out, ".keras", force)
    model.save(target)
    return target


def _onnx(model: Any, out: Path, names: Names, force: bool) -> Path:
    """An ONNX file, for ONNX Runtime and all else that reads those."""
    return model.to_onnx(_target(out, ".onnx", force), classes=names)  # type: ignore[no-any-return]


def _numpy(model: Any, out: Path, names: Names, force: bool) -> Path:
    """A script that needs NumPy alone."""
    return model.to_numpy(out, force)  # type: ignore[no-any-return]


FORMS: dict[str, Callable[[Any, Path, Names, bool], Path]] = {"keras": _keras, "numpy": _numpy, "onnx": _onnx}


def export(path: Path, to: str, out: Path, force: bool = False) -> Path:
    """Write the network of a run (its folder) or of a .keras file in one of FORMS; returns what was written.

    out: a folder, or a file where that is the form's. The names of classes that are not their numbers are written into
    the folder, too, in classes.json.
    """
    if to not in FORMS:
        raise UnknownName("export, --to", to, FORMS)
    names = names_of(path)
    written = FORMS[to](open_model(path)[0], out, names, force)
    if names and written != out:
        write_text_whole(written.parent / CLASSES, json.dumps(names) + "\n")
    return written


def _target(out: Path, suffix: str, force: bool) -> Path:
    """The file to write: `out` itself, or one in that folder, which must be free of what no export has written."""
    where = f"export, {out}"
    if out.suffix == suffix and not out.is_dir():
        if out.exists() and not force:
            raise FileError(where, "a path that is free", Told("a file"), "Pass --force to replace it.")
        return out
    if out.exists() and not out.is_dir():
        raise FileError(where, f"a folder, or a path that ends in {suffix}", Told("another file"))
    name = f"{STEM}{suffix}"
    foreign = sorted(entry.name for entry in out.iterdir() if entry.name not in (name, CLASSES)) if out.is_dir() else []
    if foreign and not force:
        raise FileError(
            where, "a new or empty folder, or one with an earlier export", Told(", ".join(foreign[:3])),
            f"Choose another folder, or pass --force to write {name} into it.",
        )  # fmt: skip
    return out / name
