"""Arrays: of a file, or of a data set by its name, whatever its samples are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...arrays import Array
from ...data import datasets
from ...data.checking import as_features, as_targets
from ...data.files import is_file, load_arrays
from ...data.folds import folds
from ...data.labels import (
    Names,
    are_plain,
    class_names,
    counted_from_zero,
    flat,
    labels_or_numbers,
    numbered,
    read_targets,
)
from ...data.splits import in_proportion, train_test_split
from ...errors import DataError, Told
from ...tables import Table, Targets, attached_targets
from ..fields import Fields
from ..prepared import TEST_SHARE, Fold, Opened, Prepared, Reader, Use


class Arrays(Prepared):
    """Arrays as they come."""

    @classmethod
    def named(cls, data: str, window: int) -> bool:
        return True

    @classmethod
    def prepare(cls, spec: Fields, read: Reader, fold: Fold | None) -> Prepared:
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
        x_train, y_train, validation = watched(x_train, y_train, spec, fold, name)
        width = 1 if y_train.ndim == 1 else y_train.shape[-1]
        return cls(x_train, y_train, validation, x_test, y_test, names, width, unusual, doubtful, source=spec.data)

    @classmethod
    def opened(cls, use: Use) -> Opened:
        model, where = use.model, f"data {use.data}"
        x, y = load(use.data, use.own.seed)[1] if use.own else rows(use.data)
        x = as_features(f"{where}, x", x, model.shape, none_will_do=not use.wanted)
        if (targets := attached_targets(model)) is not None:
            y = None if y is None else standardised(targets, y, where)
            return Opened(model, x, y, False, (), targets)
        return Opened(model, x, y, is_classifier(model, use.spec), use.names)


def load(name: str, seed: int) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """(x, y) to train on and (x, y) to test on: a data set by its name, or an .npz or .npy file."""
    if not is_file(f"data {name}", name):
        return datasets.load(name, seed=seed)
    arrays = load_arrays(name)
    if "x" in arrays:
        x, y = arrays["x"], arrays["y"]
        x_train, x_test, y_train, y_test = split(x, y, TEST_SHARE, seed, f"data {name}")
        return (x_train, y_train), (x_test, y_test)
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])


def rows(data: str) -> tuple[Array, Array | None]:
    """What to evaluate or predict on: the test part of a data set or file, or all of a file without one."""
    if not is_file(f"data {data}", data):
        return load(data, seed=0)[1]
    arrays = load_arrays(data, targets=False)
    return (arrays["x_test"], arrays["y_test"]) if "x_test" in arrays else (arrays["x"], arrays.get("y"))


def is_classifier(model: Any, spec: Fields | None) -> bool:
    """Whether the outputs are one number per class: a run's spec may say so, else names of classes or the loss do."""
    if spec is not None and spec.task != "auto":
        return spec.task == "classification"
    return bool(class_names(model)) or (model.compiled and "categorical" in model.loss.name)


def standardised(targets: Targets, y: Array, where: str) -> Array:
    """Numbers (N,) in their own units as a network of forecasts knows them (N, 1)."""
    return targets.encode(Table.of({targets.names[0]: flat(as_targets(f"{where}, y", y, len(y)))}, where))


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


def watched(
    x: Array, y: Array, spec: Fields, fold: Fold | None, where: str
) -> tuple[Array, Array, tuple[Array, Array] | None]:
    """What is trained on, and what is held out to watch."""
    if fold is not None:
        train, held = folds(len(y), fold[1], labels=_classes(y), seed=spec.seed)[fold[0]]
        return x[train], y[train], (x[held], y[held])
    if not spec.validation_split:
        return x, y, None
    x_train, x_held, y_train, y_held = split(x, y, spec.validation_split, spec.seed, where)
    return x_train, y_train, (x_held, y_held)


def split(x: Array, y: Array, share: float, seed: int, where: str) -> Any:
    """(x, those held out, y, those held out), of classes the same share of each where that can be."""
    y = np.asarray(y)
    try:
        return train_test_split(x, y, test_size=share, stratify=in_proportion(_classes(y), share), seed=seed)
    except ValueError as problem:
        raise DataError(
            where, f"enough rows to hold out {share:.0%}", Told(f"{len(y)} rows"), str(problem)
        ) from problem


def _classes(y: Array) -> Array | None:
    """The targets, where they may be classes' names or numbers."""
    return y if y.dtype.kind in "iuUS" and y.ndim == 1 else None
