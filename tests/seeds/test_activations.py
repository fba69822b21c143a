"""The laws that every activation keeps, one row per activation and set of options."""

from __future__ import annotations

import copy
import json
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid import activations
from pellucid.activations.stable import normal_cdf
from pellucid.errors import InvalidArgument, PellucidError, ShapeError, UnknownName, WrongType
from pellucid.registry import custom_object_scope

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "seeds.json").read_text("utf-8"))

# name, options, the x at which the function has a kink
ELEMENTWISE: list[tuple[str, dict[str, Any], list[float]]] = [
    ("linear", {}, []),
    ("exponential", {}, []),
    ("relu", {}, [0]),
    ("relu", {"negative_slope": 0.3}, [0]),
    ("relu", {"max_value": 2.0}, [0, 2]),
    ("relu", {"threshold": 1.5}, [1.5]),
    ("relu", {"negative_slope": 0.3, "max_value": 2.0, "threshold": 0.5}, [0.5, 2]),
    ("relu", {"max_value": 2.0, "threshold": -1.0}, [-1, 0, 2]),
    ("relu6", {}, [0, 6]),
    ("leaky_relu", {}, [0]),
    ("leaky_relu", {"negative_slope": 0.01}, [0]),
    ("threshold", {"threshold": 0.5, "default_value": -3.0}, [0.5]),
    ("hard_shrink", {}, [-0.5, 0.5]),
    ("hard_shrink", {"threshold": 1.0}, [-1, 1]),
    ("soft_shrink", {}, [-0.5, 0.5]),
    ("soft_shrink", {"threshold": 1.0}, [-1, 1]),
    ("tanh_shrink", {}, []),
    ("elu", {}, [0]),
    ("elu", {"alpha": 0.5}, [0]),
    ("celu", {}, [0]),
    ("celu", {"alpha": 0.5}, [0]),
    ("selu", {}, [0]),
    ("sigmoid", {}, []),
    ("log_sigmoid", {}, []),
    ("tanh", {}, []),
    ("softsign", {}, [0]),
    ("hard_sigmoid", {}, [-3, 3]),
    ("hard_tanh", {}, [-1, 1]),
    ("sparse_sigmoid", {}, [-1, 1]),
    ("softplus", {}, []),
    ("squareplus", {}, []),
    ("squareplus", {"b": 0.5}, []),
    ("sparse_plus", {}, [-1, 1]),
    ("silu", {}, []),
    ("mish", {}, []),
    ("gelu", {}, []),
    ("gelu", {"approximate": True}, []),
    ("hard_silu", {}, [-3, 3]),
]
ALONG_AN_AXIS: list[tuple[str, dict[str, Any]]] = [
    ("softmax", {}),
    ("softmax", {"axis": 0}),
    ("softmax", {"axis": (0, 1)}),
    ("log_softmax", {}),
    ("log_softmax", {"axis": 0}),
    ("sparsemax", {}),
    ("sparsemax", {"axis": 0}),
    ("glu", {}),
    ("glu", {"axis": 0}),
]
EVERY = [(name, options) for name, options, _ in ELEMENTWISE] + ALONG_AN_AXIS
KERAS = [
    "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish",
    "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu",
    "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid",
    "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink", "threshold",
]  # fmt: skip


def row_id(value: Any) -> str | None:
    return ",".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else None


def every(rows: Any) -> Any:
    names = "name, options, kinks" if len(rows[0]) == 3 else "name, options"
    return pytest.mark.parametrize(names, rows, ids=lambda value: row_id(value) if isinstance(value, dict) else None)


def make(name: str, options: dict[str, Any]) -> activations.Activation:
    return activations.get(name).bound(**options)


def check_gradient(f: activations.Activation, x: np.ndarray) -> None:
    """f.grad against central differences, contracted with a random dy."""
    rng = np.random.default_rng(1)
    y = f(x)
    dy = rng.normal(size=y.shape)
    dx = f.grad(dy, x, y)
    assert dx.shape == x.shape
    numeric, h = np.zeros_like(x), 1e-5
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        numeric[i] = (dy * (f(up) - f(down))).sum() / (2 * h)
    assert np.abs(dx - numeric).max() < 1e-6 * max(1.0, np.abs(numeric).max())


def test_every_activation_of_keras_is_here_and_in_a_table():
    for name in KERAS:
        assert activations.get(name) is getattr(activations, name)
    tested = {name for name, _ in EVERY}
    assert {activations.get(name).name for name in activations.activations.names} == tested


@pytest.mark.parametrize("case", GOLDEN["elementwise"], ids=lambda c: f"{c['name']}-{row_id(c['options'])}")
def test_keras_gives_the_same_numbers(case: dict[str, Any]):
    y = make(case["name"], case["options"])(np.array(GOLDEN["grid"]))
    np.testing.assert_allclose(y, case["y"], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("case", GOLDEN["along_an_axis"], ids=lambda c: f"{c['name']}-{row_id(c['options'])}")
def test_keras_gives_the_same_numbers_along_an_axis(case: dict[str, Any]):
    y = make(case["name"], case["options"])(np.array(GOLDEN["scores"]))
    np.testing.assert_allclose(y, case["y"], rtol=1e-9, atol=1e-11)


@every(ELEMENTWISE)
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (4, 5), (2, 3, 4)])
def test_the_gradient_is_the_slope(name: str, options: dict[str, Any], kinks: list[float], shape: tuple[int, ...]):
    x = np.linspace(-4.9, 7.1, math.prod(shape)).reshape(shape)  # 24 of them see every piece of every function
    for kink in kinks:
        x = np.where(np.abs(x - kink) < 1e-3, kink + 0.01, x)
    check_gradient(make(name, options), x)


@every(ALONG_AN_AXIS)
@pytest.mark.parametrize("shape", [(2, 2), (4, 6), (2, 3, 4)])
def test_the_gradient_is_the_slope_along_an_axis(name: str, options: dict[str, Any], shape: tuple[int, ...]):
    check_gradient(make(name, options), np.random.default_rng(0).normal(size=shape))


def test_the_gradient_of_a_batch_of_one():
    for name in ("softmax", "log_softmax", "sparsemax", "glu"):
        check_gradient(activations.get(name), np.random.default_rng(0).normal(size=(1, 4)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every(EVERY)
def test_the_dtype_and_the_input_stay_as_they_are(name: str, options: dict[str, Any], dtype: str):
    f = make(name, options)
    x = np.random.default_rng(0).normal(size=(4, 6)).astype(dtype)
    before = x.copy()
    y = f(x)
    dy = np.ones_like(y)
    assert y.dtype == f.grad(dy, x, y).dtype == dtype
    assert (x == before).all()
    assert (dy == 1).all()


@pytest.mark.parametrize("size", [1e2, 1e4, 1e30])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every(EVERY)
def test_extremes_give_finite_numbers_and_no_warning(name: str, options: dict[str, Any], dtype: str, size: float):
    f = make(name, options)
    x = np.array([[-size, size, 0, 1], [size, size, -size, -size]], dtype)
    if name == "exponential":
        x = -np.abs(x)
    y = f(x)
    dx = f.grad(np.ones_like(y), x, y)
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()


def test_exponential_overflows_to_infinity_quietly():
    assert activations.exponential(np.array([1e4]))[0] == math.inf


@every(EVERY)
def test_a_nan_stays_a_nan(name: str, options: dict[str, Any]):
    x = np.array([[1.0, np.nan], [2.0, 3.0]])
    y = make(name, options)(x)
    assert np.isnan(y).any()


@every([(name, options) for name, options, _ in ELEMENTWISE])
def test_an_empty_batch_and_a_single_number(name: str, options: dict[str, Any]):
    f = make(name, options)
    assert f(np.zeros((0, 3))).shape == (0, 3)
    assert isinstance(f(np.float64(2.0)), np.ndarray)
    assert f(np.float64(2.0)) == f(np.array([2.0]))[0]


@pytest.mark.parametrize("x", [[-1.0, 2.0], [-1, 2], np.array([-1, 2]), (True, False)])
def test_lists_and_whole_numbers_are_read_as_float32(x: Any):
    y = activations.relu(x)
    assert y.dtype == np.float32
    assert y.tolist() == [max(float(v), 0) for v in x]


@pytest.mark.parametrize("x", [["a"], np.array([1j]), [None]])
def test_what_is_not_a_number_is_refused(x: Any):
    with pytest.raises(WrongType, match="relu"):
        activations.relu(x)


# Numbers that need care -----------------------------------------------------------------------------------------


def test_the_normal_distribution_is_exact_in_its_tails():
    x = np.linspace(-38, 9, 1000)
    exact = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x])
    np.testing.assert_allclose(normal_cdf(x), exact, rtol=1e-15)
    assert activations.gelu(np.array([-10.0]))[0] == pytest.approx(-10 * 7.619853024160526e-24, rel=1e-12)


def test_squareplus_does_not_cancel_below_zero():
    assert activations.squareplus(np.float32(-1e4)) == pytest.approx(1e-4, rel=1e-6)


def test_softmax_sums_to_one():
    y = activations.softmax(np.array(GOLDEN["scores"]))
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-14)
    x = np.array([[0.1, 2.0]])
    np.testing.assert_allclose(activations.log_softmax(x), np.log(activations.softmax(x)), rtol=1e-14)


def projection(x: np.ndarray) -> np.ndarray:
    """The nearest probabilities, by bisection on τ in Σ max(x - τ, 0) = 1."""
    low, high = x.max() - 1, x.max()
    for _ in range(80):
        τ = (low + high) / 2
        low, high = (τ, high) if np.maximum(x - τ, 0).sum() > 1 else (low, τ)
    return np.maximum(x - (low + high) / 2, 0)


@settings(deadline=None, max_examples=60)
@given(hnp.arrays(np.float64, st.integers(1, 8), elements=st.floats(-20, 20)))
def test_sparsemax_is_the_nearest_point_among_the_probabilities(x: np.ndarray):
    y = activations.sparsemax(x)
    np.testing.assert_allclose(y, projection(x), atol=1e-12)
    np.testing.assert_allclose(y.sum(), 1, rtol=1e-12)


@settings(deadline=None, max_examples=60)
@given(hnp.arrays(np.float32, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(-80, 80, width=32)))
def test_pairs_that_belong_together(x: np.ndarray):
    get = activations.get
    np.testing.assert_allclose(get("sigmoid")(x) + get("sigmoid")(-x), 1, rtol=1e-6)
    np.testing.assert_allclose(get("softplus")(x) - get("softplus")(-x), x, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(get("log_sigmoid")(x), np.log(get("sigmoid")(x.astype(float))), rtol=1e-5, atol=1e-6)
    assert (get("relu")(x) == np.maximum(x, 0)).all()


# Names, options, saved forms ------------------------------------------------------------------------------------


@every(EVERY)
def test_saved_and_read_again(name: str, options: dict[str, Any]):
    f = make(name, options)
    saved = json.loads(json.dumps(activations.serialize(f)))
    assert activations.deserialize(saved) == f
    assert activations.get(saved) == f
    assert isinstance(saved, str) == (not options)


@pytest.mark.parametrize("form", GOLDEN["saved"]["activations"], ids=str)
def test_what_keras_saves_is_read(form: Any):
    f = activations.get(form)
    if isinstance(form, str):
        assert f.name == form
    else:
        assert f.options.items() <= form["config"].items()
        assert activations.get(activations.serialize(f)) == f


def test_keras_layers_with_options_compute_as_in_keras():
    form = {"module": "keras.layers", "class_name": "ReLU", "config": {"name": "re_lu", "negative_slope": 0.5}}
    assert activations.get(form)(np.array([-2.0]))[0] == -1.0


@pytest.mark.parametrize(
    "identifier",
    ["relu", activations.relu, {"class_name": "relu", "config": {}}, {"class_name": "function", "config": "relu"}],
    ids=str,
)
def test_get_takes_a_name_a_config_and_an_activation(identifier: Any):
    assert activations.get(identifier) is activations.relu
    assert activations.get(None) is activations.linear


@pytest.mark.parametrize(
    ("identifier", "error", "told"),
    [
        ("relo", UnknownName, "Did you mean 'relu'"),
        ("Sigmoid", UnknownName, "Did you mean 'sigmoid'"),
        ({"class_name": "gellu", "config": {}}, UnknownName, "Did you mean 'gelu'"),
        ({"class_name": "elu", "config": {"alfa": 1.0}}, UnknownName, "Did you mean 'alpha'"),
        ({"class_name": "tanh", "config": {"alpha": 1.0}}, InvalidArgument, "no options"),
        ({"value": ["lambda"]}, InvalidArgument, "class_name"),
        (3, WrongType, "activation"),
    ],
    ids=str,
)
def test_what_get_refuses(identifier: Any, error: type[PellucidError], told: str):
    with pytest.raises(error, match=told):
        activations.get(identifier)


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: activations.relu.bound(negativ_slope=0.1), UnknownName, "negative_slope"),
        (lambda: activations.relu.bound(negative_slope="0.1"), WrongType, "a number"),
        (lambda: activations.relu.bound(negative_slope=math.nan), InvalidArgument, "finite"),
        (lambda: activations.threshold([1.0]), InvalidArgument, "threshold, default_value"),
        (lambda: activations.celu([1.0], alpha=0.0), InvalidArgument, "above 0"),
        (lambda: activations.squareplus([1.0], b=0.0), InvalidArgument, "above 0"),
        (lambda: activations.softmax(3.0), ShapeError, "axis -1"),
        (lambda: activations.softmax([[1.0]], axis=2), ShapeError, "axis 2"),
        (lambda: activations.softmax([[1.0]], axis=0.5), InvalidArgument, "whole numbers"),
        (lambda: activations.glu([[1.0, 2.0, 3.0]]), ShapeError, "even size"),
        (lambda: activations.custom(3, 4), WrongType, "forward"),
    ],
)
def test_bad_options_are_refused(call: Any, error: type[PellucidError], told: str):
    with pytest.raises(error, match=told):
        call()


def test_options_are_taken_by_position_as_well():
    x = np.array([-2.0, 5.0])
    assert activations.relu(x, 0.5, 3.0).tolist() == activations.relu(x, negative_slope=0.5, max_value=3.0).tolist()
    assert activations.threshold(x, 1.0, -1.0).tolist() == [-1.0, 5.0]


@every(EVERY)
def test_copied_and_pickled(name: str, options: dict[str, Any]):
    f = make(name, options)
    assert pickle.loads(pickle.dumps(f)) == f
    assert copy.deepcopy(f) == f
    assert hash(copy.deepcopy(f)) == hash(f)


def test_an_activation_of_the_users_own():
    square = activations.custom(lambda x: x * x, lambda dy, x, y: 2 * dy * x, name="square")
    assert activations.get(square) is square
    check_gradient(square, np.array([[1.0, -2.0]]))
    saved = activations.serialize(square)
    assert saved["class_name"] == "function"
    with pytest.raises(UnknownName, match="square"):
        activations.deserialize(saved)
    assert activations.deserialize(saved, custom_objects={"square": square}) is square
    with custom_object_scope({"mine>square": square}):
        saved = activations.serialize(square)
        assert saved["config"] == "mine>square"
        assert activations.get(saved) is square


def test_a_custom_activation_with_a_known_name_is_not_taken_for_the_known_one():
    other = activations.custom(lambda x: -x, lambda dy, x, y: -dy, name="relu")
    assert activations.serialize(other) != "relu"
    assert other != activations.relu
