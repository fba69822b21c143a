"""The rows on which benchmarks/tables.py compares: two tables from PELLUCID_DATA, and ten sets that scikit-learn ships
or makes."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn import datasets as theirs
from sklearn.model_selection import train_test_split

Array = npt.NDArray[Any]
TEST = 0.25
MADE = 2000  # rows of a set that is made
SOME = 10_000  # rows of diamonds, other ones for each seed


class Columns(dict[str, Any]):
    """A table as it was read: columns of floats, NaN where one is missing, and of words, None where one is."""

    def take(self, rows: Array) -> Columns:
        return Columns({name: column[rows] for name, column in self.items()})


class Split(NamedTuple):
    """Rows to train on and rows to judge on; x are an array (N, features), or Columns."""

    x: Any
    y: Array
    x_test: Any
    y_test: Array


class Set(NamedTuple):
    """A set of rows, new ones for each seed where they are made."""

    title: str
    make: Callable[[int], tuple[Any, Array]]
    classes: bool

    def split(self, seed: int) -> Split:
        """A quarter of the rows to judge on, each class in proportion."""
        x, y = self.make(seed)
        train, test = train_test_split(
            np.arange(len(y)), test_size=TEST, random_state=seed, stratify=y if self.classes else None
        )
        taken = x.take if isinstance(x, Columns) else x.__getitem__
        return Split(taken(train), y[train], taken(test), y[test])


def _read(name: str, target: str, without: tuple[str, ...] = ()) -> tuple[Columns, Array]:
    path = Path(os.environ.get("PELLUCID_DATA", "nowhere")) / "tables" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    columns = {name: list(column) for name, column in zip(head, zip(*rows, strict=True), strict=True)}
    y = np.array(columns.pop(target), float)
    return Columns({name: _column(cells) for name, cells in columns.items() if name not in without}), y


def _column(cells: list[str]) -> Array:
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return np.array([cell or None for cell in cells], object)


def _titanic(seed: int) -> tuple[Columns, Array]:
    x, y = _read("titanic", "survived", ("alive",))  # which is the target in other words
    return x, y.astype(int)


def _diamonds(seed: int) -> tuple[Columns, Array]:
    x, y = _read("diamonds", "price")
    some = np.random.default_rng(seed).permutation(len(y))[:SOME]
    return x.take(some), y[some]


def _shipped(load: Callable[..., Any]) -> Callable[[int], tuple[Array, Array]]:
    return lambda seed: load(return_X_y=True)


def _bent(seed: int) -> tuple[Array, Array]:
    """A sum of ten columns, bent, and noise of a tenth of its deviation."""
    x, y = theirs.make_regression(MADE, 20, n_informative=10, random_state=seed)
    z = y / y.std()
    return x, np.sin(2 * z) + z**2 / 2 + 0.1 * np.random.default_rng(seed).normal(size=len(z))


SETS = (
    Set("titanic", _titanic, True),
    Set("iris", _shipped(theirs.load_iris), True),
    Set("wine", _shipped(theirs.load_wine), True),
    Set("breast cancer", _shipped(theirs.load_breast_cancer), True),
    Set("digits", _shipped(theirs.load_digits), True),
    Set("make_classification", lambda seed: theirs.make_classification(
        MADE, 30, n_informative=10, n_redundant=5, n_classes=4, n_clusters_per_class=3, class_sep=0.8, flip_y=0.05,
        random_state=seed), True),
    Set("make_moons", lambda seed: theirs.make_moons(MADE, noise=0.3, random_state=seed), True),
    Set("diamonds", _diamonds, False),
    Set("diabetes", _shipped(theirs.load_diabetes), False),
    Set("make_friedman1", lambda seed: theirs.make_friedman1(MADE, 10, noise=1.0, random_state=seed), False),
    Set("make_friedman3", lambda seed: theirs.make_friedman3(MADE, noise=0.1, random_state=seed), False),
    Set("make_regression, bent", _bent, False),
)  # fmt: skip
