"""Embeddings: rows of a table, masks, what is no row, weights that are given."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid import layers as L
from pellucid import ops
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


class Placed(L.Layer):
    """Words and their places, as Keras's examples write them: the second table is looked up for numbers alone."""

    def __init__(self, places: Any = None, learns: bool = True, reads_words: bool = False) -> None:
        super().__init__()
        self.places, self.learns, self.reads_words = places, learns, reads_words
        self.words, self.rows = L.Embedding(9, 4), L.Embedding(9 if reads_words else 5, 4, trainable=learns)

    def call(self, x: Any) -> Any:
        places = ops.arange(0, ops.shape(x)[-1], 1) if self.places is None else self.places
        return (self.rows if self.reads_words else self.words)(x) + self.rows(places)


def placed(**options: Any) -> Any:
    model = pellucid.Sequential([L.Input((5,)), Placed(**options), L.Dense(2)], seed=3)
    model.compile("adam", "mse")
    return model


WORDS = np.arange(40).reshape(8, 5) * 7 % 9


@pytest.mark.parametrize("options", [{}, {"places": [[0, 1, 1, 2, 3]]}, {"learns": False}, {"reads_words": True}])
def test_within_a_call_it_is_looked_up_for_numbers_alone(options: Any) -> None:
    model = placed(**options)
    inner, places = model.layers[0], options.get("places") or np.arange(5)
    words = inner.rows if inner.reads_words else inner.words
    expected = words.embeddings.numpy()[WORDS] + inner.rows.embeddings.numpy()[places]
    np.testing.assert_allclose(inner(WORDS), expected, rtol=1e-6, atol=1e-7)
    before = inner.rows.embeddings.numpy()
    both_engines(lambda: placed(**options), WORDS, np.ones((8, 5, 2)))
    model.fit(WORDS, np.ones((8, 5, 2)), verbose=0)
    assert not engine_of(model).refusal
    assert (inner.rows.embeddings.numpy() != before)[0].all() == options.get("learns", True)


def test_such_a_table_is_saved_and_goes_into_scripts(tmp_path: Path) -> None:
    model = placed()
    model.save(tmp_path / "placed.keras")
    again = pellucid.models.load_model(tmp_path / "placed.keras", custom_objects={"Placed": Placed})
    assert [w.path for w in again.weights][:2] == ["placed/embedding/embeddings", "placed/embedding_1/embeddings"]
    expected = model.predict(WORDS, verbose=0)
    np.testing.assert_array_equal(again.predict(WORDS, verbose=0), expected)
    script = runpy.run_path(str(model.to_numpy(tmp_path / "script")))
    np.testing.assert_allclose(script["predict"](WORDS), expected, rtol=1e-5, atol=1e-6)


def test_numbers_that_are_no_rows_or_would_be_masked_are_refused() -> None:
    with pytest.raises(DataError, match=r"'placed', call, layer '.*', input: expected whole .* 0 to 4, .*got 5"):
        placed(places=[3, 5])
    layer = Placed()
    layer.rows.mask_zero = True
    with pytest.raises(PellucidError, match="expected tensors, within the call of another layer, got numbers"):
        layer(WORDS)
