from __future__ import annotations

import numpy as np
import pytest

from pellucid.layers import PReLU
from pellucid.rng import Key


@pytest.mark.parametrize(
    ("shared_axes", "shape"),
    [(None, (2, 3, 4)), ([1], (1, 3, 4)), ([1, 2], (1, 1, 4)), (3, (2, 3, 1)), ((1, 2, 3), (1, 1, 1))],
)
def test_shared_axes_have_one_alpha(shared_axes: object, shape: tuple[int, ...]) -> None:
    layer = PReLU(shared_axes=shared_axes)
    layer.build((None, 2, 3, 4))
    assert layer.alpha.shape == shape


def test_at_zero_the_slope_is_zero() -> None:
    layer = PReLU("ones", dtype="float64")
    layer.build((None, 1))
    _, cache = layer.forward(layer.p, np.zeros((1, 1)), training=True, rng=Key(0))
    dx, _ = layer.backward(layer.p, cache, np.ones((1, 1)))
    assert dx.tolist() == [[0.0]]
