"""Waves of numbers: the formula, who gets them, and that a network with them is one like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, layers
from pellucid.models import load_model
from pellucid.models.periodic import MOST, many_valued, periodic_embedding

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")


@pytest.mark.parametrize("columns", [[0, 1, 2], [0, 2], [1]])
def test_mixtures_of_waves_stand_beside_the_inputs(columns: list[int]) -> None:
    (network,) = periodic_embedding(3, columns, 16, rows=100, seed=1)
    W, b, V, c = (w.numpy() for w in network.weights)
    n = len(columns)
    assert (W.shape, b.shape, V.shape, c.shape) == ((n, 16), (n, 16), (n, 16, 4), (n, 4))
    waves = np.cos(2 * np.pi * (X[:, columns, None] * W + b))
    mixed = np.stack([waves[:, i] @ V[i] + c[i] for i in range(n)], axis=1)
    y = network.predict(X, verbose=0)
    np.testing.assert_array_equal(y[:, :3], X)
    np.testing.assert_allclose(y[:, 3:], mixed.reshape(len(X), -1), rtol=1e-4, atol=1e-5)


def test_the_seed_decides() -> None:
    first, same, other = (periodic_embedding(3, [0, 1], 4, 100, seed)[0].get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, same, strict=True))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize(
    ("columns", "frequencies", "rows"),
    [([], 16, 99), ([0], 0, 99), (list(range(MOST + 1)), 16, 99_999), ([0, 1], 16, 39)],
)
def test_where_there_is_nothing_to_embed_there_is_no_network(columns: list[int], frequencies: int, rows: int) -> None:
    assert periodic_embedding(MOST + 1, columns, frequencies, rows, seed=0) == []


def test_columns_of_two_values_or_one_say_no_more_than_whether() -> None:
    x = np.stack([np.arange(6), np.arange(6) % 2, np.zeros(6), np.arange(6) // 2], axis=1)
    assert many_valued(x) == [0, 3]


def test_both_engines_train_it_alike_and_a_file_keeps_it(tmp_path: Path) -> None:
    def fitted(**options: Any) -> Sequential:
        stack = [
            layers.Input((3,)),
            *periodic_embedding(3, [0, 2], 8, rows=100, seed=0),
            layers.Dense(4, "relu"),
            layers.Dense(1),
        ]
        model = Sequential(stack, seed=0)
        model.compile("adam", "mse", **options)
        model.fit(X, np.sin(5 * X[:, 0]), epochs=5, verbose=0)
        return model

    fast, slow = fitted(), fitted(run_eagerly=True)
    for a, b in zip(fast.get_weights(), slow.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)
    fast.save(tmp_path / "waves.keras")
    again = load_model(tmp_path / "waves.keras")
    np.testing.assert_array_equal(again.predict(X, verbose=0), fast.predict(X, verbose=0))
