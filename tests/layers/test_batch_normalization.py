from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.initializers import Constant
from pellucid.layers import BatchNormalization, Dense
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


# Batch renormalization; the numbers are Keras 3.15's ---------------------------------------------------------------

X = np.array([[1.0, -2.0], [3.0, 0.5], [-1.0, 4.0], [0.25, 2.0]], "float32")
OPTIONS: dict[str, Any] = {
    "renorm": True, "renorm_momentum": 0.5, "momentum": 0.8, "gamma_initializer": Constant(2.0),
    "beta_initializer": Constant(0.5), "moving_variance_initializer": Constant(4.0),
}  # fmt: skip
CLIPS = {"rmin": 0.5, "rmax": 1.5, "dmax": 0.3}
RENORMED = [
    (
        None,
        [[1.5, -1.5], [3.5, 1.0], [-0.5, 4.5], [0.75, 2.5]],
        [[3.50605, -2.90063], [8.1419, 1.87218], [-1.12979, 8.55411], [1.76761, 4.73587]],
    ),
    (
        CLIPS,
        [[1.2875, -2.025], [3.2875, 0.475], [-0.7125, 3.975], [0.5375, 1.975]],
        [[1.48763, -3.18036], [5.6224, 0.24393], [-2.64713, 5.03794], [-0.0629, 2.2985]],
    ),
]


@pytest.mark.parametrize(("clipping", "first", "second"), RENORMED, ids=["free", "clipped"])
def test_renorm_follows_keras(clipping: Any, first: list[Any], second: list[Any]) -> None:
    layer = BatchNormalization(renorm_clipping=clipping, **OPTIONS)
    np.testing.assert_allclose(layer(X, training=True), first, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer(2 * X + 1, training=True), second, rtol=1e-4)
    kept = {v.name: v.numpy() for v in layer.weights}
    assert list(kept) == [
        "gamma", "beta", "moving_mean", "moving_variance", "moving_stddev", "renorm_mean", "renorm_stddev"
    ]  # fmt: skip
    np.testing.assert_allclose(kept["moving_mean"], [0.655, 0.83], rtol=1e-5)
    np.testing.assert_allclose(kept["moving_variance"], [4.37824, 6.28184], rtol=1e-5)
    np.testing.assert_allclose(kept["moving_stddev"], [2.09266, 2.50656], rtol=1e-5)
    np.testing.assert_allclose(kept["renorm_mean"], [1.51562, 1.90625], rtol=1e-5)
    np.testing.assert_allclose(kept["renorm_stddev"], [2.31395, 3.23784], rtol=1e-5)
    np.testing.assert_allclose(layer(X)[0], [0.82972, -1.75808], rtol=1e-5, atol=1e-6)
    again = BatchNormalization.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert again.renorm_clipping == clipping


@pytest.mark.parametrize("clipping", [None, CLIPS])
def test_the_gradient_takes_the_corrections_as_constants(clipping: Any) -> None:
    """With r and d held, the layer is plain batch normalization with γ·r and γ·d + β in place of γ and β."""
    layer = BatchNormalization(renorm_clipping=clipping, dtype="float64", **OPTIONS)
    x = X.astype("float64")
    layer(x - 1, training=True)
    dy = Key(3).normal(x.shape, "float64")
    y, cache = layer.forward(layer.p, x, training=True, rng=Key(0))
    dx, grads = layer.backward(layer.p, cache, dy)
    r, d = (c.reshape(-1) for c in cache.corrections)
    plain = BatchNormalization(dtype="float64")
    plain.build((None, 2))
    for name, value in (("gamma", layer.p["gamma"] * r), ("beta", layer.p["gamma"] * d + layer.p["beta"])):
        plain.p[name][...] = value
    same, its_cache = plain.forward(plain.p, x, training=True, rng=Key(0))
    its_dx, its_grads = plain.backward(plain.p, its_cache, dy)
    np.testing.assert_allclose(y, same, rtol=1e-12)
    np.testing.assert_allclose(dx, its_dx, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(grads["beta"], its_grads["beta"], rtol=1e-12)
    np.testing.assert_allclose(grads["gamma"], its_grads["gamma"] * r + its_grads["beta"] * d, rtol=1e-9)


def test_a_network_with_renorm_trains_and_is_saved(tmp_path: Path) -> None:
    layers = [BatchNormalization(renorm=True, input_shape=(2,)), Dense(1)]
    model = pellucid.Sequential(layers, seed=1)
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], epochs=3, verbose=0)
    assert (layers[0].renorm_stddev != 1).all()
    model.save(tmp_path / "m.keras")
    loaded = pellucid.saving.load_model(tmp_path / "m.keras")
    assert all((a == b).all() for a, b in zip(loaded.get_weights(), model.get_weights(), strict=True))
    assert loaded.layers[0].renorm is True


def test_its_parameters_are_none_before_it_is_built() -> None:
    layer = BatchNormalization()
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    assert [getattr(layer, name) for name in names] == [None] * 4
    layer.build((None, 3))
    assert [getattr(layer, name).tolist() for name in names] == [[1] * 3, [0] * 3, [0] * 3, [1] * 3]
