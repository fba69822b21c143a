"""pellucid explain: every number of a step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..actions import explain as action
from . import show
from .options import Rows, Trained
from .working import Working


def explain_command(
    run: Trained,
    data: Rows = None,
    rows: Annotated[
        list[int] | None,
        typer.Option("--row", help="A row of the test data, counted from 0; may be given several times."),
    ] = None,
    why: Annotated[
        str | None,
        typer.Option(
            help="Show where one number comes from: 'dense/kernel[3,5]', or 'dense/z[0,2]' for the first row."
        ),
    ] = None,
    engine: Annotated[str, typer.Option(help="Whose numbers: auto (as in training), compiled or definition.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write all of it to this .html, .json or .txt file.")] = None,
) -> None:
    """Show every number of a training step. The network itself does not change.

    pellucid explain runs/digits-1 --row 5 --why "dense/kernel[3,5]"
    """
    with Working("A step is explained"):
        explanation, names = action.explain(run, data, rows or [0], engine)
        told = explanation if why is None else action.why(explanation, why)
        if out is not None:
            action.write(out, explanation)
    if not as_json:
        show.classes(names)
    if as_json:
        show.line(action.as_json(told))
    elif out is None or why is not None:
        show.line(str(told))
    if out is not None and not as_json:
        show.line(f"The explanation is in {out}")
