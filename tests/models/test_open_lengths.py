"""Lengths that are left open: Input((None, 4)). What is built for any length does for each what a network does that was
built for it, on both engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from laws.test_layers import ROWS
from pellucid import Model, Sequential, models, ops
from pellucid import layers as L
from pellucid.errors import PellucidError, ShapeError
from pellucid.utils import set_random_seed

DEPENDS = {
    "BatchNormalization",
    "EinsumDense",
    "GroupNormalization",
    "LayerNormalization",
    "RMSNormalization",
    "Normalization",
    "Rescaling",
    "Reshape",
    "TimeDistributed",
}
LONG = [(make, shape) for make, shape in ROWS if len(shape) > 1]


def data(rows: int, *shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).random((rows, *shape)).astype("float32")


@pytest.mark.parametrize("i", range(len(LONG)))
def test_a_layer_built_for_any_length_is_the_one_built_for_each(i: int) -> None:
    make, (length, *rest) = LONG[i]
    layer = make()
    inputs = L.Input((None, *rest))
    model, refusal = None, ""
    try:
        model = Model(inputs, layer(inputs))
    except PellucidError as problem:
        refusal = str(problem)
    if model is None:
        assert type(layer).__name__ in DEPENDS or layer.data_format == "channels_first"  # how many weights there are
        assert "None" in refusal
        return
    most = getattr(layer, "sequence_length", length + 2)  # steps that it has weights for
    for n in (length, min(most, length + 2)):
        try:
            own = Model(entry := L.Input((n, *rest)), (twin := make())(entry))
        except PellucidError:
            continue  # a length that this layer does not serve
        twin.set_weights(layer.get_weights())
        x = np.floor(data(3, n, *rest, seed=i) * layer.names) if layer.names else data(3, n, *rest, seed=i)
        for model.run_eagerly in (False, True):
            y = model.predict(x, verbose=0)
            np.testing.assert_allclose(y, own.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
        wanted = model.output_shape
        assert len(wanted) == y.ndim
        assert all(w in (None, m) for w, m in zip(wanted, y.shape, strict=True))
    assert Model.from_config(model.get_config()).output_shape == model.output_shape


def pooled() -> Any:
    x = L.Input((None, 4))
    return Model(x, L.Dense(1)(ops.mean(L.Dense(8, activation="relu")(x), axis=1)), seed=0)


def test_each_batch_may_have_its_own_length() -> None:
    """The same steps as by the definition."""
    losses = []
    for eager in (False, True):
        model = pooled()
        model.compile("adam", "mse", run_eagerly=eager)
        batches = [(data(6, n, 4, seed=n), data(6, 1, seed=n)) for n in (3, 5, 3, 8)]
        losses.append(model.fit(batches.__iter__(), epochs=1, verbose=0).history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-5, atol=1e-6)


def test_a_file_keeps_what_is_open(tmp_path: Path) -> None:
    model = pooled()
    model.save(tmp_path / "m.keras")
    loaded: Any = models.load_model(tmp_path / "m.keras")
    assert loaded.input_shape == (None, None, 4)
    for n in (2, 6):
        np.testing.assert_array_equal(loaded.predict(data(2, n, 4), verbose=0), model.predict(data(2, n, 4), verbose=0))


def test_what_a_parameter_depends_on_must_be_known() -> None:
    with pytest.raises(ShapeError, match=r"lengths that are known.*got \(None, None\)"):
        Sequential([L.Input((None, 4)), L.Flatten(), L.Dense(3)])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(PellucidError, match=r"\(2, 5, 3\)"):
        pooled().predict(data(2, 5, 3), verbose=0)


def test_call_sees_that_a_length_is_open() -> None:
    set_random_seed(0)  # so that no sum is by chance nearly nothing
    seen = []

    class Total(L.Layer):
        def build(self, input_shape: Any) -> None:
            seen.append(input_shape)
            self.w = self.add_weight((input_shape[-1], 2))

        def call(self, x: Any) -> Any:
            seen.append(x.shape)
            return ops.sum(x @ self.w, axis=1)

    x = L.Input((None, 4))
    layer = Total()
    model = Model(x, layer(x))
    assert set(seen) == {(None, None, 4)}
    assert model.output_shape == (None, 2)
    w = layer.get_weights()[0]
    for n in (3, 9):
        np.testing.assert_allclose(
            model.predict(data(2, n, 4), verbose=0), (data(2, n, 4) @ w).sum(axis=1), rtol=1e-5, atol=1e-6
        )


def test_merged_lengths_are_open_too() -> None:
    a, b = L.Input((None, 4)), L.Input((None, 4))
    model = Model([a, b], L.Concatenate(axis=1)([L.Add()([a, b]), a]))
    assert model.output_shape == (None, None, 4)
    x, y = data(2, 3, 4), data(2, 3, 4, seed=1)
    np.testing.assert_allclose(model.predict([x, y], verbose=0), np.concatenate([x + y, x], axis=1), rtol=1e-6)


def test_predictions_of_different_lengths_are_no_array() -> None:
    x = L.Input((None, 3))
    model = Model(x, L.Dense(1)(x))
    with pytest.raises(ShapeError, match=r"predict, x: .*\(None, 2, 1\).*\(None, 3, 1\)"):
        model.predict(iter([(data(2, 2, 3),), (data(2, 3, 3),)]), verbose=0)


def test_lengths_that_turn_out_not_to_fit_are_refused() -> None:
    """Where both are open nobody knows before."""
    x = L.Input((None, 1))
    for eager in (False, True):
        model = Model(x, L.Add()([x, L.Conv1DTranspose(1, 2)(x)]))
        model.run_eagerly = eager
        with pytest.raises(PellucidError, match=r"'add', input: expected shapes that fit one another"):
            model.predict(data(2, 4, 1), verbose=0)


def test_time_distributed_takes_any_length_where_its_layer_goes_along() -> None:
    x = L.Input((None, 3))
    dense = L.Dense(2)
    model = Model(x, L.TimeDistributed(dense)(x))
    for steps in (4, 6):
        given = data(2, steps, 3)
        np.testing.assert_allclose(model.predict(given, verbose=0), dense(given), rtol=1e-6)
    with pytest.raises(PellucidError, match="known number of steps"):
        L.TimeDistributed(L.Flatten())(x)
