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
    start: Annotated[str | None, typer.Option(help="How the text begins; a new line unless given.")] = None,
    length: Annotated[int, typer.Option(help="Characters to write.")] = 400,
    temperature: Annotated[
        float,
        typer.Option(
            help="How boldly it draws: 0: always the likeliest character; 1: with the network's own probabilities."
        ),
    ] = 0.8,
    seed: Annotated[int, typer.Option(help="Where the draws come from.")] = 0,
) -> None:
    """Let a network that was trained on a text write.

    pellucid write runs/austen-1 --start "Elizabeth " --length 300
    """
    with Working("The network is read"):
        written = writing.write(run, start, length=length, temperature=temperature, seed=seed)
    for piece in written:
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")
