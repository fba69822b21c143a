"""Recurrent layers against Keras and PyTorch (tests/golden/recurrent.json), and what is true of them alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from golden.recurrent_cases import CASES, MASK, B, H, I, T, numbers
from pellucid import layers as L
from pellucid.errors import InvalidArgument, PellucidError, ShapeError
from pellucid.rng import Key

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "recurrent.json").read_text())


def close(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours, np.asarray(theirs).reshape(np.shape(ours)), rtol=1e-9, atol=2e-11)


@pytest.mark.parametrize("name", GOLDEN["keras"])
def test_outputs_states_and_gradients_are_those_of_keras(name: str) -> None:
    case, found = CASES[name], GOLDEN["keras"][name]
    layer = L.deserialize(found["layer"])
    x = L.Input(case.shape, dtype="float64")
    states = [L.Input(case.state, dtype="float64") for _ in range(case.states)]
    mask = [L.Input((T,), dtype="bool")] if case.mask else []
    options = ({"initial_state": states} if states else {}) | ({"mask": mask[0]} if mask else {})
    model = pellucid.Model([x, *states, *mask] if options else x, layer(x, **options))
    begun = [numbers((B, *case.state), 1 + i) for i in range(case.states)]
    given = [numbers((B, *case.shape), 0), *begun, *[MASK] * case.mask]
    p = {spec.name: numbers(spec.shape, 10 + i) for i, spec in enumerate(model.specs)}
    ys, cache = model.forward(p, *given, training=False, rng=Key(0))
    ys = ys if isinstance(ys, tuple) else (ys,)
    assert len(ys) == len(found["y"])
    for y, theirs in zip(ys, found["y"], strict=True):
        close(y, theirs)
    dx, gradients = model.backward(p, cache, *(numbers(y.shape, 30 + i) for i, y in enumerate(ys)))
    for d, theirs in zip(dx if options else [dx], found["dx"], strict=not mask):
        close(d, theirs)
    assert len(gradients) == len(found["gradients"])
    for spec, theirs in zip(model.specs, found["gradients"], strict=True):
        close(gradients[spec.name], theirs)


def of_torch(name: str, w: np.ndarray) -> np.ndarray:
    """A weight of PyTorch's, with its gates and axes as they are here."""
    gates = np.split(w, {"LSTM": 4, "GRU": 3, "RNN": 1}[name])
    if name == "GRU":
        gates = [gates[1], gates[0], gates[2]]
    return np.concatenate(gates).T


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_numbers_are_those_of_pytorch(name: str) -> None:
    found, gates = GOLDEN["torch"][name], {"LSTM": 4, "GRU": 3, "RNN": 1}[name]
    layer = getattr(L, "SimpleRNN" if name == "RNN" else name)(H, return_sequences=True, dtype="float64")
    shapes = [(gates * H, I), (gates * H, H), (gates * H,), (gates * H,)]
    kernel, recurrent, b, b2 = (of_torch(name, numbers(shape, 10 + i)) for i, shape in enumerate(shapes))
    layer.build((None, T, I))
    layer.set_weights([kernel, recurrent, np.stack([b, b2]) if name == "GRU" else b + b2])
    y, cache = layer.forward(layer.p, numbers((B, T, I), 0), training=False, rng=Key(0))
    close(y, found["y"])
    dx, gradients = layer.backward(layer.p, cache, numbers(y.shape, 30))
    close(dx, found["dx"])
    theirs = [of_torch(name, np.array(g)) for g in found["gradients"]]
    close(gradients["kernel"], theirs[0])
    close(gradients["recurrent_kernel"], theirs[1])
    close(gradients["bias"], np.stack(theirs[2:]) if name == "GRU" else theirs[2])


def test_cells_of_one_kind_are_named_apart_before_they_are_saved() -> None:
    x = Key(1).normal((2, 3, 2))
    layer = L.RNN([L.LSTMCell(2), L.LSTMCell(3)])
    again = L.deserialize(L.serialize(layer))
    assert again(x).shape == layer(x).shape == (2, 3)
    assert [cell.name for cell in again.cell.cells] == ["lstm_cell", "lstm_cell_1"]
    assert L.Bidirectional(L.RNN([L.GRUCell(2), L.GRUCell(3)]))(x).shape == (2, 6)


def test_states_in_another_list_than_those_of_the_cells_are_told() -> None:
    layer, (h, g) = L.RNN([L.LSTMCell(2), L.GRUCell(3)]), (np.ones((2, 2)), np.ones((2, 3)))
    with pytest.raises(InvalidArgument, match=r"initial_state: expected states in a list as .*, \[\[2, 2\], 3\]"):
        layer(np.ones((2, 4, 1)), initial_state=[h, h, g])
    assert layer(np.ones((2, 4, 1)), initial_state=[[h, h], g]).shape == (2, 3)


@pytest.mark.parametrize("eagerly", [False, True])
def test_twenty_steps_of_a_classifier_end_where_keras_does(eagerly: bool) -> None:
    model = pellucid.Sequential([L.Input((T, I)), L.LSTM(H), L.Dense(3, activation="softmax")])
    model.compile(pellucid.optimizers.Adam(0.05), "sparse_categorical_crossentropy", run_eagerly=eagerly)
    model.set_weights([numbers(w.shape, 10 + i) for i, w in enumerate(model.get_weights())])
    given = [numbers((8, T, I), 50 + step).astype("float32") for step in range(20)]
    losses = [model.train_on_batch(x, np.arange(8) % 3) for x in given]
    np.testing.assert_allclose(np.ravel(losses), GOLDEN["trained"]["losses"], rtol=1e-5, atol=1e-6)
    for w, theirs in zip(model.get_weights(), GOLDEN["trained"]["weights"], strict=True):
        np.testing.assert_allclose(w, theirs, rtol=1e-5, atol=1e-5)


def test_dropout_is_the_same_at_every_step() -> None:
    for layer in (L.SimpleRNN(40, dropout=0.5, activation="linear"), L.LSTM(5, dropout=0.5)):
        x = np.ones((6, 7, 30), "float32")
        layer.build(x.shape)
        _, cache = layer.forward(layer.p, x, training=True, rng=Key(1))
        ((m,), of_h) = cache.kept
        assert of_h is None
        assert m.shape == (6, 1, 30)
        assert set(np.unique(m)) == {0.0, 2.0}
        _, cache = layer.forward(layer.p, x, training=False, rng=Key(1))
        assert cache.kept == (None, None)


def test_with_dropout_of_states_each_gate_has_its_own() -> None:
    layer = L.LSTM(30, dropout=0.5, recurrent_dropout=0.25)
    x = np.ones((6, 7, 20), "float32")
    layer.build(x.shape)
    _, cache = layer.forward(layer.p, x, training=True, rng=Key(1))
    of_x, of_h = cache.kept
    assert [m.shape for m in of_x] == [(6, 1, 20)] * 4
    assert [m.shape for m in of_h] == [(6, 30)] * 4
    assert not np.array_equal(of_h[0], of_h[1])
    assert abs(np.mean(of_h) - 1) < 0.1


def test_the_forget_gate_begins_open() -> None:
    layer = L.LSTM(3)
    layer.build((None, 4, 2))
    np.testing.assert_array_equal(layer.p["bias"], [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("kind", [L.SimpleRNN, L.LSTM, L.GRU])
def test_what_does_not_fit_is_told_in_one_sentence(kind: Any) -> None:
    with pytest.raises(ShapeError, match=r"expected shape \(batch, steps, features\), got \(None, 5\)\. .*Reshape"):
        kind(3)(np.ones((2, 5)))
    with pytest.raises(ShapeError, match=r"expected shape \(batch, steps, features\), got \(None, 5, 4, 3\)"):
        kind(3)(np.ones((2, 5, 4, 3)))
    with pytest.raises(ShapeError, match=r"initial_state: expected [12] of shape \(None, 3\)"):
        kind(3)(np.ones((2, 5, 4)), initial_state=[np.ones((2, 4))])
    layer = kind(3)
    layer(np.ones((2, 5, 4)))
    with pytest.raises(InvalidArgument, match="initial_state: expected states in every call"):
        layer(np.ones((2, 5, 4)), initial_state=[np.ones((2, 3))] * layer.carried)
    with pytest.raises(InvalidArgument, match="recurrent_dropout"):
        kind(3, recurrent_dropout=1.5)


def test_the_mask_of_a_call_with_states_counts_though_no_call_names_it() -> None:
    """Keras, which is given two tensors there, overlooks it."""
    x = Key(1).normal((2, 4, 3)) * (np.arange(4)[:, None] < 2)
    a, h = L.Input((4, 3)), L.Input((5,))
    layer = L.GRU(5)
    model = pellucid.Model([a, h], layer(L.Masking()(a), initial_state=h))
    state = Key(2).normal((2, 5))
    y, _ = layer.forward(layer.p, x[:, :2], state, training=False, rng=Key(0))
    np.testing.assert_allclose(model.predict([x, state], verbose=0), y, rtol=1e-5, atol=1e-6)


def test_a_mask_ends_where_one_output_is_left() -> None:
    x = np.arange(24.0).reshape(2, 4, 3) * (np.arange(4)[:, None] < 2)
    model = pellucid.Sequential([L.Input((4, 3)), L.Masking(), L.GRU(5, return_sequences=True), L.LSTM(2), L.Dense(1)])
    short = pellucid.Sequential([L.Input((2, 3)), *model.layers[1:]])
    np.testing.assert_allclose(model.predict(x, verbose=0), short.predict(x[:, :2], verbose=0), rtol=1e-5, atol=1e-6)
    model.compile("adam", "mse")
    model.fit(x, np.ones(2), verbose=0)  # with no warning that a mask was lost


def test_a_cell_of_ones_own() -> None:
    """The cell of Keras's guide: y = xW + hU, both of them states' size."""

    class Minimal(L.Layer):
        def __init__(self, units: int, **options: Any) -> None:
            super().__init__(**options)
            self.units = units
            self.state_size = units

        def build(self, input_shape: Any) -> None:
            self.kernel = self.add_weight((input_shape[-1], self.units), initializer="uniform", name="kernel")
            self.recurrent_kernel = self.add_weight((self.units, self.units), initializer="uniform", name="recurrent")

        def call(self, inputs: Any, states: Any) -> Any:
            output = inputs @ self.kernel + states[0] @ self.recurrent_kernel
            return output, [output]

    x = Key(1).normal((3, 5, 2))
    layer = L.RNN(Minimal(4))
    like = L.SimpleRNN(4, activation="linear", use_bias=False)
    like.build((None, 5, 2))
    y = layer(x)
    like.set_weights(layer.get_weights())
    np.testing.assert_allclose(y, like(x), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: L.RNN(L.Dense(2)), "state_size"),
        (lambda: L.RNN([L.LSTMCell(2), 3]), "cells"),
        (lambda: L.LSTMCell(2, dropout=0.5), "LSTM"),
        (lambda: L.TimeDistributed(L.GRU(2, stateful=True)), "stateful=False"),
        (lambda: L.RNN(L.GRUCell(2))(np.ones((2, 3))), r"\(batch, steps, features\)"),
        (lambda: L.Bidirectional(L.Dense(2)), "a recurrent layer"),
        (lambda: L.Bidirectional(L.LSTM(2), "add"), "concat"),
        (lambda: L.Bidirectional(L.LSTM(2), backward_layer=L.LSTM(2)), "go_backwards=True"),
        (
            lambda: L.Bidirectional(L.LSTM(2), backward_layer=L.LSTM(2, go_backwards=True, return_sequences=True)),
            "return_sequences=False",
        ),
        (lambda: L.TimeDistributed(3), "layer"),
        (lambda: L.TimeDistributed(L.Dense(2))(np.ones((2, 3))), r"\(batch, steps, features"),
    ],
)
def test_what_cannot_be_made_is_told(make: Any, told: str) -> None:
    with pytest.raises(PellucidError, match=told):
        make()


def test_states_lead_from_one_layer_to_another() -> None:
    """An encoder, and a decoder that begins with its states, as in Keras's guide to translation; saved and loaded."""
    source, target = L.Input((None, 3)), L.Input((None, 2))
    _, *states = L.LSTM(4, return_state=True)(source)
    y = L.Dense(2)(L.LSTM(4, return_sequences=True)(target, initial_state=states))
    model = pellucid.Model([source, target], y)
    xs = [Key(1).normal((6, 5, 3)), Key(2).normal((6, 7, 2))]
    again = pellucid.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(model.predict(xs, verbose=0), again.predict(xs, verbose=0))
    model.compile("adam", "mse")
    before = model.evaluate(xs, xs[1], verbose=0)
    model.fit(xs, xs[1], epochs=20, verbose=0)
    assert model.evaluate(xs, xs[1], verbose=0) < before


@pytest.mark.parametrize("ending", [".weights.h5", ".safetensors", ".keras"])
def test_weights_go_into_files_and_back(ending: str, tmp_path: Path) -> None:
    def made() -> Any:
        layers = [L.Bidirectional(L.LSTM(2, return_sequences=True)), L.RNN([L.GRUCell(2), L.LSTMCell(3)]), L.Dense(1)]
        return pellucid.Sequential([L.Input((4, 3)), *layers])

    model, again, x = made(), made(), Key(1).normal((5, 4, 3))
    if ending == ".keras":
        model.save(tmp_path / f"model{ending}")
        again = pellucid.models.load_model(tmp_path / f"model{ending}")
    else:
        model.save_weights(tmp_path / f"model{ending}")
        again.load_weights(tmp_path / f"model{ending}")
    np.testing.assert_array_equal(model.predict(x, verbose=0), again.predict(x, verbose=0))


@pytest.mark.parametrize("n", [1, 4, 7])
@pytest.mark.parametrize("make", [lambda: L.LSTM(2), lambda: L.RNN(L.GRUCell(2)), lambda: L.Bidirectional(L.GRU(2))])
def test_a_mask_of_other_steps_is_refused(make: Any, n: int) -> None:
    x, mask = np.ones((2, 5, 3), "float32"), np.ones((2, n), bool)
    with pytest.raises(ShapeError, match=rf"mask: expected shape \(.*5\), got \(.*{n}\)"):
        make()(x, mask=mask)
    given, told = L.Input((5, 3)), L.Input((n,), dtype="bool")
    with pytest.raises(ShapeError, match="mask: expected shape"):
        pellucid.Model([given, told], make()(given, mask=told)).predict([x, mask], verbose=0)


class Thrice(L.Layer):
    """A sequence thrice, which passes on the mask of one."""

    supports_masking = True

    def call(self, x: Any) -> Any:
        return pellucid.ops.concatenate([x, x, x], axis=1)


@pytest.mark.parametrize("make", [lambda: L.LSTM(2), lambda: L.RNN(L.GRUCell(2))])
def test_a_mask_that_a_layer_of_ones_own_left_too_short_is_refused(make: Any) -> None:
    x = L.Input((2, 3))
    with pytest.raises(ShapeError, match=r"mask: expected shape \(.*6\), got \(2, 2\)"):
        pellucid.Model(x, make()(Thrice()(L.Masking()(x)))).predict(np.ones((2, 2, 3)), verbose=0)


def test_no_steps_are_refused() -> None:
    with pytest.raises(ShapeError, match="at least one step, got none"):
        L.GRU(2)(np.ones((2, 0, 3)))
