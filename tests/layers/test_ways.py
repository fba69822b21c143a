"""One layer called in several ways, and what lies below its attributes. Beside Keras's numbers: compat."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import close
from pellucid import errors
from pellucid import layers as L
from pellucid.models import Model, Sequential, load_model
from pellucid.registry import register_keras_serializable
from pellucid.rng import Key

X = Key(5).normal((20, 4))


@register_keras_serializable("ways")
class Mix(L.Layer):
    """Weights of its own, and a layer that one way alone uses."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.other, self.body = L.Dense(3), L.Dense(3, "tanh")

    def build(self, input_shape: Any) -> None:
        self.gain = self.add_weight((3,), "ones", name="gain")

    def call(self, x: Any, beside: Any = None, scale: float = 1.0, training: bool | None = None) -> Any:
        y = self.body(x) * self.gain
        return scale * (y if beside is None else y + self.other(beside))


def graph(**options: Any) -> Any:
    x, mix = L.Input((4,)), Mix()
    model = Model(x, L.Dense(1)(L.concatenate([mix(x), mix(x, beside=x, scale=2.0), mix(x, training=False)])), seed=3)
    model.compile("adam", "mse", **options)
    return model


class Heads(Model):
    """A model with an output that `fit` does not see."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.body, self.out, self.aside = L.Dense(4, "tanh"), L.Dense(1), L.Dense(2)

    def call(self, x: Any, aside: bool = False) -> Any:
        h = self.body(x)
        return self.aside(h) if aside else self.out(h)


def test_both_engines_train_all_ways_alike() -> None:
    models = [graph(run_eagerly=eager) for eager in (False, True)]
    for model in models:
        model.fit(X, X[:, 0], batch_size=8, epochs=3, verbose=0)
    close("theta", models[0].theta.data, models[1].theta.data, 1e-4)
    assert models[0].engine.refusal == ""
    assert [v.path for v in models[0].weights][:5] == [
        "mix/gain", "mix/dense_1/kernel", "mix/dense_1/bias", "mix/dense/kernel", "mix/dense/bias"
    ]  # fmt: skip


def test_the_gradients_of_all_ways_add() -> None:
    assert pellucid.check_gradients(graph(), X[:4], X[:4, :1]).worst_error < 1e-6


def test_a_file_a_copy_and_a_clone_have_all_ways(tmp_path: Path) -> None:
    model = graph()
    model.fit(X, X[:, 0], verbose=0)
    model.save(tmp_path / "ways.keras")
    again, twin = load_model(tmp_path / "ways.keras"), copy.deepcopy(model)
    clone = pellucid.models.clone_model(model)
    clone.set_weights(model.get_weights())
    for other in (again, twin, clone):
        np.testing.assert_array_equal(other.predict(X), model.predict(X))
    for other in (again, twin):
        other.fit(X, X[:, 0], verbose=0, shuffle=False)
    np.testing.assert_array_equal(again.theta.data, twin.theta.data)


def test_what_looks_at_a_network_sees_each_way(tmp_path: Path) -> None:
    model = graph()
    told = model.explain(X[:2], X[:2, :1])
    assert [step for step in told.forward if step.startswith("mix/dense")] == [
        "mix/dense", "mix/dense#2", "mix/dense_1", "mix/dense#3"
    ]  # fmt: skip
    assert "mix/dense_1" in pellucid.utils.plot_model(model, expand_nested=True)
    model.to_numpy(tmp_path / "script")  # which has been run beside the model


def test_weights_come_in_with_the_way_that_uses_them() -> None:
    model = Heads(seed=1)
    model.compile("adam", "mse")
    model.fit(X, X[:, 0], verbose=0)
    before = model.predict(X)
    assert len(model.weights) == 4
    aside = model(X, aside=True)
    assert len(model.weights) == 6
    np.testing.assert_array_equal(model.predict(X), before)
    np.testing.assert_array_equal(model(X, aside=True), aside)
    with pytest.raises(errors.InvalidArgument, match="the parameters it was built for"):
        model.fit(X, X[:, 0], verbose=0)
    model.compile("adam", "mse")
    model.fit(X, X[:, 0], verbose=0)
    assert not np.array_equal(model(X, aside=True), aside)


def test_weights_that_only_a_later_call_uses_are_not_lost_in_silence(tmp_path: Path) -> None:
    model = Heads(seed=1)
    model(X)
    model(X, aside=True)
    model.save(tmp_path / "heads.keras")
    with pytest.raises(errors.FileError, match=r"layer 'dense' that is built.*self\.aside\.build\(shape\)"):
        load_model(tmp_path / "heads.keras", custom_objects={"Heads": Heads})

    class Built(Heads):
        def build(self, input_shape: Any) -> None:
            self.aside.build((None, 4))

    again: Any = load_model(tmp_path / "heads.keras", custom_objects={"Heads": Built})
    np.testing.assert_array_equal(again(X, aside=True), model(X, aside=True))


def test_fit_takes_the_first_argument_whatever_was_called_before() -> None:
    first, second = Heads(seed=1), Heads(seed=1)
    for model in (first, second):
        model.compile("sgd", "mse")
        model.build((None, 4))
    start = first.get_weights()
    third = Heads(seed=2)
    third(X, aside=True)
    third.compile("sgd", "mse")
    third.fit(X, X[:, 0], epochs=0, verbose=0)
    assert [w.shape for w in third.get_weights()] == [(4, 4), (4,), (4, 1), (1,), (4, 2), (2,)]
    third.set_weights([*start, *third.get_weights()[4:]])
    for model in (first, third):
        model.fit(X, X[:, 0], verbose=0, shuffle=False)
    np.testing.assert_allclose(third.predict(X), first.predict(X), rtol=1e-6, atol=1e-7)
    assert third(X, aside=True).shape == (20, 2)


def test_what_stands_in_another_s_call_stays_as_it_is_called_there() -> None:
    class Outer(Model):
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def call(self, x: Any) -> Any:
            return self.inner(x, aside=True)

    inner = Heads(seed=1)
    outer = Outer(inner)
    before = outer(X)
    with pytest.raises(errors.InvalidArgument, match="It stands in a graph"):
        inner.predict(X)
    assert inner(X).shape == (20, 1)
    np.testing.assert_array_equal(outer(X), before)


def test_of_many_ways_by_hand_each_is_right() -> None:
    layer = Mix()
    base = layer(X)
    for k in range(40):
        np.testing.assert_allclose(layer(X[:2], scale=float(k)), k * base[:2], rtol=1e-5, atol=1e-7)
    assert len(layer._others) == 32


# What lies below attributes ------------------------------------------------------------------------------------------


@dataclass
class Settings:
    factor: float = 1.0


class Reading(L.Layer):
    """It reads a number from each of several places."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.listed, self.settings, self.kept = [1.0, [1.0]], {"a": {"b": 1.0}}, Settings()
        self.table, self.inner, self.own = np.ones(4, "float32"), L.Dropout(0.5), Inner()

    def call(self, x: Any) -> Any:
        y = x * self.listed[0] * self.listed[1][0] * self.settings["a"]["b"] * self.kept.factor * self.table
        return self.own(y) * (self.inner.rate * 2.0 + self.own.sizes[0] - 1.0)


class Inner(L.Layer):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sizes = [1.0]

    def call(self, x: Any) -> Any:
        return x * 1.0


def set_item(place: Callable[[Any], Any], key: Any) -> Callable[[Any], None]:
    return lambda layer: place(layer).__setitem__(key, 3.0)


CHANGES: dict[str, Callable[[Any], None]] = {
    "a list": set_item(lambda layer: layer.listed, 0),
    "a list in a list": set_item(lambda layer: layer.listed[1], 0),
    "a dict in a dict": set_item(lambda layer: layer.settings["a"], "b"),
    "an object": lambda layer: setattr(layer.kept, "factor", 3.0),
    "an array": set_item(lambda layer: layer.table, slice(None)),
    "a layer's list": set_item(lambda layer: layer.own.sizes, 0),
}


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("copied", [False, True])
def test_what_changes_below_an_attribute_is_heeded(what: str, eager: bool, copied: bool) -> None:
    model = Sequential([L.Input((4,)), Reading(), L.Dense(1)], seed=0)
    model.compile("sgd", "mse", run_eagerly=eager)
    bias = model.layers[1].bias.value
    before = model.predict(X) - bias
    model.train_on_batch(X, 0 * X[:, 0])
    model = copy.deepcopy(model) if copied else model
    kernel = model.layers[1].get_weights()
    CHANGES[what](model.layers[0])
    np.testing.assert_allclose(model.predict(X), 3 * X @ kernel[0] + kernel[1], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model(X), model.predict(X), rtol=1e-5, atol=1e-6)
    loss = float(np.mean(model.predict(X) ** 2))
    assert model.train_on_batch(X, 0 * X[:, 0]) == pytest.approx(loss, rel=1e-4)
    assert before.shape == (20, 1)


def test_a_layer_s_argument_that_call_reads_is_heeded() -> None:
    layer = Reading()
    before = layer(X)
    layer.inner.rate = 0.25
    np.testing.assert_allclose(layer(X), before / 2, rtol=1e-6, atol=1e-7)


def test_what_stays_is_not_traced_again() -> None:
    traces = []

    class Counting(Reading):
        def call(self, x: Any) -> Any:
            traces.append(1)
            return super().call(x)

    model = Sequential([L.Input((4,)), Counting(), L.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    model.fit(X, X[:, 0], epochs=2, verbose=0)
    known = len(traces)
    model.fit(X, X[:, 0], epochs=2, verbose=0)
    model.predict(X)
    assert len(traces) == known == 2
