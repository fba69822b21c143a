from __future__ import annotations

import numpy as np
import pytest

from pellucid.layers import LayerNormalization
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
