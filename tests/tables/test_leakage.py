"""Columns that nearly tell the target are suspected aloud; honest tables are not accused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import datasets

from pellucid.tables import load_table

DATA = os.environ.get("PELLUCID_DATA", "")
N = 600
RNG = np.random.default_rng(0)
CLASSES = RNG.integers(0, 3, N)
NUMBERS = RNG.normal(size=N)
CODE = np.array(["north", "south", "west"])


def suspects(columns: Any, target: str, **options: Any) -> list[str]:
    remarks = load_table(columns, target, **options).remarks
    return [remark.split(" alone nearly tells ")[0] for remark in remarks if " alone nearly tells " in remark]


def some_wrong(values: np.ndarray, share: float) -> np.ndarray:
    wrong = RNG.random(N) < share
    return np.where(wrong, RNG.permutation(values), values)


@pytest.mark.parametrize(
    ("column", "suspected"),
    [
        (CLASSES + RNG.normal(0, 0.1, N), True),  # a copy with noise
        (CLASSES + RNG.normal(0, 0.4, N), False),  # that much noise is an honest measurement
        (some_wrong(CODE[CLASSES], 0.02), True),
        (some_wrong(CODE[CLASSES], 0.3), False),
        (np.array([f"{CODE[c]}{i % 4}" for i, c in enumerate(CLASSES)]), True),  # a finer code
        (np.array([f"{CODE[c]}{i // 2}" for i, c in enumerate(CLASSES)]), False),  # words that hardly occur twice
        (RNG.normal(size=N), False),
        (np.sort(CLASSES), False),
    ],
)
def test_of_classes(column: np.ndarray, suspected: bool):
    table = {"honest": RNG.normal(size=N), "column": column, "kind": [f"k{c}" for c in CLASSES]}
    assert suspects(table, "kind") == ["column"] * suspected
    order = np.argsort(CLASSES, kind="stable")  # the order of the rows is no evidence
    assert (
        suspects({name: [values[i] for i in order] for name, values in table.items()}, "kind") == ["column"] * suspected
    )


@pytest.mark.parametrize(
    ("column", "suspected"),
    [
        (3 * NUMBERS + RNG.normal(0, 0.1, N), True),
        (np.exp(-NUMBERS), True),
        (NUMBERS + RNG.normal(0, 0.3, N), False),
        (RNG.normal(size=N), False),
    ],
)
def test_of_numbers(column: np.ndarray, suspected: bool):
    table = {"honest": RNG.normal(size=N), "column": column, "fare": NUMBERS}
    assert suspects(table, "fare") == ["column"] * suspected
    assert suspects(table, "fare", keep=["column"]) == []


def test_of_labels():
    table = {"warm": CLASSES % 2, "wet": CLASSES // 2, "column": CLASSES // 2 + RNG.normal(0, 0.1, N)}
    remarks = load_table(table, "warm,wet").remarks
    assert any(remark.startswith("column alone nearly tells wet: 100 % of the rows.") for remark in remarks)


@pytest.mark.parametrize("load", [datasets.load_iris, datasets.load_wine, datasets.load_breast_cancer])
def test_measured_flowers_wines_and_cells_are_innocent(load: Callable[[], Any]):
    bunch = load()
    columns = {f"c{i}": values for i, values in enumerate(bunch.data.T)}
    for seed in range(3):
        assert suspects({**columns, "kind": [f"k{c}" for c in bunch.target]}, "kind", seed=seed) == []


@pytest.mark.skipif(not DATA, reason="needs PELLUCID_DATA")
def test_passengers_are_innocent():
    found = load_table(Path(DATA) / "tables" / "titanic.csv", "survived")
    assert not [remark for remark in found.remarks if "nearly tells" in remark]
    assert "alive says the same as the target survived; it is left out." in found.remarks
    shared = "107 rows are copies of others: 32 of the 179 to test on and 12 of the 72 to watch stand among"
    assert any(remark.startswith(shared) for remark in found.remarks)
