"""From a data set's name or a file to arrays ready to train on: split, checked, the kind of task known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array
from ..data import datasets
from ..data.checking import as_features, as_targets
from ..data.npz import load_npz
from ..data.utils import train_test_split
from ..errors import DataError, FileError, Told
from .spec import TrainSpec

TEST_SHARE = 0.2  # of data that comes without a test part


@dataclass(frozen=True)
class Prepared:
    """Training, validation and test arrays, and what they are about."""

    x_train: Array
    y_train: Array
    validation: tuple[Array, Array] | None
    x_test: Array
    y_test: Array
    classes: int  # 0 where the targets are numbers to predict
    width: int  # outputs, where they are

    @property
    def metrics(self) -> list[str]:
        """What to report while training."""
        return ["accuracy"] if self.classes else ["mae"]

    @property
    def largest(self) -> float:
        """The largest input value."""
        return float(self.x_train.max())


def load(name: str, seed: int) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """(x, y) to train on and (x, y) to test on: a data set by its name, or an .npz file."""
    if not name.endswith(".npz"):
        if Path(name).suffix:
            raise FileError(
                f"data {name}", "a data set's name or an .npz file", Told(f"a {Path(name).suffix} file"),
                "Write it with numpy.savez('data.npz', x=..., y=...).",
            )  # fmt: skip
        return datasets.load(name, seed=seed)
    arrays = load_npz(name)
    if "x" in arrays:
        x, y = arrays["x"], arrays["y"]
        x_train, x_test, y_train, y_test = _split(x, y, TEST_SHARE, seed, f"data {name}")
        return (x_train, y_train), (x_test, y_test)
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])


def prepare(spec: TrainSpec) -> Prepared:
    """The data of a spec, checked: finite, of fitting lengths, labels 0 to classes - 1."""
    (x_train, y_train), (x_test, y_test) = load(spec.data, spec.seed)
    name = f"data {spec.data}"
    x_train = as_features(f"{name}, x_train", x_train)
    y_train = flat(as_targets(f"{name}, y_train", y_train, len(x_train)))
    x_test = as_features(f"{name}, x_test", x_test, x_train.shape[1:])
    y_test = flat(as_targets(f"{name}, y_test", y_test, len(x_test)))
    classes = 0 if spec.task == "regression" else _classes(name, y_train, y_test)
    if spec.task == "classification" and not classes:
        raise DataError(
            f"{name}, y", "whole numbers, one per sample, as labels", Told(f"{y_train.dtype} {y_train.shape}")
        )
    validation = None
    if spec.validation_split:
        x_train, x_held, y_train, y_held = _split(x_train, y_train, spec.validation_split, spec.seed, name)
        validation = (x_held, y_held)
    width = 1 if y_train.ndim == 1 else y_train.shape[-1]
    return Prepared(x_train, y_train, validation, x_test, y_test, classes, width)


def flat(y: Array) -> Array:
    """Targets (N, 1) as (N,)."""
    return y.reshape(len(y)) if y.ndim == 2 and y.shape[1] == 1 else y


def rows(data: str) -> tuple[Array, Array | None]:
    """What to evaluate or predict on: the test part of a data set or file, or all of a file without one."""
    if not data.endswith(".npz"):
        return load(data, seed=0)[1]
    arrays = load_npz(data, targets=False)
    return (arrays["x_test"], arrays["y_test"]) if "x_test" in arrays else (arrays["x"], arrays.get("y"))


def _split(x: Array, y: Array, share: float, seed: int, where: str) -> Any:
    y = np.asarray(y)
    labels = y if np.issubdtype(y.dtype, np.integer) and y.ndim == 1 else None
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


def _classes(where: str, *targets: Array) -> int:
    """How many classes integer targets (N,) have; 0 for other targets."""
    if not all(y.ndim == 1 and (np.issubdtype(y.dtype, np.integer) or y.dtype == bool) for y in targets):
        return 0
    low = min(int(y.min()) for y in targets)
    if low < 0:
        raise DataError(f"{where}, y", "labels from 0 up", low, "Number the classes 0, 1, 2, ...")
    return max(int(max(y.max() for y in targets)) + 1, 2)
