"""What is true of layers that tell where in a sequence a step is."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid import layers as L
from pellucid.models import Model, Sequential, load_model
from pellucid.rng import Key


def test_waves_are_those_of_the_article() -> None:
    y = L.SinePositionEncoding(max_wavelength=50)(np.zeros((1, 7, 6)))[0]
    for t in range(7):
        for pair in range(3):
            angle = t / 50 ** (2 * pair / 6)
            np.testing.assert_allclose(y[t, 2 * pair : 2 * pair + 2], [np.sin(angle), np.cos(angle)], atol=1e-6)


def test_pairs_are_turned_as_complex_numbers_are() -> None:
    x = Key(1).normal((2, 5, 3, 8), "float64")
    layer = L.RotaryEmbedding(max_wavelength=30, scaling_factor=1.5, dtype="float64")
    z = x[..., :4] + 1j * x[..., 4:]
    angle = np.arange(5)[:, None] / 1.5 * 30.0 ** (-np.arange(4) / 4)
    turned = z * np.exp(1j * angle)[:, None]
    np.testing.assert_allclose(layer(x), np.concatenate([turned.real, turned.imag], axis=-1), atol=1e-12)


def test_products_of_turned_rows_depend_on_how_far_apart_they_are() -> None:
    q, k = (np.tile(Key(i).normal((1, 1, 6), "float64"), (1, 9, 1)) for i in (1, 2))
    layer = L.RotaryEmbedding(dtype="float64")
    scores = (layer(q) @ layer(k).swapaxes(1, 2))[0]
    for apart in range(-8, 9):
        along = np.diagonal(scores, apart)
        np.testing.assert_allclose(along, along[0], atol=1e-12)
    assert np.ptp(scores[0]) > 0.1


def test_rows_serve_shorter_sequences_and_any_length_left_open() -> None:
    x = L.Input((None, 4))
    model = Model(x, L.Dense(1)(x + L.PositionEmbedding(9)(x)), seed=0)
    model.compile("sgd", "mse")
    assert model.predict(np.zeros((2, 3, 4)), verbose=0).shape == (2, 3, 1)
    assert model.predict(np.zeros((2, 9, 4)), verbose=0).shape == (2, 9, 1)
    with pytest.raises(pellucid.errors.ShapeError, match="at most 9 steps"):
        model.predict(np.zeros((2, 10, 4)), verbose=0)


def reader(before: tuple[int, ...]) -> Sequential:
    """Rows and waves added to what stands in front, with axes between the batch and the steps."""
    x = L.Input((*before, 3, 4))
    h = L.Dense(4)(x)
    y = h + L.PositionEmbedding(5, "normal")(h) * L.SinePositionEncoding(30)(h)
    model = Model(x, L.Dense(2)(y), seed=1)
    model.compile("adam", "mse")
    return model  # type: ignore[return-value]


@pytest.mark.parametrize("before", [(), (2,)])
def test_rows_and_waves_train_alike_on_both_engines(before: tuple[int, ...]) -> None:
    both_engines(lambda: reader(before), Key(1).normal((9, *before, 3, 4)), Key(2).normal((9, *before, 3, 2)))


def speaker() -> Sequential:
    model = Sequential(
        [
            L.Input((5,)), L.TokenAndPositionEmbedding(7, 6, 4, mask_zero=True), L.RotaryEmbedding(), L.LSTM(3),
            L.Dense(7, activation="softmax"),
        ],
        seed=2,
    )  # fmt: skip
    model.compile(pellucid.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    return model


def test_words_and_places_train_alike_on_both_engines_and_come_back_from_a_file(
    tmp_path: pytest.TempPathFactory,
) -> None:
    x = np.floor(Key(3).uniform((40, 5), "float64", 0, 7))
    x[:, 3:] *= np.arange(40)[:, None] % 2  # padding, which 0 is
    both_engines(speaker, x, x[:, 0].astype(int))
    model = speaker()
    model.save(tmp_path / "a.keras")
    np.testing.assert_array_equal(load_model(tmp_path / "a.keras").predict(x, verbose=0), model.predict(x, verbose=0))


def test_padding_does_not_count() -> None:
    model, rows = speaker(), np.array([[3, 4, 0, 0, 0]])
    shorter = Model(x := L.Input((2,)), _behind(model, x))
    np.testing.assert_allclose(model.predict(rows, verbose=0), shorter.predict(rows[:, :2], verbose=0), atol=1e-6)


def _behind(model: Sequential, x: object) -> object:
    for layer in model.layers:
        x = layer(x)
    return x
