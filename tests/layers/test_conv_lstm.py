"""What is true of ConvLSTM alone; its numbers are compared with Keras's in test_recurrent.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from golden.recurrent_cases import DROPPED, I, T, dropping, numbers
from pellucid import layers as L
from pellucid.errors import ShapeError
from pellucid.rng import Key
from pellucid.training.engine import engine_of

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "recurrent.json").read_text())["dropped"]


def test_dropout_has_the_mean_and_the_spread_of_keras() -> None:
    layer = dropping(L)
    x = np.repeat(numbers((1, T, 3, I), 0), DROPPED, axis=0).astype("float32")
    layer.build(x.shape)
    layer.set_weights([numbers(w.shape, 10 + i) for i, w in enumerate(layer.get_weights())])
    y, _ = layer.forward(layer.p, x, training=True, rng=Key(0))
    mean, deviation = np.array(GOLDEN["mean"]), np.array(GOLDEN["deviation"])
    error = deviation * np.sqrt(2 / DROPPED)  # of the difference of two means
    assert (abs(y.mean(axis=0) - mean) < 4.5 * error).all()
    np.testing.assert_allclose(y.std(axis=0), deviation, rtol=0.1)
    quiet, _ = layer.forward(layer.p, x[:1], training=False, rng=Key(0))
    assert (abs(quiet[0] - mean) > 4.5 * error).any()  # which the mean is not by itself


def trained(first: bool, eagerly: bool) -> Any:
    """A network with a ConvLSTM that has seen two batches, with its channels first or last; its data are the same."""
    size = (4, 3)
    x = L.Input((3, 2, *size) if first else (3, *size, 2))
    told = {"data_format": "channels_first" if first else "channels_last", "return_sequences": True}
    y = L.ConvLSTM2D(2, 2, strides=(2, 1), padding="same", return_state=True, name="last", **told)(
        L.ConvLSTM2D(3, 2, name="first", **told)(x)
    )
    if first:
        y = [L.Permute((1, 3, 4, 2))(y[0]), *(L.Permute((2, 3, 1))(one) for one in y[1:])]
    model = pellucid.Model(x, [L.Flatten()(one) for one in y], seed=1)
    model.compile("sgd", "mse", run_eagerly=eagerly)
    data = Key(1).normal((8, 3, *size, 2))
    data = np.ascontiguousarray(np.moveaxis(data, -1, 2)) if first else data
    model.fit(data, [Key(2 + i).normal((8, *t.sample)) for i, t in enumerate(model.outputs)], batch_size=4, verbose=0)
    assert eagerly or not engine_of(model).refusal
    return model, data


@pytest.mark.parametrize("eagerly", [False, True])
def test_channels_first_is_the_same_with_axes_moved(eagerly: bool) -> None:
    (first, data), (last, turned) = trained(True, eagerly), trained(False, eagerly)
    for one, other in zip(first.get_weights(), last.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(first.predict(data, verbose=0), last.predict(turned, verbose=0), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_file_gives_the_same_network(tmp_path: Path) -> None:
    model, data = trained(True, eagerly=True)
    model.save(tmp_path / "model.keras")
    again = pellucid.models.load_model(tmp_path / "model.keras")
    assert again.get_layer("last").get_config() == model.get_layer("last").get_config()
    assert again.get_layer("first").data_format == "channels_first"
    for one, other in zip(again.predict(data, verbose=0), model.predict(data, verbose=0), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_does_not_fit_is_told_where_the_channels_are_expected() -> None:
    with pytest.raises(ShapeError, match=r"shape \(batch, steps, height, width, channels\), got \(None, 3, 4, 2\)"):
        L.ConvLSTM2D(1, 2)(np.ones((1, 3, 4, 2)))
    layer = L.ConvLSTM2D(1, 2, data_format="channels_first")
    with pytest.raises(ShapeError, match=r"shape \(batch, steps, channels, height, width\), got \(None, 3, 4, 2\)"):
        layer(np.ones((1, 3, 4, 2)))
    with pytest.raises(ShapeError, match=r"initial_state: expected 2 of shape \(None, 1, 2, 3\)"):
        layer(np.ones((1, 3, 2, 3, 4)), initial_state=[np.ones((1, 2, 3, 1))] * 2)
