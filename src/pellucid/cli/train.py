"""`pellucid train`: a network, judged and kept."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from ..actions.train import Event, Finished, Started, resume, train
from ..training.distribution import follows
from . import show
from .options import Source, refuse_beside_resume, spec_of, with_fields
from .working import Working


@with_fields(before="out")
def train_command(
    data: Source = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; runs/DATA-N unless given.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the run that is in --out.")] = False,
    resume_run: Annotated[
        Path | None,
        typer.Option("--resume", metavar="RUN", help="Continue an interrupted run, to the same bits."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    **fields: Any,
) -> None:
    """Train a network, test it on data it has not seen, and keep it.

    pellucid train digits --layers 128,64 --dropout 0.2
    """
    quiet = quiet or follows()
    verbose = 0 if quiet else 1
    words = {"data": data, **fields}
    if resume_run is not None:
        given = (name for name, value in words.items() if value is not None)
        refuse_beside_resume(given, out, force, "no other option, as the run's spec.toml says them all")
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
