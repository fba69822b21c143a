"""One-hot rows, normalizing, and batches of one's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid.data import utils
from pellucid.data.utils import PyDataset, normalize, to_categorical
from pellucid.errors import NotReady, PellucidError

LABELS = hnp.arrays(
    st.sampled_from(["int64", "uint8", "float32"]), hnp.array_shapes(max_dims=3, max_side=5), elements=st.integers(0, 9)
)


@given(LABELS, st.one_of(st.none(), st.integers(10, 15)))
def test_each_row_has_one_one_where_the_label_says(x, num_classes):
    y = to_categorical(x, num_classes)
    expected = x[..., 0] if x.ndim > 1 and x.shape[-1] == 1 else x
    assert y.dtype == np.float64
    assert y.shape == (*expected.shape, num_classes or int(x.max()) + 1)
    assert (y.sum(axis=-1) == 1).all()
    np.testing.assert_array_equal(y.argmax(axis=-1), expected)


# shapes and values as keras.utils.to_categorical gives them
@pytest.mark.parametrize(
    ("x", "num_classes", "expected"),
    [
        ([0, 1, 2], None, np.eye(3)),
        ([[0], [1]], None, np.eye(2)),
        ([[0, 1]], None, np.eye(2)[None]),
        ([True, False], None, [[0, 1], [1, 0]]),
        ([1.0], 3, [[0, 1, 0]]),
        (2, 3, [0, 0, 1]),
        ([], 3, np.zeros((0, 3))),
    ],
)
def test_shapes_are_kerass(x, num_classes, expected):
    np.testing.assert_array_equal(to_categorical(x, num_classes), expected)


@pytest.mark.parametrize(
    ("x", "num_classes", "told"),
    [
        ([0, -1], None, "got -1 at row 1"),
        ([0, 3], 3, "from 0 to 2, got 3 at row 1"),
        ([[0, 1], [1, 7]], 3, "row 1, column 1"),
        ([0.5], None, r"got 0\.5 at row 0"),
        ([0, np.nan], None, "got nan at row 1"),
        ([np.inf], None, "got inf"),
        ([1e30], None, "whole numbers"),
        (["cat", "dog"], None, "'cat' at row 0"),
        ([], None, "at least one label"),
        ([0], 0, "num_classes"),
        ([0], 2.5, "num_classes"),
        (-1, None, "the only value"),
        (None, None, "an array"),
    ],
)
def test_what_is_no_label_is_refused(x, num_classes, told):
    with pytest.raises(PellucidError, match=told):
        to_categorical(x, num_classes)


@pytest.mark.parametrize("order", [1, 2, np.inf])
@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normalized_vectors_have_norm_one_and_zeros_stay(order, axis, dtype):
    x = np.array([[3, 0, -4.0], [1, 0, 2]], dtype)
    y = normalize(x, axis, order)
    assert y.dtype == dtype
    norms = np.linalg.norm(y, order, axis)
    np.testing.assert_allclose(norms, np.linalg.norm(x, order, axis) > 0, rtol=1e-6)


def test_normalize_takes_integers_and_refuses_an_axis_that_is_not_there():
    np.testing.assert_allclose(normalize([[3, 4]]), [[0.6, 0.8]])
    with pytest.raises(PellucidError, match="axis"):
        normalize([[3, 4]], axis=2)


class Pairs(PyDataset):
    def __init__(self, **options):
        super().__init__(**options)
        self.epochs = 0

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return np.full((2, 1), index), np.zeros(2)

    def on_epoch_end(self):
        self.epochs += 1


def test_a_dataset_of_ones_own():
    pairs = Pairs(workers=4, use_multiprocessing=True, max_queue_size=5)
    assert (pairs.workers, pairs.use_multiprocessing, pairs.max_queue_size) == (4, True, 5)
    assert len(pairs) == pairs.num_batches == 3
    assert [int(x[0, 0]) for x, _ in pairs] == [0, 1, 2]
    pairs.on_epoch_begin()
    pairs.on_epoch_end()
    assert pairs.epochs == 1


def test_a_dataset_may_say_num_batches_and_forget_its_base():
    class Counted(PyDataset):
        num_batches = 4

        def __init__(self):
            pass

        def __getitem__(self, index):
            return index

    assert len(Counted()) == 4
    assert list(Counted()) == [0, 1, 2, 3]
    assert Counted().workers == 1


def test_a_dataset_that_lacks_a_method_says_which():
    with pytest.raises(NotReady, match=r"PyDataset\.__len__"):
        len(PyDataset())
    with pytest.raises(NotReady, match=r"PyDataset\.__getitem__"):
        PyDataset()[0]


def test_the_public_names():
    assert utils.__all__ == ["PyDataset", "normalize", "set_random_seed", "to_categorical", "train_test_split"]
    assert all(hasattr(utils, name) for name in utils.__all__)
