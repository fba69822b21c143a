"""Models of tables, which ONNX and C take raw rows of: columns of every kind that both encode, and targets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from pellucid import Sequential
from pellucid import layers as L
from pellucid.tables import TableEncoder, attach
from pellucid.tables.table import Table
from pellucid.tables.targets import Targets

N = 400
RNG = np.random.default_rng(0)


def chosen(words: list[Any], every: int = 0) -> np.ndarray:
    """Words at random; each so-and-so-manyth is missing."""
    found = np.array(words, object)[RNG.integers(0, len(words), N)]
    if every:
        found[::every] = None
    return found


def table() -> dict[str, Any]:
    """Columns of every kind that ONNX encodes, with and without missing cells."""
    fare, age = np.exp(RNG.normal(0, 2, N)), RNG.normal(40, 10, N)
    fare[::17], age[::9] = np.nan, np.nan
    often = chosen(["north", "south"])
    rare = np.where(RNG.random(N) < 0.9, often, chosen([f"village {i}" for i in range(20)]))
    return {
        "age": age, "fare": fare, "count": RNG.integers(0, 5, N), "colour": chosen(["red", "blue", "green"], 11),
        "size": chosen(["small", "large"]), "place": rare, "member": chosen(["yes", "no"], 13),
        "paid": chosen(["True", "False"]),
    }  # fmt: skip


def of_table(columns: dict[str, Any], targets: Targets, dtype: str = "float32") -> tuple[Any, TableEncoder]:
    encoder = TableEncoder().fit(columns)
    outputs = len(targets.classes) or len(targets.names)
    stack = [L.Dense(8, "tanh", dtype=dtype), L.Dense(outputs, dtype=dtype, name="y")]
    model = Sequential([L.Input((encoder.width,)), *stack], seed=0)
    attach(model, encoder, targets)
    return model, encoder


def numbers(*names: str) -> Targets:
    return Targets.learned(Table.of({name: RNG.normal(100, 20, N) for name in names}), list(names), "regression")


REFUSED: list[tuple[list[Any], str]] = [  # columns that neither encodes, and what is told of them
    ([datetime(2025, 1, 1) + timedelta(days=i) for i in range(N)], "kind date"),
    ([f"{a} {b} and a word" for a, b in RNG.integers(0, 99, (N, 2))], "kind text"),
]
