"""pellucid export: take a trained network out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..actions import export as action
from ..actions.in_c import InC
from . import show
from .options import Trained
from .working import Working


def export_command(
    run: Trained,
    out: Annotated[Path, typer.Option(help="The folder to write; for c, keras, onnx and safetensors, a file as well.")],
    to: Annotated[str, typer.Option(help=f"The form: {', '.join(action.FORMS)}.")] = "numpy",
    force: Annotated[
        bool, typer.Option("--force", help="Write into a folder that holds other files, too, or replace a file.")
    ] = False,
    prefix: Annotated[str | None, typer.Option(help="For c: what names begin with; model unless given.")] = None,
    header: Annotated[bool, typer.Option("--header", help="For c: also write a header.")] = False,
    int8: Annotated[bool, typer.Option("--int8", help="For c: compute products in bytes.")] = False,
    data: Annotated[
        str | None,
        typer.Option(help="For c with --int8: data from which to choose the steps; the run's own unless given."),
    ] = None,
) -> None:
    """Write a trained network in a form that runs without Pellucid. The forms are an ONNX file, a .keras file,
    PyTorch's source and weights, a script that needs NumPy alone, and a file of C.

    pellucid export runs/digits-1 --to onnx --out digits.onnx
    """
    with Working("The network is written"):
        asked = InC(prefix or "model", header, int8, data)
        written = action.export(run, to, out, force, None if asked == InC() else asked)
    show.line(f"Written: {written}")
