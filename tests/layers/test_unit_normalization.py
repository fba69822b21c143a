from __future__ import annotations

import numpy as np

from pellucid.layers import UnitNormalization
from pellucid.rng import Key


def test_length_one_and_zeros_stay_zeros() -> None:
    y = UnitNormalization()([[3.0, 4.0], [0.0, 0.0]])
    np.testing.assert_allclose(y, [[0.6, 0.8], [0.0, 0.0]], rtol=1e-6)


def test_several_axes_are_one_length() -> None:
    y = UnitNormalization(axis=(1, 2), dtype="float64")(np.arange(24.0).reshape(2, 3, 4))
    np.testing.assert_allclose((y**2).sum(axis=(1, 2)), 1)


def test_the_gradient_at_zero_is_that_of_a_constant_divisor() -> None:
    layer = UnitNormalization(dtype="float64")
    _, cache = layer.forward({}, np.zeros((1, 2)), training=True, rng=Key(0))
    np.testing.assert_allclose(layer.backward({}, cache, np.ones((1, 2)))[0], 1e12)
