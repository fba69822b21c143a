"""What cannot be learned from is refused, with the place in the data where it is."""

from __future__ import annotations

import time
import tracemalloc
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid.data.checking import as_features, as_targets, check_finite
from pellucid.errors import DataError, PellucidError, ShapeError, WrongType


class Frame:
    """As much of a data frame as is needed: named columns, and an array on request."""

    def __init__(self, columns, values):
        self.columns, self.values = columns, np.array(values, dtype=object)

    def __array__(self, dtype=None, copy=None):
        return self.values if dtype is None else self.values.astype(dtype)


def planted(shape, index, value, dtype="float32"):
    x = np.zeros(shape, dtype)
    x[index] = value
    return x


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int32", "int64", "float16", "float32", "float64", ">f4"])
def test_arrays_pass_untouched(dtype):
    x = np.ones((3, 4), dtype)
    assert as_features("fit, x", x, (4,)) is x
    assert as_targets("fit, y", x, 3) is x


def test_lists_and_frames_become_arrays():
    assert as_features("x", [[1, 2], [3, 4]]).dtype == np.int64
    assert as_features("x", ((1.0, 2.0),)).shape == (1, 2)
    frame = as_features("x", Frame(["a", "b"], [[1, 2.5], [True, np.float32(4)]]), (2,))
    assert frame.dtype == np.float64
    assert frame.tolist() == [[1, 2.5], [1, 4]]


NAN = float("nan")
BAD_VALUES = [
    (planted((5, 3), (3, 1), NAN), "got nan at row 3, column 1. Fill in or drop"),
    (planted((5, 3), (3, 1), np.inf), "got inf at row 3, column 1. Find where"),
    (planted((5, 3), (slice(2, 4), 1), NAN), "got nan at row 2, column 1, and 1 more NaN or infinite"),
    (planted((5, 3), (4, 2), -np.inf, "float64").T, "got -inf at row 2, column 4"),
    (planted((5, 3, 3), (1, 2, 0), NAN), r"row 1, position \(2, 0\)"),
    (planted(5, 4, NAN, "float16"), "got nan at row 4"),
    (planted((5, 6), (2, 4), NAN)[:, ::2], "row 2, column 2"),
    ([[1.0, NAN]], "row 0, column 1"),
    (Frame(["age", "fare"], [[1.0, 2.0], [3.0, NAN]]), r"got nan at row 1, column 1 \('fare'\)"),
    (Frame(["age", "sex"], [[1.0, 2.0], [3.0, "male"]]), r"got 'male' at row 1, column 1 \('sex'\)"),
    (Frame(["age"], [[1.0], [None]]), "got None at row 1, column 0 .*missing values"),
    ([[1, 2], [3, "abc"]], "got 'abc' at row 1, column 1"),
    ([[1, 2], [3, "4"]], "got '4' at row 1, column 1.*written as text"),
    (np.array([["1", "2"], ["3", "x"]]), "got 'x' at row 1, column 1"),
    (np.array([["1", "2"]]), "got '1' at row 0, column 0.*astype"),
    (np.array([b"ab"]), "got b'ab' at row 0"),
    (np.array([[Decimal(1)]], dtype=object), "Decimal"),
    (np.array([[10**400]], dtype=object), "numbers that a float can hold"),
    (np.array([[1 + 2j]]), "real numbers, got an array of complex128"),
    (np.array(["2024-01-01"], dtype="datetime64[D]"), "Turn dates into numbers"),
    (np.zeros(3, dtype=[("a", "f4")]), "numbers, got an array of"),
    ([[1, 2], [3]], "2 values in row 0 and 1 in row 1"),
    ([[[1], [2]], [[3], 4]], "rows of equal length"),
    ([(np.ones(4), np.ones(1)), (np.ones(4), np.ones(1))], "whose parts differ in shape. Pass x and y apart"),
    (np.ma.masked_array([[1.0, 2.0]], [[False, True]]), "masked value at row 0, column 1"),
    ([], "at least one row"),
    (np.zeros((0, 4)), "at least one row"),
    (np.zeros((4, 0)), "at least one column"),
]


@pytest.mark.parametrize("check", [as_features, as_targets])
@pytest.mark.parametrize(("x", "told"), BAD_VALUES)
def test_bad_values_are_told_by_row_and_column(check, x, told):
    with pytest.raises(DataError, match=told) as caught:
        check("fit, here", x)
    assert str(caught.value).startswith("fit, here")


@pytest.mark.parametrize("x", [None, "data.csv", {"a": [1]}, {1, 2}, (i for i in range(3)), object()])
def test_what_is_no_array_is_refused(x):
    with pytest.raises(WrongType, match="an array, a list of rows or a data frame"):
        as_features("fit, x", x)


class OfTorch:
    """What a tensor of PyTorch that has a gradient, and another kind of number, does."""

    shape, dtype = (1, 2), "torch.bfloat16"

    def __array__(self, *_args, **_kwargs):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    def detach(self):
        return self

    cpu = detach

    def float(self):
        return np.array([[1.0, 2.0]], "float32")


def test_a_tensor_of_pytorch_is_taken_as_it_is():
    assert as_features("x", OfTorch(), (2,)).tolist() == [[1.0, 2.0]]


def test_a_sparse_matrix_is_told_what_to_do():
    class Sparse:
        def toarray(self):
            return np.zeros((2, 2))

    with pytest.raises(WrongType, match=r"Pass x\.toarray\(\)"):
        as_features("fit, x", Sparse())


@pytest.mark.parametrize(
    ("x", "shape", "told"),
    [
        (np.zeros((5, 12)), (784,), r"expected shape \(None, 784\), got \(5, 12\)"),
        (np.zeros(784), (784,), r"x\[None\]"),
        (np.zeros((5, 28, 28)), (784,), r"x\.reshape\(-1, 784\)"),
        (np.zeros((5, 784)), (28, 28), r"x\.reshape\(-1, 28, 28\)"),
        (np.zeros((5, 3, 4)), (None, 5), r"expected shape \(None, None, 5\)"),
        (3.0, (1,), "the single value"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(x, shape, told):
    with pytest.raises(ShapeError, match=told):
        as_features("fit, x", x, shape)


@pytest.mark.parametrize(
    ("got", "shape", "expected"),
    [((5,), (1,), (5, 1)), ((5, 4), (4, 1), (5, 4, 1)), ((5, 4, 1), (4,), (5, 4)), ((5, 7, 3), (None, 3), (5, 7, 3))],
)
def test_a_trailing_axis_of_one_comes_and_goes(got, shape, expected):
    x = np.zeros(got)
    y = as_features("x", x, shape)
    assert y.shape == expected
    assert np.shares_memory(x, y)


def test_targets_have_as_many_rows_as_x():
    with pytest.raises(DataError, match="expected 10 rows, as many as x, got 9 rows"):
        as_targets("fit, y", np.zeros(9), 10)
    with pytest.raises(DataError, match=r"'cat' at row 0.*return_inverse"):
        as_targets("fit, y", ["cat", "dog"], 2)
    with pytest.raises(ShapeError):
        as_targets("fit, y", 3.0, 1)


SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, max_side=6)


@given(SHAPES, st.data())
def test_a_planted_nan_is_always_found(shape, data):
    index = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    x = planted(shape, index, data.draw(st.sampled_from([NAN, np.inf, -np.inf])))
    check_finite("x", np.zeros(shape))
    for form in (x, np.asfortranarray(x), np.repeat(x, 2, axis=-1)[..., ::2]):
        with pytest.raises(DataError, match=f"row {index[0]}"):
            check_finite("x", form)


@given(hnp.arrays(hnp.array_dtypes(), hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)))
def test_any_array_gives_numbers_or_our_error(x):
    for check in (as_features, as_targets):
        try:
            y = check("x", x)
        except PellucidError:
            continue
        assert y.dtype.kind in "biuf"
        assert np.isfinite(y).all()


def test_a_nan_far_down_a_big_array_is_found():
    x = planted((3000, 784), (2999, 783), NAN)
    with pytest.raises(DataError, match="row 2999, column 783"):
        check_finite("x", x)


@pytest.mark.parametrize("x", [np.zeros((6000, 784), "float32"), np.zeros((784, 6000), "float32").T], ids=["C", "F"])
def test_the_check_is_quick_and_needs_no_memory(x):
    best = np.inf
    for _ in range(3):
        start = time.process_time()
        check_finite("x", x)
        best = min(best, time.process_time() - start)
    tracemalloc.start()
    check_finite("x", x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert best < 0.1  # a tenth of MNIST, which is to take less than that: loose, for machines that are busy
    assert peak < x.nbytes / 10


def test_bytes_are_not_looked_at():
    start = time.process_time()
    as_features("x", np.zeros((60000, 784), np.uint8), (784,))
    assert time.process_time() - start < 0.05
