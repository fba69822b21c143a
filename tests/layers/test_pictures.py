"""The layers for pictures against Keras: outputs and gradients in float64 (tests/golden/pictures.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.test_golden import from_keras
from pellucid import layers as L
from pellucid.layers.warping import corners, warped, warped_grad
from pellucid.rng import Key

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "pictures.json").read_text())


def told(case: dict[str, Any]) -> str:
    return f"{case['class_name']}-{'x'.join(map(str, np.shape(case['x'])))}"


every_case = pytest.mark.parametrize("case", GOLDEN["cases"], ids=[told(c) for c in GOLDEN["cases"]])


def close(ours: Any, keras: Any) -> None:
    assert np.shape(ours) == np.shape(keras)
    np.testing.assert_allclose(ours, keras, rtol=1e-9, atol=1e-10)


@every_case
def test_layers_compute_what_keras_computes(case: dict[str, Any]) -> None:
    layer = from_keras(case)
    y, cache = layer.forward(layer.p, np.array(case["x"]), training=False, rng=Key(0))
    dx, gradients = layer.backward(layer.p, cache, np.array(case["dy"]))
    assert y.dtype == np.float64
    close(y, case["inference"]["y"])
    close(dx, case["inference"]["dx"])
    assert gradients.keys() == case["inference"]["gradients"].keys()
    for name, g in case["inference"]["gradients"].items():
        close(gradients[name], g)


@every_case
def test_names_and_configs_are_keras_s(case: dict[str, Any]) -> None:
    layer = from_keras(case)
    assert [s.name for s in layer.specs if s.trainable] == case["names"]
    assert layer.get_config().keys() <= case["config"].keys()
    assert layer.name == case["config"]["name"]
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize(
    "case", GOLDEN["warps"], ids=[f"{c['fill_mode']}-{c['interpolation']}" for c in GOLDEN["warps"]]
)
def test_pictures_are_warped_as_keras_warps_them(case: dict[str, Any]) -> None:
    x = np.array(case["x"])
    met = corners(x.shape[1:3], np.array([case["transform"]]), case["interpolation"], case["fill_mode"])
    y = warped(x, met, case["fill_value"])
    close(y, case["y"])
    close(warped_grad(y, met), case["dx"])


def test_every_layer_for_pictures_has_a_case() -> None:
    told = {case["class_name"] for case in GOLDEN["cases"]}
    kinds = ("Conv", "Pooling", "Padding", "Cropping", "UpSampling", "Spatial", "Resizing", "CenterCrop", "GroupNorm")
    assert told >= {name for name in L.__all__ if any(kind in name for kind in kinds) and "LSTM" not in name}
