"""Losses of regions, embeddings and sequences: gradients, edges, refusals, and training with them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import pellucid
from losses.test_laws import numeric_gradient
from pellucid import layers, losses
from pellucid.errors import DataError, InvalidArgument, PellucidError, ShapeError
from pellucid.losses.base import REDUCTIONS

rng = np.random.default_rng(3)
PICTURES = rng.integers(0, 2, (3, 2, 2, 2)), rng.uniform(0.05, 0.95, (3, 2, 2, 2))
EMBEDDINGS = np.array([0, 1, 0, 2, 1, 1]), rng.normal(size=(6, 3)) / 2
SEQUENCES = np.array([[1, 2, 2], [3, 3, 0], [1, 0, 0], [0, 0, 0]]), rng.normal(size=(4, 5, 4)) * 2
CASES = [
    (losses.Dice(), PICTURES),
    (losses.Dice(axis=(1, 2)), PICTURES),
    (losses.Dice(axis=(-3, 3)), PICTURES),
    (losses.Tversky(alpha=0.2, beta=1.3), PICTURES),
    (losses.Tversky(axis=[1, 2, 3]), PICTURES),
    (losses.Circle(gamma=3.0), EMBEDDINGS),
    (losses.Circle(gamma=2.0, margin=0.1, remove_diagonal=False), EMBEDDINGS),
    (losses.CTC(), SEQUENCES),
]
cases = pytest.mark.parametrize(("loss", "data"), CASES, ids=lambda v: getattr(v, "name", ""))


@cases
@pytest.mark.parametrize("reduction", [r for r in REDUCTIONS if r is not None])
def test_gradient_is_that_of_the_value(loss, data, reduction):
    loss = type(loss).from_config({**loss.get_config(), "reduction": reduction})
    y_true, y_pred = data
    for w in [None] if loss.get_config().get("axis", 1) is None else [None, rng.uniform(0.5, 2, len(y_pred))]:
        value, dy = loss.value_and_gradient(y_true, y_pred, w)
        expected = numeric_gradient(lambda y, w=w: loss.value_and_gradient(y_true, y, w)[0], y_pred)
        assert np.linalg.norm(dy - expected) / np.linalg.norm(expected) < 1e-6
        counted = loss.counted(loss.check(y_true, y_pred)[0])
        if reduction == "none":
            values = np.asarray(loss(y_true, y_pred, w))
            assert value == pytest.approx(values.sum() / (values.size if counted is None else counted.sum()))


@cases
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes_are_kept_and_configs_make_the_loss_again(loss, data, dtype):
    y_true, y_pred = loss.check(data[0], data[1].astype(dtype))
    assert loss.values(y_true, y_pred).dtype == loss.gradient(y_true, y_pred).dtype == dtype
    again = losses.deserialize(losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    assert again(*data) == loss(*data)
    assert loss(*data) == pytest.approx(
        getattr(losses, loss.name)(
            *data, **{k: v for k, v in loss.get_config().items() if k not in ("reduction", "name", "dtype")}
        ).sum()
        / max(1, np.sum(loss.counted(y_true)) if loss.name == "circle" else loss.values(y_true, y_pred).size)
    )


def test_keras_saves_a_tuple_like_this():
    saved = {"class_name": "Dice", "config": {"axis": {"class_name": "__tuple__", "items": [1, 2]}}}
    assert losses.deserialize(saved).axis == (1, 2)


def test_tversky_of_two_halves_is_dice_and_alpha_weighs_what_is_missed():
    for axis in (None, -1, (1, 2, 3)):
        np.testing.assert_allclose(losses.tversky(*PICTURES, axis=axis), losses.dice(*PICTURES, axis=axis), atol=1e-6)
    assert losses.tversky([[1.0, 1.0]], [[1.0, 0.0]], alpha=0.0, beta=9.0) == pytest.approx(0, abs=1e-6)
    assert losses.tversky([[1.0, 0.0]], [[1.0, 1.0]], alpha=9.0, beta=0.0) == pytest.approx(0, abs=1e-6)


def test_circle_counts_who_has_a_mate_and_a_stranger():
    y_true, y_pred = EMBEDDINGS  # class 2 has one sample
    values = losses.circle(y_true, y_pred, gamma=3.0)
    assert values[3] == 0
    assert losses.Circle(gamma=3.0)(y_true, y_pred) == pytest.approx(values.sum() / 5)
    for lonely in ([0, 1, 2], [0, 0, 0]):
        value, dy = losses.Circle().value_and_gradient(lonely, y_pred[:3])
        assert value == 0
        assert not dy.any()


def probability(k: list[int], z: np.ndarray) -> float:
    """The labels' probability, path by path."""
    p = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    total = 0.0
    for path in itertools.product(range(z.shape[1]), repeat=len(z)):
        runs = [c for c, _ in itertools.groupby(path)]
        if [c for c in runs if c] == k:
            total += np.prod(p[np.arange(len(z)), list(path)])
    return total


@pytest.mark.parametrize("row", range(4))
def test_ctc_is_the_sum_over_all_paths(row):
    k, z = SEQUENCES[0][row], SEQUENCES[1][row]
    expected = -np.log(probability([int(c) for c in k if c], z))
    assert losses.ctc(k[None], z[None])[0] == pytest.approx(expected, rel=1e-12)


def test_ctc_far_out_is_finite():
    z = np.array([[[1e4, -1e4, 0.0]] * 6], "float32")
    value, dz = losses.CTC().value_and_gradient([[1, 1]], z)
    assert value == pytest.approx(4e4, rel=1e-3)
    assert np.isfinite(dz).all()


REFUSED = [
    (losses.CTC(), [[1, 4, 0, 0]], np.zeros((1, 5, 4)), DataError, ["1 to 3", "got 4 at row 0, column 1", "blank"]),
    (losses.CTC(), [[1, 0, 2]], np.zeros((1, 5, 4)), DataError, ["zeros at the end", "column 2"]),
    (losses.CTC(), [[1, 2, 0], [1, 1, 2]], np.zeros((2, 3, 4)), DataError, ["3 steps", "need 4 at row 1"]),
    (losses.CTC(), [[1.5]], np.zeros((1, 5, 4)), DataError, ["whole", "1.5"]),
    (losses.CTC(), [1, 2], np.zeros((2, 5, 4)), ShapeError, ["(2, N)", "(2,)"]),
    (losses.CTC(), [[1]], np.zeros((1, 4)), ShapeError, ["(B, T, C)", "(1, 4)"]),
    (losses.Circle(), np.eye(3), np.eye(3), ShapeError, ["(3,)", "argmax"]),
    (losses.Circle(), [0.5, 1, 2], np.eye(3), DataError, ["whole", "0.5 at row 0"]),
    (losses.Circle(), [0, 1], np.zeros((2, 2, 2)), ShapeError, ["(B, E)"]),
    (losses.Dice(), np.zeros((2, 3)), np.zeros((2, 4)), ShapeError, ["(2, 4)", "(2, 3)"]),
    (losses.Dice(axis=(1, 2)), np.zeros((2, 3)), np.zeros((2, 3)), ShapeError, ["axis 2", "(2, 3)"]),
]


@pytest.mark.parametrize(("loss", "y_true", "y_pred", "error", "words"), REFUSED)
def test_refusals_say_what_came_and_what_to_do(loss, y_true, y_pred, error, words):
    with pytest.raises(error) as caught:
        loss.value_and_gradient(y_true, y_pred)
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_value_of_the_whole_batch_has_no_weights():
    for loss in (losses.Dice(), losses.Tversky(axis=(0, 1))):
        with pytest.raises(InvalidArgument, match=r"sample_weight.*axis=\(1, 2, 3\)"):
            loss(*PICTURES, [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    "make", [lambda: losses.Tversky(alpha=-1), lambda: losses.Circle(gamma=0), lambda: losses.Dice(axis="all")]
)
def test_bad_arguments(make):
    with pytest.raises(PellucidError, match="argument"):
        make()


x = rng.normal(size=(24, 5)).astype("float32")
kinds = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
TRAINED = [
    (losses.Dice(), [layers.Dense(3, "sigmoid")], np.eye(3)[kinds]),
    (losses.Dice(axis=-1), [layers.Dense(3, "sigmoid")], np.eye(3)[kinds]),
    (losses.Tversky(alpha=0.7, axis=1), [layers.Dense(3, "softmax")], np.eye(3)[kinds]),
    (losses.Circle(gamma=4.0), [layers.Dense(4), layers.UnitNormalization()], kinds),
    (losses.CTC(), [layers.Dense(20), layers.Reshape((5, 4))], np.stack([kinds + 1, kinds * 0], axis=1)),
]


@pytest.mark.parametrize(("loss", "stack", "y"), TRAINED, ids=lambda v: getattr(v, "name", ""))
def test_they_train_on_either_engine_alike_and_are_metrics_too(loss, stack, y):
    found = []
    for eager in (False, True):
        model = pellucid.Sequential([layers.Input((5,)), *[type(p).from_config(p.get_config()) for p in stack]], seed=1)
        model.compile(pellucid.optimizers.Adam(0.02), loss, metrics=[loss], run_eagerly=eager)
        history = model.fit(x, y, batch_size=12, epochs=8, verbose=0).history
        assert history["loss"][-1] < 0.95 * history["loss"][0]
        found.append([*history["loss"], *history[loss.name], model.evaluate(x, y, verbose=0)[0]])
    np.testing.assert_allclose(*found, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("loss", [losses.Dice(), losses.Tversky(axis=-1), losses.Circle(), losses.CTC()])
def test_the_numpy_script_refuses_them(loss, tmp_path):
    model = pellucid.Sequential([layers.Input((5,)), layers.Dense(3)])
    model.compile("adam", loss)
    with pytest.raises(InvalidArgument, match="to_numpy, loss"):
        model.to_numpy(tmp_path / "script")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.dice([[2.0, 0.0]], [[0.5, 0.5]]), "a mask of numbers from 0 to 1, got 0 to 2"),
        (lambda: losses.tversky([[1.0, 0.0]], [[0.5, 0.5]], axis=5), "a shape with axes 5"),
        (lambda: losses.dice([[1.0, 0.0]], [[0.5, 0.5]], axis=(1, -1)), "each once"),
        (lambda: losses.circle([0, 1], np.eye(2), ref_embeddings=np.eye(3)), r"shape \(2, 2\), got \(3, 3\)"),
        (
            lambda: losses.circle([0, 1], np.eye(2), [0], ref_embeddings=np.ones((1, 3))),
            r"shape \(1, 2\), got \(1, 3\)",
        ),
    ],
)
def test_what_does_not_fit_is_told(call: Any, message: str) -> None:
    with pytest.raises(PellucidError, match=message):
        call()


def test_embeddings_of_two_classes_at_one_place_are_pushed_apart() -> None:
    y = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    loss = losses.Circle(gamma=1.0, margin=-0.3)
    assert np.abs(loss.gradient(np.array([0, 1, 0]), y)[0]).max() > 0
