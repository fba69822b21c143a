"""Blocks that hold blocks, in a spec."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pellucid.actions.building import build
from pellucid.actions.data import prepare
from pellucid.actions.script import table
from pellucid.actions.spec import TrainSpec
from pellucid.errors import InvalidArgument, PellucidError
from pellucid.layers import Dense, Dropout, LayerNormalization
from pellucid.models import Sequential

INNER = [{"class": "Dense", "units": 6, "activation": "tanh"}, {"class": "Dense", "units": 6}]


def built(*layers: Any, **more: Any) -> Sequential:
    spec = TrainSpec.of({"data": "moons", "layers": list(layers), **more})
    return build(spec, prepare(spec), 1)


def test_a_residual_adds_what_comes_in_to_what_its_blocks_make_of_it():
    model = built(6, {"class": "Residual", "layers": INNER}, {"class": "Dense", "units": 2})
    x = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    block = model.layers[2]
    h = np.maximum(model.layers[0](x) @ model.p["dense/kernel"] + model.p["dense/bias"], 0)
    W1, b1, W2, b2 = block.get_weights()
    expected = h + np.tanh(h @ W1 + b1) @ W2 + b2
    assert np.allclose(block(h), expected, atol=1e-6)
    W, b = model.layers[-1].get_weights()
    assert np.allclose(model.predict(x, verbose=0), expected @ W + b, atol=1e-5)


def test_the_same_spec_gives_the_same_weights():
    first, again = (built(6, {"class": "Residual", "layers": INNER}, {"class": "Dense", "units": 2}) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), again.get_weights(), strict=True))
    other = built(6, {"class": "Residual", "layers": INNER}, {"class": "Dense", "units": 2}, seed=1)
    assert not np.array_equal(first.get_weights()[2], other.get_weights()[2])


def test_blocks_within_blocks_within_blocks():
    row = {"class": "Sequential", "layers": [*INNER, {"class": "Residual", "layers": INNER}]}
    model = built(6, {"class": "Residual", "layers": [row]}, {"class": "Dense", "units": 2})
    assert model.count_params() == 2 * 6 + 6 + 4 * (6 * 6 + 6) + 6 * 2 + 2


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"class": "Residual", "layers": [{"class": "Dense", "units": 5}]}, "give back the shape"),
        ({"class": "Residual", "layers": [5]}, "a table such as"),
        ({"class": "Residual", "layers": INNER, "units": 3}, "one of class, layers, name"),
        ({"class": "Residual", "layers": [{"class": "Dense", "units": 0}]}, "entry 2, layers, entry 1, Dense"),
    ],
)
def test_what_a_block_refuses(block: dict[str, Any], said: str):
    with pytest.raises(PellucidError, match=said):
        built(6, block)


@pytest.mark.parametrize(
    "layer",
    [
        Dense(3, activation="relu", kernel_regularizer="l2", bias_initializer="ones"),
        Dropout(0.25),
        LayerNormalization(),
    ],
)
def test_a_layer_as_a_table_makes_the_same_layer(layer: Any):
    spec = TrainSpec.of({"data": "moons", "layers": [table(layer), {"class": "Dense", "units": 2}]})
    made = build(spec, prepare(spec), 1).layers[1].get_config()
    expected = layer.get_config()
    assert {**made, "name": None} == {**expected, "name": None}


def test_an_argument_too_many_is_an_error():
    with pytest.raises(InvalidArgument, match="unit"):
        built({"class": "Dense", "unit": 3})
