from __future__ import annotations

import numpy as np

from pellucid.layers import RMSNormalization


def test_the_root_mean_square_becomes_the_scale() -> None:
    layer = RMSNormalization(axis=1, dtype="float64")
    x = np.arange(1.0, 25.0).reshape(2, 3, 4)
    layer(x)
    layer.set_weights([[2.0, 2.0, 2.0]])
    np.testing.assert_allclose(np.sqrt((layer(x) ** 2).mean(axis=1)), 2, rtol=1e-6)
    assert layer.scale.shape == (3,)


def test_zeros_stay_zeros() -> None:
    assert not RMSNormalization()(np.zeros((2, 3))).any()
