"""`pellucid report`: a finished run on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..actions import report as action
from . import show
from .working import Working


def report_command(
    run: Annotated[Path, typer.Argument(help="A finished run's folder.", metavar="RUN")],
    out: Annotated[
        Path | None, typer.Option(help="The file to write; unless given, report.html in the run's folder.")
    ] = None,
) -> None:
    """Write a report of a finished run, as one HTML file.

    pellucid report runs/digits-1
    """
    with Working("The doctor examines the run, and pictures are drawn"):
        written = action.report(run, out)
    show.line(f"Report in {written} ({written.stat().st_size / 1000:,.0f} kB); open it in a browser.")
