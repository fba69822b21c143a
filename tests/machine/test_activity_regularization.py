"""Penalties on activities are the same on both engines, in the loss and in the gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid.layers import ActivityRegularization, Dense, Flatten, InputLayer, Layer
from pellucid.program import CannotLower, Program
from pellucid.regularizers import L1, L1L2, L2, OrthogonalRegularizer
from pellucid.rng import Key


def network(shape: tuple[int, ...], middle: Callable[[], list[Layer]], **last: object) -> pellucid.Sequential:
    model = pellucid.Sequential(
        [InputLayer(shape), *middle(), Flatten(), Dense(3, activation="softmax", **last)], seed=3
    )
    model.compile(pellucid.optimizers.Adam(epsilon=1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data(batch: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    return Key(1).normal((batch, *shape)), np.arange(batch) ** 2 % 3


@pytest.mark.parametrize("batch", [1, 7, 33])
@pytest.mark.parametrize("shape", [(5,), (3, 4)])
@pytest.mark.parametrize("regularizer", [L1(0.02), L2(0.03), L1L2(l1=0.02, l2=0.01), L1L2()])
def test_both_engines_agree(regularizer: L1 | L2 | L1L2, shape: tuple[int, ...], batch: int) -> None:
    def middle() -> list[Layer]:
        return [Dense(6, activation="relu", activity_regularizer=regularizer), Dense(5)]

    both_engines(lambda: network(shape, middle), *data(batch, shape))


def test_a_layer_of_penalties_alone() -> None:
    both_engines(lambda: network((5,), lambda: [Dense(6), ActivityRegularization(0.1, 0.2)]), *data(7, (5,)))
    both_engines(lambda: network((5,), lambda: [ActivityRegularization(0.1, 0.2)]), *data(7, (5,)))


def test_a_frozen_layer_s_penalty_counts() -> None:
    both_engines(lambda: network((5,), lambda: [Dense(6, trainable=False, activity_regularizer="l2")]), *data(7, (5,)))


def test_one_within_a_model_within_the_model() -> None:
    def nested() -> list[Layer]:
        return [pellucid.Sequential([Dense(6, activity_regularizer="l1"), Dense(4, activity_regularizer="l2")])]

    both_engines(lambda: network((5,), nested), *data(7, (5,)))


def test_one_on_the_last_layer_where_the_loss_is_taken_from_the_outputs() -> None:
    both_engines(lambda: network((5,), lambda: [Dense(6)], activity_regularizer=L2(0.3)), *data(7, (5,)))


def test_only_those_with_a_compiled_form_are_lowered() -> None:
    class Mine(L1):
        def __call__(self, w: np.ndarray) -> float:
            return 0.0

    code = Program(4, pellucid.arrays.Flat({}), pellucid.arrays.Flat({}))
    for regularizer in (OrthogonalRegularizer(), Mine()):
        with pytest.raises(CannotLower, match=type(regularizer).__name__):
            regularizer.lower_activity(code, code.buffer((3,)))


@pytest.mark.parametrize("eagerly", [False, True])
def test_a_layer_that_writes_call_is_penalized_for_each_of_its_outputs(eagerly: bool) -> None:
    class Both(Layer):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.dense = Dense(4, activation="tanh")

        def call(self, x: Any) -> Any:
            y = self.dense(x)
            return y, y * 2.0

    def trained(**told: Any) -> tuple[float, pellucid.Model]:
        x = pellucid.Input((5,))
        ys = Both(**told)(x)
        ys = ys if told else [ActivityRegularization(l2=0.1)(y) for y in ys]
        model = pellucid.Model(x, Dense(1)(ys[0] + ys[1]), seed=1)
        model.compile("sgd", "mse", run_eagerly=eagerly)
        return model.fit(*data(7, (5,)), epochs=2, verbose=0).history["loss"], model

    (got, model), (wanted, plain) = trained(activity_regularizer=L2(0.1)), trained()
    np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-7)
    for w, v in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(w, v, rtol=1e-5, atol=1e-7)
    layer = pellucid.layers.EinsumDense("ab,bc->ac", 2, activity_regularizer=L2(0.1))
    assert layer.from_config(layer.get_config()).activity_regularizer.l2 == 0.1
    attention = pellucid.layers.MultiHeadAttention(2, 3, activity_regularizer=L2(0.1))
    assert attention.from_config(attention.get_config()).activity_regularizer.l2 == 0.1
