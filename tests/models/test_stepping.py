"""Steps of one's own: train_step, test_step, gradients, compute_loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import close
from pellucid import errors
from pellucid import layers as L
from pellucid.models import Functional, Model, Sequential
from pellucid.rng import Key

X, Y = Key(1).normal((20, 4)), np.arange(20) % 3


def layers() -> list[L.Layer]:
    return [
        L.Dense(6, activation="relu", kernel_regularizer="l2", input_shape=(4,)), L.BatchNormalization(),
        L.Dropout(0.3), L.Dense(3, activation="softmax"),
    ]  # fmt: skip


def compiled(model: Any, **options: Any) -> Any:
    model.compile(pellucid.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"], **options)
    return model


class ByHand(Sequential):
    """The library's step, written out but for the moving averages."""

    def train_step(self, data: Any) -> dict[str, Any]:
        g = self.gradients(*data)
        loss = self.compute_loss(data[0], data[1], self(data[0], training=True))
        self.optimizer.apply(list(g.values()), self.trainable_variables)
        return {"loss": loss, "norm": float(np.sqrt(sum((dw**2).sum() for dw in g.values())))}


class Passed(Sequential):
    """The library's step, and how often it was asked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mean = pellucid.metrics.Mean()

    def train_step(self, data: Any) -> dict[str, Any]:
        found = super().train_step(data)
        self.mean.update_state([1.0] * len(data[0]))
        return {**found, "seen": self.mean.state["count"]}

    def test_step(self, data: Any) -> dict[str, Any]:
        return {**super().test_step(data), "twice": 2.0}


@pytest.mark.parametrize("eager", [False, True])
def test_gradients_are_those_of_the_next_step(eager: bool) -> None:
    model = compiled(Sequential(layers(), seed=1), run_eagerly=eager)
    before = model.get_weights()
    g = model.gradients(X, Y)
    for got, wanted in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert list(g) == [v.path for v in model.trainable_variables]
    model.train_on_batch(X, Y)
    for name, dw in g.items():
        close(name, dw, model.gradient[name])


def test_a_step_written_out_trains_as_the_library_does() -> None:
    hand, plain = compiled(ByHand(layers(), seed=1)), compiled(Sequential(layers(), seed=1))
    options: dict[str, Any] = {"epochs": 3, "batch_size": 8, "verbose": 0}
    logs = hand.fit(X, Y, **options).history
    plain.fit(X, Y, **options)
    assert list(logs) == ["loss", "norm"]
    for got, wanted in zip(hand.trainable_variables, plain.trainable_variables, strict=True):
        close(got.path, np.asarray(got), np.asarray(wanted))


def test_the_library_s_step_may_be_called() -> None:
    mine, plain = compiled(Passed(layers(), seed=1)), compiled(Sequential(layers(), seed=1))
    options: dict[str, Any] = {"epochs": 3, "batch_size": 8, "verbose": 0, "validation_data": (X, Y)}
    logs, expected = mine.fit(X, Y, **options).history, plain.fit(X, Y, **options).history
    assert logs.pop("seen") == [20.0] * 3, "metrics that are attributes begin anew with each epoch"
    assert logs.pop("val_twice") == [2.0] * 3
    for name, values in expected.items():
        close(name, logs[name], values)
    for got, wanted in zip(mine.get_weights(), plain.get_weights(), strict=True):
        close("weights", got, wanted)


def test_one_batch_takes_the_same_step() -> None:
    mine = compiled(Passed(layers(), seed=1))
    assert mine.train_on_batch(X, Y, return_dict=True)["seen"] == 20.0
    assert mine.test_on_batch(X, Y, return_dict=True)["twice"] == 2.0
    bare = own(train_step=lambda self, data: {"score": np.float32(2)}, test_step=lambda self, data: {"score": 3})
    assert bare.fit(X, Y, validation_data=(X, Y), verbose=0).history == {"score": [2.0], "val_score": [3.0]}
    assert bare.evaluate(X, Y, verbose=0, return_dict=True) == {"score": 3.0}


def test_probes_see_the_gradients_of_a_step_of_one_s_own() -> None:
    looks = []
    for kind in (ByHand, Sequential):
        probes = pellucid.callbacks.Probes(every=1)
        compiled(kind(layers(), seed=1)).fit(X, Y, epochs=1, verbose=0, callbacks=[probes])
        looks.append(probes.looks[0])
    for name, summary in looks[1].gradients.items():
        close(name, looks[0].gradients[name].mean, summary.mean)


def test_the_loss_is_that_of_compile() -> None:
    model = compiled(Sequential(layers(), seed=1))
    close("loss", model.compute_loss(X, Y, model(X)), model.evaluate(X, Y, verbose=0)[0])
    y = {"a": X[:, :1], "b": X[:, 1:2]}
    several = two()
    close("loss", several.compute_loss(X, y, several(X)), several.evaluate(X, y, verbose=0)[0])
    g = several.gradients(X, y)
    several.train_on_batch(X, y)
    for name, dw in g.items():
        close(name, dw, several.gradient[name])


def test_a_graph_of_one_s_own_class() -> None:
    class Mine(Functional):
        def train_step(self, data: Any) -> dict[str, Any]:
            return {"loss": 1.0, "parts": len(data)}

    a, b = L.Input((4,)), L.Input((4,))
    model = compiled(Mine([a, b], L.Dense(3, activation="softmax")(L.Add()([a, b]))))
    assert model.fit([X, X], Y, sample_weight=np.ones(20), verbose=0).history == {"loss": [1.0], "parts": [3.0]}


def two() -> Any:
    x = L.Input((4,))
    model = Model(x, {"a": L.Dense(1)(x), "b": L.Dense(1)(x)}, seed=1)
    model.compile("sgd", "mse", loss_weights={"a": 3.0})
    return model


def own(**methods: Any) -> Any:
    return compiled(type("Mine", (Sequential,), methods)(layers(), seed=1))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: own(train_step=lambda self, data: None).fit(X, Y, verbose=0), "a dict of numbers returned"),
        (lambda: own(train_step=lambda self, data: {"loss": float("nan")}).fit(X, Y, verbose=0), "a finite loss"),
        (lambda: own(compute_loss=lambda self, *a: 0.0), "compute_loss, which Keras would call"),
        (lambda: own(predict_step=lambda self, data: 0.0), "predict_step, which Keras would call"),
        (lambda: own(train_step=lambda self, data: {"loss": None}).fit(X, Y, verbose=0), "'loss': expected a number"),
        (lambda: own(train_step=lambda self, data: {}).explain(X, Y), "explain: expected the library's own train_step"),
        (lambda: own(train_step=lambda self, data: {}).find_learning_rate(X, Y), "the library's own train_step"),
        (lambda: two().compute_loss(X, [X[:, :1]], [X[:, :1]] * 2), "compute_loss, argument y: expected 2 arrays"),
        (lambda: own().train_step(X), "train_step, argument data"),
        (lambda: own().gradients(X[:, :2], Y), "gradients, x"),
        (lambda: Sequential(layers()).gradients(X, Y), "a compiled model"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(act: Any, message: str) -> None:
    with pytest.raises(errors.PellucidError, match=message):
        act()
