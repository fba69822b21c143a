from __future__ import annotations

import numpy as np

from pellucid.layers import Dense


def test_last_axis_is_mixed_the_others_stay() -> None:
    layer = Dense(2, dtype="float64")
    x = np.arange(24.0).reshape(2, 3, 4)
    y = layer(x)
    np.testing.assert_allclose(y[1, 2], x[1, 2] @ layer.kernel + layer.bias)


def test_parts_are_kept_and_given_to_the_parameters() -> None:
    layer = Dense(2, kernel_regularizer="l2", bias_constraint="non_neg", bias_initializer="ones")
    kernel, bias = layer.parameters((3,))
    assert kernel.regularizer is layer.kernel_regularizer is not None
    assert bias.constraint is layer.bias_constraint is not None
    assert layer([[0.0, 0.0, 0.0]]).tolist() == [[1.0, 1.0]]


def test_seeded_initializers_repeat() -> None:
    one, two = (Dense(3, kernel_initializer={"class_name": "GlorotUniform", "config": {"seed": 5}}) for _ in range(2))
    one.build((None, 4))
    two.build((None, 4))
    np.testing.assert_array_equal(one.kernel, two.kernel)
    assert not one.bias.any()
