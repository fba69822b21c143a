"""Metrics within a step of one's own: `self.metrics`, `compute_metrics`, and trackers that are attributes.

The golden numbers are Keras 3's, with PyTorch beneath it, where a `test_step` may be written in these very words.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import close
from pellucid import layers as L
from pellucid.errors import PellucidError

R = np.random.RandomState(0)
X = R.normal(size=(120, 8)).astype("float32")
Y = (X @ R.normal(size=(8,)) + 1).astype("float32")


class Net(pellucid.Model):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = L.Dense(4, activation="relu"), L.Dense(1)
        self.worst = pellucid.metrics.Mean(name="worst")

    def call(self, x: Any) -> Any:
        return self.b(self.a(x))


class Looping(Net):
    def test_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        p = self(x, training=False)
        loss = self.compute_loss(x=x, y=y, y_pred=p)
        for m in self.metrics:
            if m.name in ("loss", "worst"):
                m.update_state(loss)
            else:
                m.update_state(y, p)
        return {m.name: m.result() for m in self.metrics}


class Computing(Net):
    def test_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        p = self(x, training=False)
        self.worst.update_state(self.compute_loss(x=x, y=y, y_pred=p))
        return self.compute_metrics(x, y, p)


class Choosing(Net):
    @property
    def metrics(self) -> list[Any]:
        return [self.worst]

    def test_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        self.worst.update_state(self.compute_loss(x, y, self(x, training=False)))
        return {m.name: m.result() for m in self.metrics}


EVALUATED = {
    Looping: {"loss": 4.9305, "worst": 4.9305, "mae": 1.74256, "mse": 4.75282},
    Computing: {"loss": 0.0, "worst": 4.9305, "mae": 1.74256, "mse": 4.75282},
    Choosing: {"worst": 4.9305},
}


@pytest.mark.parametrize("kind", EVALUATED)
def test_numbers_are_keras_s(kind: type[Any]) -> None:
    model = kind()
    model.build((None, 8))
    r = np.random.RandomState(1)
    model.set_weights([r.normal(size=w.shape) * 0.3 for w in model.get_weights()])
    model.compile("sgd", "mse", metrics=["mae", "mse"])
    model.fit(X, Y, epochs=2, batch_size=50, shuffle=False, verbose=0, validation_data=(X[:70], Y[:70]))
    for _ in range(2):  # each evaluation counts from the start
        found = model.evaluate(X, Y, batch_size=50, verbose=0, return_dict=True)
        assert found.keys() == EVALUATED[kind].keys()
        assert all(abs(found[name] - value) < 2e-5 for name, value in EVALUATED[kind].items())


def test_a_training_step_counts_as_the_library_s_does() -> None:
    class Counting(pellucid.Sequential):
        def train_step(self, data: Any) -> dict[str, Any]:
            x, y = data
            p = self(x)
            gradients = self.gradients(x, y)
            for m in self.metrics:
                m.update_state([self.compute_loss(x, y, p)] * len(x)) if m.name == "loss" else m.update_state(y, p)
            self.optimizer.apply(list(gradients.values()), self.trainable_variables)
            return {m.name: m.result() for m in self.metrics}

    histories = []
    for kind in (pellucid.Sequential, Counting):
        model = kind([L.Dense(5, "tanh"), L.Dense(1)], seed=3)
        model.compile("sgd", "mse", metrics=["mae"])
        histories.append(model.fit(X, Y, epochs=3, batch_size=50, verbose=0).history)
    assert histories[0].keys() == histories[1].keys()
    for name, numbers in histories[0].items():
        close(name, histories[1][name], numbers, 1e-5)


@pytest.mark.parametrize("named", [True, False])
def test_each_metric_of_several_outputs_sees_its_own(named: bool) -> None:
    class Counting(pellucid.models.Functional):
        def test_step(self, data: Any) -> dict[str, Any]:
            x, y = data
            p = self(x)
            self.metrics[0].update_state(self.compute_loss(x, y, p))
            for m in self.metrics[1:]:
                m.update_state(y, p)
            return {m.name: m.result() for m in self.metrics}

    x = L.Input((8,))
    a, b = L.Dense(1, name="a", kernel_initializer="ones")(x), L.Dense(1, name="b", kernel_initializer="zeros")(x)
    found = []
    for kind in (pellucid.models.Functional, Counting):
        model = kind(x, {"a": a, "b": b} if named else [a, b])
        model.compile("sgd", "mse", metrics={"a": ["mae"], "b": ["mae", "mse"]} if named else [["mae"], ["mae", "mse"]])
        found.append(model.evaluate(X, {"a": Y, "b": -Y} if named else [Y, -Y], batch_size=120, return_dict=True))
    assert {"a_mae", "b_mae", "b_mse"} < found[1].keys()
    assert all(abs(found[1][name] - found[0][name]) < 1e-4 for name in found[1])


class Forgetful(pellucid.metrics.Metric):
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.seen = len(y_true)


class Wordy(Forgetful):
    def result(self) -> Any:
        return "good"


class WordyInside(Forgetful):
    def result(self) -> Any:
        return {"a": 1.0, "b": "good"}


@pytest.mark.parametrize(("kind", "told"), [
    (WordyInside, r"metric 'wordy_inside', what result\(\) returns: .*, got 'good'"),
    (Forgetful, r"metric Forgetful: expected read\(state\), got none\. Or write update_state and result"),
    (Wordy, r"metric 'wordy', what result\(\) returns: expected a number or an array of numbers, got 'good'"),
])  # fmt: skip
def test_a_result_that_is_none_or_no_number_is_told(kind: type[Any], told: str) -> None:
    model = pellucid.Sequential([L.Dense(1, input_shape=(8,))])
    model.compile("sgd", "mse", metrics=[kind()])
    with pytest.raises(PellucidError, match=told):
        model.evaluate(X, Y, verbose=0)
