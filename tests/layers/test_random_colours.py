"""Layers that change colours and parts of pictures at random, and ops on pictures: Keras's numbers, and laws."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import layers as L
from pellucid import ops
from pellucid.errors import PellucidError
from pellucid.rng import Key
from pellucid.training.engine import engine_of

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "colours.json").read_text("utf-8"))
X = np.array(GOLDEN["x"])


def drawn(layer: L.Layer, x: np.ndarray, seed: int = 1) -> np.ndarray:
    y, _ = layer.forward({}, x, training=True, rng=Key(seed))
    return y


@pytest.mark.parametrize(("name", "options", "wanted"), GOLDEN["layers"])
def test_a_layer_gives_keras_s_numbers(name: str, options: dict[str, Any], wanted: Any) -> None:
    layer = getattr(L, name)(**options)
    found = [drawn(layer, X, seed) for seed in range(12 if name == "RandomShear" else 1)]  # a shear has two signs
    assert any(np.allclose(y, wanted, rtol=0, atol=2e-6) for y in found)


@pytest.mark.parametrize(("name", "args", "options", "wanted"), GOLDEN["ops"])
def test_an_op_on_pictures_gives_keras_s_numbers(name: str, args: Any, options: dict[str, Any], wanted: Any) -> None:
    op = getattr(ops.image, name)
    y = op(X, *args, **options)
    np.testing.assert_allclose(y, wanted, rtol=0, atol=2e-6)
    np.testing.assert_array_equal(op(X[0], *args, **options), y[0])
    first = op(X.transpose(0, 3, 1, 2), *args, **options, data_format="channels_first")
    np.testing.assert_allclose(first, y.transpose(0, 3, 1, 2), rtol=0, atol=1e-12)
    x = L.Input(X.shape[1:])
    model = pellucid.Model(x, op(x, *args, **options))
    assert model.output_shape == (None, *y.shape[1:])
    np.testing.assert_allclose(model.predict(X, verbose=0), wanted, rtol=0, atol=1e-5)
    again = pellucid.Model.from_config(model.get_config())
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    assert not engine_of(model).refusal


def test_a_rectangle_is_erased_somewhere() -> None:
    x = np.ones((300, 10, 10, 1))
    y = drawn(L.RandomErasing(0.9, (0.2, 0.3), fill_value=0), x)
    gone = (y == 0).sum(axis=(1, 2, 3))
    assert 0.35 < (gone > 0).mean() < 0.55  # a chance that is uniform up to 0.9
    assert gone[gone > 0].min() >= 16
    assert gone.max() <= 36
    rows = (y == 0).any(axis=(2, 3))
    assert {*np.flatnonzero(rows.any(axis=0))} == set(
        range(1, 10)
    )  # as in Keras, whose rectangles begin behind the edge
    noise = drawn(L.RandomErasing((1.0, 1.0), (1.0, 1.0), value_range=(0, 2)), x)
    np.testing.assert_allclose([noise.mean(), noise.std()], [0, 2], atol=0.05)


def test_a_share_of_the_pictures_is_changed() -> None:
    x = Key(2).uniform((400, 1, 1, 3))
    for layer, low, high in ((L.RandomGrayscale(0.3), 0.22, 0.38), (L.RandomInvert(1.0, (0, 1)), 0.42, 0.58)):
        assert low < (drawn(layer, x) != x).any(axis=(1, 2, 3)).mean() < high
        np.testing.assert_array_equal(layer(x, training=False), x)


def test_the_engine_leaves_training_with_them_to_the_definition_by_name() -> None:
    model = pellucid.Sequential([L.Input((3, 4, 3)), L.RandomSharpness(0.5), L.Flatten(), L.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, np.ones((1, 1)), verbose=0)
    assert "RandomSharpness) in training" in engine_of(model).refusal


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: L.RandomGrayscale()(np.ones((1, 2, 2, 2))), "three channels, or one"),
        (lambda: L.RandomSaturation(0.5)(np.ones((1, 2, 2, 1))), "three channels"),
        (lambda: L.RandomErasing(fill_value=(1, 2, 3))(np.ones((1, 2, 2, 1))), "as fill_value has"),
        (lambda: ops.image.rgb_to_hsv(np.ones((2, 2, 1))), "three channels"),
        (lambda: ops.image.resize(X, 3), "size: expected .height, width."),
        (lambda: ops.image.gaussian_blur(X, 3, 0.0), "sigma: expected numbers above 0"),
        (lambda: ops.image.crop_images(X, top_cropping=1), "expected two of the three"),
        (lambda: ops.image.pad_images(X, top_padding=1, target_height=2, left_padding=0, right_padding=0), "3 pixels"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, told: str) -> None:
    with pytest.raises(PellucidError, match=told):
        call()
