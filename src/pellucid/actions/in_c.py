"""Take a network out as C: for int8, with the data that tell the range of what is multiplied."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..arrays import Array
from ..data.labels import Names
from .apply import opened_for
from .data import prepare
from .runs import find


@dataclass(frozen=True)
class InC:
    """prefix: what names begin with. header: whether a header is written, too. int8: whether products are in bytes.
    data: a data set's name or a file that tells their ranges, instead of what the run was trained on."""

    prefix: str = "model"
    header: bool = False
    int8: bool = False
    data: str | None = None


def write_c(model: Any, target: Path, names: Names, asked: InC, run: Path | None) -> Path:
    """Write the file; returns its path."""
    rows = ranged(run, asked.data) if asked.int8 and run is not None else None
    return model.to_c(target, asked.prefix, asked.header, names, asked.int8, rows)  # type: ignore[no-any-return]


def ranged(path: Path, data: str | None) -> Array:
    """The inputs that tell the ranges: of these data, or those that the run was trained on."""
    if data is None and path.is_dir():
        run = find(path)
        x: Array = prepare(run.read_spec(), run.reader()).x_train
    else:
        x = opened_for(path, data, none_will_do=True, whole=True).x
    return x
