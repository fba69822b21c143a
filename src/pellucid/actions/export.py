"""Take a trained network out: write it in a form that something else than Pellucid runs, too."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

from ..data.labels import Names
from ..errors import FileError, InvalidArgument, Told, UnknownName
from ..exchange.torch import SOURCE, WEIGHTS, write
from ..files import write_text_whole
from .for_others import at_window, in_own_units
from .in_c import InC, write_c
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


def _c(model: Any, out: Path, names: Names, force: bool, asked: InC | None = None, run: Path | None = None) -> Path:
    """A file of C, for a microcontroller and any program."""
    asked, target = asked or InC(), _target(out, ".c", force)
    if asked.header and target == out:
        _target(out.with_suffix(".h"), ".h", force)
    return write_c(model, target, names, asked, run)


def _safetensors(model: Any, out: Path, names: Names, force: bool) -> Path:
    """The weights alone, as a `.safetensors` file with PyTorch's names and layout."""
    target = _target(out, ".safetensors", force)
    model.save_weights(target)
    return target


def _torch(model: Any, out: Path, names: Names, force: bool) -> Path:
    """The source of a PyTorch module, model.py, and its weights."""
    _refuse_foreign(out, {SOURCE, WEIGHTS, CLASSES}, SOURCE, force)
    return write(model, out)


FORMS: dict[str, Callable[[Any, Path, Names, bool], Path]] = {
    "c": _c, "keras": _keras, "numpy": _numpy, "onnx": _onnx, "safetensors": _safetensors, "torch": _torch,
}  # fmt: skip
ANY_LENGTH = ("keras", "safetensors")  # forms that leave a length open


def export(path: Path, to: str, out: Path, force: bool = False, in_c: InC | None = None) -> Path:
    """Write the network of a run (its folder) or of a .keras file in one of FORMS; returns what was written.

    A network that takes texts of any length is written for one of the run's windows, where the form wants a length; one
    of forecasts answers in their own units.
    out: a folder, or a file where that is the form's. The names of classes that are not their numbers are written into
    the folder, too, in classes.json. in_c: what is asked of a file of C alone.
    """
    if to not in FORMS:
        raise UnknownName("export, --to", to, FORMS)
    if in_c is not None and to != "c":
        raise InvalidArgument("export, --prefix, --header, --int8 and --data", "--to c beside them", Told(f"--to {to}"))
    form = FORMS[to] if in_c is None else partial(_c, asked=in_c, run=path)
    model, spec = open_model(path)
    names = names_of(path, model)
    model = in_own_units(model)
    written = form(model if spec is None or to in ANY_LENGTH else at_window(model, spec), out, names, force)
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
    _refuse_foreign(out, {name, f"{STEM}.h", CLASSES}, name, force)
    return out / name


def _refuse_foreign(out: Path, known: Collection[str], name: str, force: bool) -> None:
    """Refuse a folder in which something lies that no export has written, and what is no folder."""
    if out.exists() and not out.is_dir():
        raise FileError(f"export, {out}", "a folder", Told("a file"))
    foreign = sorted(entry.name for entry in out.iterdir() if entry.name not in known) if out.is_dir() else []
    if foreign and not force:
        raise FileError(
            f"export, {out}", "a new or empty folder, or one with an earlier export", Told(", ".join(foreign[:3])),
            f"Choose another folder, or pass --force to write {name} into it.",
        )  # fmt: skip
