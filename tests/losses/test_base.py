"""What losses share: reductions, sample weights, losses of the user's own, names and saved forms."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from pellucid import losses, ops
from pellucid.errors import DataError, InvalidArgument, ShapeError, UnknownName, WrongType
from pellucid.layers import numerical_gradient
from pellucid.registry import get_custom_objects, register_keras_serializable

T, Y = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]), np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])  # values 1, 4, 9


@pytest.mark.parametrize(
    ("reduction", "plain", "weighted"),
    [
        ("sum_over_batch_size", 14 / 3, 22 / 3),  # over the number of values, weights or not
        ("mean", 14 / 3, 22 / 3),
        ("sum", 14, 22),
        ("mean_with_sample_weight", 14 / 3, 22 / 3.0),
        ("none", [1, 4, 9], [0, 4, 18]),
        (None, [1, 4, 9], [0, 4, 18]),
    ],
)
def test_reductions(reduction, plain, weighted):
    loss = losses.MeanSquaredError(reduction=reduction)
    np.testing.assert_allclose(loss(T, Y), plain)
    np.testing.assert_allclose(loss(T, Y, [0, 1, 2]), weighted)
    np.testing.assert_allclose(loss(T, Y, [[0], [1], [2]]), weighted)


def test_mean_with_sample_weight_divides_by_the_weights():
    assert losses.MeanSquaredError(reduction="mean_with_sample_weight")(T, Y, [0, 1, 4]) == pytest.approx(40 / 5)


def test_weights_of_samples_stretch_over_their_steps():
    t, y = np.zeros((2, 3, 1)), np.arange(6.0).reshape(2, 3, 1)
    for reduction in ("sum", "sum_over_batch_size", "mean_with_sample_weight"):
        loss = losses.MeanSquaredError(reduction=reduction)
        by_sample, by_step = [1, 2], [[1, 1, 1], [2, 2, 2]]
        assert loss(t, y, by_sample) == loss(t, y, by_step) == loss(t, y, [[1], [2]])
        (a, da), (b, db) = loss.value_and_gradient(t, y, by_sample), loss.value_and_gradient(t, y, by_step)
        assert a == b
        np.testing.assert_array_equal(da, db)


@pytest.mark.parametrize(
    ("weights", "error", "word"),
    [([1, 2], ShapeError, "(3,)"), (np.ones((3, 2)), ShapeError, "(3, 2)"), (["a"] * 3, DataError, "sample_weight")],
)
def test_weights_that_do_not_fit(weights, error, word):
    with pytest.raises(error) as caught:
        losses.MeanSquaredError()(T, Y, weights)
    assert word in str(caught.value)


def test_large_batches_are_summed_finely():
    y = np.full((1_000_000, 1), 0.1, "float32")
    value = float(losses.MeanAbsoluteError(reduction="sum")(np.zeros_like(y), y))
    assert value == pytest.approx(float(np.float32(0.1)) * 1e6, rel=1e-7)


@pytest.mark.parametrize(
    ("make", "error", "word"),
    [
        (lambda: losses.MeanSquaredError("average"), InvalidArgument, "reduction"),
        (lambda: losses.MeanSquaredError(name=3), WrongType, "name"),
        (lambda: losses.MeanSquaredError(dtype="float16"), InvalidArgument, "dtype"),
        (lambda: losses.Huber(0), InvalidArgument, "delta"),
        (lambda: losses.Huber("1"), WrongType, "delta"),
        (lambda: losses.BinaryCrossentropy(label_smoothing=1.5), InvalidArgument, "label_smoothing"),
        (lambda: losses.CategoricalCrossentropy(label_smoothing=-0.1), InvalidArgument, "label_smoothing"),
        (lambda: losses.CategoricalCrossentropy(axis=True), WrongType, "axis"),
        (lambda: losses.BinaryFocalCrossentropy(alpha=2), InvalidArgument, "alpha"),
        (lambda: losses.BinaryFocalCrossentropy(gamma=-1), InvalidArgument, "gamma"),
        (lambda: losses.CategoricalFocalCrossentropy(alpha=[0.5, "x"]), WrongType, "alpha"),
        (lambda: losses.CategoricalFocalCrossentropy(gamma=np.nan), InvalidArgument, "gamma"),
        (lambda: losses.SparseCategoricalCrossentropy(ignore_class=0.5), WrongType, "ignore_class"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(q=1.0), InvalidArgument, "q"),
        (lambda: losses.CosineSimilarity(axis=0.5), WrongType, "axis"),
        (lambda: losses.get("msee"), UnknownName, "mse"),
        (lambda: losses.get(7), WrongType, "loss"),
        (lambda: losses.deserialize({"class_name": "Nope", "config": {}}), UnknownName, "Nope"),
        (lambda: losses.Huber.from_config({"detla": 1.0}), UnknownName, "delta"),
        (lambda: losses.custom("mse", None), WrongType, "argument f"),
    ],
)
def test_bad_arguments_are_refused_at_once(make, error, word):
    with pytest.raises(error) as caught:
        make()
    assert word in str(caught.value)


def test_names_and_positions_are_keras_s():
    assert losses.Huber().name == "huber_loss"
    assert losses.Huber(name="h").name == "h"
    assert losses.KLDivergence().name == "kl_divergence"
    assert losses.CategoricalGeneralizedCrossEntropy().name == "categorical_generalized_cross_entropy"
    assert losses.MeanSquaredError("sum").reduction == "sum"
    bce = losses.BinaryCrossentropy(True, 0.1, 1)
    assert (bce.from_logits, bce.label_smoothing, bce.axis) == (True, 0.1, 1)


def test_lists_and_whole_numbers_take_the_default_dtype():
    assert losses.mean_squared_error([[1.0]], [[2.0]]).dtype == np.float32
    assert losses.mean_squared_error([[1]], np.array([[2]])).dtype == np.float32
    assert losses.mean_squared_error([[1]], np.array([[2.0]], "float16")).dtype == np.float32
    assert losses.mean_squared_error([[1]], np.array([[2.0]])).dtype == np.float64


def quartic(y_true, y_pred):
    return ((y_pred - y_true) ** 4).mean(axis=-1)


def quartic_grad(y_true, y_pred):
    return 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1]


def test_a_loss_from_two_functions():
    loss = losses.custom(quartic, quartic_grad, reduction="sum")
    assert loss.name == "quartic"
    assert loss(T, Y) == 1 + 16 + 81
    value, dy = loss.value_and_gradient(T, Y, [1, 1, 2])
    assert value == 1 + 16 + 162
    np.testing.assert_allclose(dy, [[2, 2], [16, 16], [108, 108]])
    assert losses.get(loss) is loss


def test_a_custom_loss_reads_targets_of_any_shape_and_columns_for_vectors():
    seen = []
    loss = losses.custom(
        lambda t, y: seen.append((t.dtype.kind, t.shape)) or y[np.arange(len(y)), t], lambda t, y: np.zeros_like(y)
    )
    loss([1, 0], np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert seen == [("i", (2,))]
    column = losses.custom(quartic, quartic_grad)
    assert column([0.0, 0.0], np.array([[1.0], [2.0]])) == pytest.approx(17 / 2)  # not (2, 2) differences


def test_a_custom_loss_is_saved_by_its_name():
    loss = losses.custom(quartic, quartic_grad, name="fourth", reduction="sum")
    saved = json.loads(json.dumps(losses.serialize(loss)))
    assert saved["class_name"] == saved["registered_name"] == "fourth"
    with pytest.raises(UnknownName, match="custom_objects"):
        losses.deserialize(saved)
    unlike = losses.custom(quartic, quartic_grad, name="fourth")
    for twin in (losses.deserialize(saved, {"fourth": unlike}), _registered(saved, unlike)):
        assert twin.get_config() == loss.get_config()
        assert twin(T, Y) == loss(T, Y)
    assert losses.get("fourth") is unlike
    assert copy.deepcopy(loss)(T, Y) == loss(T, Y)


def _registered(saved, loss):
    get_custom_objects()["fourth"] = loss
    return losses.deserialize(saved)


def test_a_custom_gradient_of_the_wrong_shape_is_told():
    loss = losses.custom(quartic, lambda t, y: (y - t).mean(axis=-1), name="short")
    with pytest.raises(ShapeError, match=r"short, gradient: expected the shape of y_pred, \(3, 2\), got \(3,\)"):
        loss.value_and_gradient(T, Y)


@pytest.mark.parametrize("found", ["text", None, {}, 1j, np.array(["a", "b", "c"])], ids=str)
def test_a_loss_that_returns_no_numbers_is_told(found):
    class Own(losses.Loss):
        def call(self, y_true, y_pred):
            return found

    for loss in (losses.custom(lambda t, y: found, name="own"), losses.custom(quartic, lambda t, y: found), Own()):
        with pytest.raises(WrongType, match="what it returns: expected numbers, one per sample, got"):
            loss.value_and_gradient(T, Y)


@pytest.mark.parametrize("shape", [(7,), (1, 3), (3, 3), (3, 2, 1)], ids=str)
def test_a_loss_that_returns_values_of_another_shape_is_told(shape):
    loss = losses.custom(lambda t, y: np.ones(shape), lambda t, y: y - t, name="odd")
    with pytest.raises(ShapeError, match="loss 'odd', the values that it returns: expected one per sample"):
        loss.value_and_gradient(T, Y)


class Weighted(losses.Loss):
    def __init__(self, w=1.0, **options):
        super().__init__(**options)
        self.w = w

    def call(self, y_true, y_pred):
        return self.w * ops.mean(ops.square(y_true - y_pred), axis=-1)


def test_a_derived_gradient_is_always_that_of_the_value():
    """What a function reads beside its arguments may change from one step to the next."""
    factor = [1.0]
    plain = losses.custom(lambda t, y: factor[0] * ops.mean(ops.square(t - y), axis=-1), name="plain")
    held = Weighted()
    expected = losses.MeanSquaredError().value_and_gradient(T, Y)
    for w in (1.0, 3.0, 0.5, 0.0):
        factor[0] = held.w = w
        for loss in (plain, held):
            value, dy = loss.value_and_gradient(T, Y)
            assert value == pytest.approx(w * expected[0])
            np.testing.assert_allclose(dy, w * expected[1], rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(dy, numerical_gradient(lambda y, loss=loss: loss(T, y), Y), atol=1e-6)


def test_chance_has_no_gradient():
    noisy = losses.custom(lambda t, y: ops.mean(ops.square(t - y), axis=-1) * np.random.default_rng().random())
    with pytest.raises(InvalidArgument, match="same numbers for the same arguments"):
        noisy.value_and_gradient(T, Y)


def test_a_derived_gradient_of_one_number_for_the_batch():
    loss = losses.custom(lambda t, y: ops.mean(ops.square(t - y)))
    for a, b in zip(loss.value_and_gradient(T, Y), losses.MeanSquaredError().value_and_gradient(T, Y), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


MIXED = [  # values that several samples have a part in
    lambda t, y: ops.mean(ops.square(y - ops.mean(y, axis=0, keepdims=True)), axis=-1),
    lambda t, y: ops.square(ops.matmul(y, ops.transpose(y)) - ops.matmul(t, ops.transpose(t))),
    lambda t, y: ops.concatenate([ops.sum(ops.square(y - t), axis=-1), ops.sum(y, axis=-1)], axis=0),
    lambda t, y: ops.mean(ops.square(y - t), axis=0),
]


@pytest.mark.parametrize("f", MIXED)
def test_values_may_mix_the_samples(f):
    class Own(losses.Loss):
        def call(self, y_true, y_pred):
            return f(y_true, y_pred)

    weights = np.linspace(0, 2, len(T)) if np.shape(f(T, Y)) == (len(T),) else None
    for loss in (losses.custom(f), Own()):
        _, dy = loss.value_and_gradient(T, Y, weights)
        expected = numerical_gradient(lambda y, loss=loss: loss(T, y, weights), Y)
        np.testing.assert_allclose(dy, expected, rtol=1e-5, atol=1e-6)


def test_values_that_are_written_beside_call_are_kept():
    class Both(losses.Loss):
        def call(self, y_true, y_pred):
            raise AssertionError("not asked")

        def values(self, y_true, y_pred):
            return np.abs(y_true - y_pred).mean(axis=-1)

        def gradient(self, y_true, y_pred):
            return np.sign(y_pred - y_true) / y_pred.shape[-1]

    np.testing.assert_allclose(
        Both().value_and_gradient(T, Y)[1], losses.MeanAbsoluteError().value_and_gradient(T, Y)[1], rtol=1e-6, atol=1e-7
    )


def test_a_custom_loss_may_give_one_number():
    loss = losses.custom(lambda t, y: ((y - t) ** 2).mean(), lambda t, y: 2 * (y - t) / y.size)
    value, dy = loss.value_and_gradient(T, Y)
    expected, dy_expected = losses.MeanSquaredError().value_and_gradient(T, Y)
    assert value == pytest.approx(expected)
    np.testing.assert_allclose(dy, dy_expected)


@register_keras_serializable("tests")
class Scaled(losses.Loss):
    """s · |y - t|."""

    def __init__(self, s=2.0, **options):
        super().__init__(**options)
        self.s = s

    def values(self, y_true, y_pred):
        return self.s * np.abs(y_pred - y_true).mean(axis=-1)

    def gradient(self, y_true, y_pred):
        return self.s * np.sign(y_pred - y_true) / y_pred.shape[-1]


def test_a_loss_of_ones_own():
    get_custom_objects()["tests>Scaled"] = Scaled  # the house's fixture forgets registrations
    loss = Scaled(3.0, reduction="sum")
    assert loss.name == "scaled"
    assert loss(T, Y) == 18
    saved = losses.serialize(loss)
    assert saved["registered_name"] == "tests>Scaled"
    assert losses.deserialize(saved).get_config() == loss.get_config()


def test_a_loss_of_ones_own_that_lacks_a_method():
    class Empty(losses.Loss):
        pass

    with pytest.raises(InvalidArgument, match=r"values\(y_true, y_pred\).*losses.custom"):
        Empty()(T, Y)
