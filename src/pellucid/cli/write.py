"""`pellucid write`: what a model of a text has learned, in its own words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..actions import writing
from .working import Working


def write_command(
    run: Annotated[Path, typer.Argument(help="The folder of a run on a text, or a .keras file.", metavar="RUN")],
    start: Annotated[str | None, typer.Option(help="How it begins; with a new line unless given.")] = None,
    length: Annotated[int, typer.Option(help="Characters to write.")] = 400,
    temperature: Annotated[
        float, typer.Option(help="0: the likeliest character each time; 1: as likely as it holds them; more: bolder.")
    ] = 0.8,
    seed: Annotated[int, typer.Option(help="Where the draws come from.")] = 0,
) -> None:
    """Have a network that was trained on a text write on.

    pellucid write runs/austen-1 --start "Elizabeth " --length 300
    """
    with Working("The network is read"):
        written = writing.write(run, start, length=length, temperature=temperature, seed=seed)
    for piece in written:
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")
