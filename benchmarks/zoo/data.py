"""The data of the zoo, as they come (`raw`: pixels as bytes, columns in their units) or scaled (`load`)."""

from __future__ import annotations

import csv
import functools
import importlib.util
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pellucid import datasets

Array = npt.NDArray[Any]
MNIST_ROWS, DIAMOND_ROWS, TOY_ROWS = 3000, 3000, 800  # to train on: enough to learn from in a second
HELD = 1000  # rows at most to judge on


class Data(NamedTuple):
    """Rows to train on, rows to judge on; classes is 0 where the targets are numbers."""

    x: Array
    y: Array
    x_held: Array
    y_held: Array
    classes: int


def raw(name: str) -> Data:
    """The data of this name as they come; always the same rows."""
    return _DATA[name]()


@functools.cache
def load(name: str) -> Data:
    """The data of this name, pixels from 0 to 1, other numbers with mean 0 and deviation 1 over the training rows."""
    x, y, x_held, y_held, classes = raw(name)
    if x.dtype == np.uint8:
        shift, scale = np.zeros(1), np.array([float(x.max())])
    else:
        shift, scale = x.mean(axis=0), x.std(axis=0)
    scaled = [((rows - shift) / scale).astype("float32") for rows in (x, x_held)]
    if not classes:
        y_held = ((y_held - y.mean()) / y.std()).astype("float32")
        y = ((y - y.mean()) / y.std()).astype("float32")
    return Data(scaled[0], y, scaled[1], y_held, classes)


def names() -> list[str]:
    """All that can be loaded here: the tables and MNIST only where PELLUCID_DATA names their folder, and those that
    scikit-learn brings only where it is installed."""
    there = {name: (_folder() / "tables" / f"{name.partition('_')[0]}.csv").exists() for name in _TABLES}
    there["mnist"] = (_folder() / "mnist").exists()
    there |= dict.fromkeys(_BROUGHT, importlib.util.find_spec("sklearn") is not None)
    return [name for name in _DATA if there.get(name, True)]


def _folder() -> Path:
    return Path(os.environ.get("PELLUCID_DATA", "nowhere"))


# Images ------------------------------------------------------------------------------------------------------------


@functools.cache
def _digits() -> Data:
    return _images(*datasets.digits.load_data())


@functools.cache
def _mnist() -> Data:
    (x, y), (x_held, y_held) = datasets.mnist.load_data()
    return _images((x[:MNIST_ROWS], y[:MNIST_ROWS]), (x_held[:HELD], y_held[:HELD]))


def _images(train: tuple[Any, Any], held: tuple[Any, Any]) -> Data:
    """Images as rows of bytes."""
    (x, y), (x_held, y_held) = train, held
    rows = x.reshape(len(x), -1), x_held.reshape(len(x_held), -1)
    return Data(rows[0], y.astype("int64"), rows[1], y_held.astype("int64"), 10)


# Tables ------------------------------------------------------------------------------------------------------------


def _table(name: str) -> dict[str, list[str]]:
    with (_folder() / "tables" / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: [row[column] for row in rows] for column in rows[0]}


def _numbers(column: Sequence[str]) -> npt.NDArray[np.float64]:
    """Numbers; what is missing becomes the median."""
    values = np.array([float(text) if text else np.nan for text in column])
    return np.where(np.isnan(values), np.nanmedian(values), values)


def _one_hot(column: Sequence[str]) -> npt.NDArray[np.float64]:
    """A column of 0 and 1 for each value but the most frequent."""
    values = sorted(set(column), key=lambda value: (-column.count(value), value))
    return np.array([[text == value for value in values[1:]] for text in column], "float64")


def _split(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], rows: int, classes: int) -> Data:
    """Shuffled and cut."""
    order = np.random.default_rng(0).permutation(len(x))
    x, targets = x[order].astype("float32"), y[order].astype("int64" if classes else "float32")
    return Data(x[:rows], targets[:rows], x[rows : rows + HELD], targets[rows : rows + HELD], classes)


@functools.cache
def _titanic() -> Data:
    table = _table("titanic")
    age_known = np.array([bool(text) for text in table["age"]], "float64")
    numbers = [_numbers(table["age"]), age_known, *(_numbers(table[name]) for name in ("sibsp", "parch"))]
    fare = np.log1p(_numbers(table["fare"]))
    kinds = [_one_hot(table[name]) for name in ("pclass", "sex", "embarked")]
    return _split(np.column_stack([*numbers, fare, *kinds]), _numbers(table["survived"]), 650, 2)


def _diamond_columns(*kinds: str) -> tuple[npt.NDArray[np.float64], dict[str, list[str]]]:
    table = _table("diamonds")
    numbers = [_numbers(table[name]) for name in ("carat", "depth", "table", "x", "y", "z")]
    return np.column_stack([*numbers, *(_one_hot(table[name]) for name in kinds)]), table


@functools.cache
def _diamonds() -> Data:
    """The logarithm of the price."""
    x, table = _diamond_columns("cut", "color", "clarity")
    return _split(x, np.log(_numbers(table["price"])), DIAMOND_ROWS, 0)


@functools.cache
def _diamonds_cut() -> Data:
    """Which of five cuts: the most frequent is four in ten, the least three in a hundred."""
    x, table = _diamond_columns("color", "clarity")
    cuts = ["Fair", "Good", "Very Good", "Premium", "Ideal"]
    return _split(x, np.array([cuts.index(cut) for cut in table["cut"]], "float64"), DIAMOND_ROWS, 5)


def _brought(name: str, rows: int, classes: int) -> Callable[[], Data]:
    """A table that comes with scikit-learn."""

    @functools.cache
    def load() -> Data:
        from sklearn import datasets as brought  # type: ignore[import-not-found,unused-ignore]

        x, y = getattr(brought, f"load_{name}")(return_X_y=True)
        return _split(x, y, rows, classes)

    return load


# Toys --------------------------------------------------------------------------------------------------------------


def _toy(name: str, classes: int, **options: float) -> Callable[[], Data]:
    @functools.cache
    def load() -> Data:
        n, share = TOY_ROWS * 2, 0.5
        (x, y), (x_held, y_held) = getattr(datasets, name).load_data(n=n, test_fraction=share, **options)
        kind = "int64" if classes else "float32"
        return Data(x, y.reshape(len(y)).astype(kind), x_held, y_held.reshape(len(y_held)).astype(kind), classes)

    return load


_TABLES: dict[str, Callable[[], Data]] = {"titanic": _titanic, "diamonds": _diamonds, "diamonds_cut": _diamonds_cut}
_BROUGHT: dict[str, Callable[[], Data]] = {
    "breast_cancer": _brought("breast_cancer", 370, 2),
    "wine": _brought("wine", 100, 3),
    "diabetes": _brought("diabetes", 300, 0),
}
_DATA: dict[str, Callable[[], Data]] = {
    "digits": _digits,
    "mnist": _mnist,
    **_TABLES,
    **_BROUGHT,
    "spirals": _toy("spirals", 2),
    "moons": _toy("moons", 2),
    "circles": _toy("circles", 2),
    "blobs": _toy("blobs", 3),
    "xor": _toy("xor", 2),
    "sine": _toy("sine", 0),
}
