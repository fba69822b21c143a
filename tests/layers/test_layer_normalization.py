from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.initializers import Constant
from pellucid.layers import Dense, LayerNormalization, check_layer
from pellucid.rng import Key


def test_an_inner_axis_is_the_last_one_seen_from_another_side() -> None:
    x = Key(1).normal((2, 3, 4), "float64")
    inner = LayerNormalization(axis=1, dtype="float64")
    last = LayerNormalization(dtype="float64")
    inner.build((None, 3, 4))
    last.build((None, 4, 3))
    weights = [Key(2).normal((3,), "float64"), Key(3).normal((3,), "float64")]
    inner.set_weights(weights)
    last.set_weights(weights)
    turned = last(x.transpose(0, 2, 1)).transpose(0, 2, 1)
    np.testing.assert_allclose(inner(x), turned, rtol=1e-12)


@pytest.mark.parametrize("axis", [-1, (1, 2), [2, 1]])
def test_each_sample_has_mean_zero_and_variance_one(axis: int | list[int]) -> None:
    x = Key(1).normal((5, 3, 40), "float64", mean=4, stddev=9)
    y = LayerNormalization(axis=axis, dtype="float64")(x)
    over = (2,) if axis == -1 else (1, 2)
    np.testing.assert_allclose(y.mean(axis=over), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=over), 1, rtol=1e-3)


def test_training_and_inference_are_one() -> None:
    x = Key(1).normal((5, 3))
    layer = LayerNormalization()
    np.testing.assert_array_equal(layer(x), layer(x, training=True))


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        (-1, [[[0.0, 1.97705, 4.86807], [5.19457, 7.55039, 10.09143]],
              [[10.79985, 13.19619, 15.69778], [16.43369, 18.84602, 21.33194]]]),
        ([1, 2], [[[0.0, 0.70944, 1.74684], [2.95918, 4.30122, 5.74877]],
                  [[4.87908, 5.96168, 7.09183], [8.26526, 9.47854, 10.72882]]]),
    ],
)  # fmt: skip
def test_rms_scaling_is_that_of_keras(axis: int | list[int], expected: list[Any]) -> None:
    with pytest.warns(UserWarning, match="RMSNormalization"):
        layer = LayerNormalization(axis=axis, rms_scaling=True, scale=False, gamma_initializer=Constant(2.0))
    np.testing.assert_allclose(layer(np.arange(12.0).reshape(2, 2, 3) ** 1.3), expected, rtol=1e-5, atol=1e-6)
    assert [v.name for v in layer.weights] == ["gamma"]
    assert layer.beta is None
    assert layer.get_config()["rms_scaling"] is True
    assert layer.get_config()["center"] is True
    with pytest.warns(UserWarning, match="RMSNormalization"):  # from its config it is made anew
        assert check_layer(layer, (2, 3)).worst_error < 1e-6


@pytest.mark.filterwarnings("ignore:.*rms_scaling")
def test_a_network_with_rms_scaling_trains_on_the_definition() -> None:
    x = np.eye(4, dtype="float32") + 1
    got = []
    for eagerly in (False, True):
        model = pellucid.Sequential([LayerNormalization(rms_scaling=True, input_shape=(4,)), Dense(1)], seed=1)
        model.compile("sgd", "mse", run_eagerly=eagerly)
        model.fit(x, x[:, :1], epochs=3, verbose=0)
        got.append(model.get_weights())
    assert (got[0][0] != 1).all()
    assert all((a == b).all() for a, b in zip(*got, strict=True))
