from __future__ import annotations

import numpy as np

from pellucid import layers as L
from pellucid.layers import ActivityRegularization


def test_the_penalty_is_an_activity_regularizer_made_from_l1_and_l2() -> None:
    layer = ActivityRegularization(l1=0.5, l2=0.25)
    x = np.array([[-1.0, 2.0]])
    np.testing.assert_array_equal(layer(x), x)
    assert layer.activity_regularizer is not None
    assert float(layer.activity_regularizer(x)) == 0.5 * 3 + 0.25 * 5
    np.testing.assert_allclose(layer.activity_regularizer.grad(x), [[-0.5 - 0.5, 0.5 + 1.0]])
    assert "activity_regularizer" not in layer.get_config()


def test_a_layer_called_by_hand_tells_its_penalty() -> None:
    layer = L.ActivityRegularization(l1=0.1, l2=0.01)
    assert layer.losses == []
    x = np.array([[1.0, -2.0], [3.0, 0.0]])
    layer(x)
    np.testing.assert_allclose(layer.losses, [(0.1 * 6 + 0.01 * 14) / 2])
    dense = L.Dense(2, activity_regularizer="l2", kernel_regularizer="l2")
    dense(x)
    assert len(dense.losses) == 2
