"""The laws of initializers: mean, variance and bounds as their formulas say, and the same key giving the same bits."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import initializers
from pellucid.errors import InvalidArgument, PellucidError, ShapeError, UnknownName, WrongType
from pellucid.registry import custom_object_scope
from pellucid.rng import Key

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "seeds.json").read_text("utf-8"))
I, O = 150, 100
AVG = (I + O) / 2

# name, options, mean, variance, the largest distance from the mean (None: no bound), for a matrix (I, O)
RANDOM: list[tuple[str, dict[str, Any], float, float, float | None]] = [
    ("RandomNormal", {}, 0, 0.05**2, None),
    ("RandomNormal", {"mean": 1.0, "stddev": 2.0}, 1, 4, None),
    ("TruncatedNormal", {}, 0, (0.87962566 * 0.05) ** 2, 0.1),
    ("TruncatedNormal", {"mean": 1.0, "stddev": 2.0}, 1, (0.87962566 * 2) ** 2, 4),
    ("RandomUniform", {}, 0, 0.1**2 / 12, 0.05),
    ("RandomUniform", {"minval": -1.0, "maxval": 2.0}, 0.5, 9 / 12, 1.5),
    ("GlorotUniform", {}, 0, 1 / AVG, math.sqrt(6 / (I + O))),
    ("GlorotNormal", {}, 0, 1 / AVG, 2 * math.sqrt(1 / AVG) / 0.87962566),
    ("HeUniform", {}, 0, 2 / I, math.sqrt(6 / I)),
    ("HeNormal", {}, 0, 2 / I, 2 * math.sqrt(2 / I) / 0.87962566),
    ("LecunUniform", {}, 0, 1 / I, math.sqrt(3 / I)),
    ("LecunNormal", {}, 0, 1 / I, 2 * math.sqrt(1 / I) / 0.87962566),
    ("VarianceScaling", {}, 0, 1 / I, 2 * math.sqrt(1 / I) / 0.87962566),
    ("VarianceScaling", {"scale": 3.0, "mode": "fan_out"}, 0, 3 / O, 2 * math.sqrt(3 / O) / 0.87962566),
    ("VarianceScaling", {"mode": "fan_avg", "distribution": "uniform"}, 0, 1 / AVG, math.sqrt(3 / AVG)),
    ("VarianceScaling", {"distribution": "untruncated_normal"}, 0, 1 / I, None),
    ("VarianceScaling", {"distribution": "NORMAL"}, 0, 1 / I, 2 * math.sqrt(1 / I) / 0.87962566),
    ("VarianceScaling", {"input_axes": [1], "output_axes": [0]}, 0, 1 / O, 2 * math.sqrt(1 / O) / 0.87962566),
    ("Orthogonal", {}, 0, 1 / I, 1),
    ("Orthogonal", {"gain": 2.0}, 0, 4 / I, 2),
]
random = pytest.mark.parametrize(("name", "options"), [row[:2] for row in RANDOM], ids=str)
SAVED = [(form["class_name"], form["config"]) for form in GOLDEN["saved"]["initializers"]]


def make(name: str, options: dict[str, Any]) -> initializers.Initializer:
    made: initializers.Initializer = getattr(initializers, name)(**options)
    return made


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options", "mean", "variance", "bound"), RANDOM, ids=str)
def test_mean_variance_and_bounds(
    name: str, options: dict[str, Any], mean: float, variance: float, bound: float | None, dtype: str
):
    w = make(name, options)((I, O), dtype, Key(11))
    assert w.dtype == dtype
    assert w.shape == (I, O)
    n = I * O
    assert abs(w.mean(dtype=float) - mean) < 4.5 * math.sqrt(variance / n)
    assert w.var(dtype=float) == pytest.approx(variance, rel=4.5 * math.sqrt(2 / n))
    if bound is not None:
        distance = np.abs(w - mean).max()
        assert distance <= bound * (1 + 1e-6)
        if name != "Orthogonal":
            assert distance > 0.99 * bound


@random
def test_the_same_key_gives_the_same_bits(name: str, options: dict[str, Any]):
    one, other = make(name, options), make(name, options)
    w = one((5, 4), "float32", Key(1))
    other((7, 3), "float32", Key(9))  # another draw in between changes nothing
    np.random.default_rng(0).normal()
    assert (other((5, 4), "float32", Key(1)) == w).all()
    assert (one((5, 4), "float32", Key(2)) != w).any()


@random
def test_a_seed_of_its_own_gives_the_same_bits_at_every_call(name: str, options: dict[str, Any]):
    seeded = make(name, {**options, "seed": 3})
    w = seeded((5, 4))
    assert (seeded((5, 4)) == w).all()
    assert (seeded((5, 4), key=Key(8)) == w).all()
    assert (make(name, {**options, "seed": 3})((5, 4)) == w).all()
    assert (make(name, {**options, "seed": 4})((5, 4)) != w).any()


@random
def test_without_a_seed_every_call_draws_anew(name: str, options: dict[str, Any]):
    f = make(name, options)
    assert (f((5, 4)) != f((5, 4))).any()


def test_numpys_global_state_is_left_alone():
    before = np.random.get_state()[1].copy()
    initializers.HeNormal()((10, 10))
    assert (np.random.get_state()[1] == before).all()


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (3, 3, 2, 4), (1, 3), (1, 1)])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-14)])
def test_orthogonal(shape: tuple[int, ...], dtype: str, tolerance: float):
    W = initializers.Orthogonal(gain=2.0)(shape, dtype, Key(5)).reshape(-1, shape[-1])
    I, O = W.shape
    product = W.T @ W if I >= O else W @ W.T
    np.testing.assert_allclose(product, 4 * np.eye(min(I, O)), atol=10 * tolerance)


def test_orthogonal_matrices_are_all_equally_likely():
    f = initializers.Orthogonal()
    corners = np.array([f((2, 2), "float64", Key(i))[0, 0] for i in range(400)])
    assert abs(corners.mean()) < 4.5 * math.sqrt(0.5 / 400)  # QR alone leaves one sign
    assert corners.var() == pytest.approx(0.5, rel=0.25)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((), (1, 1)), ((5,), (5, 5)), ((3, 4), (3, 4)), ((2, 3, 4), (6, 8)), ((3, 3, 16, 32), (144, 288))],
)
def test_fans(shape: tuple[int, ...], expected: tuple[int, int]):
    assert initializers.fans(shape) == expected


def test_a_kernel_is_scaled_by_its_receptive_field():
    w = initializers.HeNormal()((3, 3, 50, 40), "float64", Key(2))
    assert w.var() == pytest.approx(2 / (9 * 50), rel=0.05)


@pytest.mark.parametrize(
    ("initializer", "shape", "expected"),
    [
        (initializers.Zeros(), (2, 2), [[0, 0], [0, 0]]),
        (initializers.Ones(), (2,), [1, 1]),
        (initializers.Ones(), (), 1),
        (initializers.Constant(0.5), (2,), [0.5, 0.5]),
        (initializers.Constant(), (1,), [0]),
        (initializers.Constant([1.0, 2.0]), (2, 2), [[1, 2], [1, 2]]),
        (initializers.Identity(), (2, 2), [[1, 0], [0, 1]]),
        (initializers.Identity(gain=3.0), (2, 3), [[3, 0, 0], [0, 3, 0]]),
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_constants(initializer: initializers.Initializer, shape: tuple[int, ...], expected: Any, dtype: str):
    w = initializer(shape, dtype)
    assert w.dtype == dtype
    assert w.tolist() == expected
    w[...] = 7  # what is drawn belongs to the caller
    assert initializer(shape, dtype).tolist() == expected


@pytest.mark.parametrize("name", [row[0] for row in RANDOM] + ["Zeros", "Ones", "Constant"])
def test_empty_shapes(name: str):
    assert make(name, {})((0, 3)).shape == (0, 3)


@pytest.mark.parametrize(("name", "options"), SAVED, ids=str)
def test_saved_and_read_again(name: str, options: dict[str, Any]):
    f = make(name, options)
    saved = json.loads(json.dumps(initializers.serialize(f)))
    back = initializers.get(saved)
    assert type(back) is type(f)
    assert back.get_config() == f.get_config()
    assert name in repr(f)
    key = Key(1)
    assert (back((4, 3, 2) if options.get("output_axes") else (4, 3), key=key)).shape[0] == 4


@pytest.mark.parametrize("form", GOLDEN["saved"]["initializers"], ids=str)
def test_what_keras_saves_is_read_and_saved_alike(form: dict[str, Any]):
    saved = initializers.serialize(initializers.deserialize(form))
    if form["class_name"] == "Identity":  # Keras forgets the gain
        saved["config"].pop("gain")
    assert saved == form


def test_keras_saves_a_generator_for_a_seed_and_an_array_for_a_constant():
    assert initializers.get(GOLDEN["seed_generator"]).seed.seed == 5
    assert initializers.get(GOLDEN["array"])((2,)).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("zero", "Zeros"), ("zeros", "Zeros"), ("one", "Ones"), ("ones", "Ones"), ("constant", "Constant"),
        ("normal", "RandomNormal"), ("random_normal", "RandomNormal"), ("uniform", "RandomUniform"),
        ("random_uniform", "RandomUniform"), ("truncated_normal", "TruncatedNormal"), ("identity", "Identity"),
        ("IdentityInitializer", "Identity"), ("orthogonal", "Orthogonal"), ("OrthogonalInitializer", "Orthogonal"),
        ("glorot_uniform", "GlorotUniform"), ("glorot_normal", "GlorotNormal"), ("he_uniform", "HeUniform"),
        ("he_normal", "HeNormal"), ("lecun_uniform", "LecunUniform"), ("lecun_normal", "LecunNormal"),
        ("variance_scaling", "VarianceScaling"), ("HeNormal", "HeNormal"),
    ],
)  # fmt: skip
def test_names(name: str, cls: str):
    assert type(initializers.get(name)).__name__ == cls
    assert type(initializers.get({"class_name": name, "config": {}})).__name__ == cls


def test_a_class_and_none():
    assert isinstance(initializers.get(initializers.HeNormal), initializers.HeNormal)
    assert initializers.get(None) is None


def counting(shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
    return np.arange(math.prod(shape), dtype=dtype).reshape(shape)


def test_a_function_of_the_users_own():
    f = initializers.get(counting)
    w = f((2, 2), "float64")
    assert w.dtype == "float64"
    assert w.tolist() == [[0, 1], [2, 3]]
    saved = json.loads(json.dumps(initializers.serialize(f)))
    with pytest.raises(UnknownName, match="register"):
        initializers.deserialize(saved)
    assert initializers.deserialize(saved, custom_objects={"counting": counting})((2,)).tolist() == [0, 1]
    with custom_object_scope({"mine>counting": counting}):
        saved = initializers.serialize(f)
        assert saved["config"] == "mine>counting"
        assert initializers.get(saved)((2,)).tolist() == [0, 1]
        assert initializers.get("mine>counting")((2,)).tolist() == [0, 1]


def test_an_array_of_the_users_own():
    assert initializers.get(np.eye(2))((2, 2)).tolist() == [[1, 0], [0, 1]]
    with pytest.raises(ShapeError, match="Constant"):
        initializers.get(np.eye(2))((3, 3))


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: initializers.get("glorot"), UnknownName, "Did you mean 'glorot_"),
        (lambda: initializers.get(3), WrongType, "initializer"),
        (lambda: initializers.get({"config": {}}), InvalidArgument, "class_name"),
        (lambda: initializers.get({"class_name": "HeNormal", "config": {"sead": 1}}), UnknownName, "'seed'"),
        (lambda: initializers.HeNormal(seed=1.5), WrongType, "HeNormal, argument seed"),
        (lambda: initializers.RandomNormal(stddev=-1.0), InvalidArgument, "stddev"),
        (lambda: initializers.RandomUniform(1.0, 0.0), InvalidArgument, "maxval"),
        (lambda: initializers.VarianceScaling(scale=0.0), InvalidArgument, "scale"),
        (lambda: initializers.VarianceScaling(mode="fan"), UnknownName, "fan_in"),
        (lambda: initializers.VarianceScaling(distribution="cauchy"), UnknownName, "uniform"),
        (lambda: initializers.VarianceScaling(input_axes=[5], output_axes=[0])((2, 2)), ShapeError, "axes"),
        (lambda: initializers.Constant("1"), WrongType, "Constant"),
        (lambda: initializers.Constant([1.0, math.nan]), InvalidArgument, "finite"),
        (lambda: initializers.Constant(["a"]), WrongType, "numbers"),
        (lambda: initializers.Identity()((2, 2, 2)), ShapeError, "matrix"),
        (lambda: initializers.Orthogonal()((2,)), ShapeError, "two axes"),
        (lambda: initializers.Zeros()((2, -1)), InvalidArgument, "shape"),
        (lambda: initializers.Zeros()(3), WrongType, "shape"),
        (lambda: initializers.Zeros()((2,), "float16"), InvalidArgument, "float32 or float64"),
        (lambda: initializers.get(lambda shape, dtype: np.zeros(3))((2,)), ShapeError, r"\(2,\)"),
    ],
)
def test_what_is_refused(call: Any, error: type[PellucidError], told: str):
    with pytest.raises(error, match=told):
        call()
