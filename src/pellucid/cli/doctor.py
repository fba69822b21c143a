"""pellucid doctor: what is wrong with a training, the evidence, and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ..actions.doctor import Copies, Examined, apply_first, doctor, doctor_spec
from ..actions.runs import of_pictures
from ..doctor.base import faults
from ..doctor.cost import in_words
from ..doctor.telling import told
from ..errors import InvalidArgument, Told
from . import show
from .options import spec_of, with_fields
from .working import Working


@with_fields(before="as_json", fields=["target"])
def doctor_command(
    what: Annotated[
        str,
        typer.Argument(
            help="A run's folder; or, before training, a spec in a .toml file, a data set's name, a table, a folder of "
            "pictures, a text or an .npz file.",
            metavar="RUN|SPEC|DATA",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    apply: Annotated[
        Path | None,
        typer.Option(metavar="OUT.toml", help="Write the spec with the changes that the first finding proposes."),
    ] = None,
    experiments: Annotated[
        bool | None,
        typer.Option(
            help="Train the copies that some rules need, however long it takes; or train none.", show_default=False
        ),
    ] = None,
    **fields: Any,
) -> None:
    """Say what is wrong with a training, and what to do about it.

    pellucid doctor runs/digits-1

    It looks at a run, or at what is about to be trained, and changes nothing. It trains copies of the network if that
    takes no longer than the run, or half a minute; otherwise it says how long it would take. The exit code is 1 if a
    fault is found and --apply writes no remedy, and 0 if there is no fault, or only remarks.
    """
    with Working(f"{what} is examined") as working:

        def announce(copies: Copies) -> None:
            if copies.trained and copies.seconds is not None:
                working.what = f"Copies of the network are trained, for {in_words(copies.seconds)}"

        if Path(what).is_dir() and not of_pictures(Path(what)):
            if fields["target"]:
                raise InvalidArgument("--target", "a table, to be examined before training", Told("a run's folder"))
            found = doctor(Path(what), experiments, announce)
        else:
            found = doctor_spec(spec_of({"data": what, **fields}, "doctor"), experiments, announce)
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
    if not found.trained and found.copies.trained:
        show.line(f"{what} has not been trained: short rehearsals on copies stand for the run.\n")
    show.line(told(found.findings, found.asked))
    if not found.copies.trained:
        show.line(f"\nNo copies were trained. {_offer(found.copies)}")


def _offer(copies: Copies) -> str:
    takes = "" if copies.seconds is None else f", for {in_words(copies.seconds)}"
    return f"With --experiments they are{takes}, and more can be judged."
