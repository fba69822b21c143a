"""What serving a trained model needs to know of it."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array, Shape
from ..data import datasets
from ..data.labels import Names
from ..errors import PellucidError
from ..models import Sequential
from ..tables import Attached, attached
from ..tables.cells import TIMES
from ..tables.encodings import Category, Encoding, Moment, Number, Truth
from .for_others import in_own_units
from .kinds import kind_of
from .kinds.arrays import is_classifier
from .kinds.text import Text
from .prepared import Use
from .runs import names_of, open_model
from .spec import TrainSpec

LETTERS = 20  # of a text, as an example


class Trained(NamedTuple):
    """A trained model, and what its inputs and outputs are about."""

    model: Sequential
    classes: Names  # of a classifier, in the order of its outputs; none where numbers are predicted
    table: Attached | None  # where the inputs are a table's columns
    example: Any  # a row as it is sent: an object by column, or lists of numbers, one for each input


def opened(path: Path) -> Trained:
    """The model of a run (its folder) or of a .keras file, ready to predict."""
    model, spec = open_model(path)
    found = attached(model)
    if found is not None:
        return Trained(model, tuple(found.targets.classes), found, middle(found.encoder.columns))
    names = names_of(path, model)
    classes: Names = ()
    if is_classifier(model, spec) and len(model.output_names) == 1 and len(model.output_shape) == 2:
        classes = names or tuple(range(model.output_shape[-1] or 0))
    model = in_own_units(model)
    return Trained(model, classes, None, _arrays(model, spec, names))


def middle(columns: Sequence[Encoding]) -> dict[str, Any]:
    """A row in the middle of what the columns learned: medians and the first of the levels."""
    return {column.name: _cell(column) for column in columns}


def _cell(column: Encoding) -> Any:
    if isinstance(column, Number):
        return float(f"{column.center:.6g}")  # a number is one, however the column's own are written
    if isinstance(column, Truth):
        return True
    if isinstance(column, Category):
        return column.levels[0] if column.levels else None
    if isinstance(column, Moment):
        if column.form in TIMES:
            return datetime.time(12).strftime(column.form)
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=round(column.center))
        return moment.isoformat() if column.form == "iso" else moment.strftime(column.form)
    return "some words"


def _arrays(model: Sequential, spec: TrainSpec | None, names: Names) -> list[Any]:
    """A sample: the first of the run's own data where they are on this machine, else zeros; open sizes are 1."""
    shapes = [tuple(n or 1 for n in shape) for shape in model.sample_shapes]
    samples: list[Array] = [np.zeros(shape) for shape in shapes]
    if spec is not None and len(shapes) == 1 and _at_hand(spec.data):
        # Where the data have gone, or are others by now, serving goes on without.
        with contextlib.suppress(PellucidError, OSError, ValueError, IndexError):
            samples = [_first(model, spec, names, shapes[0])]
    return [sample.tolist() for sample in samples]


def _first(model: Sequential, spec: TrainSpec, names: Names, shape: Shape) -> Array:
    """The first of what the run's own data have for the test; of a text, a few characters of it."""
    kind = kind_of(spec.data, spec.window)
    x = np.asarray(kind.opened(Use(model, spec, spec.data, names, own=spec, wanted=True)).x)
    return x[0, :LETTERS] if issubclass(kind, Text) else x[:1].reshape(shape)


def _at_hand(data: str) -> bool:
    """Whether data can be read without fetching them."""
    return datasets.at_hand(data) if datasets.kind_of(data) else Path(data).is_file()
