"""The spec: one page that says what to train, on what, and how. Options and a TOML file fill the same page.

>>> spec = TrainSpec(data="digits", layers=[64, 32], dropout=0.2)
>>> spec.optimizer, spec.batch_size
('adam', 32)
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..data import datasets
from ..data.text import is_text
from ..errors import FileError, InvalidArgument, PellucidError, Told, UnknownName, WrongType
from ..files import write_text_whole
from ..tables import is_table

ABOUT_DATA = (  # the fields that decide what the data are
    "data", "target", "drop", "keep", "split_by", "split_time", "window", "stride", "group_by", "ahead",
    "task", "validation_split", "seed",
)  # fmt: skip
Named = str | dict[str, Any]  # a part by its name, or as a table {class = "Adam", beta_1 = 0.8}

# What a table is trained with where the spec does not say otherwise.
FOR_TABLES: dict[str, Any] = {
    "layers": [128, 64], "frequencies": 16, "dropout": 0.1, "batch_size": 64, "patience": 20,
}  # fmt: skip
# And what a network that is asked for by its name is; the rate is Adam's.
FOR_NETWORKS: dict[str, dict[str, Any]] = {
    "lenet": {"batch_size": 64, "learning_rate": 0.003},
    "cnn": {"batch_size": 64, "learning_rate": 0.003},
}
FOR_WINDOWS: dict[str, Any] = {"layers": [64], "dropout": 0.2, "batch_size": 64, "learning_rate": 0.002}
FOR_TEXTS: dict[str, Any] = {"window": 128, "layers": [256], "learning_rate": 0.004}


def of_text(data: str) -> bool:
    """Whether this names a text: a data set's, or a file's that holds one."""
    return datasets.kind_of(data) == "text" or is_text(data)


def of_windows(spec: TrainSpec) -> bool:
    """Whether samples are windows of readings: a data set's, or a table's."""
    if is_table(spec.data):
        return spec.window > 0
    return datasets.kind_of(spec.data) == "windows"


class TrainSpec(BaseModel):
    """Everything that determines a training run. The same spec gives the same numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    data: str = Field("digits", description="a data set's name, or the path of a table or an .npz file")
    target: list[str] = Field([], description="of a table: the columns to predict; the plain one unless given")
    drop: list[str] = Field([], description="of a table: columns to leave out")
    keep: list[str] = Field([], description="of a table: columns to keep, whatever they look like")
    split_by: str = Field("", description="of a table: a column whose equal values stay in one part")
    split_time: str = Field("", description="of a table: a column by which the latest rows are kept for the test")
    task: Literal["auto", "classification", "regression"] = Field(
        "auto", description="auto: classification where the targets are whole numbers, one per sample"
    )
    window: int = Field(
        0, ge=0, description="rows of a table that are one sample, as readings that follow each other are; of a text, "
        "characters in a sample, 128 unless given",
    )  # fmt: skip
    stride: int = Field(
        0, ge=0, description="rows from one window to the next; half a window unless given, of forecasts 1"
    )
    group_by: str = Field("", description="of windows: a column; none goes over from one of its values to another, and "
                          "where classes are told, a value's windows stay in one part")  # fmt: skip
    ahead: int = Field(0, ge=0, description="of windows: the number of the target so many rows after each one's end is "
                       "forecast; 1 where the target holds numbers")  # fmt: skip
    network: Literal["auto", "lenet", "cnn", "conv1d", "gru", "lstm"] = Field(
        "auto", description="what the hidden layers stand behind: lenet or cnn, convolutions for pictures; conv1d, for "
        "windows; of a text or windows, what they are: gru or lstm; auto: what suits windows and texts, else nothing"
    )  # fmt: skip
    layers: list[int | dict[str, Any]] = Field(
        [128], description="hidden layers: numbers of units, or tables such as {class = 'Dense', units = 64}"
    )
    frequencies: int = Field(
        0, ge=0, description="of a table: waves of each column of numbers, whose frequencies are learned; 16 for tables"
    )
    activation: str = Field("relu", description="of the hidden layers given as numbers")
    batch_norm: bool = Field(False, description="normalise each hidden layer over the batch")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of hidden units dropped in training")
    l1: float = Field(0.0, ge=0, description="penalty on the weights' absolute values")
    l2: float = Field(0.0, ge=0, description="penalty on the weights' squares")
    scale: Literal["auto", "none", "rescale", "normalize"] = Field(
        "auto", description="inputs: pixels to 0..1 (rescale), columns to mean 0 and deviation 1 (normalize)"
    )
    loss: Named = Field("auto", description="auto: cross-entropy for classes, mean squared error for numbers")
    optimizer: Named = Field("adam", description="its name, or a table such as {class = 'SGD', momentum = 0.9}")
    learning_rate: float | None = Field(None, gt=0, description="the optimizer's own unless given")
    schedule: Named = Field(
        "auto",
        description="of the learning rate over the whole run: constant, cosine, exponential, inverse-time, polynomial, "
        "one-cycle, or a table; auto: cosine, or constant where training goes on until it converges and for ftrl",
    )
    batch_size: int = Field(32, ge=1, description="samples per step")
    epochs: int | None = Field(None, ge=0, description="passes over the data; chosen by its size unless given")
    until_converged: bool = Field(False, description="stop when the loss has stopped falling")
    patience: int = Field(
        0, ge=0, description="stop when the watched loss has not fallen for so many epochs, and go back to its "
        "lowest; 0: do not; 20 for tables"
    )  # fmt: skip
    validation_split: float = Field(0.1, ge=0, lt=1, description="share of the training data held out to watch")
    seed: int = Field(0, ge=0, description="where all random numbers come from")

    @model_validator(mode="after")
    def _suit_data(self) -> Self:
        suited = dict(FOR_TEXTS if of_text(self.data) else FOR_TABLES if is_table(self.data) else {})
        if of_windows(self):
            suited = dict(FOR_WINDOWS)
        suited |= FOR_NETWORKS.get(self.network, {})
        if self.until_converged:
            suited.pop("patience", None)
        if "optimizer" in self.model_fields_set:
            suited.pop("learning_rate", None)
        for name in suited.keys() - self.model_fields_set:
            self.__dict__[name] = suited[name]  # nobody has set it: a search may
        return self

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The spec in a TOML file."""
        where = f"spec {path}"
        return cls.of(read_toml(Path(path), where), where)

    @classmethod
    def of(cls, values: Mapping[str, Any], where: str = "spec") -> Self:
        """The spec of these values, or one clear error about the first that is wrong."""
        try:
            spec = cls.model_validate(values)
        except ValidationError as problem:
            raise clear(problem, where, cls) from None
        try:
            spec.to_toml().encode()
        except TypeError as problem:  # whatever stands in a table of the user's
            told = Told(str(problem))
            raise WrongType(where, "text, numbers and tables", told, "Leave out what is None.") from None
        except UnicodeEncodeError as problem:
            raise InvalidArgument(
                where,
                "names in UTF-8",
                problem.object[max(0, problem.start - 20) : problem.end + 20],
                "Rename the file.",
            ) from None
        return spec

    def to_toml(self, short: bool = False) -> str:
        """The spec as TOML; what is None is left out. short: only what somebody has set."""
        return tomli_w.dumps(self.model_dump(exclude_none=True, exclude_unset=short))

    def write(self, path: Path) -> None:
        """Write the spec to a file, whole."""
        write_text_whole(path, self.to_toml())


def read_toml(path: Path, where: str) -> dict[str, Any]:
    """The values in a TOML file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        told = Told(problem.strerror or str(problem))
        raise FileError(where, "a readable file", told, "Check the path.") from problem
    except UnicodeDecodeError as problem:
        raise FileError(where, "TOML", Told(str(problem))) from problem
    return parsed_toml(text, where)


def parsed_toml(text: str, where: str) -> dict[str, Any]:
    """The values in a text of TOML."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise FileError(where, "TOML", Told(str(problem))) from problem


def clear(problem: ValidationError, where: str, spec: type[BaseModel]) -> Exception:
    """pydantic's first complaint as one of our sentences; one of ours, from a validator, as it is."""
    first = problem.errors()[0]
    said = first.get("ctx", {}).get("error")
    if isinstance(said, PellucidError):
        return said
    key = str(first["loc"][0]) if first["loc"] else ""
    at = f"{where}, {key}"
    if first["type"] == "extra_forbidden":
        return UnknownName(where, key, spec.model_fields)
    about = spec.model_fields[key].description or ""
    wanted = first["msg"].removeprefix("Input should be ")
    expected = f"{'a number ' if wanted.startswith(('greater', 'less')) else ''}{wanted} ({about})"
    kind = WrongType if first["type"].endswith("_type") else InvalidArgument
    got = first["input"]
    return kind(at, expected, got if not isinstance(got, Mapping) else Told("a table"))
