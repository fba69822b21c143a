from __future__ import annotations

import numpy as np
import pytest

from pellucid.layers import GaussianDropout
from pellucid.rng import Key


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_noise_has_mean_one_and_dropouts_variance(rate: float) -> None:
    y, _ = GaussianDropout(rate).forward({}, np.ones((400, 500)), training=True, rng=Key(4))
    assert y.mean() == pytest.approx(1, abs=0.02)
    assert y.var() == pytest.approx(rate / (1 - rate), rel=0.02)


def test_the_gradient_is_the_noise() -> None:
    layer, x = GaussianDropout(0.5), np.full((2, 3), 2.0)
    y, cache = layer.forward({}, x, training=True, rng=Key(4))
    np.testing.assert_allclose(layer.backward({}, cache, np.ones((2, 3)))[0] * x, y)
