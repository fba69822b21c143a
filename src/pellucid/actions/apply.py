"""Use a trained model: judge it on data, or predict."""

from __future__ import annotations

import csv
import io
import itertools
import math
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..data.checking import as_targets
from ..data.labels import Names, flat, labels_or_numbers, numbered
from ..errors import DataError, InvalidArgument, Told
from ..files import write_whole
from ..tables import is_table
from ..tables.cells import with_decimal
from .fingerprint import fingerprint
from .judging import decimal_told, judge, plainest, probabilities
from .kinds import kind_of
from .prepared import Opened, Prepared, Use
from .runs import Run, names_of, open_model
from .spec import TrainSpec


def evaluate(path: Path, data: str | None) -> dict[str, Any]:
    """How well a run (its folder) or a .keras file does on the test part of a data set, or on an .npz file."""
    opened = opened_for(path, data)
    _warn_of_others(path, data)
    if opened.y is None or not len(opened.y):
        column = None if opened.targets is None else opened.targets.columns[0]
        what = "targets y to compare with" if column is None else f"a column {column!r} to compare with"
        raise DataError(f"data {data}", what, Told("none"), "Use predict for data without targets.")
    model, x = opened.model, opened.x
    y = targets_of(opened, f"data {data or 'of the run'}, y")
    classes = (len(opened.names) or model.output_shape_for(x.shape[1:])[-1]) if opened.classifier else 0
    if (targets := opened.targets) is None:
        return judge(model, x, y, classes, opened.names)
    labels = tuple(targets.names) if targets.labels else ()
    judged = judge(model, x, y, classes, opened.names, targets.restored, labels)
    return {**judged, **plainest(targets.restored(y), opened.last), **decimal_told(opened.decimal)}


def _warn_of_others(path: Path, data: str | None) -> None:
    """Say that a run's own data have changed: the rows to test on are drawn anew from what is there now."""
    run = Run(path)
    spec = run.read_spec() if path.is_dir() else None
    if spec and _is_own(_data(data, spec), spec) and run.began_with_others(fingerprint(spec.data)):
        warnings.warn(
            f"{spec.data} has changed since the training: among the rows that the run is tested on may be some that it "
            "was trained on.", stacklevel=2,
        )  # fmt: skip


def _is_own(name: str, spec: TrainSpec | None) -> bool:
    """Whether these are a run's own data, by whatever path."""
    if spec is None:
        return False
    there = Path(name).exists() and Path(spec.data).exists()
    return name == spec.data or (there and os.path.samefile(name, spec.data))


def targets_of(opened: Opened, where: str) -> Array:
    """The targets, checked; labels as the numbers of their classes."""
    n = len(opened.x)
    if opened.targets is not None:
        return np.asarray(opened.y)
    if not opened.names or (opened.y is not None and opened.y.ndim == 2):  # a text's are numbered already
        return flat(as_targets(where, opened.y, n))
    return numbered(where, labels_or_numbers(where, np.asarray(opened.y), n), opened.names)


class Predicted(NamedTuple):
    """What a model says of rows, which come in blocks, and what it means."""

    rows: Iterator[Any]  # what the rows are called: their numbers, or the pictures' names
    blocks: Iterator[Array]  # outputs (n, O) each
    classifier: bool  # whether they are class probabilities
    names: Names  # of the classes, or of a table's columns to predict, if there are any
    labels: bool = False  # whether the outputs are the probabilities of labels of which a row may have any number
    decimal: str = "."  # with which the table's numbers are written


def predict(path: Path, data: str | None) -> tuple[Array, bool, Names]:
    """(outputs (N, O), whether they are class probabilities, names as in `Predicted`) for the rows of a data set's test
    part or a file's x."""
    found = predicted(path, data)
    return np.concatenate(list(found.blocks)), found.classifier, found.names


def predicted(path: Path, data: str | None) -> Predicted:
    """What a run or a .keras file says of the same rows; a table's are read as they are predicted for."""
    kind, use = _asked(path, data, wanted=False, whole=True)
    found = kind.blocks(use)
    targets = found.targets
    names = found.names or (() if targets is None else tuple(targets.names))

    def told(x: Array) -> Array:
        y = found.model.predict(x, batch_size=1024, verbose=0)
        if found.classifier:
            return probabilities(found.model, y, len(found.names))
        return y if targets is None else targets.restored(y)

    rows = map(str, found.rows) if len(found.rows) else itertools.count()
    labels = targets is not None and targets.labels
    return Predicted(rows, map(told, found.x), found.classifier, names, labels, found.decimal)


def check_out(out: Path, data: str | None) -> None:
    """Raise where predictions would replace the rows that they are of."""
    if data is not None and out.exists() and Path(data).exists() and out.samefile(data):
        raise InvalidArgument("predict, --out", "another file than the data", str(out), "Name a new one.")


def first_of(found: Predicted, n: int) -> tuple[Predicted, int]:
    """(the first n predictions, how many there are)."""
    outputs = np.concatenate(list(found.blocks))
    return found._replace(blocks=iter([outputs[:n]])), len(outputs)


def predictions_csv(outputs: Array, classifier: bool, given: Names) -> str:
    """Predictions as CSV: for classes the label and each class's probability, otherwise the outputs."""
    return "".join(csv_of(Predicted(itertools.count(), iter([outputs]), classifier, given)))


def csv_of(found: Predicted) -> Iterator[str]:
    """The same, a piece for each block; of a table with decimal commas with such, and semicolons between the cells."""
    classifier, given = found.classifier, found.names
    for number, outputs in enumerate(found.blocks):
        flat_outputs = outputs.reshape(len(outputs), math.prod(outputs.shape[1:]))
        named = given or range(flat_outputs.shape[1])
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n", delimiter=";" if found.decimal == "," else ",")
        if not number:
            prefix = "probability_" if classifier or found.labels else "" if given else "y"
            names = [f"{prefix}{named[c]}" for c in range(flat_outputs.shape[1])]
            called = ["class"] if classifier else ["labels"] if found.labels else []
            writer.writerow(["row", *called, *names])
        for row in flat_outputs:
            label = [named[int(row.argmax())]] if classifier else []
            if found.labels:
                label = ["|".join(str(name) for name, p in zip(named, row, strict=True) if p >= 0.5)]
            numbers = (np.format_float_positional(v, unique=True, trim="0") for v in row)
            writer.writerow([next(found.rows), *label, *(with_decimal(number, found.decimal) for number in numbers)])
        yield file.getvalue()


def write_predictions(out: Path, found: Predicted) -> int:
    """Write them to a file, whole, or to a pipe, as they come; how many there are."""
    counted = 0

    def each() -> Iterator[Array]:
        nonlocal counted
        for outputs in found.blocks:
            counted += len(outputs)
            yield outputs

    def write(file: IO[bytes]) -> None:
        for piece in csv_of(found._replace(blocks=each())):
            file.write(piece.encode())

    write_whole(out, write)
    return counted


def _data(data: str | None, spec: TrainSpec | None) -> str:
    name = data or (spec.data if spec else None)
    if name is None:
        raise InvalidArgument("argument DATA", "a data set's name or an .npz file", None, "A .keras file does not say.")
    return name


def opened_for(path: Path, data: str | None, *, none_will_do: bool = False, whole: bool = False) -> Opened:
    """A model, and its run's data or others. none_will_do: without targets, too; whole: others are not split."""
    kind, use = _asked(path, data, not none_will_do, whole)
    return kind.opened(use)


def _asked(path: Path, data: str | None, wanted: bool, whole: bool) -> tuple[type[Prepared], Use]:
    """(the kind of the data, the model of a run or file and what it is used on)."""
    model, spec = open_model(path)
    name = _data(data, spec)
    own = spec if not (whole and data is not None) and _is_own(name, spec) else None
    window = spec.window if spec is not None and is_table(spec.data) else 0  # one of a text says nothing of a table
    return kind_of(name, window), Use(model, spec, name, names_of(path, model), own, wanted)
