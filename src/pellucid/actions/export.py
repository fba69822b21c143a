"""Take a trained network out: write it in a form that something else than Pellucid runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..errors import UnknownName
from ..models import Sequential
from .runs import open_model

FORMS: dict[str, Callable[[Sequential, Path, bool], Path]] = {
    "numpy": lambda model, out, force: model.to_numpy(out, force),  # a script that needs NumPy alone
}


def export(path: Path, to: str, out: Path, force: bool = False) -> Path:
    """Write the network of a run (its folder) or of a .keras file in one of FORMS; returns what was written."""
    if to not in FORMS:
        raise UnknownName("export, --to", to, FORMS)
    return FORMS[to](open_model(path)[0], out, force)
