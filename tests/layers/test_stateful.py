"""Recurrences with stateful=True: a sequence read piece by piece gives what it gives when it is read at once."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import layers as L
from pellucid.arrays import Array
from pellucid.callbacks import BackupAndRestore, EarlyStopping, LambdaCallback, Probes
from pellucid.doctor import Doctor
from pellucid.errors import DesignWarning, InvalidArgument, ShapeError
from pellucid.layers.walking import memories
from pellucid.models import Model, Sequential, load_model
from pellucid.rng import Key

B, T = 3, 6
x = Key(0).normal((B, T, 4))
pictures = Key(1).normal((B, T, 5, 5, 1))
KINDS: dict[str, Any] = {
    "SimpleRNN": lambda **told: L.SimpleRNN(5, **told),
    "LSTM": lambda **told: L.LSTM(5, **told),
    "GRU": lambda **told: L.GRU(5, **told),
    "cells": lambda **told: L.RNN([L.LSTMCell(2), L.GRUCell(3)], **told),
    "one cell": lambda **told: L.RNN(L.SimpleRNNCell(3), **told),
    "pictures": lambda **told: L.ConvLSTM2D(2, 2, **told),
    "channels first": lambda **told: L.ConvLSTM2D(2, 2, data_format="channels_first", **told),
}


def data_of(name: str) -> Array:
    if name == "channels first":
        return np.moveaxis(pictures, -1, 2)
    return pictures if name == "pictures" else x


def pair(name: str, **told: Any) -> tuple[Any, Any, Array]:
    """(a layer that is stateful, one like it that is not, data)."""
    data = data_of(name)
    layers = [KINDS[name](stateful=stateful, return_sequences=True, **told) for stateful in (True, False)]
    for layer in layers:
        layer.build((None, None if name not in ("cells", "one cell") else 2, *data.shape[2:]))
    layers[1].set_weights(layers[0].get_weights())
    return *layers, data


@pytest.mark.parametrize("name", KINDS)
def test_piece_by_piece_is_as_at_once(name: str):
    layer, _, data = pair(name)
    whole = KINDS[name](return_sequences=True)
    whole.build((None, *data.shape[1:]))
    whole.set_weights(layer.get_weights())
    expected = whole(data)
    for training in (False, True):
        layer.reset_state()
        pieces = [layer(data[:, t : t + 2], training=training) for t in range(0, T, 2)]
        np.testing.assert_allclose(np.concatenate(pieces, axis=1), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("how", ["predict", "predict_on_batch", "call", "test_on_batch", "train_on_batch"])
def test_a_model_goes_on_whatever_it_does(name: str, how: str):
    data = data_of(name)[:, :2]
    model = Sequential([KINDS[name](stateful=True), L.Flatten(), L.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    model.build((None, *data.shape[1:]))
    recurrent: Any = model.layers[0]
    y = np.ones((B, 1), "float32")
    steps = {
        "predict": lambda: model.predict(data, verbose=0),
        "predict_on_batch": lambda: model.predict_on_batch(data),
        "call": lambda: model(data),
        "test_on_batch": lambda: model.test_on_batch(data, y),
        "train_on_batch": lambda: model.train_on_batch(data, y),
    }
    assert recurrent.states is None
    steps[how]()
    first = [state.copy() for state in recurrent.states]
    steps[how]()
    assert [a.shape for a in first] == [b.shape for b in recurrent.states]
    assert not any(np.allclose(a, b) for a, b in zip(first, recurrent.states, strict=True))
    model.reset_states()
    assert recurrent.states is None


def test_gradients_stop_where_a_batch_begins():
    """The states that a batch begins with are numbers to it: training is as with them as initial states."""
    model = Sequential([L.Input(batch_shape=(B, 3, 4)), L.LSTM(5, stateful=True), L.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    y = np.ones((B, 1), "float32")
    model.predict(x[:, :3], batch_size=B, verbose=0)
    entry, h, c = L.Input((3, 4)), L.Input((5,)), L.Input((5,))
    other = Model([entry, h, c], L.Dense(1)(L.LSTM(5)(entry, initial_state=[h, c])), seed=0)
    other.compile("sgd", "mse")
    other.set_weights(model.get_weights())
    states: Any = model.layers[0].states
    assert model.train_on_batch(x[:, 3:], y) == pytest.approx(other.train_on_batch([x[:, 3:], *states], y), rel=1e-6)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_steps_that_a_mask_leaves_out_leave_the_states():
    layer = L.GRU(3, stateful=True)
    layer(x)
    before: Any = layer.states
    layer(x, mask=np.zeros((B, T), bool))
    np.testing.assert_array_equal(before[0], layer.states[0])


def test_states_given_in_a_call_are_those_that_it_goes_on_from():
    layer, like = L.GRU(3, stateful=True), L.GRU(3)
    begun = np.ones((B, 3), "float32")
    layer(x, initial_state=begun)
    like(x, initial_state=begun)
    like.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer.states[0], like(x, initial_state=begun), rtol=1e-6)  # type: ignore[index]


def test_both_directions_go_on():
    layer = L.Bidirectional(L.LSTM(2, stateful=True))
    assert layer.stateful
    first = layer(x)
    assert not np.allclose(first, layer(x))
    layer.reset_states()
    np.testing.assert_array_equal(first, layer(x))


def test_what_is_given_out_is_not_what_is_kept():
    layer = L.GRU(3, stateful=True)
    y = layer(x)
    kept: Any = copy.deepcopy(layer.states)
    y[...] = 7
    np.testing.assert_array_equal(layer.states[0], kept[0])  # type: ignore[index]


def test_to_look_is_not_to_go_on():
    model = Sequential([L.Input((T, 4)), L.LSTM(5, stateful=True), L.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    y = np.ones((B, 1), "float32")
    model.train_on_batch(x, y)
    recurrent: Any = model.layers[0]
    before = copy.deepcopy(recurrent.states)
    for rows in (B, 1):
        model.explain(x[:rows])
    np.testing.assert_array_equal(recurrent.states[1], before[1])


def test_the_doctor_and_probes_change_nothing():
    found = []
    for callbacks in ([], [Doctor(verbose=0), Probes()]):
        model = Sequential([L.Input((T, 4)), L.LSTM(5, stateful=True), L.Dense(1)], seed=0)
        model.compile("sgd", "mse")
        data = np.concatenate([x, x])
        model.fit(data, data[:, 0, :1], batch_size=B, epochs=3, shuffle=False, verbose=0, callbacks=callbacks)
        recurrent: Any = model.layers[0]
        found.append([*model.get_weights(), *recurrent.states])
    assert all(map(np.array_equal, *found))


@pytest.mark.parametrize("told", [True, False])
def test_batches_are_of_one_size(told: bool):
    entry = L.Input(batch_shape=(B, T, 4)) if told else L.Input((T, 4))
    model = Sequential([entry, L.LSTM(5, stateful=True), L.Dense(1)])
    model.compile("sgd", "mse")
    if not told:
        model.predict(x, verbose=0)
    weights = model.get_weights()
    for wrong in (model, lambda x: model.predict(x, verbose=0), lambda x: model.evaluate(x, x[:, 0, :1], verbose=0)):
        with pytest.raises(ShapeError, match=r"'lstm', stateful: expected a batch of 3 samples.*got 2"):
            wrong(x[:2])
    with pytest.raises(ShapeError, match="Leave out rows" if told else "reset_state"):
        model.fit(x[:2], x[:2, 0, :1], shuffle=False, verbose=0)
    assert all(map(np.array_equal, weights, model.get_weights()))
    model.reset_states()
    if told:
        with pytest.raises(ShapeError, match="Leave out rows"):
            model.predict(x[:2], verbose=0)
    else:
        assert model.predict(x[:2], verbose=0).shape == (2, 1)


@pytest.mark.filterwarnings("ignore::pellucid.errors.DesignWarning")
@pytest.mark.parametrize("name", KINDS)
def test_one_layer_has_one_place(name: str):
    layer, entry = KINDS[name](stateful=True), L.Input(data_of(name).shape[1:])
    with pytest.raises(InvalidArgument, match="one place in a network"):
        Model(entry, [layer(entry), layer(entry)]).predict(data_of(name), verbose=0)


def test_what_was_interrupted_goes_on_to_the_same_bits(tmp_path: Path):
    data = np.concatenate([x] * 4)

    def trained(*callbacks: Any) -> list[Array]:
        first, second = L.LSTM(5, stateful=True, return_sequences=True), L.RNN(L.GRUCell(2), stateful=True)
        model = Sequential([L.Input((T, 4)), first, second], seed=0)
        model.compile("adam", "mse")
        options: Any = {"batch_size": B, "epochs": 2, "shuffle": False, "verbose": 0}
        model.fit(data, data[:, 0, :2], callbacks=callbacks, **options)
        return [*model.get_weights(), *(state for layer in model.layers for state in layer.states)]

    def stop(batch: int, logs: Any) -> None:
        if batch == 2:
            raise KeyboardInterrupt

    expected = trained()
    backup = BackupAndRestore(tmp_path / "backup", save_freq=1)
    with pytest.raises(KeyboardInterrupt):
        trained(backup, LambdaCallback(on_train_batch_end=stop))
    assert all(map(np.array_equal, expected, trained(BackupAndRestore(tmp_path / "backup", save_freq=1))))


def test_shuffling_is_warned_of():
    model = Sequential([L.Input((T, 4)), L.LSTM(5, stateful=True), L.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.warns(DesignWarning, match="lstm goes on .* shuffle=False"):
        model.fit(x, x[:, 0, :1], verbose=0)
    model.fit(x, x[:, 0, :1], shuffle=False, verbose=0, callbacks=[EarlyStopping("loss")])


@pytest.mark.parametrize("name", KINDS)
def test_a_file_has_the_layer_and_no_states(name: str, tmp_path: Path):
    data = data_of(name)
    model = Sequential([L.Input(batch_shape=data.shape), KINDS[name](stateful=True)])
    model.predict(data, verbose=0)
    model.save(tmp_path / "model.keras")
    again: Any = load_model(tmp_path / "model.keras")
    assert (again.layers[0].stateful, again.layers[0].states) == (True, None)
    assert again.layers[0].build_config() == {"input_shape": [*data.shape]}  # Keras builds it for no other
    model.reset_states()
    np.testing.assert_array_equal(model.predict(data, verbose=0), again.predict(data, verbose=0))


@pytest.mark.parametrize("form", ["to_numpy", "to_onnx", "to_c", "to_torch"])
def test_what_begins_anew_with_each_batch_is_not_written(form: str, tmp_path: Path):
    if form == "to_torch":
        pytest.importorskip("torch", reason="PyTorch is not installed")
    for layer in (L.LSTM(2, stateful=True), L.RNN(L.GRUCell(2), stateful=True)):
        model = Sequential([L.Input((T, 4)), layer])
        with pytest.raises(InvalidArgument, match="stateful=False"):
            getattr(model, form)(*[] if form == "to_torch" else [tmp_path / "out"])


def masked(recurrent: Any) -> list[Any]:
    return [L.Masking(), recurrent]


def given_states(recurrent: Any) -> Model:
    """A network in which the states of each batch are given, and kept all the same."""
    entry = L.Input((T, 4))
    return Model(entry, recurrent(entry, initial_state=[L.Dense(3)(entry[:, 0])]), seed=1)


BOTH_ENGINES: dict[str, Any] = {
    **{name: lambda make=make: [make(stateful=True, return_sequences=True)] for name, make in KINDS.items()},
    "backwards": lambda: [L.GRU(3, stateful=True, go_backwards=True, reset_after=False)],
    "both directions": lambda: [L.Bidirectional(L.LSTM(2, stateful=True))],
    "two, with dropout": lambda: [
        L.LSTM(3, stateful=True, return_sequences=True, recurrent_dropout=0.4), L.SimpleRNN(2, stateful=True),
    ],
    "masked": lambda: masked(L.GRU(3, stateful=True, return_sequences=True)),
    "masked cells": lambda: masked(L.RNN(L.LSTMCell(3), stateful=True)),
    "masked, with zeros": lambda: masked(L.LSTM(3, stateful=True, return_sequences=True, zero_output_for_mask=True)),
    "states given": lambda: given_states(L.GRU(3, stateful=True, return_state=False)),
}  # fmt: skip


@pytest.mark.parametrize("name", BOTH_ENGINES)
def test_both_engines_go_on_alike(name: str):
    """What is trained, evaluated and predicted, and the states after it: five batches in each epoch, two epochs."""
    data = np.concatenate([data_of(name)] * 5)
    if "masked" in name:
        data = data.copy()
        data[::2, 1:4] = 0
        data[1::4, 0] = 0
    found = []
    for eagerly in (False, True):
        made = BOTH_ENGINES[name]()
        model: Any = made if isinstance(made, Model) else Sequential([L.Input(data.shape[1:]), *made], seed=1)
        model.compile("adam", "mse", run_eagerly=eagerly)
        y = Key(3).normal((len(data), *model.output_shape[1:]))
        options = {"batch_size": B, "verbose": 0}
        history = model.fit(data, y, epochs=2, shuffle=False, **options)
        judged, answers = model.evaluate(data, y, **options), model.predict(data, **options)
        assert bool(model.engine.step_programs) is not eagerly
        assert not model.engine.refusal
        states = [state for layer in memories(model.wiring).values() for state in layer.states]
        found.append([history.history["loss"], [judged], answers, *states, *model.get_weights()])
    for compiled, defined in zip(*found, strict=True):
        np.testing.assert_allclose(compiled, defined, rtol=2e-4, atol=2e-5)


def test_a_short_last_batch_is_refused_when_it_comes():
    """By the definition, which says why; what came before it has trained, on either engine."""
    model = Sequential([L.Input((T, 4)), L.LSTM(5, stateful=True), L.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    data = np.concatenate([x, x[:1]])
    with pytest.raises(ShapeError, match="Leave out rows"):
        model.fit(data, data[:, 0, :1], batch_size=B, shuffle=False, verbose=0)
    assert model.optimizer.steps_taken == 1
