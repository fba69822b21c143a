"""pellucid lr: which learning rate to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..actions.lr import STEPS, find_learning_rate
from . import show
from .options import FIELDS, Source, spec_of, with_fields
from .working import Working

# What a range test does not look at: it goes through rates, not through epochs.
NOT_TRIED = ("learning_rate", "schedule", "epochs", "until_converged", "patience")


@with_fields(before="lowest", fields=[name for name in FIELDS if name not in NOT_TRIED])
def lr_command(
    data: Source = None,
    lowest: Annotated[float, typer.Option(help="The rate to begin with.")] = 1e-7,
    highest: Annotated[float, typer.Option(help="The rate to end with.")] = 10.0,
    steps: Annotated[int, typer.Option(help="Rates to try, one step each.")] = STEPS,
    plot: Annotated[Path | None, typer.Option(help="Draw the curve into this .svg, .png or .pdf file.")] = None,
    **fields: Any,
) -> None:
    """Suggest a learning rate, by trying rates from low to high. Says so if the curve does not support one.

    pellucid lr digits --layers 128,64 --optimizer sgd
    """
    spec = spec_of({"data": data, **fields}, "lr")
    with Working("Learning rates are tried"):
        found = find_learning_rate(spec, lowest=lowest, highest=highest, steps=steps)
    show.line(found.reason)
    if found.suggestion is not None:
        show.line(f"Train with --learning-rate {found.suggestion:g}")
    if plot is not None:
        found.plot(plot)
        show.line(f"The curve is in {plot}")
