"""TimeDistributed: what its layer gives for each step by itself; on the engine, where a layer goes along the steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid import layers as L
from pellucid.models import Sequential
from pellucid.rng import Key

ALONG: dict[str, Callable[[], L.Layer]] = {
    "relu": L.ReLU, "elu": L.ELU, "leaky relu": L.LeakyReLU, "identity": L.Identity, "softmax": L.Softmax,
    "layer norm": L.LayerNormalization, "batch norm": L.BatchNormalization, "RMS norm": L.RMSNormalization,
    "unit norm": L.UnitNormalization, "dense": lambda: L.Dense(4, activation="tanh"), "dropout": lambda: L.Dropout(0.4),
}  # fmt: skip
APART: dict[str, Callable[[], L.Layer]] = {
    "flatten": L.Flatten, "PReLU": lambda: L.PReLU("uniform"), "softmax of rows": lambda: L.Softmax(axis=1),
    "norm of columns": lambda: L.LayerNormalization(axis=(1, 2)), "layer in a layer": lambda: Sequential([L.Dense(2)]),
    "dropout of rows": lambda: L.Dropout(0.4, noise_shape=(None, 1, 3)),
    "sums of products": lambda: L.EinsumDense("...x,xy->...y", 4),
    "sums of columns": lambda: L.EinsumDense("abc,bd->adc", (4, 3)),
}  # fmt: skip
EVERY = {**ALONG, **APART}


@pytest.mark.parametrize("name", EVERY)
def test_each_step_is_a_sample(name: str) -> None:
    layer, inner, x = L.TimeDistributed(EVERY[name]()), EVERY[name](), Key(1).normal((3, 5, 2, 3))
    y = layer(x)
    inner.build((None, 2, 3))
    inner.set_weights(layer.get_weights())
    np.testing.assert_allclose(y, np.stack([inner(x[:, t]) for t in range(5)], axis=1), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", [*ALONG, "sums of products"])
def test_it_trains_alike_on_both_engines(name: str) -> None:
    def make() -> Sequential:
        model = Sequential(
            [L.Input((4, 3)), L.Dense(5), L.TimeDistributed(EVERY[name]()), L.LSTM(3), L.Dense(2)], seed=4
        )
        model.compile(pellucid.optimizers.SGD(0.1), "mse")
        return model

    both_engines(make, Key(2).normal((9, 4, 3)), Key(3).normal((9, 2)), tolerance=5e-5)


def test_which_steps_count_is_not_the_layers_concern() -> None:
    x = Key(5).normal((4, 6, 3))
    x[:, 4:] = 0
    found = []
    for behind in ([], [L.Masking()]):
        model = Sequential([L.Input((6, 3)), *behind, L.TimeDistributed(L.BatchNormalization())], seed=1)
        model.compile("sgd", "mse")
        model(x, training=True)
        found.append(model.get_weights())
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
    assert abs(found[0][2]).max() > 0


@pytest.mark.filterwarnings("ignore:.*which it does not pass on")
@pytest.mark.parametrize("inner", [lambda: L.LSTM(4), lambda: L.Bidirectional(L.GRU(4, return_sequences=True))])
def test_a_layer_is_told_what_counts_within_a_step(inner: Callable[[], L.Layer]) -> None:
    x, y = Key(5).normal((4, 3, 5, 2)), Key(6).normal((4, 3))
    x[0, :, 3:] = x[2, 1, 1:4] = 0

    def model() -> pellucid.Model:
        given = L.Input((3, 5, 2))
        h = L.TimeDistributed(inner())(L.Masking()(given))
        made = pellucid.Model(given, L.Dense(3)(L.Flatten()(h)), seed=1)
        made.compile(pellucid.optimizers.SGD(0.1), "mse")
        return made

    of_steps, distributed = Sequential([L.Input((5, 2)), L.Masking(), inner()]), model()
    of_steps.set_weights(distributed.get_weights()[:-2])
    expected = np.stack([of_steps(x[:, t]) for t in range(3)], axis=1).reshape(4, -1)
    found = pellucid.Model(distributed.inputs, distributed.layers[-2].output).predict(x, verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    both_engines(model, x, y, tolerance=5e-5)
