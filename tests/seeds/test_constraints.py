"""The laws of constraints: Keras's numbers, lengths within their bounds, and nothing left to do the second time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid import constraints
from pellucid.errors import InvalidArgument, PellucidError, ShapeError, UnknownName, WrongType
from pellucid.registry import custom_object_scope

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "seeds.json").read_text("utf-8"))
EVERY = [(case["name"], case["options"]) for case in GOLDEN["constraints"]]
every = pytest.mark.parametrize(("name", "options"), EVERY, ids=str)
matrices = hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.floats(-10, 10))


def make(name: str, options: dict[str, Any]) -> constraints.Constraint:
    made: constraints.Constraint = getattr(constraints, name)(**options)
    return made


def lengths(w: np.ndarray, axis: int = 0) -> np.ndarray:
    return np.sqrt((w * w).sum(axis=axis))


@pytest.mark.parametrize("case", GOLDEN["constraints"], ids=lambda c: f"{c['name']}-{c['options']}")
def test_keras_gives_the_same_numbers(case: dict[str, Any]):
    rtol = 1e-7 if case["name"] == "NonNeg" else 1e-12  # there Keras on PyTorch answers in float32
    np.testing.assert_allclose(make(case["name"], case["options"])(np.array(GOLDEN["w"])), case["y"], rtol=rtol)


@every
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_and_the_weights_stay_as_they_are(name: str, options: dict[str, Any], dtype: str):
    w = np.array(GOLDEN["w"], dtype)
    before = w.copy()
    projected = make(name, options)(w)
    assert projected.dtype == dtype
    assert projected.shape == w.shape
    assert (w == before).all()


@pytest.mark.parametrize(("name", "options"), [row for row in EVERY if row[1].get("rate", 1) == 1], ids=str)
@settings(deadline=None, max_examples=40)
@given(w=matrices)
def test_the_second_time_changes_nothing(name: str, options: dict[str, Any], w: np.ndarray):
    w = np.where(np.abs(w) < 1e-2, 0, w)  # at lengths near 1e-7 the epsilon rules
    once = make(name, options)(w)
    np.testing.assert_allclose(make(name, options)(once), once, rtol=1e-4, atol=1e-7)


@settings(deadline=None, max_examples=40)
@given(w=matrices)
def test_lengths_and_signs(w: np.ndarray):
    assert (lengths(constraints.MaxNorm(1.5)(w)) <= 1.5).all()
    assert (constraints.NonNeg()(w) >= 0).all()
    long = lengths(w) > 1e-2
    np.testing.assert_allclose(lengths(constraints.UnitNorm()(w))[long], 1, rtol=1e-4)
    between = lengths(constraints.MinMaxNorm(0.5, 1.5)(w))[long]
    assert ((between >= 0.5 * (1 - 1e-4)) & (between <= 1.5)).all()


def test_a_rate_goes_part_of_the_way():
    w = np.array([[3.0], [4.0]])
    assert lengths(constraints.MinMaxNorm(0.0, 1.0, rate=0.25)(w)) == pytest.approx([4.0], rel=1e-6)


@every
def test_zeros_stay_zeros(name: str, options: dict[str, Any]):
    assert (make(name, options)(np.zeros((3, 2))) == 0).all()


def test_several_axes_hold_each_filter_of_a_kernel():
    w = np.random.default_rng(0).normal(size=(3, 3, 2, 4))
    unit = constraints.UnitNorm(axis=[0, 1, 2])(w)
    np.testing.assert_allclose((unit**2).sum(axis=(0, 1, 2)), 1, rtol=1e-6)


@every
def test_saved_and_read_again(name: str, options: dict[str, Any]):
    c = make(name, options)
    saved = json.loads(json.dumps(constraints.serialize(c)))
    back = constraints.get(saved)
    assert type(back) is type(c)
    assert back.get_config() == c.get_config()
    assert name in repr(c)


@pytest.mark.parametrize("form", GOLDEN["saved"]["constraints"], ids=str)
def test_what_keras_saves_is_read_and_saved_alike(form: dict[str, Any]):
    assert constraints.serialize(constraints.deserialize(form)) == form


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("max_norm", constraints.MaxNorm),
        ("MaxNorm", constraints.MaxNorm),
        ("non_neg", constraints.NonNeg),
        ("unit_norm", constraints.UnitNorm),
        ("min_max_norm", constraints.MinMaxNorm),
    ],
)
def test_names(name: str, cls: type[constraints.Constraint]):
    assert type(constraints.get(name)) is cls
    assert getattr(constraints, name) is cls
    assert constraints.get(None) is None


def small(w: Any) -> Any:
    return w.clip(-1, 1)


def test_a_function_is_a_constraint_and_saved_by_its_name():
    with custom_object_scope({"small": small}):
        for constraint in (
            constraints.get("small"),
            constraints.deserialize(constraints.serialize(constraints.get(small))),
        ):
            assert constraint(np.array([0.5, 3.0])).tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: constraints.get("maxnorm"), UnknownName, "Did you mean 'max_norm'"),
        (lambda: constraints.get(3), WrongType, "constraint"),
        (lambda: constraints.get(np.ravel)(np.zeros((2, 2))), ShapeError, r"constraint 'ravel': expected an array of"),
        (lambda: constraints.deserialize({"class_name": "function", "config": "small"}), UnknownName, "small"),
        (lambda: constraints.MaxNorm(-1.0), InvalidArgument, "max_value"),
        (lambda: constraints.MaxNorm(axis="0"), WrongType, "axis"),
        (lambda: constraints.UnitNorm(axis=[]), InvalidArgument, "at least one axis"),
        (lambda: constraints.MinMaxNorm(2.0, 1.0), InvalidArgument, "max_value"),
        (lambda: constraints.MinMaxNorm(rate=1.5), InvalidArgument, "rate"),
        (lambda: constraints.UnitNorm(axis=1)(np.zeros(3)), ShapeError, "axis 1"),
    ],
)
def test_what_is_refused(call: Any, error: type[PellucidError], told: str):
    with pytest.raises(error, match=told):
        call()
