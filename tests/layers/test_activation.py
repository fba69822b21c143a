"""Activation layers, and which of them let a loss be computed from what enters them."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import layers as L
from pellucid.activations import activations, custom
from pellucid.rng import Key

X = np.array([[[-1.0, 0.5, 2.0], [0.3, -0.4, 1.0]]])

LOGITS: list[tuple[L.Layer, str | None]] = [
    (L.Activation("softmax"), "softmax"),
    (L.Activation("sigmoid"), "sigmoid"),
    (L.Activation("relu"), "relu"),
    (L.Activation(None), "linear"),
    (L.Activation(activations.get("softmax").bound(axis=1)), None),
    (L.Activation(activations.get("relu").bound(negative_slope=0.5)), None),
    (L.Activation(custom(lambda x: x * 2, lambda dy, x, y: dy * 2, name="softmax")), None),
    (L.Softmax(), "softmax"),
    (L.Softmax(axis=2), "softmax"),
    (L.Softmax(axis=[-1]), "softmax"),
    (L.Softmax(axis=1), None),
    (L.Softmax(axis=(1, 2)), None),
    (L.Dense(3, activation="softmax"), "softmax"),
    (L.Dense(3), "linear"),
    (L.Dense(3, activation=activations.get("softmax").bound(axis=1)), None),
    (L.Dense(3, activation=custom(lambda x: x * 2, lambda dy, x, y: dy * 2, name="mine")), None),
    (L.ReLU(), "relu"),
    (L.ReLU(max_value=6), None),
    (L.LeakyReLU(), None),
    (L.Dropout(0.5), None),
    (L.Identity(), None),
]


@pytest.mark.parametrize(("layer", "name"), LOGITS, ids=[f"{la.name}-{i}" for i, (la, _) in enumerate(LOGITS)])
def test_logits_are_told_only_where_a_plain_name_tells_all(layer: L.Layer, name: str | None) -> None:
    layer.build((None, 2, 3))
    y, cache = layer.forward(layer.p, X, training=False, rng=Key(0))
    found = layer.logits(cache)
    assert (found and found[0]) == name
    if found is not None:
        np.testing.assert_allclose(activations.get(found[0])(found[1]), y)


def test_backward_from_logits_skips_the_activation() -> None:
    layer = L.Softmax(dtype="float64")
    _, cache = layer.forward({}, X, training=True, rng=Key(0))
    dz = np.ones_like(X)
    assert layer.backward_from_logits({}, cache, dz) == (dz, {})


def test_keras_forms_of_an_activation_are_read() -> None:
    for form in ("relu", {"class_name": "function", "config": "relu", "module": "builtins"}):
        layer = L.deserialize({"class_name": "Activation", "config": {"activation": form}})
        assert layer([[-1.0, 2.0]]).tolist() == [[0.0, 2.0]]
        assert layer.get_config()["activation"] == "relu"
