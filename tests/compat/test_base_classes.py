"""Constraint, Regularizer and Initializer: made as they are, and subclassed, as in Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import constraints, initializers, layers, regularizers
from pellucid.errors import InvalidArgument, ShapeError, UnknownArgument, WrongType

X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
Y = X[:, :1] ** 2
BASES = [
    ("constraints", "Constraint", constraints.Constraint),
    ("regularizers", "Regularizer", regularizers.Regularizer),
    ("initializers", "Initializer", initializers.Initializer),
]


class Halved(initializers.Initializer):
    """Written for Keras: with options, saved by a config of its own."""

    def __init__(self, value: float = 1.0) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return np.full(shape, self.value / 2, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}


class Capped(constraints.Constraint):
    def __call__(self, w: Any) -> Any:
        return np.minimum(w, 0.1)


class Cubic(regularizers.Regularizer):
    def __call__(self, w: Any) -> float:
        return float((np.abs(w) ** 3).sum())

    def grad(self, w: Any) -> Any:
        return 3 * w * np.abs(w)


def trained(**options: Any) -> pellucid.Sequential:
    model = pellucid.Sequential([layers.Dense(2, "tanh", **options), layers.Dense(1)], seed=3)
    model.compile("sgd", "mse")
    model.fit(X, Y, epochs=2, batch_size=4, verbose=0)
    return model


@pytest.mark.parametrize(("kind", "name", "cls"), BASES)
def test_they_can_be_made_and_named(kind: str, name: str, cls: type):
    family = getattr(pellucid, kind)
    for made in (cls(), family.get(name), family.get(name.lower()), family.get({"class_name": name, "config": {}})):
        assert type(made) is cls
    saved = family.serialize(cls())
    assert saved == {"module": f"keras.{kind}", "class_name": name, "config": {}, "registered_name": None}
    assert type(pellucid.saving.deserialize_keras_object(saved)) is cls
    with pytest.raises(UnknownArgument, match=f"{name}, its arguments"):
        cls(axis=0)


@pytest.mark.parametrize(("kind", "name", "_"), BASES)
def test_keras_makes_them_too(kind: str, name: str, _: type):
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    assert type(getattr(keras, kind).get({"class_name": name, "config": {}})).__name__ == name


def test_a_bare_constraint_and_a_bare_regularizer_change_nothing():
    w = np.array([[1.0, -3.0]], "float32")
    assert constraints.Constraint()(w) is w
    assert regularizers.Regularizer()(w) == 0.0
    np.testing.assert_array_equal(regularizers.Regularizer().grad(w), np.zeros_like(w))
    plain = trained().theta.data
    for options in ({"kernel_constraint": "constraint"}, {"kernel_regularizer": "regularizer"}):
        np.testing.assert_allclose(trained(**options).theta.data, plain, rtol=1e-6, atol=1e-7)


def test_an_initializer_written_for_keras(tmp_path: Path):
    drawn = Halved(3.0)((2, 2))
    assert drawn.dtype == "float32"
    np.testing.assert_array_equal(drawn, np.full((2, 2), 1.5))
    assert Halved()((2,), dtype="float64").dtype == "float64"
    layer = layers.Dense(2, kernel_initializer=Halved(0.5))
    layer.build((None, 3))
    np.testing.assert_array_equal(layer.kernel, np.full((3, 2), 0.25))
    model = trained(kernel_initializer=Halved(0.5))
    model.save(tmp_path / "m.keras")
    again = pellucid.models.load_model(tmp_path / "m.keras", custom_objects={"Halved": Halved})
    assert again.layers[0].kernel_initializer.value == 0.5


def test_an_initializer_of_another_class_with_a_call_of_its_own():
    class Doubled(initializers.GlorotUniform):
        def __call__(self, shape: Any, dtype: Any = None, **options: Any) -> Any:
            return 2 * super().__call__(shape, dtype)

    np.testing.assert_array_equal(Doubled(seed=5)((3, 2)), 2 * initializers.GlorotUniform(seed=5)((3, 2)))


def test_an_initializer_whose_call_takes_a_key_is_given_the_models():
    class Keyed(initializers.Initializer):
        def __call__(self, shape: Any, dtype: Any = None, key: Any = None) -> Any:
            return key.uniform(shape, dtype)

    a, b = (trained(kernel_initializer=Keyed()).theta.data for _ in range(2))
    np.testing.assert_array_equal(a, b)


def test_the_penalty_and_the_projection_of_ones_own_are_those_that_hold():
    assert trained(kernel_constraint=Capped()).layers[0].kernel.max() <= np.float32(0.1) < trained().theta.data.max()
    with_penalty, without = trained(kernel_regularizer=Cubic()), trained()
    assert np.abs(with_penalty.layers[0].kernel).sum() < np.abs(without.layers[0].kernel).sum()


class Calls(regularizers.Regularizer):
    def __call__(self, w: Any) -> float:
        return 1.0


class Grads(regularizers.Regularizer):
    def grad(self, w: Any) -> Any:
        return w


class Both(Calls):
    def grad(self, w: Any) -> Any:
        return 0 * w


class Wrong(initializers.Initializer):
    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return np.zeros(3)


class Nothing(initializers.Initializer):
    pass


def test_the_half_that_was_lacking_may_be_written_below():
    assert (Both()(X), Both().grad(X).sum()) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("do", "error", "message"),
    [
        (
            lambda: Calls().grad(np.ones(3)),
            WrongType,
            "regularizer Calls, what it returns: expected a tensor, made of its",
        ),
        (Grads, InvalidArgument, "class Grads: expected __call__, which every regularizer needs, got none"),
        (lambda: initializers.Initializer()((2,)), InvalidArgument, "class Initializer: expected draw, or __call__"),
        (lambda: Nothing()((2,)), InvalidArgument, "class Nothing: expected draw, or __call__"),
        (lambda: Wrong()((2,)), ShapeError, r"Wrong: expected an array of shape \(2,\), got \(3,\)"),
        (lambda: Halved()(3), WrongType, "Halved, argument shape"),
    ],
    ids=lambda given: getattr(given, "__name__", str(given)),
)
def test_what_cannot_work_says_so(do: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        do()
