"""What several commands take: a trained network and rows for it, and what describes a network and its training, the
fields of a spec."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from ..actions.spec import TrainSpec
from ..errors import InvalidArgument, Told

Command = TypeVar("Command", bound=Callable[..., None])

Source = Annotated[
    str | None,
    typer.Argument(
        help="A data set's name (see `pellucid data list`), a table such as people.csv, a folder of pictures, a text, "
        "an .npz file, or a spec in a .toml file.",
        metavar="DATA",
    ),
]
Trained = Annotated[Path, typer.Argument(help="A run's folder, or a .keras file.", metavar="RUN")]
Rows = Annotated[
    str | None,
    typer.Argument(
        help="A data set's name, a table, pictures, a text or an .npz file; unless given, the rows that the run was "
        "tested on.",
        metavar="DATA",
    ),
]

FIELDS = tuple(name for name in TrainSpec.model_fields if name != "data")
KINDS: tuple[Any, ...] = (bool, int, float, list[str])  # any other field's word is a text, which the spec reads
WORDS = {  # what stands for an option's value, where that is not told by its kind
    **dict.fromkeys(("target", "drop", "keep", "split_by", "split_time", "group_by"), "COLUMN"),
    "layers": "N,N,...",
}
BY_KIND = {int: "N", float: "X", str: "NAME"}
FLAGS = {"batch_norm": "--batch-norm/--no-batch-norm", "until_converged": "--until-converged/--all-epochs"}


def with_fields(before: str, fields: Collection[str] = FIELDS) -> Callable[[Command], Command]:
    """Give a command an option for each of these fields of the spec, in front of its own option `before`. It finds them
    in its last parameter, `**fields`; None for those that nobody gave."""

    def declared(command: Command) -> Command:
        *own, _ = inspect.signature(command, eval_str=True).parameters.values()
        own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        at = [parameter.name for parameter in own].index(before)
        vars(command)["__signature__"] = inspect.Signature([*own[:at], *map(_parameter, fields), *own[at:]])
        return command

    return declared


def _parameter(name: str) -> inspect.Parameter:
    """The option that fills the spec's field of this name."""
    field = TrainSpec.model_fields[name]
    kind = next((kind for kind in KINDS if field.annotation in (kind, kind | None)), str)
    flag, word = FLAGS.get(name, f"--{name.replace('_', '-')}"), WORDS.get(name) or BY_KIND.get(kind)
    option = typer.Option(flag, metavar=word, help=field.description, show_default=False)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def spec_of(words: dict[str, Any], where: str) -> TrainSpec:
    """The spec of a command's words, laid over a .toml file's where one is named; words that are no fields of it, or
    were not given, are left out."""
    options = {name: value for name, value in words.items() if name in TrainSpec.model_fields and value is not None}
    if "layers" in options:
        options["layers"] = units(options["layers"], where)
    named = options.get("data")
    if named is None or not named.endswith(".toml"):
        return TrainSpec.of(options, where)
    del options["data"]
    return TrainSpec.of({**TrainSpec.read(named).model_dump(exclude_unset=True), **options}, where)


def refuse_beside_resume(given: Iterable[str], out: Path | None, force: bool, expected: str) -> None:
    """Refuse what a command is told besides the run to go on with, whose own files say it."""
    told = [*given, *(["out"] if out else []), *(["force"] if force else [])]
    if told:
        raise InvalidArgument("--resume", expected, Told(", ".join(told)))


def units(text: str, where: str) -> list[int]:
    """The numbers of units in a word such as 128,64."""
    try:
        return [int(word) for word in text.split(",")] if text.strip() else []
    except ValueError:
        raise InvalidArgument(f"{where}, --layers", "numbers of units such as 128,64", text) from None
