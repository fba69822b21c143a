"""Keras 3 itself opens what is saved here, and what it saves opens here: same outputs, same optimizer state."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    keras = pytest.importorskip("keras", reason="Keras is not installed")

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras's own
RNG = np.random.default_rng(0)
X = RNG.normal(size=(32, 6)).astype("float32")
Y = RNG.integers(0, 3, size=32)

STACKS: dict[str, Any] = {
    "plain": lambda L, S: [L.Dense(5, activation="relu"), L.Dense(3, activation="softmax")],
    "the articles'": lambda L, S: [L.Dense(8, "relu"), L.Dropout(0.2), L.Dense(3, "softmax")],
    "normalised": lambda L, S: [
        L.Dense(8, use_bias=False), L.BatchNormalization(), L.Activation("swish"), L.LayerNormalization(), L.Dense(3)
    ],
    "rectifiers": lambda L, S: [
        L.Dense(6), L.ReLU(max_value=6.0), L.Dense(6), L.LeakyReLU(negative_slope=0.1), L.Dense(6), L.PReLU(),
        L.Dense(6), L.ELU(), L.Dense(3), L.Softmax()
    ],
    "shapes": lambda L, S: [
        L.Rescaling(0.5, offset=1.0), L.Reshape((2, 3)), L.Dense(4, "tanh"), L.LayerNormalization(axis=[1, 2]),
        L.Flatten(), L.GaussianNoise(0.1), L.Identity(), L.Dense(3, "softmax")
    ],
    "pictures": lambda L, S: [
        L.Reshape((3, 2, 1)), L.Conv2D(4, (2, 3), padding="same", activation="relu"), L.MaxPooling2D((2, 1), 1),
        L.Conv2D(4, 2, strides=2, padding="same", groups=2, use_bias=False), L.AveragePooling2D((1, 1)),
        L.Reshape((1, 2, 2, 1)), L.Conv3D(2, (1, 2, 1), kernel_regularizer="l2"), L.MaxPooling3D((1, 1, 2)),
        L.AveragePooling3D(1), L.Flatten(), L.RepeatVector(4), L.Conv1D(3, 3, padding="causal", dilation_rate=2),
        L.MaxPooling1D(3, 1, "same"), L.AveragePooling1D(2), L.Flatten(), L.Dense(3, "softmax"),
    ],
    "nested": lambda L, S: [S([L.Dense(4, "gelu"), S([L.Dense(4, "elu"), L.BatchNormalization()])]), L.Dense(3)],
    "recurrent": lambda L, S: [
        L.Reshape((3, 2)), L.Masking(), L.Bidirectional(L.LSTM(4, return_sequences=True)),
        L.TimeDistributed(L.Dense(3)), L.GRU(4, return_sequences=True, dropout=0.1),
        L.GRU(3, reset_after=False, return_sequences=True), L.LSTM(3), L.Dense(3),
    ],
    "cells": lambda L, S: [
        L.Reshape((3, 2)), L.RNN([L.LSTMCell(4), L.GRUCell(3)], return_sequences=True), L.RNN(L.SimpleRNNCell(4)),
        L.Dense(3),
    ],
    "held": lambda L, S: [
        L.Dense(4, "selu", kernel_regularizer="l2", bias_constraint="non_neg", kernel_initializer="he_normal"),
        L.Dense(3, "softmax", kernel_initializer="orthogonal", activity_regularizer="l1"),
    ],
}  # fmt: skip


def made(module: Any, name: str) -> Any:
    model = module.Sequential([module.layers.Input((6,)), *STACKS[name](module.layers, module.Sequential)])
    model.compile(optimizer=module.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def same_outputs(a: Any, b: Any) -> None:
    """Equal to a few roundings of the largest output: both compute in float32, in their own order."""
    ours, theirs = a.predict(X, verbose=0), b.predict(X, verbose=0)
    assert np.abs(ours - theirs).max() <= 4e-6 * max(1.0, np.abs(theirs).max())


@pytest.mark.parametrize("name", STACKS)
def test_keras_opens_ours(tmp_path: Path, name: str):
    model = made(pellucid, name)
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(tmp_path / "ours.keras")
    theirs = keras.models.load_model(tmp_path / "ours.keras")
    same_outputs(model, theirs)
    mine = [array for _, array in model.optimizer.to_save(model.theta)]
    assert len(mine) == len(theirs.optimizer.variables) > 2
    for a, b in zip(mine, theirs.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a, np.asarray(b))


def test_ours_opens_keras_before_its_first_step(tmp_path: Path):
    theirs = made(keras, "plain")
    theirs.optimizer.learning_rate = 0.25
    theirs.save(tmp_path / "theirs.keras")
    model = pellucid.models.load_model(tmp_path / "theirs.keras")
    assert model.optimizer.learning_rate == 0.25
    model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("name", STACKS)
def test_ours_opens_keras(tmp_path: Path, name: str):
    theirs = made(keras, name)
    rng = np.random.default_rng(2)
    theirs.set_weights([w + rng.uniform(0, 0.3, size=w.shape) for w in theirs.get_weights()])
    theirs.optimizer.build(theirs.trainable_variables)
    theirs.save(tmp_path / "theirs.keras")
    model = pellucid.models.load_model(tmp_path / "theirs.keras")
    same_outputs(model, theirs)
    model.fit(X, Y, verbose=0)


def test_weights_files_go_both_ways(tmp_path: Path):
    ours, theirs = made(pellucid, "normalised"), made(keras, "normalised")
    ours.fit(X, Y, verbose=0)
    ours.save_weights(tmp_path / "ours.weights.h5")
    theirs.load_weights(tmp_path / "ours.weights.h5")
    same_outputs(ours, theirs)
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    fresh = made(pellucid, "normalised")
    fresh.load_weights(tmp_path / "theirs.weights.h5")
    same_outputs(fresh, ours)


def led(module: Any) -> Any:
    """A layer that begins with another's states, and one whose states are outputs."""
    L = module.layers
    source, target = L.Input((5, 3)), L.Input((None, 2))
    _, *states = L.LSTM(4, return_state=True)(source)
    y = L.LSTM(4, return_sequences=True)(target, initial_state=states)
    _, *ends = L.Bidirectional(L.GRU(3, return_state=True))(y)
    return module.Model([source, target], [y, *ends])


def predicts_alike_in_the_other(model: Any, first: Any, given: Any, file: Path) -> None:
    """A model of one library's, saved, gives the same numbers in the other."""
    model.save(file)
    again = (pellucid if first is keras else keras).models.load_model(file)
    for ours, theirs in zip(model.predict(given, verbose=0), again.predict(given, verbose=0), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("first", [pellucid, keras], ids=["ours", "Keras's"])
def test_states_lead_from_layer_to_layer_in_files_both_ways(tmp_path: Path, first: Any):
    given = [X.reshape(-1, 3)[:20].reshape(4, 5, 3), X.reshape(-1, 2)[:28].reshape(4, 7, 2)]
    predicts_alike_in_the_other(led(first), first, given, tmp_path / "led.keras")


def called_again(module: Any) -> Any:
    """A graph within a graph, called three times, with some of its outputs those of the whole."""
    L = module.layers
    a = L.Input((6,))
    inner = module.Model(a, [L.Dense(6, "tanh")(a), L.Dense(6)(a)], name="inner")
    x = L.Input((6,))
    y, z = inner(x)
    _, v = inner(z)
    w, _ = inner(v)
    return module.Model(x, [v, L.Dense(2)(w), z, w, y])


@pytest.mark.parametrize("first", [pellucid, keras], ids=["ours", "Keras's"])
def test_graphs_that_end_in_graphs_open_in_both(tmp_path: Path, first: Any):
    model = called_again(first)
    predicts_alike_in_the_other(model, first, X, tmp_path / "again.keras")
    ends = model.get_config()["output_layers"]
    assert [tuple(end[1:]) for end in ends if end[0] == "inner"] == [(2, 1), (1, 1), (3, 0), (1, 0)]


def masked_from_outside(module: Any) -> Any:
    """A graph whose layers have the mask of what the whole gives it: its file says None of it."""
    L = module.layers
    h = L.Input((6, 4))
    both = L.Bidirectional(L.GRU(3, return_sequences=True))(
        L.RNN([L.LSTMCell(3), L.GRUCell(4)], return_sequences=True)(h)
    )
    inner = module.Model(h, L.LSTM(3)(L.MultiHeadAttention(2, 3)(both, both)))
    x = L.Input((6,), dtype="int32")
    return module.Model(x, inner(L.Embedding(5, 4, mask_zero=True)(x)))


@pytest.mark.parametrize("first", [pellucid, keras], ids=["ours", "Keras's"])
def test_a_mask_reaches_a_graph_within_from_outside_in_files_of_both(tmp_path: Path, first: Any):
    words = np.array([[1, 2, 3, 0, 0, 0], [4, 4, 1, 2, 3, 0], [1, 2, 3, 4, 4, 4]])
    predicts_alike_in_the_other(masked_from_outside(first), first, words, tmp_path / "masked.keras")
