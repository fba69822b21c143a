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
    out: Annotated[Path, typer.Option(help="The folder to write; for keras and onnx, a file as well.")],
    to: Annotated[str, typer.Option(help=f"The form: {', '.join(action.FORMS)}.")] = "numpy",
    force: Annotated[
        bool, typer.Option("--force", help="Write into a folder that holds other files, too, or replace a file.")
    ] = False,
) -> None:
    """Write a trained network in a form that runs without Pellucid: an ONNX file, a .keras file, or a script that needs
    NumPy alone.

    pellucid export runs/digits-1 --to onnx --out digits.onnx
    """
    with Working("The network is written"):
        written = action.export(run, to, out, force)
    show.line(f"Written: {written}")
