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
from . import show
from .options import Source, option, spec_of
from .working import Working


def train_command(
    data: Source = None,
    target: Annotated[list[str] | None, option("target")] = None,
    drop: Annotated[list[str] | None, option("drop")] = None,
    keep: Annotated[list[str] | None, option("keep")] = None,
    split_by: Annotated[str | None, option("split_by")] = None,
    split_time: Annotated[str | None, option("split_time")] = None,
    window: Annotated[int | None, option("window")] = None,
    stride: Annotated[int | None, option("stride")] = None,
    group_by: Annotated[str | None, option("group_by")] = None,
    network: Annotated[str | None, option("network")] = None,
    layers: Annotated[str | None, option("layers")] = None,
    activation: Annotated[str | None, option("activation")] = None,
    optimizer: Annotated[str | None, option("optimizer")] = None,
    learning_rate: Annotated[float | None, option("learning_rate")] = None,
    schedule: Annotated[str | None, option("schedule")] = None,
    batch_size: Annotated[int | None, option("batch_size")] = None,
    epochs: Annotated[int | None, option("epochs")] = None,
    until_converged: Annotated[bool | None, option("until_converged", "--until-converged/--all-epochs")] = None,
    patience: Annotated[int | None, option("patience")] = None,
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
        options = [name for name in TrainSpec.model_fields if words.get(name) is not None]
        given = [*options, *(["out"] if out else []), *(["force"] if force else [])]
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
