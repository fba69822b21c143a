"""The options that describe a network and its training: fields of a spec, the same for every command that takes one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..actions.spec import TrainSpec
from ..errors import InvalidArgument

_DESCRIBED = {name: field.description for name, field in TrainSpec.model_fields.items()}

Source = Annotated[
    str | None,
    typer.Argument(
        help="A data set's name (see `pellucid data list`), a table such as people.csv, an .npz file, or a spec in a "
        ".toml file.",
        metavar="DATA",
    ),
]


def option(name: str, *flags: str) -> Any:
    """The option that fills the spec's field of this name."""
    return typer.Option(*flags or (f"--{name.replace('_', '-')}",), help=_DESCRIBED[name], show_default=False)


# Each as several commands take it.
Target = Annotated[list[str] | None, option("target")]
Drop = Annotated[list[str] | None, option("drop")]
Keep = Annotated[list[str] | None, option("keep")]
SplitBy = Annotated[str | None, option("split_by")]
SplitTime = Annotated[str | None, option("split_time")]
Window = Annotated[int | None, option("window")]
Stride = Annotated[int | None, option("stride")]
GroupBy = Annotated[str | None, option("group_by")]
Ahead = Annotated[int | None, option("ahead")]
Network = Annotated[str | None, option("network")]
Layers = Annotated[str | None, option("layers")]
Activation = Annotated[str | None, option("activation")]
Optimizer = Annotated[str | None, option("optimizer")]
BatchSize = Annotated[int | None, option("batch_size")]
Epochs = Annotated[int | None, option("epochs")]
Patience = Annotated[int | None, option("patience")]
Frequencies = Annotated[int | None, option("frequencies")]
Dropout = Annotated[float | None, option("dropout")]
L1 = Annotated[float | None, option("l1")]
L2 = Annotated[float | None, option("l2")]
BatchNorm = Annotated[bool | None, option("batch_norm", "--batch-norm/--no-batch-norm")]
Scale = Annotated[str | None, option("scale")]
Task = Annotated[str | None, option("task")]
Loss = Annotated[str | None, option("loss")]
ValidationSplit = Annotated[float | None, option("validation_split")]
Seed = Annotated[int | None, option("seed")]


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


def units(text: str, where: str) -> list[int]:
    """The numbers of units in a word such as 128,64."""
    try:
        return [int(word) for word in text.split(",")] if text.strip() else []
    except ValueError:
        raise InvalidArgument(f"{where}, --layers", "numbers of units such as 128,64", text) from None
