from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import layers as L
from pellucid.errors import ShapeError
from pellucid.rng import Key


def dropped(layer: L.Layer, x: np.ndarray, key: int = 1) -> tuple[np.ndarray, object]:
    return layer.forward({}, x, training=True, rng=Key(key))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_the_share_dropped_is_the_rate_and_the_mean_stays(rate: float) -> None:
    x = np.ones((200, 500))
    y, _ = dropped(L.Dropout(rate), x)
    assert (y == 0).mean() == pytest.approx(rate, abs=0.006)  # four deviations of 100,000 draws
    assert y.mean() == pytest.approx(1.0, abs=4 * (rate / (1 - rate) / x.size) ** 0.5)
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate))


def test_the_mask_is_uniform_numbers_of_the_key_in_float32() -> None:
    x = np.ones((4, 5))
    mask = Key(1).uniform((4, 5)) >= 0.3
    for dtype in ("float32", "float64"):
        y, _ = dropped(L.Dropout(0.3), x.astype(dtype))
        np.testing.assert_array_equal(y != 0, mask)
        assert y.dtype == dtype


def test_a_seed_of_its_own_and_the_step_are_all_that_the_mask_depends_on() -> None:
    x = np.ones((4, 50))
    for rng in (Key(1).fold("noise", 3, 0), Key(2).fold("noise", 3).fold(7, 1)):
        y, _ = L.Dropout(0.3, seed=9).forward({}, x, training=True, rng=rng)
        np.testing.assert_array_equal(y != 0, Key(9).fold(3).uniform((4, 50)) >= 0.3)
    y, _ = dropped(L.Dropout(0.3, seed=9), x)  # a key that no step was folded into
    np.testing.assert_array_equal(y != 0, Key(9).fold(1).uniform((4, 50)) >= 0.3)


@pytest.mark.parametrize("kind", [L.Dropout, L.AlphaDropout, L.GaussianDropout, L.GaussianNoise])
def test_one_key_one_noise_other_keys_and_seeds_others(kind: type[L.Layer]) -> None:
    x = np.ones((8, 40), "float32")
    first, _ = dropped(kind(0.5), x)
    np.testing.assert_array_equal(first, dropped(kind(0.5), x)[0])
    assert (first != dropped(kind(0.5), x, 2)[0]).mean() > 0.2
    assert (first != dropped(kind(0.5, seed=0), x)[0]).mean() > 0.2
    wide, _ = dropped(kind(0.5), x.astype("float64"))
    np.testing.assert_allclose(wide, first, rtol=1e-6)


@pytest.mark.parametrize("kind", [L.Dropout, L.AlphaDropout, L.GaussianDropout, L.GaussianNoise])
def test_inference_and_rate_zero_pass_x_through(kind: type[L.Layer]) -> None:
    x = np.ones((8, 40), "float32")
    assert kind(0.5).forward({}, x, training=False, rng=Key(1))[0] is x
    assert dropped(kind(0.0), x)[0] is x


def test_rate_one_drops_everything() -> None:
    y, cache = dropped(L.Dropout(1.0), np.ones((3, 4)))
    assert not y.any()
    assert not L.Dropout(1.0).backward({}, cache, np.ones((3, 4)))[0].any()


def test_the_gradient_goes_through_the_same_mask() -> None:
    layer = L.Dropout(0.5)
    y, cache = dropped(layer, np.ones((6, 7)))
    dx, _ = layer.backward({}, cache, np.full((6, 7), 3.0))
    np.testing.assert_allclose(dx, 3 * y)


def test_noise_shape_shares_the_mask_along_its_ones() -> None:
    y, _ = dropped(L.Dropout(0.5, noise_shape=(None, 1, 8)), np.ones((16, 5, 8)))
    assert (y == y[:, :1]).all()
    assert 0 < (y == 0).mean() < 1
    y, _ = dropped(L.Dropout(0.5, noise_shape=[1, None, 1]), np.ones((16, 5, 8)))
    assert (y == y[:1, :, :1]).all()


@pytest.mark.parametrize("noise_shape", [(None, 3), (None, 2, 8), (None, 1, 8, 1), (1,)])
def test_a_noise_shape_that_does_not_fit_is_told(noise_shape: tuple[int | None, ...]) -> None:
    with pytest.raises(ShapeError, match="layer 'dropout', input: expected a shape that noise_shape"):
        dropped(L.Dropout(0.5, noise_shape=noise_shape), np.ones((16, 5, 8)))


def test_nan_and_infinity_are_dropped_too() -> None:
    y, _ = dropped(L.Dropout(0.5), np.full((4, 50), np.inf))
    assert set(np.unique(y)) == {0.0, np.inf}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.floats(0, 1), st.integers(0, 2**62))
def test_any_shape_rate_and_key(shape: list[int], rate: float, seed: int) -> None:
    x = np.ones(shape, "float32")
    layer = L.Dropout(rate)
    y, cache = dropped(layer, x, seed)
    dx, _ = layer.backward({}, cache, x)
    assert y.shape == x.shape == dx.shape
    assert y.dtype == dx.dtype == np.float32
    np.testing.assert_array_equal(y, dx)
