"""Take a trained network out: write it in a form that something else than Pellucid runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ..errors import UnknownName
from ..files import write_text_whole
from ..models import Sequential
from .runs import names_of, open_model

FORMS: dict[str, Callable[[Sequential, Path, bool], Path]] = {
    "numpy": lambda model, out, force: model.to_numpy(out, force),  # a script that needs NumPy alone
}


def export(path: Path, to: str, out: Path, force: bool = False) -> Path:
    """Write the network of a run (its folder) or of a .keras file in one of FORMS; returns what was written.

    The names of classes that are not their numbers are written beside it, in classes.json.
    """
    if to not in FORMS:
        raise UnknownName("export, --to", to, FORMS)
    written = FORMS[to](open_model(path)[0], out, force)
    if names := names_of(path):
        write_text_whole((written if written.is_dir() else written.parent) / "classes.json", json.dumps(names) + "\n")
    return written
