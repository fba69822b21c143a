"""Layers of one's own by `call`: their laws, what they may hold, and what is told where they cannot be."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from pellucid import errors, ops
from pellucid import layers as L
from pellucid.models import Model, Sequential, clone_model, load_model
from pellucid.registry import register_keras_serializable
from pellucid.rng import Key

X = Key(3).normal((12, 4))


@register_keras_serializable("laws")
def half_sine(x: Any) -> Any:
    return 0.5 * ops.sin(x)


@register_keras_serializable("laws")
def louder(x: Any, training: bool | None = None) -> Any:
    return x * (2.0 if training else 1.0)


@register_keras_serializable("laws")
class Linear(L.Layer):
    def __init__(self, units: int = 3, scale: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.units, self.scale = units, scale

    def build(self, input_shape: Any) -> None:
        self.w = self.add_weight((input_shape[-1], self.units), name="w", regularizer="l2")
        self.b = self.add_weight((self.units,), "zeros", name="b")
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        return self.scale * ops.matmul(x, self.w) + self.b


class Block(L.Layer):
    """Layers, a list of layers, a branch that training alone takes, statistics."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.inner = [L.Dense(4, activation="tanh"), Linear(4)]
        self.noise, self.norm = L.Dropout(0.5), L.BatchNormalization()

    def call(self, x: Any, training: bool | None = None) -> Any:
        h = x
        for layer in self.inner:
            h = layer(h)
        if training:
            h = self.noise(h, training=training)
        return L.add([x, self.norm(h, training=training)])


class Moments(L.Layer):
    """Ops alone, on axes other than the batch."""

    def call(self, x: Any) -> Any:
        mean = ops.mean(x, axis=-1, keepdims=True)
        return (x - mean) / ops.sqrt(ops.var(x, axis=-1, keepdims=True) + 0.1)


class Own(L.Layer):
    """Weights without layers, one of them not trained, one that nothing reads."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.s = self.add_weight((4,), "ones", name="s", constraint="non_neg")

    def build(self, input_shape: Any) -> None:
        self.t = self.add_weight((), pellucid.initializers.Constant(0.5), trainable=False)
        self.unread = self.add_weight((2,), regularizer="l1", name="unread")

    def call(self, x: Any) -> Any:
        return pellucid.activations.relu(x * self.s + self.t, negative_slope=0.1)


ROWS: list[tuple[Callable[[], L.Layer], tuple[int, ...]]] = [
    (Linear, (4,)), (lambda: Linear(2, 0.5), (3, 4)), (Block, (4,)), (Moments, (3, 4)),
    (Own, (4,)), (Own, (2, 4)), (lambda: L.Lambda(half_sine), (3, 4)),
    (lambda: L.Lambda(louder), (4,)),
]  # fmt: skip
every_row = pytest.mark.parametrize(("make", "shape"), ROWS, ids=[f"{type(m()).__name__}-{s}" for m, s in ROWS])


@every_row
def test_gradients_purity_and_shapes_hold(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    report = L.check_layer(make(), shape)
    assert report.worst_error < 1e-6
    assert report.checks > 40


@every_row
def test_gradients_hold_within_a_model(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    model = Sequential([L.Input(shape), make(), L.Flatten(), L.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    assert pellucid.check_gradients(model, Key(5).normal((5, *shape)), Key(6).normal((5, 1))).worst_error < 1e-6


@every_row
def test_a_batch_is_its_rows_one_by_one_in_prediction(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    layer, x = make(), Key(7).normal((5, *shape))
    np.testing.assert_allclose(layer(x), np.concatenate([layer(row[None]) for row in x]), rtol=1e-5, atol=1e-6)


@every_row
def test_a_copy_computes_the_same_and_is_its_own(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    layer, x = make(), Key(7).normal((5, *shape))
    before, twin = layer(x), copy.deepcopy(layer)
    for variable in twin.weights:
        variable.assign(variable.value + 1)
    np.testing.assert_array_equal(layer(x), before)


def test_a_model_of_them_is_saved_copied_and_trained_on() -> None:
    model = Sequential([L.Input((4,)), Linear(5), L.Lambda(half_sine), Linear(1, scale=0.5)], seed=1)
    model.compile("adam", "mse")
    model.fit(X, X[:, 0], epochs=2, verbose=0)
    assert [v.path for v in model.weights] == ["linear/w", "linear/b", "linear_1/w", "linear_1/b"]
    twin = clone_model(model)
    twin.set_weights(model.get_weights())
    np.testing.assert_array_equal(twin.predict(X, verbose=0), model.predict(X, verbose=0))


def test_a_saved_model_goes_on_to_the_bit(tmp_path: Any) -> None:
    model = Sequential([L.Input((4,)), Linear(5), Linear(1, scale=0.5)], seed=1)
    model.compile("adam", "mse")
    model.fit(X, X[:, 0], epochs=2, verbose=0)
    model.save(tmp_path / "own.keras")
    again = load_model(tmp_path / "own.keras")
    for each in (model, again):
        each.fit(X, X[:, 0], epochs=2, verbose=0, shuffle=False)
    np.testing.assert_array_equal(model.theta.data, again.theta.data)


def test_whose_class_is_not_known_is_told(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Sequential([L.Input((4,)), Linear(5)]).save(tmp_path / "own.keras")
    monkeypatch.setattr("pellucid.registry._custom", {})
    with pytest.raises(errors.UnknownName, match="import it and write"):
        load_model(tmp_path / "own.keras")


def test_each_op_is_a_step_with_its_gradient() -> None:
    model = Sequential([L.Input((4,)), Linear(1, scale=3.0, name="own")], seed=0)
    model.compile("sgd", "mse")
    told = model.explain(X[:2], X[:2, :1])
    assert list(told.forward) == ["own", "own/matmul", "own/multiply", "own/add"]
    assert told.forward["own/multiply"].formula == "y = multiply(3.0, x)"
    x, dy = X[:2].astype("float32"), told.backward["own/matmul"]["dy"]
    np.testing.assert_allclose(told.backward["own"]["dw"], x.T @ dy + 2 * 0.01 * model.weights[0].value, rtol=1e-5)
    np.testing.assert_allclose(told.backward["own"]["db"], told.backward["own/add"]["dy"].sum(0), rtol=1e-6, atol=1e-7)


def test_why_a_weight_s_gradient_is_what_it_is() -> None:
    x = L.Input((4,))
    twice = L.Lambda(lambda t: t)(x)
    layer = Linear(2, name="own")
    model = Model(x, layer(twice), seed=0)
    model.compile("sgd", "mse")
    for engine in ("definition", "compiled"):
        told = model.explain(X[:3], X[:3, :2], engine=engine)
        why = told.why("own/w", 1, 0)
        assert [term.label for term in why.terms] == ["the dx2 of own/matmul", "dR/dw[1, 0]"]
        assert why.value == pytest.approx(sum(term.value for term in why.terms), rel=1e-5)


def test_what_call_reads_may_change_after_it_was_traced() -> None:
    layer = Linear(3)
    model = Sequential([L.Input((4,)), layer], seed=0)
    before = model.predict(X, verbose=0)
    layer.scale = 2.0
    np.testing.assert_allclose(model.predict(X, verbose=0), 2 * before, rtol=1e-6, atol=1e-7)
    layer.w = np.zeros((4, 3))
    assert not model.predict(X, verbose=0).any()
    assert not layer.w.numpy().any()
    assert layer.built


def test_training_is_passed_on_told_or_neither() -> None:
    class Told(L.Layer):
        def __init__(self, told: Any) -> None:
            super().__init__()
            self.norm, self.told = L.BatchNormalization(), told

        def call(self, x: Any, training: bool | None = None) -> Any:
            return self.norm(x, training=training if self.told == "passed on" else self.told)

    moved = {}
    for told in (None, "passed on", True, False):
        model = Sequential([L.Input((4,)), Told(told), L.Dense(1)], seed=0)
        model.compile("sgd", "mse")
        model.fit(X + 5, X[:, 0], verbose=0)
        moved[told] = bool(model.non_trainable_weights[0].value.any())
    assert moved == {None: True, "passed on": True, True: True, False: False}


def test_a_branch_of_prediction_moves_no_average() -> None:
    class Apart(L.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = L.BatchNormalization(), L.BatchNormalization()

        def call(self, x: Any, training: bool | None = None) -> Any:
            return self.a(x, training=training) if training else self.b(x, training=training)

    layer = Apart()
    model = Sequential([L.Input((4,)), layer], seed=0)
    model.compile("sgd", "mse")
    model.fit(X + 5, X, verbose=0)
    assert layer.a.moving_mean.value.any()
    assert not layer.b.moving_mean.value.any()
    np.testing.assert_allclose(model.predict(X, verbose=0), X / np.sqrt(1.001), rtol=1e-5, atol=1e-6)


def test_arguments_in_any_form() -> None:
    class Mixed(L.Layer):
        def call(self, first: Any, others: Any, sign: float = 1.0) -> Any:
            return {"sum": first + sign * others["a"][0], "rest": others["a"][1] * 2.0}

    layer, (a, b) = Mixed(), (X, X + 1)
    found = layer(a, {"a": [b, b]}, sign=-1.0)
    np.testing.assert_allclose(found["sum"], a - b, rtol=1e-5)
    np.testing.assert_allclose(found["rest"], 2 * b, rtol=1e-6)
    p, q = L.Input((4,)), L.Input((4,))
    model = Model([p, q], Mixed()(p, {"a": [q, q]}))
    np.testing.assert_allclose(model.predict([a, b], verbose=0)["sum"], a + b, rtol=1e-5, atol=1e-6)


def test_a_graph_keeps_the_form_of_its_calls(tmp_path: Any) -> None:
    p, q = L.Input((4,)), L.Input((4,))
    model = Model([p, q], [Sum()(p, [q], sign=-1.0), Sum()(p, others=[p, q])])
    model.save(tmp_path / "forms.keras")
    again = load_model(tmp_path / "forms.keras", custom_objects={"Sum": Sum})
    for mine, theirs in zip(model.predict([X, X + 1], verbose=0), again.predict([X, X + 1], verbose=0), strict=True):
        np.testing.assert_array_equal(mine, theirs)


class Sum(L.Layer):
    def call(self, first: Any, others: Any, sign: float = 1.0) -> Any:
        return first + sign * sum(others[1:], others[0])


def test_build_is_told_the_shapes_of_its_arguments() -> None:
    class Two(L.Layer):
        def build(self, a_shape: Any, b_shape: Any) -> None:
            self.told = a_shape, b_shape

        def call(self, a: Any, b: Any) -> Any:
            return ops.concatenate([a, b], axis=-1)

    layer = Two()
    assert layer(X, X[:, :3]).shape == (12, 7)
    assert layer.told == ((None, 4), (None, 3))


def test_one_layer_at_several_places_has_one_set_of_weights() -> None:
    x, layer = L.Input((4,)), Linear(4)
    model = Model(x, layer(layer(x)), seed=0)
    assert model.count_params() == 20
    model.compile("sgd", "mse")
    assert pellucid.check_gradients(model, X[:3], X[:3]).worst_error < 1e-6


def test_weights_that_a_layer_in_it_has_are_kept() -> None:
    class Set(L.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.dense = L.Dense(2)

        def build(self, input_shape: Any) -> None:
            self.dense.build(input_shape)
            self.dense.set_weights([np.ones((4, 2)), np.zeros(2)])

        def call(self, x: Any) -> Any:
            return self.dense(x)

    for layer in (Set(), Set()):
        np.testing.assert_allclose(layer(X), X.sum(1, keepdims=True) * np.ones((1, 2)), rtol=1e-5, atol=1e-6)


def test_a_class_between_may_leave_call_to_those_below() -> None:
    class Between(L.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.dense = L.Dense(2)

    class Below(Between):
        def call(self, x: Any) -> Any:
            return self.dense(x) * 2.0

    layer = Below()
    np.testing.assert_allclose(layer(X), 2 * layer.dense(X), rtol=1e-6, atol=1e-7)


def test_weights_are_listed_as_they_became_attributes() -> None:
    class Listed(L.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.last, self.first = L.Dense(1), L.Dense(3)
            self.own = self.add_weight((5,), name="own")

        def call(self, x: Any) -> Any:
            return self.last(self.first(x)) + ops.sum(self.own)

    layer = Listed()
    layer(X)
    assert [v.shape for v in layer.weights] == [(5,), (3, 1), (1,), (4, 3), (3,)]
    assert layer.own.trainable


def test_frozen_and_unfrozen_as_one() -> None:
    layer = Block()
    model = Sequential([L.Input((4,)), layer], seed=0)
    layer.trainable = False
    assert model.trainable_variables == []
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(X, X, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    layer.trainable = True
    assert len(model.trainable_variables) == 6


@given(widths=st.lists(st.integers(1, 4), min_size=1, max_size=3), scale=st.floats(-2, 2))
def test_whatever_is_stacked_of_them_has_true_gradients(widths: list[int], scale: float) -> None:
    stack = [Linear(width, scale + i) for i, width in enumerate(widths)]
    model = Sequential([L.Input((3,)), *stack, L.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    assert pellucid.check_gradients(model, X[:4, :3], X[:4, :1]).worst_error < 1e-6


def written(call: Callable[..., Any], build: Callable[..., Any] | None = None) -> L.Layer:
    members = {"call": call} | ({} if build is None else {"build": build})
    return type("Mine", (L.Layer,), members)()


def ask_for_one(self: Any, shape: Any) -> None:
    self.w = self.add_weight((2,), name="w")


def borrowed() -> Any:
    dense = L.Dense(2)
    dense(X)
    return L.Lambda(lambda x: ops.matmul(x, dense.kernel))(X)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda: written(lambda self, x: x if x[0, 0] > 0 else -x)(X), r"call, tensor.*does not depend on the data"),
        (lambda: written(lambda self, x: x.sum())(X), r"'Tensor' object has no attribute 'sum'. Write ops\.sum\(x\)"),
        (lambda: written(lambda self, x: np.tanh(x))(X), r"ops\.exp"),
        (lambda: written(lambda self, x: 3)(X), "tensors alone as what it returns, got 3"),
        (lambda: written(lambda self, x: None)(X), "tensors alone as what it returns, got None"),
        (lambda: written(lambda self, x: [x, 2.0])(X), "tensors alone as what it returns, got 2.0"),
        (lambda: written(lambda self, x: ops.mean(x))(X), "whose first axis is the batch"),
        (lambda: written(lambda self, x: L.Dense(3)(x))(X), r"self\.dense = Dense\(3\)"),
        (lambda: written(lambda self, x: ops.matmul(x, X))(X), r"layer 'mine', call, ops\.matmul"),
        (lambda: written(lambda self, x: x, lambda self, s: self.add_weight((0,)))(X), "add_weight, argument shape"),
        (lambda: written(lambda self, x: x, lambda self, s: self.add_weight((2,), "onse"))(X), "argument initializer"),
        (lambda: written(lambda self, x: x, lambda self, s: [self.add_weight(name="a")] * self.add_weight(name="a"))(X),
         "a name of its own"),
        (lambda: written(lambda self, x: x, lambda self, s: self.missing)(X), "no attribute 'missing'"),
        (lambda: written(lambda self, x, training=None: x if training else ops.sum(x, 1, keepdims=True))(X),
         "one shape in training and in prediction"),
        (lambda: written(lambda self, x, training=None: x if training else [x])(X), "one form"),
        (lambda: type("Mine", (L.Layer,), {"call": lambda s, x: x, "__init__": lambda s: None})()(X),
         r"super\(\)\.__init__"),
        (lambda: type("Mine", (L.Dense,), {"call": lambda s, x: x})(3), "expected forward and backward, got call"),
        (lambda: type("Mine", (Sequential,), {"call": lambda s, x: x})(), "expected forward and backward, got call"),
        (lambda: written(lambda self, x: (x, x)) and Sequential([L.Input((4,)), written(lambda self, x: (x, x))]),
         "layers with one output, got 'mine', which gives 2"),
        (lambda: Linear(3).w, "no attribute 'w'"),
        (lambda: written(lambda self, x: x * Linear(4)(np.ones((1, 4))))(X), "tensors, within the call of another"),
        (lambda: written(lambda self, x: self.w.assign(x), ask_for_one)(X), "a weight with trainable=False"),
        (lambda: setattr(Linear(), "steps", 3), "attribute 'steps': expected a name that the library"),
        (lambda: setattr(Linear(), "dtype", L.Dense(3)), "attribute 'dtype': expected a name that the library"),
        (lambda: setattr(Linear(), "p", 0.1), "attribute 'p': expected a name that the library"),
        (lambda: [layer := Sum(), layer(L.Input((4,)), [L.Input((4,))]), layer.build((None, 4))],
         r"as in its first call, \(#0, \[#1\]\), got \(#0\)\. It stands in a graph"),
        (lambda: written(lambda self, x, training=None: x)(X, True), "argument training: expected by name"),
        (lambda: borrowed(), "layer 'dense', its weights: expected to be read within a model that calls"),
        (lambda: Own().s.numpy(), "a layer that is built"),
        (lambda: Linear()([X, X]), "layer 'linear'"),
        (lambda: [layer := Linear(), layer(X), layer(X[:, :3])], "shape"),
        (lambda: L.Lambda(3), "a function of tensors"),
        (lambda: L.layers.serialize(L.Lambda(lambda x: x)), "a function with a name, got a lambda"),
        (lambda: L.deserialize({"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__", "config":
         {"code": "4wEAAA=="}}}}), "code, which no file may bring"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_in_a_sentence(run: Callable[[], Any], message: str) -> None:
    with pytest.raises((errors.PellucidError, AttributeError), match=message):
        run()


def test_a_shape_that_call_read_is_not_taken_for_another() -> None:
    layer = written(lambda self, x: x * float(x.shape[1]))
    assert layer(np.ones((1, 3))).tolist() == [[3.0] * 3]
    assert layer(np.ones((1, 4))).tolist() == [[4.0] * 4]
    with pytest.raises(errors.ShapeError, match="depends on the shape"):
        layer.compute_output_shape((None, 4))
    free = written(lambda self, x: x * 2.0)
    assert (free(np.ones((2, 3))).shape, free(np.ones((2, 4))).shape) == ((2, 3), (2, 4))
