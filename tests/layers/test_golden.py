"""Every layer against Keras: outputs, gradients, weights after a step, in float64 (tests/golden/layers.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import layers as L
from pellucid.rng import Key

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "layers.json").read_text())


def told(case: dict[str, Any]) -> str:
    shown = {k: v for k, v in case["config"].items() if k in ("axis", "shared_axes", "scale", "data_format", "center")}
    return f"{case['class_name']}-{np.shape(case['x'])}-{shown}"


every_case = pytest.mark.parametrize("case", GOLDEN["cases"], ids=[told(c) for c in GOLDEN["cases"]])


def from_keras(case: dict[str, Any]) -> L.Layer:
    layer = L.deserialize({"module": "keras.layers", "class_name": case["class_name"], "config": case["config"]})
    layer.build((None, *np.shape(case["x"])[1:]))
    layer.set_weights(case["weights"])
    return layer


def close(ours: Any, keras: Any) -> None:
    np.testing.assert_allclose(ours, np.asarray(keras).reshape(np.shape(ours)), rtol=1e-9, atol=1e-11)


@every_case
def test_layers_compute_what_keras_computes(case: dict[str, Any]) -> None:
    layer = from_keras(case)
    for mode in ("inference", "training"):
        if mode not in case:
            assert case["class_name"] in ("Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout")
            continue
        x, dy = np.array(case["x"]), np.array(case["dy"])
        y, cache = layer.forward(layer.p, x, training=mode == "training", rng=Key(0))
        dx, gradients = layer.backward(layer.p, cache, dy)
        assert y.dtype == np.float64
        close(y, case[mode]["y"])
        close(dx, case[mode]["dx"])
        for name, g in case[mode]["gradients"].items():
            close(gradients[name], g)
        if layer.trainable:
            assert set(gradients) == set(case[mode]["gradients"])
        after = {**layer.p, **layer.state_after(layer.p, cache)}
        for name, w in zip(case["names"], case[mode]["after"], strict=True):
            close(after[name], w)


@every_case
def test_weights_have_keras_names_and_order(case: dict[str, Any]) -> None:
    layer = from_keras(case)
    ordered = sorted(layer.specs, key=lambda s: not s.trainable)
    assert [s.name for s in ordered] == case["names"]
    assert [w.shape for w in layer.get_weights()] == [np.shape(w) for w in case["weights"]]


@every_case
def test_our_config_has_keras_keys(case: dict[str, Any]) -> None:
    layer = from_keras(case)
    assert set(layer.get_config()) <= set(case["config"])
    assert layer.name == case["config"]["name"]
    assert layer.dtype == "float64"
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
