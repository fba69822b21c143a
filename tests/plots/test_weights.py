"""First-layer weights as pictures: every weight is where its input is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import errors
from pellucid.plots import first_layer_weights
from pellucid.plots.weights import GAP, mosaic, picture_shape, strongest


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 5))
def test_a_mosaic_holds_each_unit_once(O: int, h: int, w: int):
    W = np.arange(h * w * O, dtype=float).reshape(h * w, O)
    picture = mosaic(W, (h, w))
    assert np.array_equal(np.sort(picture[~np.isnan(picture)]), np.arange(h * w * O))
    assert np.array_equal(picture[:h, :w], W[:, 0].reshape(h, w))
    columns = (picture.shape[1] + GAP) // (w + GAP)
    last = divmod(O - 1, columns)
    top, left = last[0] * (h + GAP), last[1] * (w + GAP)
    assert np.array_equal(picture[top : top + h, left : left + w], W[:, -1].reshape(h, w))


def test_the_strongest_units_are_kept_in_their_order():
    W = np.array([[0.0, 3.0, 1.0, -5.0]])
    assert strongest(W, 2).tolist() == [1, 3]
    assert strongest(W, 9).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("I", "shape", "expected"),
    [
        (64, None, (8, 8)),
        (13, None, None),
        (1, None, None),
        (16, (), None),
        (12, (3, 4), (3, 4)),
        (12, (2, 2, 3), (2, 2, 3)),
    ],
)
def test_the_shape_of_a_picture(I: int, shape: tuple[int, ...] | None, expected: tuple[int, ...] | None):
    assert picture_shape(I, shape) == expected


def test_the_colours_are_even_about_zero():
    image = first_layer_weights(np.random.default_rng(0).normal(1, 1, (9, 4))).axes[0].images[0]
    low, high = image.get_clim()
    assert low == -high < 0


def test_inputs_that_are_no_picture_are_a_table():
    W = np.random.default_rng(0).normal(size=(13, 5))
    assert np.array_equal(first_layer_weights(W).axes[0].images[0].get_array(), W)
    assert np.array_equal(first_layer_weights(W[:9], shape=()).axes[0].images[0].get_array(), W[:9])


def test_channels_are_averaged():
    W = np.random.default_rng(0).normal(size=(2 * 2 * 3, 1))
    assert np.allclose(mosaic(W, (2, 2, 3)), W.reshape(2, 2, 3).mean(axis=-1))


def test_what_is_no_kernel_is_told():
    with pytest.raises(errors.ShapeError, match="a kernel"):
        first_layer_weights(np.zeros(9))
    with pytest.raises(errors.ShapeError, match="height and width of 9 inputs"):
        first_layer_weights(np.zeros((9, 2)), shape=(2, 4))
    with pytest.raises(errors.DataError, match="finite"):
        first_layer_weights(np.full((9, 2), np.nan))
    first_layer_weights(np.zeros((9, 2)))  # all alike: no division by zero
