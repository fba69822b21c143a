"""Losses from logits: the textbook's gradients, the values of the probabilities', nothing infinite far out."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import losses

rng = np.random.default_rng(5)
Z = rng.normal(size=(6, 4)) * 3
CLASSES = rng.integers(0, 4, 6)
ONE_HOT = np.eye(4)[CLASSES]
LABELS = rng.integers(0, 2, (6, 4)).astype(float)
SIGMOID, SOFTMAX = 1 / (1 + np.exp(-Z)), np.exp(Z) / np.exp(Z).sum(axis=-1, keepdims=True)

PAIRS = [
    (losses.BinaryCrossentropy(label_smoothing=0.1), "sigmoid", LABELS, SIGMOID),
    (losses.BinaryFocalCrossentropy(gamma=1.5, apply_class_balancing=True), "sigmoid", LABELS, SIGMOID),
    (losses.CategoricalCrossentropy(label_smoothing=0.1), "softmax", ONE_HOT, SOFTMAX),
    (losses.CategoricalFocalCrossentropy(alpha=[0.1, 0.2, 0.3, 0.4]), "softmax", ONE_HOT, SOFTMAX),
    (losses.SparseCategoricalCrossentropy(), "softmax", CLASSES, SOFTMAX),
    (losses.SparseCategoricalCrossentropy(ignore_class=int(CLASSES[0])), "softmax", CLASSES, SOFTMAX),
]
pairs = pytest.mark.parametrize(("loss", "activation", "y_true", "p"), PAIRS)


def through(activation, dp, p):
    """dL/dz from dL/dp."""
    return dp * p * (1 - p) if activation == "sigmoid" else p * (dp - (dp * p).sum(axis=-1, keepdims=True))


@pairs
@pytest.mark.parametrize("reduction", ["sum", "sum_over_batch_size", "mean_with_sample_weight"])
def test_logits_and_probabilities_give_one_loss_and_one_gradient(loss, activation, y_true, p, reduction):
    loss = type(loss).from_config({**loss.get_config(), "reduction": reduction})
    twin = loss.from_logits_of(activation)
    weights = np.linspace(0.5, 2, 6)
    value, dp = loss.value_and_gradient(y_true, p, weights)
    value_z, dz = twin.value_and_gradient(y_true, Z, weights)
    assert value_z == pytest.approx(value, rel=1e-9)
    np.testing.assert_allclose(dz, through(activation, dp, p), rtol=1e-7, atol=1e-10)


@pairs
def test_only_its_own_activation_has_a_twin(loss, activation, y_true, p):
    other = "softmax" if activation == "sigmoid" else "sigmoid"
    twin = loss.from_logits_of(activation)
    assert twin.get_config() == {**loss.get_config(), "from_logits": True}
    assert not loss.from_logits
    assert loss.from_logits_of(other) is None
    assert loss.from_logits_of("linear") is None
    assert twin.from_logits_of(activation) is None


def test_losses_without_logits_have_no_twin():
    known = {type(loss) for loss, *_ in PAIRS}
    for cls in losses.losses.parts.values():
        if cls not in known:
            assert cls().from_logits_of("softmax") is cls().from_logits_of("sigmoid") is None


def test_a_users_subclass_is_not_fed_logits_behind_its_back():
    class Doubled(losses.BinaryCrossentropy):
        def values(self, y_true, y_pred):
            return 2 * super().values(y_true, y_pred)

    assert Doubled().from_logits_of("sigmoid") is None


def test_textbook_gradients():
    np.testing.assert_allclose(losses.CategoricalCrossentropy(from_logits=True).gradient(ONE_HOT, Z), SOFTMAX - ONE_HOT)
    np.testing.assert_allclose(
        losses.SparseCategoricalCrossentropy(from_logits=True).gradient(CLASSES, Z), SOFTMAX - ONE_HOT
    )
    np.testing.assert_allclose(
        losses.BinaryCrossentropy(from_logits=True).gradient(LABELS, Z), (SIGMOID - LABELS) / 4, rtol=1e-6, atol=1e-12
    )


@pairs
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_far_out_all_is_finite_and_nothing_warns(loss, activation, y_true, p, gamma, dtype):
    if hasattr(loss, "gamma"):
        loss = type(loss).from_config({**loss.get_config(), "gamma": gamma})
    z = np.array([[1e4, -1e4, 0.0, 1e4]] * 3 + [[-1e4, 1e4, 1e4, 0.0]] * 3, dtype)
    for form, y_pred in ((loss.from_logits_of(activation), z), (loss, (z > 0).astype(dtype))):
        value, dy = form.value_and_gradient(y_true, y_pred)
        assert np.isfinite(value)
        assert np.isfinite(dy).all()
        assert dy.dtype == dtype


@pytest.mark.parametrize(
    ("loss", "y_true"),
    [
        (losses.BinaryCrossentropy(), [[1.0, 0.0]]),
        (losses.BinaryFocalCrossentropy(), [[1.0, 0.0]]),
        (losses.CategoricalCrossentropy(), [[1.0, 0.0]]),
        (losses.CategoricalFocalCrossentropy(), [[1.0, 0.0]]),
        (losses.SparseCategoricalCrossentropy(), [0]),
        (losses.KLDivergence(), [[1.0, 0.0]]),
    ],
)
def test_a_clipped_probability_has_no_gradient(loss, y_true):
    value, dy = loss.value_and_gradient(y_true, np.array([[0.0, 1.0]]))
    assert value > 1
    assert dy[0, 0] == 0


def test_far_out_logits_keep_their_value_and_gradient():
    bce, cce = losses.BinaryCrossentropy(from_logits=True), losses.SparseCategoricalCrossentropy(from_logits=True)
    value, dz = bce.value_and_gradient([[0.0]], np.array([[1e4]], "float32"))
    assert (value, dz.item()) == (1e4, 1.0)
    value, dz = cce.value_and_gradient([1], np.array([[1e4, 0.0]], "float32"))
    assert (value, dz.tolist()) == (1e4, [[1.0, -1.0]])


@pytest.mark.parametrize("cls", [c for c in losses.losses.parts.values() if c is not losses.CTC])
def test_large_outputs_neither_overflow_nor_warn(cls):
    y_pred = np.array([[1e4, 0.0], [0.0, 1e4]], "float32")
    if cls not in (losses.Poisson, losses.MeanSquaredLogarithmicError):
        y_pred = y_pred - np.array([[0.0, 1e4], [0.0, 0.0]], "float32")
    by_number = (losses.SparseCategoricalCrossentropy, losses.CategoricalGeneralizedCrossEntropy, losses.Circle)
    y_true = [1, 0] if cls in by_number else [[0, 1], [1, 0]]
    value, dy = cls().value_and_gradient(y_true, y_pred)
    assert np.isfinite(value)
    assert np.isfinite(dy).all()


@pytest.mark.parametrize("cls", [c for c in losses.losses.parts.values() if c is not losses.CTC])
def test_outputs_of_0_have_a_finite_gradient(cls):
    by_number = (losses.SparseCategoricalCrossentropy, losses.CategoricalGeneralizedCrossEntropy, losses.Circle)
    y_true = [1, 0] if cls in by_number else [[0, 1], [1, 0]]
    value, dy = cls().value_and_gradient(y_true, np.zeros((2, 2), "float32"))
    assert np.isfinite(value)
    assert np.isfinite(dy).all()
