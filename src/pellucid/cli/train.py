"""`pellucid train`: a network, judged and kept."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ..actions.spec import TrainSpec
from ..actions.train import Event, Finished, Started, resume, train
from ..errors import InvalidArgument, Told
from ..training.distribution import follows
from . import options, show
from .options import Source, option, spec_of
from .working import Working


def train_command(
    data: Source = None,
    target: options.Target = None,
    drop: options.Drop = None,
    keep: options.Keep = None,
    split_by: options.SplitBy = None,
    split_time: options.SplitTime = None,
    window: options.Window = None,
    stride: options.Stride = None,
    group_by: options.GroupBy = None,
    ahead: options.Ahead = None,
    network: options.Network = None,
    layers: options.Layers = None,
    activation: options.Activation = None,
    optimizer: options.Optimizer = None,
    learning_rate: Annotated[float | None, option("learning_rate")] = None,
    schedule: Annotated[str | None, option("schedule")] = None,
    batch_size: options.BatchSize = None,
    epochs: options.Epochs = None,
    until_converged: Annotated[bool | None, option("until_converged", "--until-converged/--all-epochs")] = None,
    patience: options.Patience = None,
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
    out: Annotated[Path | None, typer.Option(help="The run's folder; runs/DATA-N unless given.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the run that is in --out.")] = False,
    resume_run: Annotated[
        Path | None,
        typer.Option("--resume", metavar="RUN", help="Go on with an interrupted run, to the same bits."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Train a network, judge it on held-out data, and keep it.

    pellucid train digits --layers 128,64 --dropout 0.2
    """
    words = dict(locals())
    quiet = quiet or follows()
    verbose = 0 if quiet else 1
    if resume_run is not None:
        fields = [name for name in TrainSpec.model_fields if words.get(name) is not None]
        given = [*fields, *(["out"] if out else []), *(["force"] if force else [])]
        if given:
            raise InvalidArgument(
                "--resume", "no other option, as the run's spec.toml says them all", Told(", ".join(given))
            )
        with Working("The data are read", quiet) as working:
            resume(resume_run, on_event=partial(_show, working), verbose=verbose)
        return
    spec = spec_of(words, "train")
    with Working("The data are read", quiet) as working:
        train(spec, out=out, force=force, on_event=partial(_show, working), verbose=verbose)


def _show(working: Working, event: Event) -> None:
    working.end()
    if isinstance(event, Started):
        show.started(event)
    elif isinstance(event, Finished):
        show.judged(event.metrics)
        show.kept(event.run)
