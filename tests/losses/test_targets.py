"""What losses say of data they cannot learn from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import losses
from pellucid.errors import DataError, PellucidError, ShapeError
from pellucid.losses.targets import aligned, class_numbers

THREE = np.full((4, 3), 1 / 3)
SPARSE, CATEGORICAL = losses.SparseCategoricalCrossentropy(), losses.CategoricalCrossentropy()
BINARY, MSE = losses.BinaryCrossentropy(), losses.MeanSquaredError()

REFUSED = [
    # class numbers
    (SPARSE, [0, 1, 3, 2], THREE, DataError, ["from 0 to 2", "3 classes", "got 3 at row 2", "4 units"]),
    (SPARSE, [0, -1, 1, 2], THREE, DataError, ["got -1 at row 1", "ignore_class"]),
    (SPARSE, [1, 2, 3, 1], THREE, DataError, ["got 3 at row 2", "y_true - 1"]),
    (SPARSE, [0.5, 1, 2, 0], THREE, DataError, ["got 0.5 at row 0", "mean_squared_error"]),
    (SPARSE, [0, np.nan, 2, 0], THREE, DataError, ["got nan at row 1", "missing"]),
    (SPARSE, [0, 1, np.inf, 0], THREE, DataError, ["got inf at row 2"]),
    (SPARSE, ["a", "b", "c", "a"], THREE, DataError, ["numbers", "an array of <U1"]),
    (SPARSE, np.eye(3)[[0, 1, 2, 0]], THREE, ShapeError, ["(4, 3)", "categorical_crossentropy", "argmax"]),
    (SPARSE, [0, 1, 2], THREE, ShapeError, ["shape (4,)", "(3,)", "(4, 3)"]),
    (SPARSE, [0, 1], [[0.2], [0.7]], DataError, ["1 class,", "got 1 at row 1", "binary_crossentropy"]),
    (SPARSE, [[0, 1], [1, 7]], np.full((2, 2, 3), 1 / 3), DataError, ["got 7 at row 1, column 1"]),
    (losses.SparseCategoricalCrossentropy(ignore_class=-1), [-1, -2, 0, 1], THREE, DataError, ["got -2 at row 1"]),
    (losses.SparseCategoricalCrossentropy(axis=2), [0, 1, 2, 0], THREE, ShapeError, ["axis 2", "(4, 3)"]),
    (losses.CategoricalCrossentropy(axis=2), np.eye(3), np.eye(3), ShapeError, ["axis 2", "(3, 3)"]),
    (losses.BinaryCrossentropy(axis=-3), np.eye(3), np.eye(3), ShapeError, ["axis -3", "(3, 3)"]),
    (losses.CategoricalGeneralizedCrossEntropy(), [0, 1, 3, 2], THREE, DataError, ["got 3 at row 2"]),
    # one-hot
    (CATEGORICAL, [0, 1, 2, 0], THREE, ShapeError, ["(4,)", "sparse_categorical_crossentropy", "to_categorical"]),
    (CATEGORICAL, [[0], [1], [2], [0]], THREE, ShapeError, ["sparse_categorical_crossentropy"]),
    (CATEGORICAL, np.eye(4), THREE, ShapeError, ["(4, 3)", "(4, 4)", "units"]),
    (losses.CategoricalHinge(), [0, 1, 2, 0], THREE, ShapeError, ["sparse_categorical_crossentropy"]),
    (losses.CategoricalFocalCrossentropy(), [0, 1, 2, 0], THREE, ShapeError, ["sparse_categorical_crossentropy"]),
    (losses.CategoricalFocalCrossentropy(alpha=[1, 2]), np.eye(3), np.eye(3), ShapeError, ["3 classes", "2 numbers"]),
    # yes or no
    (BINARY, [[0], [2]], [[0.5], [0.5]], DataError, ["between 0 and 1", "got 2.0 at row 1", "sparse_categorical"]),
    (BINARY, [[-1], [1]], [[0.5], [0.5]], DataError, ["got -1.0 at row 0", "hinge"]),
    (BINARY, [[0], [np.nan]], [[0.5], [0.5]], DataError, ["got nan at row 1"]),
    (losses.BinaryFocalCrossentropy(), [[0], [7]], [[0.5], [0.5]], DataError, ["got 7.0 at row 1"]),
    # anything
    (MSE, [[1.0, 2.0]], [[1.0, 2.0, 3.0]], ShapeError, ["(1, 3)", "(1, 2)", "units"]),
    (MSE, [[1.0]], [[1.0, 2.0, 3.0]], ShapeError, ["(1, 3)", "(1, 1)"]),  # Keras would broadcast it
    (MSE, [1.0, 2.0, 3.0], [[1.0], [2.0]], ShapeError, ["(2, 1)", "(3, 1)"]),
    (MSE, [["a"]], [[1.0]], DataError, ["y_true", "numbers"]),
    (MSE, [[1.0]], [[None]], DataError, ["y_pred", "numbers", "object"]),
    (MSE, [[1.0], [1.0, 2.0]], [[1.0], [2.0]], DataError, ["rows of different lengths"]),
    (MSE, 1.0, 2.0, ShapeError, ["at least one output", "()"]),
    (losses.Poisson(), [[1.0], [2.0]], [[0.5], [-0.5]], DataError, ["got -0.5 at row 1", "softplus"]),
]


@pytest.mark.parametrize(("loss", "y_true", "y_pred", "error", "words"), REFUSED)
def test_refusals_say_what_came_and_what_to_do(loss, y_true, y_pred, error, words):
    for use in (loss, loss.value_and_gradient):
        with pytest.raises(error) as caught:
            use(y_true, y_pred)
        message = str(caught.value)
        assert message.startswith((loss.name, "categorical_focal_crossentropy, argument alpha"))
        assert all(word in message for word in words), message


def test_the_functions_refuse_too():
    with pytest.raises(DataError, match="got 3 at row 0"):
        losses.sparse_categorical_crossentropy([3], [[0.5, 0.5]])
    with pytest.raises(ShapeError, match="to_categorical"):
        losses.categorical_crossentropy([1], [[0.5, 0.5]])


@pytest.mark.parametrize("y_true", [[0, 2, 1], [[0], [2], [1]], [0.0, 2.0, 1.0], np.array([0, 2, 1], "uint8")])
def test_class_numbers_may_come_as_a_vector_a_column_or_floats(y_true):
    y_pred = np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8], [0.3, 0.6, 0.1]])
    np.testing.assert_allclose(
        losses.sparse_categorical_crossentropy(y_true, y_pred), -np.log([0.2, 0.8, 0.6]), rtol=1e-12
    )


def test_sequences_of_classes():
    y_pred = np.array([[[0.2, 0.8], [0.6, 0.4]]])
    expected = -np.log([[0.8, 0.6]])
    for y_true in ([[1, 0]], [[[1], [0]]]):
        np.testing.assert_allclose(losses.sparse_categorical_crossentropy(y_true, y_pred), expected)


def test_an_ignored_class_counts_for_nothing():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)
    z = np.array([[1.0, 2.0], [5.0, -3.0], [0.5, 0.0]])
    value, dz = loss.value_and_gradient([1, 255, 0], z)
    kept, dz_kept = loss.value_and_gradient([1, 0], z[[0, 2]])
    assert value == pytest.approx(kept)
    np.testing.assert_allclose(dz[[0, 2]], dz_kept)
    assert not dz[1].any()
    value, dz = loss.value_and_gradient([255, 255, 255], z)
    assert value == 0
    assert not dz.any()


def test_one_class_is_warned_of():
    with pytest.warns(UserWarning, match="binary_crossentropy with a sigmoid"):
        CATEGORICAL([[1.0]], [[0.3]])


def test_hinge_reads_0_and_1_as_signs_and_leaves_others():
    y_pred = np.array([[0.5], [-2.0]])
    for loss in (losses.Hinge(), losses.SquaredHinge()):
        assert loss([[0], [1]], y_pred) == loss([[-1], [1]], y_pred)
    assert losses.hinge([[2], [-1]], [[0.25], [0.25]]).tolist() == [0.5, 1.25]


@given(st.lists(st.integers(-3, 9) | st.floats(-3, 9) | st.just(np.nan), min_size=1, max_size=6), st.integers(1, 5))
def test_class_numbers_are_within_range_or_refused(y_true, classes):
    fine = all(t == t and t == int(t) and 0 <= t < classes for t in y_true)
    try:
        k, _ = class_numbers("loss", y_true, np.zeros((len(y_true), classes)))
    except DataError:
        assert not fine
    else:
        assert fine
        assert k.tolist() == [int(t) for t in y_true]


shapes = st.lists(st.integers(0, 3), max_size=3).map(tuple)


@given(shapes, shapes)
def test_any_two_shapes_give_a_number_or_an_error_of_ours(true, pred):
    y_true, y_pred = np.zeros(true), np.full(pred, 0.5)
    for loss in (MSE, BINARY, SPARSE, losses.CosineSimilarity(), losses.Hinge(), losses.KLDivergence()):
        try:
            value, dy = loss.value_and_gradient(y_true, y_pred)
        except PellucidError:
            assert true != pred or 0 in pred or not pred or loss is SPARSE
        else:
            assert np.isfinite(value)
            assert dy.shape == pred


@given(shapes, shapes)
def test_aligning_changes_no_number_of_numbers(true, pred):
    y_true, y_pred = aligned(np.zeros(true), np.zeros(pred))
    assert (y_true.size, y_pred.size) == (np.prod(true, dtype=int), np.prod(pred, dtype=int))
