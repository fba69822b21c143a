"""The laws of regularizers: Keras's numbers, and a gradient that is the penalty's slope."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import ops, regularizers
from pellucid.errors import InvalidArgument, PellucidError, ShapeError, UnknownName, WrongType
from pellucid.registry import custom_object_scope

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "seeds.json").read_text("utf-8"))
EVERY = [(case["name"], case["options"]) for case in GOLDEN["regularizers"]]
every = pytest.mark.parametrize(("name", "options"), EVERY, ids=str)


def make(name: str, options: dict[str, Any]) -> regularizers.Regularizer:
    made: regularizers.Regularizer = getattr(regularizers, name)(**options)
    return made


@pytest.mark.parametrize("case", GOLDEN["regularizers"], ids=lambda c: f"{c['name']}-{c['options']}")
def test_keras_gives_the_same_penalty(case: dict[str, Any]):
    penalty = make(case["name"], case["options"])(np.array(GOLDEN["w"]))
    assert isinstance(penalty, float)
    assert penalty == pytest.approx(case["y"], rel=1e-7)  # Keras holds some factors in float32


@every
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (4, 3)])
def test_the_gradient_is_the_slope(name: str, options: dict[str, Any], shape: tuple[int, int]):
    r, w, h = make(name, options), np.random.default_rng(2).normal(size=shape), 1e-6
    dw, numeric = r.grad(w), np.zeros(shape)
    for i in np.ndindex(shape):
        up, down = w.copy(), w.copy()
        up[i] += h
        down[i] -= h
        numeric[i] = (r(up) - r(down)) / (2 * h)
    assert dw.shape == shape
    assert np.abs(dw - numeric).max() < 1e-6 * max(1e-2, np.abs(numeric).max())


@every
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_gradient_keeps_the_dtype_and_the_weights(name: str, options: dict[str, Any], dtype: str):
    w = np.array(GOLDEN["w"], dtype)
    before = w.copy()
    assert make(name, options).grad(w).dtype == dtype
    assert isinstance(make(name, options)(w), float)
    assert (w == before).all()


@every
def test_zeros_have_no_penalty_and_no_gradient(name: str, options: dict[str, Any]):
    r, w = make(name, options), np.zeros((3, 2))
    assert r(w) == 0
    assert (r.grad(w) == 0).all()


def test_orthogonal_rows_have_no_penalty_and_parallel_rows_all_of_it():
    r = regularizers.OrthogonalRegularizer(factor=0.5)
    assert r(np.diag([1.0, 2.0, 3.0])) == 0
    assert r(np.outer([1.0, -2.0, 3.0], [1.0, 1.0])) == pytest.approx(0.5)
    assert regularizers.OrthogonalRegularizer(0.5, "columns")(np.eye(3)[:, :2]) == 0


def test_many_small_float32_weights_are_summed_exactly():
    w = np.full(10**6, 1e-4, np.float32)
    assert regularizers.L1(1.0)(w) == pytest.approx(float(np.float32(1e-4)) * 1e6, rel=1e-12)


@every
def test_saved_and_read_again(name: str, options: dict[str, Any]):
    r = make(name, options)
    saved = json.loads(json.dumps(regularizers.serialize(r)))
    back = regularizers.get(saved)
    assert type(back) is type(r)
    assert back.get_config() == r.get_config()
    assert name in repr(r)


@pytest.mark.parametrize("form", GOLDEN["saved"]["regularizers"], ids=str)
def test_what_keras_saves_is_read_and_saved_alike(form: dict[str, Any]):
    assert regularizers.serialize(regularizers.deserialize(form)) == form


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("l1", {"l1": 0.01}),
        ("L1", {"l1": 0.01}),
        ("l2", {"l2": 0.01}),
        ("l1_l2", {"l1": 0.01, "l2": 0.01}),
        ("L1L2", {"l1": 0.0, "l2": 0.0}),
        ("l1l2", {"l1": 0.0, "l2": 0.0}),
        ("orthogonal_regularizer", {"factor": 0.01, "mode": "rows"}),
    ],
)
def test_names(name: str, config: dict[str, Any]):
    assert regularizers.get(name).get_config() == config


def test_other_spellings_and_none():
    assert regularizers.l1_l2 is regularizers.L1L2
    assert regularizers.get(None) is None
    assert regularizers.get(regularizers.L2).l2 == 0.01
    assert regularizers.L1(None).l1 == 0.01


class Twice(regularizers.Regularizer):
    """With a number that may be set anew."""

    def __init__(self, factor: float = 2.0) -> None:
        self.factor = factor

    def __call__(self, w: Any) -> Any:
        return self.factor * ops.sum(w * w)


def cubes(w: Any) -> Any:
    return 0.5 * ops.sum(ops.abs(w) ** 3)


@pytest.mark.parametrize("shape", [(1,), (4, 3), (2, 3, 4)])
def test_the_gradient_of_one_s_own_follows_from_its_ops(shape: tuple[int, ...]):
    w, twice = np.random.default_rng(2).normal(size=shape), Twice()
    np.testing.assert_allclose(regularizers.get(cubes).grad(w), 1.5 * w * np.abs(w), rtol=1e-12)
    for factor in (2.0, 5.0):
        twice.factor = factor
        np.testing.assert_allclose(twice.grad(w), 2 * factor * w, rtol=1e-12)


def test_a_function_is_saved_by_its_name():
    with custom_object_scope({"cubes": cubes}):
        again = regularizers.deserialize(regularizers.serialize(regularizers.get(cubes)))
        assert regularizers.get("cubes")(np.ones(4)) == again(np.ones(4)) == 2.0


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: regularizers.get("l3"), UnknownName, "Did you mean 'l"),
        (
            lambda: regularizers.get(lambda w: 0.0).grad(np.ones(3)),
            WrongType,
            "'<lambda>', what it returns: expected a",
        ),
        (lambda: regularizers.get(lambda w: w).grad(np.ones(3)), ShapeError, "expected one number"),
        (lambda: regularizers.get(np.linalg.norm).grad(np.ones(3)), PellucidError, "regularizer 'norm'"),
        (lambda: regularizers.deserialize({"class_name": "function", "config": "cubes"}), UnknownName, "cubes"),
        (lambda: regularizers.L1(-1.0), InvalidArgument, "L1, argument l1"),
        (lambda: regularizers.L2(float("nan")), InvalidArgument, "L2, argument l2"),
        (lambda: regularizers.L1L2(l2="0.1"), WrongType, "L1L2, argument l2"),
        (lambda: regularizers.OrthogonalRegularizer(mode="row"), InvalidArgument, "rows"),
        (lambda: regularizers.OrthogonalRegularizer()(np.zeros(3)), ShapeError, "a matrix"),
        (lambda: regularizers.L2.from_config({"l3": 1.0}), UnknownName, "l2"),
    ],
)
def test_what_is_refused(call: Any, error: type[PellucidError], told: str):
    with pytest.raises(error, match=told):
        call()
