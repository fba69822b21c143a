"""The spec: one page that says what to train, on what, and how. Options and a TOML file fill the same page.

>>> spec = TrainSpec(data="digits", layers=[64, 32], dropout=0.2)
>>> spec.optimizer, spec.batch_size
('adam', 32)
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import tomli_w
from pydantic import BaseModel, ValidationError, model_validator

from ..errors import FileError, InvalidArgument, PellucidError, Told, UnknownName, WrongType
from ..files import allowed, write_text_whole
from .fields import Fields
from .kinds import kind_of

ABOUT_DATA = (  # the fields that decide what the data are
    "data", "target", "drop", "keep", "split_by", "split_time", "window", "stride", "group_by", "ahead",
    "task", "validation_split", "seed",
)  # fmt: skip
# What a network that is asked for by its name is trained with, where the spec does not say; the rate is Adam's.
FOR_NETWORKS: dict[str, dict[str, Any]] = {
    "lenet": {"batch_size": 64, "learning_rate": 0.003},
    "cnn": {"batch_size": 64, "learning_rate": 0.003},
}


class TrainSpec(Fields):
    """Everything that determines a training run. The same spec gives the same numbers."""

    @model_validator(mode="after")
    def _suit_data(self) -> Self:
        suited = {**kind_of(self.data, self.window).suited, **FOR_NETWORKS.get(self.network, {})}
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
        with allowed(where, "a readable file", "Check the path."):
            text = path.read_text(encoding="utf-8")
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
