"""Global pools: ties, and steps that a mask lets not count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from laws.lowered import by_definition, forward_and_backward
from pellucid import layers as L
from pellucid.errors import ShapeError
from pellucid.rng import Key


def test_several_that_are_the_largest_share_the_gradient() -> None:
    x = np.array([[[1.0], [3.0], [3.0], [2.0]]], "float32")
    for found in (forward_and_backward(L.GlobalMaxPooling1D(), x)[1], by_definition(L.GlobalMaxPooling1D(), x)[1]):
        np.testing.assert_array_equal(found.ravel(), [0, 0.5, 0.5, 0])


@pytest.mark.parametrize("options", [{}, {"keepdims": True}], ids=str)
def test_only_steps_that_count_are_averaged(options: dict[str, Any]) -> None:
    def network() -> pellucid.Sequential:
        pool = L.GlobalAveragePooling1D(**options)
        model = pellucid.Sequential(
            [L.Input((5, 3)), L.Masking(), L.LayerNormalization(), pool, L.Flatten(), L.Dense(2)], seed=1
        )
        model.compile("sgd", "mse")
        return model

    x = Key(1).normal((6, 5, 3))
    x[0, 3:] = x[1, :4] = x[2, 1] = 0
    both_engines(network, x, Key(2).normal((6, 2)), steps=2)
    y = L.GlobalAveragePooling1D(**options)(x[:1], mask=[[True, True, True, False, False]])
    np.testing.assert_allclose(y.ravel(), x[0, :3].mean(axis=0), rtol=1e-6, atol=1e-7)


def test_a_mask_and_channels_first() -> None:
    x, mask = Key(1).normal((2, 3, 4)), np.array([[1, 0, 1, 0], [0, 0, 0, 1]], bool)
    layer = L.GlobalAveragePooling1D(data_format="channels_first")
    wanted = L.GlobalAveragePooling1D()(x.transpose(0, 2, 1), mask=mask)
    np.testing.assert_allclose(layer(x, mask=mask), wanted, rtol=1e-6, atol=1e-7)
    with pytest.raises(ShapeError, match=r"mask: expected shape \(2, 4\), got \(2, 3\)"):
        layer(x, mask=mask[:, :3])


def test_where_no_step_counts_the_mean_is_nan_as_in_keras() -> None:
    assert np.isnan(L.GlobalAveragePooling1D()(np.ones((1, 2, 1)), mask=[[False, False]])).all()
