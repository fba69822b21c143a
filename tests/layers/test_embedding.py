"""Embeddings: rows of a table, masks, what is no row, weights that are given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid import layers as L
from pellucid.errors import DataError, PellucidError, ShapeError
from pellucid.training.engine import engine_of

TABLE = np.arange(12.0, dtype="float32").reshape(4, 3)


def test_rows_are_taken_and_their_gradients_summed() -> None:
    layer = L.Embedding(4, 3, weights=[TABLE])
    x = np.array([[1, 1], [3, 0]])
    y = layer(x)
    np.testing.assert_array_equal(y, TABLE[x])
    dx, gradients = layer.backward(layer.p, x, np.ones((2, 2, 3), "float32"))
    assert dx is None
    np.testing.assert_array_equal(gradients["embeddings"], np.array([[1], [2], [0], [1]]) * np.ones(3))


@pytest.mark.parametrize("mask_zero", [False, True])
def test_both_engines_learn_the_same(mask_zero: bool) -> None:
    def network() -> Any:
        layers = [L.Embedding(9, 5, mask_zero=mask_zero), L.Dense(4, activation="tanh"), L.Dense(2)]
        model = pellucid.Sequential([L.Input((6,)), *layers], seed=2)
        model.compile("adam", "mse")
        return model

    x, y = np.arange(96).reshape(16, 6) * 5 % 9, np.arange(192.0).reshape(16, 6, 2) / 100
    both_engines(network, x, y)


@pytest.mark.parametrize(("x", "got"), [([[4]], "4"), ([[-1]], "-1"), ([[0.5]], "0.5"), ([[np.nan]], "nan")])
def test_what_is_no_row_is_refused_by_both_engines(x: Any, got: str) -> None:
    words = rf"layer 'words', input: expected whole numbers from 0 to 3, as input_dim=4 says, got {got}"
    with pytest.raises(DataError, match=words):
        L.Embedding(4, 3, name="words")(x)
    model = pellucid.Sequential([L.Input((1,)), L.Embedding(4, 3, name="words"), L.Flatten(), L.Dense(1)])
    model.compile("sgd", "mse")
    before = [w.copy() for w in model.get_weights()]
    for call in (lambda: model.predict(x, verbose=0), lambda: model.fit(x, [[1.0]], verbose=0)):
        with pytest.raises(PellucidError, match=words if got != "nan" else "finite|whole numbers"):
            call()
    for w, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(w, kept)
    assert not engine_of(model).refusal


def test_the_mask_of_zero_reaches_the_loss() -> None:
    model = pellucid.Sequential([L.Embedding(4, 1, mask_zero=True, weights=TABLE[:, :1])])
    model.compile("sgd", "mse")
    x, y = np.array([[1, 0, 2]]), np.zeros((1, 3, 1))
    assert model.evaluate(x, y, verbose=0) == pytest.approx((9 + 36) / 2)
    assert model.layers[0].compute_mask(x).tolist() == [[True, False, True]]
    assert L.Embedding(4, 1).compute_mask(x) is None


def test_given_weights_stay_as_they_are_where_they_are_frozen(tmp_path: Path) -> None:
    frozen = L.Embedding(4, 3, weights=[TABLE], trainable=False, input_length=2)
    model = pellucid.Sequential([frozen, L.Flatten(), L.Dense(1)])
    model.compile("adam", "mse")
    model.fit([[0, 1], [2, 3]], [1.0, 2.0], epochs=2, verbose=0)
    np.testing.assert_array_equal(frozen.get_weights()[0], TABLE)
    model.save(tmp_path / "it.keras")
    again = pellucid.saving.load_model(tmp_path / "it.keras")
    np.testing.assert_array_equal(again.layers[0].get_weights()[0], TABLE)
    assert json.loads(json.dumps(frozen.get_config())).keys() >= {"input_dim", "output_dim", "mask_zero"}
    assert not {"weights", "input_length"} & frozen.get_config().keys()
    with pytest.raises(ShapeError, match=r"argument weights: expected an array of shape \(4, 3\), got \(3, 4\)"):
        L.Embedding(4, 3, weights=[TABLE.T])
