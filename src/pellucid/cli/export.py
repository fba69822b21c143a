"""pellucid export: take a trained network out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..actions import export as action
from . import show
from .working import Working


def export_command(
    run: Annotated[Path, typer.Argument(help="A run's folder, or a .keras file.", metavar="RUN")],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    to: Annotated[str, typer.Option(help=f"The form: {', '.join(action.FORMS)}.")] = "numpy",
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that holds other files, too.")] = False,
) -> None:
    """Write a trained network in a form that runs without Pellucid: a script that needs NumPy alone.

    pellucid export runs/digits-1 --to numpy --out digits
    """
    with Working("The network is written"):
        written = action.export(run, to, out, force)
    show.line(f"Written: {written}")
