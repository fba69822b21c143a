"""The layers that draw noise draw the same numbers on the compiled engine as in the definition, at every step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid.arrays import Flat
from pellucid.layers import (
    AlphaDropout,
    Dense,
    Dropout,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    InputLayer,
    Layer,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from pellucid.machine.executable import Executable
from pellucid.program import CannotLower, Program
from pellucid.rng import Key
from pellucid.training.engine import engine_of

Make = Callable[[], Layer]
KEY, STEP, PATH = Key(91), 7, (4, 2)

LAYERS: dict[str, Make] = {
    "dropout": lambda: Dropout(0.3),
    "dropout of none": lambda: Dropout(0.0),
    "dropout of all": lambda: Dropout(1.0),
    "dropout, seeded": lambda: Dropout(0.7, seed=12),
    "dropout, negative seed": lambda: Dropout(0.7, seed=-3),
    "alpha dropout": lambda: AlphaDropout(0.2),
    "alpha dropout, seeded": lambda: AlphaDropout(0.5, seed=1),
    "gaussian noise": lambda: GaussianNoise(0.4),
    "gaussian noise, seeded": lambda: GaussianNoise(1.0, seed=5),
    "gaussian dropout": lambda: GaussianDropout(0.4),
    "gaussian dropout, seeded": lambda: GaussianDropout(0.1, seed=5),
}


def network(shape: tuple[int, ...], middle: Callable[[], list[Layer]]) -> pellucid.Sequential:
    model = pellucid.Sequential([InputLayer(shape), *middle(), Flatten(), Dense(3, activation="softmax")], seed=3)
    model.compile(pellucid.optimizers.Adam(epsilon=1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data(batch: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    return Key(1).normal((batch, *shape)), np.arange(batch) ** 2 % 3


@pytest.mark.parametrize("batch", [1, 7, 33])
@pytest.mark.parametrize("shape", [(5,), (3, 4)])
@pytest.mark.parametrize("kind", LAYERS)
def test_both_engines_agree(kind: str, shape: tuple[int, ...], batch: int) -> None:
    both_engines(lambda: network(shape, lambda: [Dense(6, activation="relu"), LAYERS[kind]()]), *data(batch, shape))


def test_a_model_within_a_model_has_its_own_noise() -> None:
    def nested() -> list[Layer]:
        inner = pellucid.Sequential([Dropout(0.5), pellucid.Sequential([Dense(8), Dropout(0.5, seed=2)])])
        return [Dense(8), Dropout(0.5), inner]

    both_engines(lambda: network((5,), nested), *data(9, (5,)), steps=5)


def applied(layer: Layer, x: np.ndarray, threads: int = 1) -> np.ndarray:
    """What the compiled form of a layer makes of x, the layer being number 2 of a model that is number 4 of another."""
    code = Program(len(x), Flat({}), Flat({}), True, noise_key=KEY.fold("noise").seed)
    given = code.buffer(x.shape[1:])
    with code.use("outer/inner", "outer/inner", PATH, (0,), (1,)):
        y = layer.lower(code, given)
    machine = Executable(code, {})
    machine.view(given, len(x))[...] = x
    machine.set(samples=len(x), batch=len(x), taken=STEP)
    assert machine.run(1, threads) == 1
    return machine.view(y, len(x)).copy()


def defined(layer: Layer, x: np.ndarray) -> np.ndarray:
    y, _ = layer.forward({}, x, training=True, rng=KEY.noise(STEP).fold(PATH[0]).fold(PATH[1]))
    return y


@pytest.mark.parametrize("rate", [0.1, 0.3, 1 / 3, 0.5, 0.7, 0.999, 1e-9, 1.0])
def test_dropout_is_the_definition_s_bit_for_bit(rate: float) -> None:
    x = Key(2).normal((33, 129))
    np.testing.assert_array_equal(applied(Dropout(rate), x), defined(Dropout(rate), x))


def test_a_word_at_the_border_is_kept_as_in_the_definition() -> None:
    u = KEY.noise(STEP).fold(PATH[0]).fold(PATH[1]).uniform((1, 40))
    for rate in (float(u[0, 5]), float(np.nextafter(u[0, 5], np.float32(1))), float(u[0, 5]) + 1e-12):
        x = np.ones((1, 40), "float32")
        y = applied(Dropout(rate), x)
        np.testing.assert_array_equal(y, defined(Dropout(rate), x))
        assert (y[0, 5] != 0) == (u[0, 5] >= np.float32(rate))


@pytest.mark.parametrize(
    "shape", [(None, 1, 6, 2), (None, 5, 1, 1), (1, 5, 6, 2), (1, 1, 6, 1), (None, 1, 1, 1), (1,) * 4]
)
def test_noise_that_several_entries_share(shape: tuple[int | None, ...]) -> None:
    x = Key(2).normal((7, 5, 6, 2))
    for make in (lambda: Dropout(0.4, noise_shape=shape), lambda: Dropout(0.4, noise_shape=shape, seed=8)):
        np.testing.assert_array_equal(applied(make(), x), defined(make(), x))
    alpha = AlphaDropout(0.4, noise_shape=shape)
    np.testing.assert_allclose(applied(alpha, x), defined(alpha, x), rtol=0, atol=1e-6)
    both_engines(lambda: network((5, 6, 2), lambda: [Dense(2), Dropout(0.4, noise_shape=shape)]), *data(7, (5, 6, 2)))


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: SpatialDropout1D(0.4), (7, 5, 6)),
        (lambda: SpatialDropout2D(0.4, seed=8), (7, 2, 4, 6)),
        (lambda: SpatialDropout2D(0.4, data_format="channels_first"), (7, 6, 2, 4)),
        (lambda: SpatialDropout3D(0.4), (7, 2, 2, 3, 6)),
    ],
)
def test_spatial_dropout_drops_whole_channels(make: Make, shape: tuple[int, ...]) -> None:
    x = np.ones(shape, "float32")
    y = applied(make(), x)
    np.testing.assert_array_equal(y, defined(make(), x))
    pixels = y.reshape(7, 6, -1) if getattr(make(), "data_format", "") == "channels_first" else y.reshape(7, -1, 6)
    pixels = pixels if pixels.shape[1] != 6 else pixels.transpose(0, 2, 1)
    np.testing.assert_array_equal(pixels, np.broadcast_to(pixels[:, :1], pixels.shape))
    assert 0 < (pixels[:, 0] == 0).sum() < 42


@pytest.mark.parametrize("shape", [(7, 1), (None, 3), (None, 4, 1)])
def test_noise_of_a_shape_that_only_some_batches_fit_is_the_definition_s(shape: tuple[int | None, ...]) -> None:
    code = Program(8, Flat({}), Flat({}), True)
    with pytest.raises(CannotLower, match="noise"):
        Dropout(0.4, noise_shape=shape).lower(code, code.buffer((4,)))


def test_a_dropped_entry_is_0_whatever_it_was() -> None:
    x = np.full((4, 50), np.nan, "float32")
    np.testing.assert_array_equal(applied(Dropout(0.5), x), defined(Dropout(0.5), x))
    assert np.isnan(applied(Dropout(0.5), x)).any()


@pytest.mark.parametrize("make", [lambda: GaussianNoise(0.7), lambda: GaussianDropout(0.3, seed=4)])
def test_normal_numbers_to_one_unit_in_the_last_place(make: Make) -> None:
    x = np.zeros((64, 1001), "float32") if isinstance(make(), GaussianNoise) else np.ones((64, 1001), "float32")
    got, wanted = applied(make(), x), defined(make(), x)
    assert (np.abs(got - wanted) <= np.spacing(np.abs(wanted))).all()
    assert (got == wanted).mean() > 0.999


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("size", [(1, 3), (33, 129)])
def test_the_same_bits_from_any_number_of_threads(kind: str, size: tuple[int, int]) -> None:
    x = Key(2).normal(size)
    alone = applied(LAYERS[kind](), x)
    for threads in (2, 4):
        np.testing.assert_array_equal(applied(LAYERS[kind](), x, threads), alone)


def test_a_model_given_another_key_draws_other_noise() -> None:
    machine, definition = (network((5,), lambda: [Dense(6), Dropout(0.5)]) for _ in range(2))
    definition.run_eagerly = True
    losses = []
    for key in (Key(1), Key(2)):
        machine.key = definition.key = key
        losses.append([m.train_on_batch(*data(9, (5,)), return_dict=True)["loss"] for m in (machine, definition)])
        np.testing.assert_allclose(*losses[-1], rtol=1e-5, atol=1e-6)
    assert not engine_of(machine).refusal


def test_a_loss_does_not_look_behind_dropout_that_lets_everything_pass() -> None:
    def sharp() -> pellucid.Sequential:
        model = pellucid.Sequential([Dense(3, activation="softmax", input_shape=(5,)), Dropout(0.0)], seed=3)
        model.compile(pellucid.optimizers.Adam(epsilon=1e-3), "sparse_categorical_crossentropy")
        return model

    x, y = data(9, (5,))
    both_engines(sharp, 30 * x, y)
