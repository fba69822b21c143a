"""pellucid lr: which learning rate to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..actions.lr import STEPS, find_learning_rate
from . import show
from .options import Source, option, spec_of
from .working import Working


def lr_command(
    data: Source = None,
    target: Annotated[list[str] | None, option("target")] = None,
    drop: Annotated[list[str] | None, option("drop")] = None,
    keep: Annotated[list[str] | None, option("keep")] = None,
    window: Annotated[int | None, option("window")] = None,
    stride: Annotated[int | None, option("stride")] = None,
    group_by: Annotated[str | None, option("group_by")] = None,
    network: Annotated[str | None, option("network")] = None,
    layers: Annotated[str | None, option("layers")] = None,
    activation: Annotated[str | None, option("activation")] = None,
    optimizer: Annotated[str | None, option("optimizer")] = None,
    batch_size: Annotated[int | None, option("batch_size")] = None,
    frequencies: Annotated[int | None, option("frequencies")] = None,
    dropout: Annotated[float | None, option("dropout")] = None,
    l1: Annotated[float | None, option("l1")] = None,
    l2: Annotated[float | None, option("l2")] = None,
    batch_norm: Annotated[bool | None, option("batch_norm", "--batch-norm/--no-batch-norm")] = None,
    scale: Annotated[str | None, option("scale")] = None,
    task: Annotated[str | None, option("task")] = None,
    loss: Annotated[str | None, option("loss")] = None,
    validation_split: Annotated[float | None, option("validation_split")] = None,
    seed: Annotated[int | None, option("seed")] = None,
    lowest: Annotated[float, typer.Option(help="The rate to begin with.")] = 1e-7,
    highest: Annotated[float, typer.Option(help="The rate to end with.")] = 10.0,
    steps: Annotated[int, typer.Option(help="Rates to try, one step each.")] = STEPS,
    plot: Annotated[Path | None, typer.Option(help="Draw the curve into this .svg, .png or .pdf file.")] = None,
) -> None:
    """Look for a learning rate, by trying rates from low to high; say so where the curve does not support one.

    pellucid lr digits --layers 128,64 --optimizer sgd
    """
    spec = spec_of(dict(locals()), "lr")
    with Working("Learning rates are tried"):
        found = find_learning_rate(spec, lowest=lowest, highest=highest, steps=steps)
    show.line(found.reason)
    if found.suggestion is not None:
        show.line(f"Train with --learning-rate {found.suggestion:g}")
    if plot is not None:
        found.plot(plot)
        show.line(f"The curve is in {plot}")
