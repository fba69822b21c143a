"""pellucid doctor: what is wrong with a training, how anyone knows, and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..actions.doctor import Examined, apply_first, doctor, doctor_spec
from ..doctor.base import faults
from ..doctor.telling import told
from . import show
from .options import spec_of


def doctor_command(
    what: Annotated[
        str,
        typer.Argument(
            help="A run's folder; or, before training, a spec in a .toml file, a data set's name or an .npz file.",
            metavar="RUN|SPEC|DATA",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    apply: Annotated[
        Path | None,
        typer.Option(metavar="OUT.toml", help="Write the spec with the changes that the first finding proposes."),
    ] = None,
) -> None:
    """Examine a run, or what is about to be trained: what is wrong, how anyone knows, and what to do.

    pellucid doctor runs/digits-1

    Takes some seconds, and changes nothing. Exits with 1 where a fault is found and --apply writes no remedy for it,
    with 0 where there is none, or only what does not hurt.
    """
    show.waiting("Copies are trained, which takes some seconds.")
    found = doctor(Path(what)) if Path(what).is_dir() else doctor_spec(spec_of({"data": what}, "doctor"))
    if as_json:
        show.line(json.dumps(found.plain(), indent=2))
    else:
        _tell(what, found)
    if apply is not None:
        first = apply_first(found, apply)
        if not as_json:
            changed = ", ".join(first.change)
            show.line(f"\nWrote {apply}, with {changed} changed. Train it: pellucid train {apply}")
    elif faults(found.findings):
        raise typer.Exit(1)


def _tell(what: str, found: Examined) -> None:
    if not found.trained:
        show.line(f"{what} has not been trained: short rehearsals on copies stand for the run.\n")
    show.classes(found.names)
    show.line(told(found.findings, found.asked))
