"""pellucid lr: which learning rate to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..actions.lr import STEPS, find_learning_rate
from . import options, show
from .options import Source, spec_of
from .working import Working


def lr_command(
    data: Source = None,
    target: options.Target = None,
    drop: options.Drop = None,
    keep: options.Keep = None,
    window: options.Window = None,
    stride: options.Stride = None,
    group_by: options.GroupBy = None,
    ahead: options.Ahead = None,
    network: options.Network = None,
    layers: options.Layers = None,
    activation: options.Activation = None,
    optimizer: options.Optimizer = None,
    batch_size: options.BatchSize = None,
    frequencies: options.Frequencies = None,
    dropout: options.Dropout = None,
    l1: options.L1 = None,
    l2: options.L2 = None,
    batch_norm: options.BatchNorm = None,
    scale: options.Scale = None,
    task: options.Task = None,
    loss: options.Loss = None,
    validation_split: options.ValidationSplit = None,
    seed: options.Seed = None,
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
