from __future__ import annotations

import numpy as np
import pytest

from pellucid.layers import GaussianNoise
from pellucid.rng import Key


def test_noise_has_mean_zero_and_the_deviation_asked_for() -> None:
    y, _ = GaussianNoise(0.3).forward({}, np.full((400, 500), 5.0), training=True, rng=Key(4))
    assert y.mean() == pytest.approx(5, abs=0.005)
    assert y.std() == pytest.approx(0.3, rel=0.01)
