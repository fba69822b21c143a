"""Layers that change pictures at random: the laws that their numbers follow, and what they do with a picture."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import layers as L
from pellucid.rng import Key
from pellucid.training.engine import engine_of

PICTURE = np.arange(1.0, 13.0).reshape(1, 3, 4, 1)
MANY = np.repeat(PICTURE, 400, axis=0)


def drawn(layer: L.Layer, x: np.ndarray = MANY, seed: int = 1) -> np.ndarray:
    y, _ = layer.forward({}, x, training=True, rng=Key(seed))
    return y


@pytest.mark.parametrize("mode", ["horizontal", "vertical", "horizontal_and_vertical"])
def test_half_of_the_pictures_are_mirrored(mode: str) -> None:
    y = drawn(L.RandomFlip(mode))
    axes = {"horizontal": 1, "vertical": 0, "horizontal_and_vertical": (0, 1)}[mode]
    mirrored = (y == np.flip(PICTURE[0], axes)).all(axis=(1, 2, 3))
    assert ((y == PICTURE).all(axis=(1, 2, 3)) | mirrored).all()
    assert 160 < mirrored.sum() < 240


def test_a_quarter_turn_is_counter_clockwise() -> None:
    square = np.arange(9.0).reshape(1, 3, 3, 1)
    y = drawn(L.RandomRotation((0.25, 0.25)), square)
    np.testing.assert_allclose(y[0, ..., 0], np.rot90(square[0, ..., 0]), atol=1e-12)


def test_a_picture_is_moved_down_and_to_the_right() -> None:
    y = drawn(L.RandomTranslation((1 / 3, 1 / 3), (0.25, 0.25), "constant"), PICTURE)
    np.testing.assert_allclose(y[0, 1:, 1:, 0], PICTURE[0, :-1, :-1, 0], rtol=1e-6)
    np.testing.assert_allclose([y[0, 0].sum(), y[0, :, 0].sum()], 0, atol=1e-5)


def test_shares_are_uniform() -> None:
    ramp = np.broadcast_to(np.arange(101.0)[:, None, None], (2000, 101, 1, 1))
    moved = 50 - drawn(L.RandomTranslation((-0.2, 0.4), 0.0), ramp)[:, 50, 0, 0]
    assert moved.min() >= -0.2 * 101 - 1e-6
    assert moved.max() <= 0.4 * 101 + 1e-6
    np.testing.assert_allclose(np.histogram(moved, 4, (-20.2, 40.4))[0], 500, atol=70)


def test_a_zoom_leaves_the_middle_and_stretches_both_ways_alike() -> None:
    square = np.arange(25.0).reshape(1, 5, 5, 1)
    y = drawn(L.RandomZoom((-0.5, -0.5)), square)
    np.testing.assert_allclose(y[0, ..., 0], square[0, 1:4:1, 1:4:1, 0][[0, 0, 1, 1, 2]][:, [0, 0, 1, 1, 2]] * 0.5 + (
        square[0, 1:4, 1:4, 0][[0, 1, 1, 2, 2]][:, [0, 1, 1, 2, 2]] * 0.5
    ))  # fmt: skip
    assert (drawn(L.RandomZoom((-0.5, -0.5), (0.0, 0.0)), square)[0, 2, :, 0] == square[0, 2, :, 0]).all()


def test_brightness_and_contrast_stay_within_the_range() -> None:
    y = drawn(L.RandomBrightness((0.5, 1.0), value_range=(0, 12)))
    np.testing.assert_allclose(y[:, 0, 0, 0] - 1, np.clip(y[:, 0, 0, 0] - 1, 6, 11))
    assert y.max() == 12
    layer = L.RandomBrightness((0.5, 0.5), value_range=(0, 12))
    _, cache = layer.forward({}, PICTURE, training=True, rng=Key(1))
    np.testing.assert_array_equal(layer.backward({}, cache, np.ones_like(PICTURE))[0], PICTURE <= 6)

    y = drawn(L.RandomContrast((0.0, 0.5), value_range=(-50, 50)))
    np.testing.assert_allclose(y.mean(axis=(1, 2, 3)), 6.5)
    stretched = (y[:, 0, 0, 0] - 6.5) / (1 - 6.5)
    assert 1 <= stretched.min() < 1.05
    assert 1.45 < stretched.max() <= 1.5
    assert L.RandomContrast(0.5).factor == (0.0, 0.5)


def test_a_crop_lies_anywhere_but_in_prediction() -> None:
    found = {drawn(L.RandomCrop(2, 2), PICTURE, seed)[0, 0, 0, 0] for seed in range(60)}
    assert found == {1.0, 2.0, 3.0, 5.0, 6.0, 7.0}
    layer = L.RandomCrop(2, 2)
    np.testing.assert_array_equal(layer(PICTURE, training=False), L.Resizing(2, 2, crop_to_aspect_ratio=True)(PICTURE))
    np.testing.assert_array_equal(drawn(L.RandomCrop(3, 2), PICTURE), L.RandomCrop(3, 2)(PICTURE))


@pytest.mark.parametrize("make", [lambda seed: L.RandomFlip(seed=seed), lambda seed: L.RandomZoom(0.3, seed=seed)])
def test_a_seed_of_its_own_gives_the_same_wherever_the_layer_stands(make: object) -> None:
    np.testing.assert_array_equal(drawn(make(3), seed=1), drawn(make(3), seed=2))
    assert (drawn(make(None), seed=1) != drawn(make(None), seed=2)).any()


def test_a_network_learns_on_the_engine_and_predicts_without_chance() -> None:
    model = pellucid.Sequential(
        [L.Input((3, 4, 1)), L.RandomFlip(), L.RandomRotation(0.1), L.RandomContrast(0.2), L.Flatten(), L.Dense(1)]
    )
    model.compile("sgd", "mse")
    x = MANY[:8] / 12
    model.fit(x, np.ones((8, 1)), epochs=2, verbose=0)
    assert not engine_of(model).refusal
    wanted = x.reshape(8, 12) @ model.get_weights()[0] + model.get_weights()[1]
    np.testing.assert_allclose(model.predict(x, verbose=0), wanted, rtol=1e-5, atol=1e-6)
