from __future__ import annotations

import numpy as np
import pytest

from pellucid.activations import activations
from pellucid.layers import AlphaDropout
from pellucid.rng import Key


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_mean_and_variance_stay(rate: float) -> None:
    x = Key(3).normal((400, 500), "float64")
    y, _ = AlphaDropout(rate).forward({}, x, training=True, rng=Key(4))
    assert y.mean() == pytest.approx(0, abs=0.01)
    assert y.var() == pytest.approx(1, abs=0.02)


def test_dropped_entries_take_selus_lowest_value() -> None:
    rate, alpha = 0.3, float(activations.get("selu")(np.array([-100.0]))[0])
    y, _ = AlphaDropout(rate).forward({}, np.full((5, 60), 2.0), training=True, rng=Key(4))
    a = ((1 - rate) * (1 + rate * alpha**2)) ** -0.5
    low, high = np.unique(y.round(10))
    assert low == pytest.approx(a * alpha - a * alpha * rate)
    assert high == pytest.approx(a * 2 - a * alpha * rate)
    assert (y < 0).mean() == pytest.approx(rate, abs=0.1)
