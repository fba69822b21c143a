"""Use a trained model: judge it on data, or predict."""

from __future__ import annotations

import csv
import io
import itertools
import math
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..data.checking import as_features, as_targets
from ..data.labels import Names, class_names, flat, labels_or_numbers, listed, numbered
from ..data.picture_folders import by_class
from ..data.pictures import pictures_in, pixels
from ..data.text import encoded, windows
from ..errors import DataError, InvalidArgument, Told
from ..files import write_whole
from ..models import Sequential
from ..tables import Attached, Table, Targets, attached, attached_targets, is_table, read_blocks, read_table
from ..tables.targets import said_of_empty
from .data import characters_of, is_pictures, load, pictures_of, rows, table_of, text_of
from .fingerprint import fingerprint
from .judging import judge, plainest, probabilities
from .runs import Run, names_of, open_model
from .spec import FOR_TEXTS, TrainSpec, of_text, of_windows
from .windowed import ahead_of, cut_up, windows_in


class Opened(NamedTuple):
    """A trained model and the rows to use it on."""

    model: Sequential
    x: Array
    y: Array | None
    classifier: bool
    names: Names = ()  # of the classes, where the run keeps them
    targets: Targets | None = None  # what the outputs mean, where the rows are a table's
    pictures: Sequence[Path] = ()  # where the rows are pictures
    ends: Sequence[int] | Array = ()  # where they are windows of a table: the row with which each begins, or ends
    last: Array | None = None  # where numbers are forecast: the one in each one's last row


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
    return judged if opened.last is None else {**judged, **plainest(targets.restored(y), opened.last)}


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


def predict(path: Path, data: str | None) -> tuple[Array, bool, Names]:
    """(outputs (N, O), whether they are class probabilities, names as in `Predicted`) for the rows of a data set's test
    part or a file's x."""
    found = predicted(path, data)
    return np.concatenate(list(found.blocks)), found.classifier, found.names


def predicted(path: Path, data: str | None) -> Predicted:
    """What a run or a .keras file says of the same rows; a table's are read as they are predicted for."""
    model, spec = open_model(path)
    name = _data(data, spec)
    if of_text(name):
        fix = "Have it write: pellucid write RUN; or judge it: pellucid evaluate RUN."
        raise InvalidArgument("predict", "rows of a data set, a table, arrays or pictures", Told("a text"), fix)
    if not is_table(name) or (spec is not None and of_windows(spec)):
        opened = opened_for(path, data, none_will_do=True, whole=True)
        rows = map(str, opened.pictures or opened.ends) if len(opened.pictures or opened.ends) else itertools.count()
        y = model.predict(opened.x, batch_size=1024, verbose=0)
        if opened.classifier:
            y = probabilities(model, y, len(opened.names))
        elif opened.targets is not None:
            return Predicted(rows, iter([opened.targets.restored(y)]), False, tuple(opened.targets.names))
        return Predicted(rows, iter([y]), opened.classifier, opened.names)
    found = _attached(model, name)
    classes = found.targets.classes
    blocks = _encoded(found, _tables(spec if data is None else None, name), name, wanted=False)
    outputs = (model.predict(x, batch_size=1024, verbose=0) for x, _ in blocks)
    told = (probabilities(model, y, len(classes)) if classes else found.targets.restored(y) for y in outputs)
    return Predicted(
        itertools.count(), told, bool(classes), tuple(classes or found.targets.names), found.targets.labels
    )


def first_of(found: Predicted, n: int) -> tuple[Predicted, int]:
    """(the first n predictions, how many there are)."""
    outputs = np.concatenate(list(found.blocks))
    return found._replace(blocks=iter([outputs[:n]])), len(outputs)


def predictions_csv(outputs: Array, classifier: bool, given: Names = ()) -> str:
    """Predictions as CSV: for classes the label and each class's probability, otherwise the outputs."""
    return "".join(csv_of(Predicted(itertools.count(), iter([outputs]), classifier, given)))


def csv_of(found: Predicted) -> Iterator[str]:
    """The same, a piece for each block."""
    classifier, given = found.classifier, found.names
    for number, outputs in enumerate(found.blocks):
        flat_outputs = outputs.reshape(len(outputs), math.prod(outputs.shape[1:]))
        named = given or range(flat_outputs.shape[1])
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
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
            writer.writerow([next(found.rows), *label, *numbers])
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
    model, spec = open_model(path)
    name = _data(data, spec)
    split = None if whole and data is not None else spec
    if is_table(name) and spec is not None and of_windows(spec):
        return _opened_windows(model, spec, name, names_of(path, model), own=split is not None and _is_own(name, spec),
                               wanted=not none_will_do)  # fmt: skip
    if is_table(name):
        return _opened_table(model, split, name, wanted=not none_will_do)
    if of_text(name):
        return _opened_text(model, split, name, names_of(path, model))
    if is_pictures(name) and (none_will_do or not _is_own(name, split)):
        return _opened_pictures(model, Path(name), names_of(path, model), wanted=not none_will_do)
    x, y = rows_of(name, split)
    x = as_features(f"data {name}, x", x, model.shape, none_will_do=none_will_do)
    if (targets := attached_targets(model)) is not None:
        y = None if y is None else _standardised(targets, y, f"data {name}")
        return Opened(model, x, y, False, (), targets)
    return Opened(model, x, y, is_classifier(model, spec), names_of(path, model))


def _standardised(targets: Targets, y: Array, where: str) -> Array:
    """Numbers (N,) in their own units as a network of forecasts knows them (N, 1)."""
    return targets.encode(Table.of({targets.names[0]: flat(as_targets(f"{where}, y", y, len(y)))}, where))


def _opened_windows(
    model: Sequential, spec: TrainSpec, name: str, names: Names, own: bool, wanted: bool
) -> Opened:  # fmt: skip
    """The windows of a table: of the run's own, those that it is tested on; else all, of new readings without a
    target, too."""
    if own:
        data = windows_in(spec)
        if (of := data.ahead) is not None:
            return Opened(model, data.x_test, data.y_test, False, (), of.targets, ends=of.ends, last=of.last)
        return Opened(model, data.x_test, np.array(data.names or range(data.classes))[data.y_test], True, names)
    table = read_table(name)
    target = spec.target[0] if spec.target and spec.target[0] in table.names else ""
    if wanted and not target:
        raise DataError(f"data {name}", f"a column {spec.target[0] if spec.target else 'of targets'!r}", Told("none"))
    if spec.ahead:
        return _opened_forecasts(model, spec, table, target, wanted)
    found = cut_up(spec, table, target if wanted else "", spec.keep)
    return Opened(model, found.x, found.y, True, names or tuple(range(model.output_shape[-1])), ends=found.first)


def _opened_forecasts(model: Sequential, spec: TrainSpec, table: Table, target: str, wanted: bool) -> Opened:
    """The windows of new readings, and where they are wanted the numbers that follow them."""
    targets = attached_targets(model)
    if targets is None:
        told = Told("one without its targets")
        raise DataError(table.source, "a model that was trained to forecast", told, "Train it again.")
    found = ahead_of(spec, table, target, wanted)
    y = _standardised(targets, found.y, table.source) if wanted else None
    return Opened(model, found.x, y, False, (), targets, ends=found.ends, last=found.last if wanted else None)


def _opened_text(model: Sequential, spec: TrainSpec | None, name: str, names: Names) -> Opened:
    """The windows of a text, in the characters that the model knows: of the run's own, those that it is tested on."""
    if not names or len(model.output_shape) != 3:
        raise DataError(f"data {name}", "a model that was trained on a text", Told("another"), "Train on one.")
    if spec is not None and _is_own(name, spec):
        data = text_of(spec)
        return Opened(model, data.x_test, data.y_test, True, names)
    numbers, strange = encoded(characters_of(name)[0], tuple(map(str, names)))
    if strange:
        told = f"{listed(strange)} did not occur in training; such characters are left out."
        warnings.warn(f"{name}: {told}", stacklevel=2)
    x, y = windows(numbers, FOR_TEXTS["window"])
    if not len(x):
        raise DataError(f"data {name}", f"more than {FOR_TEXTS['window']} characters", Told(str(len(numbers))))
    return Opened(model, x, y, True, names)


def _opened_pictures(model: Sequential, place: Path, names: Names, wanted: bool) -> Opened:
    """One picture or all in a folder, as the model takes them; their classes, where the folders in it say them."""
    shape = model.shape or ()
    if len(shape) not in (2, 3) or shape[2:] not in ((), (3,)):
        told = Told(f"one for inputs of the shape {shape}")
        raise DataError(f"data {place}", "a model that was trained on pictures", told, "Train on a folder of them.")
    if wanted:
        pairs = by_class(place)
        paths, y = [path for path, _ in pairs], np.array([name for _, name in pairs])
    else:
        paths, y = ([place] if place.is_file() else pictures_in(place)), None
    x = np.stack([pixels(path, shape) for path in paths])
    return Opened(model, x, y, True, names, pictures=paths)


def _opened_table(model: Sequential, spec: TrainSpec | None, name: str, wanted: bool) -> Opened:
    """A table's rows, encoded as the model learned it; its targets, where they are wanted and all of them are there."""
    found = _attached(model, name)
    xs, ys = zip(*_encoded(found, _tables(spec, name), name, wanted), strict=True)
    y = None if any(one is None for one in ys) else np.concatenate(ys)
    return Opened(
        model, np.concatenate(xs), y, bool(found.targets.classes), tuple(found.targets.classes), found.targets
    )  # fmt: skip


def _attached(model: Sequential, name: str) -> Attached:
    found = attached(model)
    if found is None:
        fix = "Pass an .npz file, or train on a table."
        raise DataError(f"data {name}", "a model that was trained on a table", Told("one trained on arrays"), fix)
    return found


def _tables(spec: TrainSpec | None, name: str) -> Iterator[Table]:
    """The rows to test on of a run's own data, or all of another file's, block by block."""
    return iter([table_of(spec).test]) if spec is not None and _is_own(name, spec) else read_blocks(name)


def _encoded(
    found: Attached, tables: Iterator[Table], name: str, wanted: bool
) -> Iterator[tuple[Array, Array | None]]:  # fmt: skip
    """(x, y or None) of each block. Words that training never met are told, each column once."""
    told = set[str]()
    for table in tables:
        for column, words in found.encoder.unseen(table).items():
            if column not in told:
                told.add(column)
                warnings.warn(
                    f"{name}, column {column!r}: {listed(words)} did not occur in training; such rows are predicted as "
                    "if the cell told nothing.",
                    stacklevel=2,
                )
        there = wanted and set(found.targets.columns) <= set(table.names)
        if there and (empty := found.targets.absent(table)).any():
            warnings.warn(f"{name}: {said_of_empty(int(empty.sum()))}", stacklevel=2)
            table = table.take(~empty)
        yield found.encoder.transform(table), found.targets.encode(table) if there else None


def rows_of(name: str, spec: TrainSpec | None) -> tuple[Array, Array | None]:
    """The rows a data set has for testing: of the run's own, the ones it was not trained on."""
    if spec is None or not _is_own(name, spec):
        return rows(name)
    if is_pictures(name):
        data = pictures_of(spec)
        return data.x_test, np.array(data.names)[data.y_test]
    return load(name, spec.seed)[1]


def is_classifier(model: Sequential, spec: TrainSpec | None) -> bool:
    """Whether the outputs are one number per class: a run's spec may say so, else names of classes or the loss do."""
    if spec is not None and spec.task != "auto":
        return spec.task == "classification"
    return bool(class_names(model)) or (model.compiled and "categorical" in model.loss.name)
