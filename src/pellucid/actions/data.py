"""From a data set's name or a file to arrays ready to train on: split, checked, the kind of task known."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array
from ..data import datasets
from ..data.checking import as_features
from ..data.files import is_file, load_arrays
from ..data.folds import folds
from ..data.labels import Names, are_plain, counted_from_zero, labels_or_numbers, numbered, read_targets
from ..data.picture_folders import read_pictures
from ..data.pictures import is_picture
from ..data.text import alphabet, encoded, read_text, windows
from ..data.utils import train_test_split
from ..errors import DataError, InvalidArgument, Told
from ..tables import (
    TableData,
    is_large,
    is_table,
    load_table,
    stream_table,
)
from .prepared import TEST_SHARE, Fold, Prepared
from .spec import TrainSpec, of_text, of_windows
from .windowed import windows_in

OF_WINDOWS = ("stride", "group_by", "ahead")
TABLES_OWN = ("target", "drop", "keep", "split_by", "split_time", "frequencies", *OF_WINDOWS)
TEXT_SHARE = 0.1  # of a text: its end
Reader = Callable[[str, str, Sequence[Array]], Names]  # from where, the task and targets to the classes


def load(name: str, seed: int) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """(x, y) to train on and (x, y) to test on: a data set by its name, or an .npz or .npy file."""
    if not is_file(f"data {name}", name):
        return datasets.load(name, seed=seed)
    arrays = load_arrays(name)
    if "x" in arrays:
        x, y = arrays["x"], arrays["y"]
        x_train, x_test, y_train, y_test = _split(x, y, TEST_SHARE, seed, f"data {name}")
        return (x_train, y_train), (x_test, y_test)
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])


def prepare(spec: TrainSpec, read: Reader = read_targets, fold: Fold | None = None) -> Prepared:
    """The data of a spec, checked: finite, of fitting lengths, labels as the numbers of their classes.

    `read` tells which classes there are; a run goes on with those that it has (`Run.classes`). fold: one of several, in
    place of the spec's validation_split.
    """
    if is_table(spec.data):
        given = [] if spec.window else [key for key in OF_WINDOWS if getattr(spec, key)]
        if given:
            fix = "Pass --window, too, or leave it out."
            raise InvalidArgument(f"spec, {given[0]}", "windows of rows", Told("rows by themselves"), fix)
        return windows_in(spec, fold) if of_windows(spec) else _prepared(spec, table_of(spec, fold))
    given = [key for key in TABLES_OWN if getattr(spec, key)]
    if given:
        raise InvalidArgument(f"spec, {given[0]}", "a table as data", Told(spec.data), "Leave it out.")
    if of_text(spec.data):
        return text_of(spec, fold)
    if spec.window:
        raise InvalidArgument("spec, window", "a table or a text as data", Told(spec.data), "Leave it out.")
    if is_pictures(spec.data):
        return pictures_of(spec, fold)
    (x_train, y_train), (x_test, y_test) = load(spec.data, spec.seed)
    name = f"data {spec.data}"
    x_train = as_features(f"{name}, x_train", x_train)
    x_test = as_features(f"{name}, x_test", x_test, x_train.shape[1:])
    targets = [
        labels_or_numbers(f"{name}, y_train", y_train, len(x_train)),
        labels_or_numbers(f"{name}, y_test", y_test, len(x_test)),
    ]
    names = read(name, spec.task, targets)
    if spec.task == "classification" and not names:
        told = Told(f"{targets[0].dtype} {targets[0].shape}")
        raise DataError(f"{name}, y", "words or whole numbers, one per sample, as labels", told)
    if read is read_targets:
        _differ(name, targets[0])
    unusual = names != _usual(name, spec.task, targets) or not are_plain(names)
    doubtful = spec.task == "auto" and is_file(name, spec.data) and _could_be_either(targets)
    y_train, y_test = (numbered(name, y, names) for y in targets) if names else targets
    x_train, y_train, validation = _watched(x_train, y_train, spec, fold, name)
    width = 1 if y_train.ndim == 1 else y_train.shape[-1]
    return Prepared(
        x_train, y_train, validation, x_test, y_test, len(names), width, names, unusual, doubtful,
        windows=of_windows(spec), source=spec.data,
    )  # fmt: skip


def is_pictures(name: str) -> bool:
    """Whether this names a folder of pictures, or a picture; a data set's name is the data set's."""
    return (os.path.isdir(name) and not datasets.kind_of(name)) or is_picture(name)


def pictures_of(spec: TrainSpec, fold: Fold | None = None) -> Prepared:
    """The pictures of a folder; the classes are the folders in it."""
    found, where = read_pictures(Path(spec.data)), f"data {spec.data}"
    parts, held = found.parts, None
    if "all" in parts:
        x_train, x_test, y_train, y_test = _split(*parts["all"], TEST_SHARE, spec.seed, where)
    else:
        (x_train, y_train), (x_test, y_test) = parts["train"], parts["test" if "test" in parts else "val"]
    if len(parts) == 3 and fold is None:
        held = parts["val"]
    else:
        x_train, y_train, held = _watched(x_train, y_train, spec, fold, where)
    names = tuple(np.unique(y_train).tolist())
    if lacking := sorted({*y_test, *(() if held is None else held[1])} - {*names}):
        told = Told(f"only such as are held out of {lacking[0]}")
        raise DataError(where, "pictures of each class to train on", told, "Add more of them.")
    y_train, y_test = (numbered(where, y, names) for y in (y_train, y_test))
    validation = None if held is None else (held[0], numbered(where, held[1], names))
    return Prepared(
        x_train, y_train, validation, x_test, y_test, len(names), len(names), names, True, remarks=found.remarks
    )


def text_of(spec: TrainSpec, fold: Fold | None = None) -> Prepared:
    """The windows of a text, in its order: what is trained on, then what is watched, then what is tested on."""
    where = f"data {spec.data}"
    text, remarks = characters_of(spec.data)
    names = alphabet(where, text)
    x, y = windows(encoded(text, names)[0], spec.window)
    tested = math.ceil(TEXT_SHARE * len(x))
    held = math.ceil(spec.validation_split * (len(x) - tested))
    if len(x) - tested - held < 1:
        told, fix = Told(f"{len(x)}, from {len(text):,} characters"), "Take a longer text, or a shorter --window."
        raise DataError(where, f"windows of {spec.window} characters to train on, to watch and to test on", told, fix)
    rows = np.arange(len(x) - tested)
    watched = rows[len(rows) - held :] if fold is None else np.array_split(rows, fold[1])[fold[0]]
    trained = np.setdiff1d(rows, watched)
    return Prepared(
        x[trained], y[trained], (x[watched], y[watched]) if len(watched) else None, x[len(rows) :], y[len(rows) :],
        len(names), len(names), names, True, remarks=remarks, text=True,
    )  # fmt: skip


def characters_of(data: str) -> tuple[str, tuple[str, ...]]:
    """(a text, what there is to say about it): a data set's by its name, or a file's."""
    return (datasets.austen.read(), ()) if data == "austen" else read_text(Path(data))


def table_of(spec: TrainSpec, fold: Fold | None = None) -> TableData:
    """The table of a spec, split and encoded; of a large file, the rows to train on are on the disk."""
    given: dict[str, Any] = {
        "task": spec.task, "validation_split": spec.validation_split, "seed": spec.seed,
        "split_by": spec.split_by or None, "split_time": spec.split_time or None, "drop": spec.drop, "keep": spec.keep,
    }  # fmt: skip
    if not is_large(spec.data):
        return load_table(spec.data, spec.target, **given, fold=fold)
    if fold is not None:
        told = Told("a large file, which is read row by row")
        raise DataError(f"data {spec.data}", "a table that fits into memory, for folds", told, "Search without folds.")
    return stream_table(spec.data, spec.target, **given)


def _prepared(spec: TrainSpec, table: TableData) -> Prepared:
    """A table's arrays, and what they are about."""
    names = tuple(table.targets.classes)
    doubtful = spec.task == "auto" and len(names) > 2 and all(type(name) is int for name in names)
    return Prepared(
        table.x_train, table.y_train, table.validation, table.x_test, table.y_test, len(names),
        len(table.targets.names), names, not are_plain(names), doubtful, table,
    )  # fmt: skip


def _usual(where: str, task: str, targets: Sequence[Array]) -> Names | None:
    """The classes that a run has whose folder tells none."""
    try:
        return counted_from_zero(where, task, targets)
    except DataError:
        return None


def _could_be_either(targets: Sequence[Array]) -> bool:
    """Whether they are whole numbers, which may be meant as classes or as quantities."""
    return all(y.ndim == 1 and y.dtype.kind in "iuf" and bool((y == np.trunc(y)).all()) for y in targets)


def _differ(where: str, y: Array) -> None:
    """There is nothing to learn where all targets are the same."""
    if len(y) > 1 and y.ndim == 1 and (y == y[0]).all():
        fix = "Look at how y was made, and at the rows that were chosen."
        raise DataError(f"{where}, y", "targets that differ", Told(f"{len(y)} targets, all the same: {y[0]}"), fix)


def rows(data: str) -> tuple[Array, Array | None]:
    """What to evaluate or predict on: the test part of a data set or file, or all of a file without one."""
    if not is_file(f"data {data}", data):
        return load(data, seed=0)[1]
    arrays = load_arrays(data, targets=False)
    return (arrays["x_test"], arrays["y_test"]) if "x_test" in arrays else (arrays["x"], arrays.get("y"))


def _watched(
    x: Array, y: Array, spec: TrainSpec, fold: Fold | None, where: str
) -> tuple[Array, Array, tuple[Array, Array] | None]:
    """What is trained on, and what is held out to watch."""
    if fold is not None:
        classes = y.dtype.kind in "iuUS" and y.ndim == 1
        train, held = folds(len(y), fold[1], labels=y if classes else None, seed=spec.seed)[fold[0]]
        return x[train], y[train], (x[held], y[held])
    if not spec.validation_split:
        return x, y, None
    x_train, x_held, y_train, y_held = _split(x, y, spec.validation_split, spec.seed, where)
    return x_train, y_train, (x_held, y_held)


def _split(x: Array, y: Array, share: float, seed: int, where: str) -> Any:
    y = np.asarray(y)
    labels = y if y.dtype.kind in "iuUS" and y.ndim == 1 else None
    if labels is not None and (
        np.unique(labels, return_counts=True)[1].min() < 2 or share * len(y) < len(np.unique(labels))
    ):
        labels = None  # too few of some class to give both parts one
    try:
        return train_test_split(x, y, test_size=share, stratify=labels, seed=seed)
    except ValueError as problem:
        raise DataError(
            where, f"enough rows to hold out {share:.0%}", Told(f"{len(y)} rows"), str(problem)
        ) from problem
