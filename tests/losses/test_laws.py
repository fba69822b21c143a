"""What holds for every loss: its gradient is its values', it reduces, it has a config, a function and names."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pellucid import losses
from pellucid.arrays import Array
from pellucid.losses.base import REDUCTIONS, Loss
from pellucid.registry import snake

SHAPES = [(1, 1), (1, 4), (4, 3), (2, 2, 3)]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]


def softmax(z: Array) -> Array:
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


# Each kind stays 0.05 and more away from the kinks of its losses.
KINDS: dict[str, tuple[Draw, Draw]] = {
    "real": (lambda r, s: r.normal(size=s), lambda r, s: r.normal(size=s) + r.choice([-3.0, 3.0], s)),
    "positive": (lambda r, s: r.gamma(2.0, size=s), lambda r, s: r.gamma(2.0, size=s) + 0.1),
    "binary": (lambda r, s: r.integers(0, 2, s), lambda r, s: r.uniform(0.05, 0.95, s)),
    "binary logits": (lambda r, s: r.uniform(0, 1, s), lambda r, s: 2 * r.normal(size=s)),
    "signs": (lambda r, s: r.choice([-1, 1], s), lambda r, s: r.choice([-0.5, 0.4, 1.7, -2.1], s)),
    "classes": (lambda r, s: r.integers(0, s[-1], s[:-1]), lambda r, s: softmax(r.normal(size=s))),
    "class logits": (lambda r, s: r.integers(0, s[-1], s[:-1]), lambda r, s: 3 * r.normal(size=s)),
    "one-hot": (lambda r, s: np.eye(s[-1])[r.integers(0, s[-1], s[:-1])], lambda r, s: r.uniform(0.1, 2.0, s)),
    "soft logits": (lambda r, s: softmax(r.normal(size=s)), lambda r, s: 3 * r.normal(size=s)),
}
LOSSES: list[tuple[Loss, str]] = [
    (losses.MeanSquaredError(), "real"),
    (losses.MeanAbsoluteError(), "real"),
    (losses.MeanAbsolutePercentageError(), "real"),
    (losses.MeanSquaredLogarithmicError(), "positive"),
    (losses.Huber(), "real"),
    (losses.Huber(delta=50.0), "real"),
    (losses.LogCosh(), "real"),
    (losses.CosineSimilarity(), "real"),
    (losses.BinaryCrossentropy(), "binary"),
    (losses.BinaryCrossentropy(label_smoothing=0.3), "binary"),
    (losses.BinaryCrossentropy(from_logits=True), "binary logits"),
    (losses.BinaryFocalCrossentropy(), "binary"),
    (losses.BinaryFocalCrossentropy(gamma=0.0), "binary"),
    (losses.BinaryFocalCrossentropy(from_logits=True, gamma=0.5, apply_class_balancing=True), "binary logits"),
    (losses.CategoricalCrossentropy(), "one-hot"),
    (losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), "soft logits"),
    (losses.CategoricalFocalCrossentropy(), "one-hot"),
    (losses.CategoricalFocalCrossentropy(from_logits=True, gamma=1.3, label_smoothing=0.1), "soft logits"),
    (losses.SparseCategoricalCrossentropy(), "classes"),
    (losses.SparseCategoricalCrossentropy(from_logits=True), "class logits"),
    (losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0), "class logits"),
    (losses.CategoricalGeneralizedCrossEntropy(q=0.7), "classes"),
    (losses.KLDivergence(), "binary"),
    (losses.Poisson(), "positive"),
    (losses.Hinge(), "signs"),
    (losses.SquaredHinge(), "signs"),
    (losses.CategoricalHinge(), "one-hot"),
    (losses.Dice(axis=-1), "binary"),
    (losses.Tversky(alpha=0.3, beta=0.9, axis=-1), "binary"),
]
ids = [f"{type(loss).__name__}-{i}" for i, (loss, _) in enumerate(LOSSES)]
every_loss = pytest.mark.parametrize(("loss", "kind"), LOSSES, ids=ids)
one_class_is_no_news = pytest.mark.filterwarnings("ignore:.*two classes or more")


def batch(kind: str, shape: tuple[int, ...], seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    y_true, y_pred = KINDS[kind]
    return np.asarray(y_true(rng, shape)), np.asarray(y_pred(rng, shape), dtype=np.float64)


def again(loss: Loss, **changes: Any) -> Loss:
    return type(loss).from_config({**loss.get_config(), **changes})


def numeric_gradient(f: Callable[[Array], float], x: Array, h: float = 1e-5) -> Array:
    """Central differences of fourth order, one number of x at a time."""
    dx = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        near, far = f(x + step) - f(x - step), f(x + 2 * step) - f(x - 2 * step)
        dx[i] = (8 * near - far) / (12 * h)
    return dx


@one_class_is_no_news
@every_loss
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("reduction", [r for r in REDUCTIONS if r is not None])
def test_gradient_is_that_of_the_value(loss, kind, shape, reduction):
    loss = again(loss, reduction=reduction)
    y_true, y_pred = batch(kind, shape)
    weights = np.random.default_rng(1).uniform(0.5, 2.0, shape[0])
    for w in (None, weights):
        value, dy = loss.value_and_gradient(y_true, y_pred, w)
        reduced = loss(y_true, y_pred, w)
        if reduction == "none":
            counted = loss.counted(loss.check(y_true, y_pred)[0])
            reduced = reduced.sum() / max(reduced.size if counted is None else counted.sum(), 1)
        assert value == pytest.approx(float(reduced), rel=1e-12)
        expected = numeric_gradient(lambda y, w=w: loss.value_and_gradient(y_true, y, w)[0], y_pred)
        error = np.linalg.norm(dy - expected) / max(np.linalg.norm(expected), 1e-3)
        assert error < 1e-6
        assert dy.shape == y_pred.shape


@pytest.mark.parametrize(
    ("loss", "kind"), [(loss, kind) for loss, kind in LOSSES if hasattr(loss, "axis") and "axis" in loss.get_config()]
)
def test_any_axis_may_hold_the_outputs(loss, kind):
    y_true, y_pred = batch(kind, (3, 2, 4))
    moved = again(loss, axis=1)
    t = np.moveaxis(y_true, -1, 1) if y_true.ndim == 3 else y_true
    value, dy = loss.value_and_gradient(y_true, y_pred)
    value_1, dy_1 = moved.value_and_gradient(t, np.moveaxis(y_pred, -1, 1))
    assert value_1 == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(np.moveaxis(dy_1, 1, -1), dy, rtol=1e-12)


@every_loss
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_of_the_outputs_is_kept(loss, kind, dtype):
    y_true, y_pred = batch(kind, (5, 3))
    y_true, y_pred = loss.check(y_true, y_pred.astype(dtype))
    assert loss.values(y_true, y_pred).dtype == loss.gradient(y_true, y_pred).dtype == dtype


@every_loss
def test_dtype_argument_is_what_is_computed_in(loss, kind):
    y_true, y_pred = batch(kind, (5, 3))
    wide = again(loss, dtype="float64")
    value, dy = wide.value_and_gradient(y_true, y_pred.astype("float32"))
    assert dy.dtype == np.float32
    assert wide(y_true, y_pred.astype("float32")).dtype == np.float64
    assert value == pytest.approx(loss.value_and_gradient(y_true, y_pred.astype("float32").astype("float64"))[0])


@every_loss
def test_lists_do_as_well_as_arrays(loss, kind):
    y_true, y_pred = batch(kind, (5, 3))
    y_pred = y_pred.astype("float32")
    assert loss(y_true.tolist(), y_pred.tolist()) == loss(y_true, y_pred)


@every_loss
def test_function_gives_the_values_of_the_class(loss, kind):
    y_true, y_pred = batch(kind, (3, 2, 4))
    name = snake(type(loss).__name__)
    function = getattr(losses, name)
    gradient = getattr(inspect.getmodule(function), f"{name}_grad")
    options = {k: v for k, v in loss.get_config().items() if k in inspect.signature(function).parameters}
    checked = loss.check(y_true, y_pred)
    np.testing.assert_array_equal(function(y_true.tolist(), y_pred, **options), loss.values(*checked))
    np.testing.assert_array_equal(gradient(y_true.tolist(), y_pred, **options), loss.gradient(*checked))
    assert inspect.signature(function) == inspect.signature(gradient)


@every_loss
def test_config_makes_the_loss_again(loss, kind):
    named = again(loss, name="mine", reduction="sum")
    saved = losses.serialize(named)
    twin = losses.deserialize(saved)
    assert type(twin) is type(loss)
    assert twin.get_config() == named.get_config() == saved["config"]
    y_true, y_pred = batch(kind, (5, 3))
    assert twin(y_true, y_pred) == named(y_true, y_pred)


@every_loss
def test_an_empty_batch_and_no_weight_at_all_cost_nothing(loss, kind):
    y_true, y_pred = batch(kind, (4, 3))
    assert loss.value_and_gradient(y_true[:0], y_pred[:0])[0] == 0
    weighted = again(loss, reduction="mean_with_sample_weight")
    value, dy = weighted.value_and_gradient(y_true, y_pred, np.zeros(4))
    assert value == 0
    assert not dy.any()


@every_loss
def test_a_sample_of_weight_2_is_a_sample_seen_twice(loss, kind):
    y_true, y_pred = batch(kind, (4, 3))
    if kind == "signs":
        y_true[0] = -1  # or else one batch might hold 1s alone, which read the same
    loss = again(loss, reduction="mean_with_sample_weight")
    twice = np.concatenate([y_true, y_true[:1]]), np.concatenate([y_pred, y_pred[:1]])
    assert loss(y_true, y_pred, [2, 1, 1, 1]) == pytest.approx(loss(*twice, np.ones(5)), rel=1e-12)


ALIASES = {
    "MeanSquaredError": ["mse", "MSE", "mean_squared_error"],
    "MeanAbsoluteError": ["mae", "MAE", "mean_absolute_error"],
    "MeanAbsolutePercentageError": ["mape", "MAPE", "mean_absolute_percentage_error"],
    "MeanSquaredLogarithmicError": ["msle", "MSLE", "mean_squared_logarithmic_error"],
    "KLDivergence": ["kld", "KLD", "kl_divergence", "kullback_leibler_divergence"],
    "BinaryCrossentropy": ["bce", "BCE", "binary_crossentropy"],
    "BinaryFocalCrossentropy": ["binary_focal_crossentropy"],
    "CategoricalCrossentropy": ["categorical_crossentropy"],
    "CategoricalFocalCrossentropy": ["categorical_focal_crossentropy"],
    "CategoricalGeneralizedCrossEntropy": ["categorical_generalized_cross_entropy"],
    "SparseCategoricalCrossentropy": ["sparse_categorical_crossentropy"],
    "CosineSimilarity": ["cosine_similarity"],
    "LogCosh": ["log_cosh", "logcosh"],
    "Huber": ["huber", "huber_loss"],
    "Hinge": ["hinge"],
    "SquaredHinge": ["squared_hinge"],
    "CategoricalHinge": ["categorical_hinge"],
    "Poisson": ["poisson"],
    "Dice": ["dice"],
    "Tversky": ["tversky"],
    "Circle": ["circle"],
    "CTC": ["ctc"],
}


@pytest.mark.parametrize(("cls", "names"), ALIASES.items())
def test_names(cls, names):
    assert set(ALIASES) == set(losses.losses.parts)
    for name in (cls, *names):
        assert type(losses.get(name)).__name__ == cls
    assert type(losses.get(getattr(losses, cls))).__name__ == cls
    for name in names:
        if hasattr(losses, name):  # the function itself, as compile(loss=losses.huber) passes it
            assert type(losses.get(getattr(losses, name))).__name__ == cls
            keras_function = {"module": "builtins", "class_name": "function", "config": name, "registered_name": name}
            assert type(losses.deserialize(keras_function)).__name__ == cls
