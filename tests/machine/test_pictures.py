"""Layers that change pictures at random do on the engine what the definition does, with the same numbers drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from laws.engines import both_engines
from machine.test_noise_layers import KEY, PATH, STEP, applied, network
from pellucid import layers as L
from pellucid.program import CannotLower
from pellucid.rng import Key

Make = Callable[[], L.Layer]
LAYERS: dict[str, tuple[Make, tuple[int, ...]]] = {
    "flip": (L.RandomFlip, (4, 5, 3)),
    "flip left to right, seeded": (lambda: L.RandomFlip("horizontal", seed=3), (4, 5, 1)),
    "flip upside down, channels first": (lambda: L.RandomFlip("vertical", data_format="channels_first"), (2, 4, 5)),
    "rotation": (lambda: L.RandomRotation(0.3), (7, 6, 2)),
    "rotation, constant": (lambda: L.RandomRotation((0.1, 0.4), "constant", fill_value=0.7, seed=5), (7, 6, 1)),
    "rotation, nearest pixel": (lambda: L.RandomRotation(0.3, "wrap", "nearest"), (7, 6, 2)),
    "translation": (lambda: L.RandomTranslation(0.9, (-0.4, 0.7)), (7, 6, 2)),
    "translation, nearest": (lambda: L.RandomTranslation(0.3, 0.2, "nearest"), (1, 6, 2)),
    "translation, constant, nearest pixel": (lambda: L.RandomTranslation(0.3, 0.6, "constant", "nearest"), (5, 5, 3)),
    "zoom": (lambda: L.RandomZoom(0.5), (7, 6, 2)),
    "zoom of both": (lambda: L.RandomZoom((-0.7, 0.2), (0.1, 0.9), "wrap", data_format="channels_first"), (2, 7, 6)),
    "brightness": (lambda: L.RandomBrightness(0.4, value_range=(-1, 1)), (4, 5, 3)),
    "contrast": (lambda: L.RandomContrast((0.9, 0.8), value_range=(-1, 1)), (4, 5, 3)),
    "invert": (lambda: L.RandomInvert((0.2, 0.9), value_range=(0, 1)), (4, 5, 3)),
    "crop": (lambda: L.RandomCrop(3, 4), (5, 7, 2)),
    "crop, seeded, channels first": (lambda: L.RandomCrop(5, 2, seed=8, data_format="channels_first"), (3, 6, 7)),
    "crop of what is small": (lambda: L.RandomCrop(5, 7), (5, 7, 2)),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_what_the_definition_makes(kind: str) -> None:
    """And the same bits on any number of threads."""
    make, shape = LAYERS[kind]
    for batch in (1, 9):
        x, layer = Key(2).normal((batch, *shape)), make()
        y = applied(layer, x)
        wanted, _ = layer.forward({}, x, training=True, rng=KEY.noise(STEP).fold(PATH[0]).fold(PATH[1]))
        np.testing.assert_allclose(y, wanted, rtol=0, atol=2e-6)
        for threads in (2, 4):
            np.testing.assert_array_equal(applied(layer, x, threads), y)


@pytest.mark.parametrize("kind", LAYERS)
def test_both_engines_train_alike(kind: str) -> None:
    """With what comes back going on to a layer before."""
    make, shape = LAYERS[kind]
    x, y = Key(1).normal((9, *shape)), np.arange(9) % 3
    both_engines(lambda: network(shape, lambda: [L.PReLU("uniform"), make()]), x, y)


@pytest.mark.parametrize("kind", ["flip", "rotation", "crop", "contrast"])
def test_first_in_a_network_nothing_comes_back(kind: str) -> None:
    make, shape = LAYERS[kind]
    both_engines(lambda: network(shape, lambda: [make()]), Key(1).normal((9, *shape)), np.arange(9) % 3, steps=2)


def test_a_derived_layer_that_changes_them_otherwise_is_the_definition_s() -> None:
    class Upright(L.RandomRotation):
        def transforms(self, key: Key, batch: int, height: int, width: int) -> np.ndarray:
            return super().transforms(key, batch, height, width) * 0

    with pytest.raises(CannotLower, match="Upright"):
        applied(Upright(0.3), Key(2).normal((3, 4, 4, 1)))
