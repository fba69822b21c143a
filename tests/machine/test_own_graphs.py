"""What a `call` of one's own may do besides ops: weights looked up, masks, losses added, weights assigned, chance; on
both engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid import Model, ops, random
from pellucid import layers as L
from pellucid.errors import ShapeError
from pellucid.rng import Key
from pellucid.training.engine import engine_of

STEPS, VALUES, WORDS = Key(1).normal((13, 5, 3)), Key(2).normal((13, 6)), np.arange(65).reshape(13, 5) ** 2 % 11
STEPS[:, 4:] = 0
STEPS[2, 1:] = 0
STEPS[5] = 0  # of which nothing counts


class Embedding(L.Layer):
    """Rows of a table, and one for each place in the sequence."""

    def build(self, shape: Any) -> None:
        self.table = self.add_weight((11, 4), "random_normal", name="table")
        self.place = self.add_weight((shape[1], 4), "random_normal", name="place")

    def call(self, x: Any) -> Any:
        return ops.take(self.table, ops.cast(x, "int32"), axis=0) + self.place

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return ops.not_equal(inputs, 0)


class MeanOfSteps(L.Layer):
    def call(self, x: Any, mask: Any = None) -> Any:
        counts = ops.ones_like(x) if mask is None else ops.expand_dims(ops.cast(mask, "float32"), -1)
        return ops.sum(x * counts, axis=1) / (ops.sum(counts, axis=1) + 1e-3)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None


class Plain(L.Layer):
    """One row of all numbers, masked or not."""

    def call(self, x: Any, mask: Any = None) -> Any:
        return ops.reshape(x, (-1, 20))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None


class Sparse(L.Layer):
    """Two penalties, one of them in training alone."""

    def call(self, x: Any, training: Any = None) -> Any:
        self.add_loss(0.1 * ops.mean(ops.abs(x)))
        if training:
            self.add_loss(0.01 * ops.sum(ops.square(x), axis=1))
        return x


class Centred(L.Layer):
    """Less a running mean, which training moves."""

    def build(self, shape: Any) -> None:
        self.mean = self.add_weight((shape[-1],), "zeros", trainable=False, name="mean")
        self.count = self.add_weight((), "zeros", trainable=False, name="count")

    def call(self, x: Any, training: Any = None) -> Any:
        if training:
            self.count.assign_add(1.0)
            self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(x, axis=0))
        return (x - self.mean) / (1.0 + 0.1 * self.count)


class Sampling(L.Layer):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.seeds = random.SeedGenerator(7)

    def call(self, mean: Any, logvar: Any) -> Any:
        self.add_loss(-0.05 * ops.mean(1 + logvar - ops.square(mean) - ops.exp(logvar)))
        return mean + ops.exp(0.5 * logvar) * random.normal(ops.shape(mean), seed=self.seeds)


class Noisy(L.Layer):
    """The input and random numbers."""

    def __init__(self, draw: Callable[[], Any]) -> None:
        super().__init__()
        self.draw = draw

    def call(self, x: Any) -> Any:
        return x + 0.1 * self.draw()


def chain(shape: tuple[int, ...], *makes: Callable[[], L.Layer], dtype: str | None = None, end: int = 2) -> Model:
    return compiled(
        pellucid.Sequential([L.Input(shape, dtype=dtype), *(make() for make in makes), L.Dense(end)], seed=1)
    )


def compiled(model: Model) -> Model:
    model.compile(pellucid.optimizers.Adam(0.01, epsilon=1e-3), "mse", weighted_metrics=["mae"])
    return model


def dense() -> L.Layer:
    return L.Dense(6, use_bias=False)


def merged(make: Callable[[], L.Layer]) -> Model:
    """Two inputs, each with a mask, joined."""
    a, b = L.Input((5, 3)), L.Input((5, 3))
    return compiled(Model([a, b], L.Dense(2)(make()([L.Dense(4)(L.Masking()(a)), L.Masking()(L.Dense(4)(b))])), seed=1))


def half_masked() -> Model:
    a = L.Input((5, 3))
    return compiled(Model(a, L.Dense(2)(L.Concatenate(axis=1)([L.Masking()(a), a])), seed=1))


def chosen() -> Model:
    x = L.Input((5, 3))
    scores = L.Dense(4)(x)
    shares = Plain()(L.Softmax()(scores, mask=ops.greater(scores, 0.0)))
    return compiled(Model(x, L.Dense(2)(shares), seed=1))


def autoencoder() -> Model:
    x = L.Input((6,))
    h = L.Dense(8, "tanh")(x)
    z = Sampling()(L.Dense(2)(h), L.Dense(2)(h))
    return compiled(Model(x, L.Dense(6)(L.Dense(8, "tanh")(z)), seed=3))


def always_dropping() -> Model:
    x = L.Input((6,))
    y = L.BatchNormalization()(L.Dropout(0.5)(dense()(x), training=True), training=True)
    return compiled(Model(x, L.Dense(6)(y), seed=1))


def standardized() -> Model:
    x = L.Input((6,))
    y = dense()(x)
    y = (y - ops.mean(y, axis=0)) / (ops.std(y, axis=0) + 0.1) + ops.max(y, axis=0, keepdims=True)
    return compiled(Model(x, L.Dense(6)(y), seed=1))


def shifted_words() -> Model:
    """Whole numbers reckoned with before they are places, one of several by its score."""
    x = L.Input((5,), dtype="int32")
    hot = ops.one_hot((x * 3 + 1) % 7, 7)
    best = ops.take_along_axis(hot, ops.argmax(L.Dense(7)(hot), axis=1, keepdims=True), axis=1)
    return compiled(Model(x, L.Dense(2)(L.Flatten()(best)), seed=1))


def drawing(draw: Callable[[], Any]) -> Callable[[], Model]:
    return lambda: chain((6,), dense, lambda: Noisy(draw), end=6)


Y = Key(4).normal((13, 5, 2))
TWICE = np.concatenate([Y, Y], 1)
NETWORKS: dict[str, tuple[Callable[[], Model], Any, Any]] = {
    "an embedding": (lambda: chain((5,), Embedding, dtype="int32"), WORDS, Y),
    "an embedding of decimals": (lambda: chain((5,), Embedding), WORDS.astype("float32"), Y),
    "an embedding and the mean of its words": (
        lambda: chain((5,), Embedding, MeanOfSteps, dtype="int32"), WORDS, Y[:, 0],
    ),
    "whole numbers": (shifted_words, WORDS, Y[:, 0]),
    "BatchNormalization": (lambda: chain((5, 3), L.Masking, lambda: L.BatchNormalization(momentum=0.5)), STEPS, Y),
    "BatchNormalization behind Dense": (lambda: chain((5, 3), L.Masking, dense, L.BatchNormalization), STEPS, Y),
    "BatchNormalization, axis 1": (
        lambda: chain((5, 3), L.Masking, dense, lambda: L.BatchNormalization(axis=1, scale=False)), STEPS, Y,
    ),
    "Softmax": (chosen, STEPS, Y[:, 0]),
    "Add": (lambda: merged(L.Add), [STEPS, STEPS[::-1]], Y),
    "Concatenate": (lambda: merged(L.Concatenate), [STEPS, STEPS[::-1]], Y),
    "Concatenate, axis 1": (lambda: merged(lambda: L.Concatenate(axis=1)), [STEPS, STEPS[::-1]], TWICE),
    "Concatenate, half masked": (half_masked, STEPS, TWICE),
    "Lambda's mask": (
        lambda: chain((5, 3), lambda: L.Lambda(lambda x: x, mask=lambda x, m: ops.any(x > 0.5, -1))), STEPS, Y,
    ),
    "losses added": (lambda: chain((6,), dense, Sparse, end=6), VALUES, VALUES),
    "weights assigned": (lambda: chain((6,), dense, Centred, end=6), VALUES, VALUES),
    "a variational autoencoder": (autoencoder, VALUES, VALUES),
    "uniform numbers": (drawing(lambda: random.uniform((None, 6))), VALUES, VALUES),
    "truncated normal numbers": (drawing(lambda: random.truncated_normal((None, 6))), VALUES, VALUES),
    "the same numbers each time": (drawing(lambda: random.normal((None, 6), seed=3)), VALUES, VALUES),
    "the same numbers for all": (drawing(lambda: random.truncated_normal((6,), seed=3)), VALUES, VALUES),
    "as in training, always": (always_dropping, VALUES, VALUES),
    "standardized over the batch": (standardized, VALUES, VALUES),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_twenty_steps_lead_to_the_same_place(name: str) -> None:
    both_engines(*NETWORKS[name], steps=20, tolerance=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_one_two_and_four_threads_leave_the_same_bits(name: str, crew: list[int]) -> None:
    make, x, y = NETWORKS[name]
    found = []
    for threads in (1, 2, 4):
        crew[:] = threads, 7
        model = make()
        model.fit(x, y, batch_size=5, epochs=3, verbose=0)
        losses = model.evaluate(x, y, batch_size=5, verbose=0)
        assert not engine_of(model).refusal, engine_of(model).refusal
        found.append((model.theta.data.tobytes(), model.state.data.tobytes(), losses))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("name", ["a variational autoencoder", "as in training, always", "standardized over the batch"])
@pytest.mark.parametrize("size", [1, 4, 13])
def test_batches_are_predicted_as_the_definition_has_them(name: str, size: int) -> None:
    """Chance and means go by the batch, and a second look is another one."""
    make, x, _ = NETWORKS[name]
    machine, definition = make(), make()
    definition.run_eagerly = True
    for _ in range(2):
        got, wanted = (model.predict(x, batch_size=size, verbose=0) for model in (machine, definition))
        np.testing.assert_allclose(got, wanted, rtol=0, atol=2e-5)
    assert not engine_of(machine).refusal


@pytest.mark.parametrize("asked", ["fit", "evaluate", "predict", "predict a row", "train_on_batch", "test_on_batch"])
def test_a_place_that_is_not_there_is_told(asked: str) -> None:
    make, x, y = NETWORKS["an embedding"]
    model, bad = make(), x.copy()
    model.fit(x, y, verbose=0)
    before = model.get_weights()
    bad[3, 2] = 11
    ways: dict[str, Callable[[], Any]] = {
        "fit": lambda: model.fit(bad, y, batch_size=13, verbose=0),
        "evaluate": lambda: model.evaluate(bad, y, batch_size=5, verbose=0),
        "predict": lambda: model.predict(bad, verbose=0),
        "predict a row": lambda: model.predict(bad[3:4], verbose=0),
        "train_on_batch": lambda: model.train_on_batch(bad, y),
        "test_on_batch": lambda: model.test_on_batch(bad, y),
    }
    with pytest.raises(ShapeError, match="index 11 is out of bounds for axis 0 with size 11"):
        ways[asked]()
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_whole_numbers_beyond_the_exact_ones_are_left_to_the_definition() -> None:
    x = L.Input((2,), dtype="int32")
    model = Model(x, ops.cast(ops.equal(x - 1, 1 << 24), "float32"))
    large = np.array([[(1 << 24) + 1, 1 << 24], [3, -(1 << 24)]], "int32")
    np.testing.assert_array_equal(model.predict(large, verbose=0), [[1, 0], [0, 0]])
    assert not engine_of(model).refusal
