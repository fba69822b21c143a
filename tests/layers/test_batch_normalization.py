from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pellucid.layers import BatchNormalization
from pellucid.rng import Key

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "layers.json").read_text())


def test_moving_averages_follow_keras_over_several_batches() -> None:
    layer = BatchNormalization(momentum=0.9, dtype="float64")
    found = GOLDEN["several_batches"]
    for x, (mean, variance) in zip(found["batches"], found["averages"], strict=True):
        layer(x, training=True)
        np.testing.assert_allclose(layer.moving_mean, mean, rtol=1e-12)
        np.testing.assert_allclose(layer.moving_variance, variance, rtol=1e-12)


def test_forward_leaves_the_moving_averages_to_state_after() -> None:
    layer, x = BatchNormalization(), np.array([[1.0], [3.0]], "float32")
    layer.build((None, 1))
    _, cache = layer.forward(layer.p, x, training=True, rng=Key(0))
    assert layer.moving_mean.tolist() == [0.0]
    after = layer.state_after(layer.p, cache)
    assert list(after) == ["moving_mean", "moving_variance"]
    np.testing.assert_allclose(after["moving_mean"], 0.02, rtol=1e-6)
    np.testing.assert_allclose(after["moving_variance"], 0.99 + 0.01 * 1.0, rtol=1e-6)  # σ² over N, not N − 1


@pytest.mark.parametrize("training", [False, True])
def test_a_frozen_layer_uses_and_keeps_its_moving_averages(training: bool) -> None:
    layer = BatchNormalization(trainable=False, epsilon=1e-12, dtype="float64")
    layer.build((None, 2))
    layer.set_weights([[1.0, 1.0], [0.0, 0.0], [1.0, 2.0], [4.0, 9.0]])
    y = layer([[3.0, 5.0]], training=training)
    np.testing.assert_allclose(y, [[1.0, 1.0]])
    assert layer.moving_mean.tolist() == [1.0, 2.0]


def test_training_standardizes_each_channel_and_inference_a_row_alone() -> None:
    x = Key(1).normal((64, 5, 3), "float64", mean=7, stddev=3)
    layer = BatchNormalization(dtype="float64")
    y = layer(x, training=True)
    np.testing.assert_allclose(y.mean(axis=(0, 1)), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=(0, 1)), 1, rtol=1e-3)
    np.testing.assert_allclose(layer(x[:1]), (x[:1] - layer.moving_mean) / np.sqrt(layer.moving_variance + 1e-3))


def test_a_batch_of_one_gives_beta() -> None:
    layer = BatchNormalization(beta_initializer="ones")
    assert layer([[5.0, -3.0]], training=True).tolist() == [[1.0, 1.0]]


def test_switches_leave_parameters_out() -> None:
    for scale, center, names in (
        (True, True, ["gamma", "beta", "moving_mean", "moving_variance"]),
        (False, True, ["beta", "moving_mean", "moving_variance"]),
        (True, False, ["gamma", "moving_mean", "moving_variance"]),
        (False, False, ["moving_mean", "moving_variance"]),
    ):
        specs = BatchNormalization(scale=scale, center=center).parameters((4,))
        assert [s.name for s in specs] == names
        assert [s.trainable for s in specs] == [n in ("gamma", "beta") for n in names]


def test_far_from_zero_float32_keeps_its_digits() -> None:
    x = Key(1).normal((256, 2), "float64", mean=1000, stddev=1)
    wide = BatchNormalization(dtype="float64")(x, training=True)
    y = BatchNormalization()(x, training=True)
    np.testing.assert_allclose(y, wide, atol=1e-3)
