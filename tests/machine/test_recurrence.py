"""Recurrent layers on the engine: what the definition says, and the same bits on any number of threads."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from laws.lowered import agrees, alike_in_any_batch
from pellucid import layers as L
from pellucid import ops
from pellucid.program import CannotLower, Program
from pellucid.rng import Key
from pellucid.training.engine import engine_of

FIRST = {"data_format": "channels_first"}
CASES: list[tuple[Callable[[], L.Layer], tuple[int, ...]]] = [
    (lambda: L.LSTM(3), (5, 2)),
    (lambda: L.LSTM(33, return_sequences=True), (4, 5)),
    (lambda: L.LSTM(17, go_backwards=True, return_sequences=True, use_bias=False), (3, 2)),
    (lambda: L.LSTM(5, activation="relu", recurrent_activation="hard_sigmoid"), (4, 3)),
    (lambda: L.GRU(3), (5, 2)),
    (lambda: L.GRU(40, return_sequences=True, bias_initializer="glorot_uniform"), (4, 5)),
    (lambda: L.GRU(17, go_backwards=True, use_bias=False), (3, 2)),
    (lambda: L.GRU(3, reset_after=False), (5, 2)),
    (lambda: L.GRU(40, reset_after=False, return_sequences=True, bias_initializer="glorot_uniform"), (4, 5)),
    (lambda: L.GRU(17, reset_after=False, go_backwards=True, use_bias=False, activation="relu"), (3, 2)),
    (lambda: L.SimpleRNN(3, activation="linear"), (5, 2)),
    (lambda: L.SimpleRNN(35, return_sequences=True), (4, 5)),
    (lambda: L.ConvLSTM1D(3, 3, padding="same", return_sequences=True), (4, 5, 2)),
    (lambda: L.ConvLSTM2D(2, (2, 3), strides=(1, 2)), (3, 4, 6, 2)),
    (lambda: L.ConvLSTM2D(17, 2, dilation_rate=2, go_backwards=True, use_bias=False, activation="relu"), (2, 4, 4, 1)),
    (lambda: L.ConvLSTM3D(1, 2, return_sequences=True, go_backwards=True), (3, 2, 3, 3, 2)),
    (lambda: L.ConvLSTM2D(2, (2, 3), strides=(2, 1), return_sequences=True, **FIRST), (3, 2, 5, 4)),
]


def told(value: Any) -> str:
    if isinstance(value, functools.partial):
        return f"{value.func.__name__} {value.keywords}"
    return value.__name__ if isinstance(value, type) else value().__class__.__name__ if callable(value) else str(value)


@pytest.mark.parametrize(("make", "shape"), CASES, ids=told)
def test_alone(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    agrees(make(), shape, (1, 7, 70), of_each=1e-6)


@pytest.mark.parametrize(("make", "shape"), CASES, ids=told)
def test_a_row_is_the_same_in_any_batch(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    alike_in_any_batch(make(), shape)


OPTIONS: list[dict[str, Any]] = [
    {},
    {"return_sequences": True},
    {"return_sequences": True, "go_backwards": True, "zero_output_for_mask": True},
    {"zero_output_for_mask": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", [L.LSTM, L.GRU, functools.partial(L.GRU, reset_after=False), L.SimpleRNN], ids=told)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("given", [False, True])
def test_masks_and_states_train_as_the_definition_does(kind: Any, options: Any, masked: bool, given: bool) -> None:
    """A step on either engine from the same weights ends at the same weights, with all outputs in the loss."""
    refused = masked and given and not options.get("zero_output_for_mask")
    found = []
    for lowers in (True, False):
        x = L.Input((6, 3))
        layer = kind(4, return_state=True, **options)
        given_states = [L.Dense(4)(L.Flatten()(x)) for _ in range(layer.carried)] if given else None
        a = L.Dense(3, use_bias=False)(x)
        y, *states = layer(L.Masking()(a) if masked else a, initial_state=given_states)
        model = pellucid.Model(x, [y, *states])
        model.compile(pellucid.optimizers.SGD(0.1), "mse")
        model.set_weights([Key(i).normal(w.shape) * 0.5 for i, w in enumerate(model.get_weights())])
        data = Key(1).normal((9, 6, 3)) * (np.arange(6) < np.arange(9)[:, None] % 7)[..., None]
        targets = [Key(2 + i).normal((9, *t.sample)) for i, t in enumerate([y, *states])]
        if refused:
            with pytest.raises(CannotLower, match=layer.name):
                lower(model, 9)
            return
        if lowers:
            lower(model, 9)
        model.run_eagerly = not lowers
        model.fit(data, targets, batch_size=9, epochs=3, shuffle=False, verbose=0)
        found.append([*model.get_weights(), *model.predict(data, verbose=0)])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("inner", [L.LSTM(3, return_sequences=True), L.GRU(4)], ids=["all outputs", "the last"])
def test_both_ways_train_as_the_definition_does(inner: L.Layer, mode: str) -> None:
    found = []
    for eagerly in (False, True):
        layers = [L.Masking(), L.Dense(3), L.Bidirectional(inner, mode)]
        if inner.return_sequences:
            layers += [L.TimeDistributed(L.Dense(2)), L.GRU(3)]
        model = pellucid.Sequential([L.Input((6, 3)), *layers, L.Dense(2)])
        model.compile(pellucid.optimizers.SGD(0.1), "mse", run_eagerly=eagerly)
        model.set_weights([Key(i).normal(w.shape) * 0.5 for i, w in enumerate(model.get_weights())])
        data = Key(1).normal((9, 6, 3)) * (np.arange(6) < np.arange(9)[:, None] % 7)[..., None]
        if not eagerly:
            lower(model, 9)
        model.fit(data, Key(2).normal((9, 2)), batch_size=4, epochs=3, shuffle=False, verbose=0)
        found.append([*model.get_weights(), model.predict(data, verbose=0)])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-6)


def lower(model: Any, batch: int) -> Any:
    """Raises where the model runs on the definition."""
    code = Program(batch, model.theta, model.state, True, frozenset(model.trained_names()))
    return model.lower(code, *(code.buffer(shape) for shape in model.sample_shapes))


DROPPING: list[Callable[..., L.Layer]] = [
    functools.partial(L.LSTM, 4, dropout=0.4),
    functools.partial(L.LSTM, 35, dropout=0.4, recurrent_dropout=0.3),
    functools.partial(L.LSTM, 4, recurrent_dropout=0.3, seed=7),
    functools.partial(L.GRU, 4, dropout=0.2, recurrent_dropout=0.5, go_backwards=True),
    functools.partial(L.GRU, 35, dropout=0.2, recurrent_dropout=0.5, reset_after=False, seed=7),
    functools.partial(L.GRU, 4, dropout=0.2, reset_after=False),
    functools.partial(L.SimpleRNN, 4, dropout=0.2, recurrent_dropout=0.5, use_bias=False),
]


@pytest.mark.parametrize("make", DROPPING, ids=told)
def test_dropout_trains_as_the_definition_does(make: Callable[..., L.Layer], crew: list[int]) -> None:
    """With the same numbers drawn; and to the same bits on any number of threads."""
    found = []
    for threads in (1, 2, 4, 0):
        crew[0] = threads
        model = pellucid.Sequential([L.Input((6, 3)), L.Dense(3), L.Masking(), make(), L.Dense(1)], seed=1)
        model.compile("sgd", "mse", run_eagerly=threads == 0)
        model.fit(Key(1).normal((20, 6, 3)), Key(2).normal((20, 1)), batch_size=9, epochs=2, verbose=0)
        assert not engine_of(model).refusal
        found.append(model.get_weights())
    for one, two, four, defined in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, four)
        np.testing.assert_allclose(one, defined, rtol=1e-5, atol=1e-6)


PICTURES: list[tuple[Callable[..., L.Layer], tuple[int, ...]]] = [
    (functools.partial(L.ConvLSTM1D, 3, 2, dropout=0.4, recurrent_dropout=0.3, return_sequences=True), (4, 5, 2)),
    (functools.partial(L.ConvLSTM2D, 2, 2, dropout=0.4, seed=7, strides=2, padding="same", **FIRST), (3, 1, 4, 5)),
    (
        functools.partial(
            L.ConvLSTM2D, 17, (1, 2), recurrent_dropout=0.3, go_backwards=True, zero_output_for_mask=True,
            return_sequences=True, use_bias=False,
        ),
        (3, 2, 3, 2),
    ),
    (
        functools.partial(L.ConvLSTM3D, 1, 2, dropout=0.2, recurrent_dropout=0.5, zero_output_for_mask=True, **FIRST),
        (3, 2, 2, 3, 2),
    ),
]  # fmt: skip


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("make", "shape"), PICTURES, ids=told)
def test_dropout_of_pictures_trains_as_the_definition_does(
    make: Callable[..., L.Layer], shape: tuple[int, ...], masked: bool, crew: list[int]
) -> None:
    found = []
    for threads in (1, 2, 4, 0):
        crew[0] = threads
        x, counts = L.Input(shape), L.Input(shape[:1], dtype="bool")
        layer = make(return_state=True)
        y = layer(L.Dense(shape[-1])(x), mask=counts if masked else None)
        model = pellucid.Model(
            [x, counts] if masked else x, [ops.reshape(one, (-1, math.prod(one.sample))) for one in y], seed=1
        )
        model.compile("sgd", "mse", run_eagerly=threads == 0)
        data = [Key(1).normal((10, *shape)), Key(3).uniform((10, *shape[:1])) > 0.4]
        targets = [Key(4 + i).normal((10, *t.sample)) for i, t in enumerate(model.outputs)]
        model.fit(data if masked else data[0], targets, batch_size=7, epochs=2, verbose=0)
        assert not engine_of(model).refusal
        found.append([*model.get_weights(), *model.predict(data if masked else data[0], verbose=0)])
    for one, two, four, defined in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, four)
        np.testing.assert_allclose(one, defined, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(L.LSTM(2, activation="elu"), (3, 2)), (L.ConvLSTM1D(2, 2, activation="elu"), (3, 4, 2))],
    ids=["another activation", "another activation, of pictures"],
)
def test_what_the_kernels_do_not_do_runs_on_the_definition(layer: L.Layer, shape: tuple[int, ...]) -> None:
    model = pellucid.Sequential([L.Input(shape), layer, L.Flatten(), L.Dense(1)])
    with pytest.raises(CannotLower, match=layer.name):
        lower(model, 4)
    model.compile("sgd", "mse")
    model.fit(Key(1).normal((8, *shape)), Key(2).normal((8, 1)), verbose=0)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_own_cells_with_a_mask_train_as_the_definition_does(options: dict[str, Any]) -> None:
    def make() -> Any:
        x = L.Input((6, 3))
        cells = [L.LSTMCell(4), L.GRUCell(3)]
        y = L.RNN(cells, **options)(L.Masking()(L.Dense(3, use_bias=False)(x)))
        model = pellucid.Model(x, L.Dense(2)(y), seed=3)
        model.compile(pellucid.optimizers.SGD(0.1), "mse")
        return model

    data = Key(1).normal((9, 6, 3)) * (np.arange(6) < np.arange(9)[:, None] % 7)[..., None]
    both_engines(make, data, Key(2).normal((9, *make().output_shape[1:])), steps=2)


@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize(("given", "masked"), [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("first", [False, True])
def test_pictures_as_states_come_and_go(given: bool, masked: bool, sequences: bool, first: bool) -> None:
    told = {"padding": "same", "data_format": "channels_first" if first else "channels_last"}

    def make(zeros: bool = given) -> Any:
        x = L.Input((3, 2, 4, 3) if first else (3, 4, 3, 2))
        states = [L.Conv2D(3, 3, **told)(x[:, 0]) for _ in range(2)] if given else None
        a, mask = L.PReLU("uniform")(x), x[..., 0, 0, 0] > 0 if masked else None
        layer = L.ConvLSTM2D(
            3, 3, return_sequences=sequences, return_state=True, zero_output_for_mask=zeros, name="pictures", **told
        )
        y = layer(a, states, mask=mask)
        model = pellucid.Model(x, [ops.reshape(one, (-1, math.prod(one.sample))) for one in y], seed=3)
        model.compile(pellucid.optimizers.SGD(0.1), "mse")
        return model

    targets = [Key(2 + i).normal((9, *shape[1:])) for i, shape in enumerate(make().output_shape)]
    both_engines(make, Key(1).normal((9, *make().input_shape[1:])), targets, steps=2)
    if given and masked:
        with pytest.raises(CannotLower, match=r"'pictures'.*with a mask and initial states"):
            lower(make(zeros=False), 9)
