"""train_test_split: scikit-learn's sizes, nothing lost, proportions kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid.rng
from pellucid.data.splits import apportioned, train_test_split
from pellucid.errors import PellucidError
from pellucid.rng import Key


@given(st.integers(2, 200), st.floats(0.01, 0.99), st.integers(-(2**40), 2**40), st.booleans())
def test_parts_are_disjoint_and_complete(n, fraction, seed, shuffle):
    if np.ceil(fraction * n) == n:
        return
    train, test = train_test_split(np.arange(n), test_size=fraction, random_state=seed, shuffle=shuffle)
    assert sorted([*train, *test]) == list(range(n))
    assert len(test) == np.ceil(fraction * n)
    assert shuffle or [*train, *test] == list(range(n))


@given(st.lists(st.integers(2, 40), min_size=1, max_size=6), st.floats(0.1, 0.9), st.integers(0, 1000))
def test_stratified_parts_keep_the_proportions(counts, fraction, seed):
    y = np.repeat(np.arange(len(counts)), counts)
    n_test = int(np.ceil(fraction * len(y)))
    if min(n_test, len(y) - n_test) < len(counts):
        return
    train, test = train_test_split(np.arange(len(y)), test_size=fraction, stratify=y, seed=seed)
    assert sorted([*train, *test]) == list(range(len(y)))
    got = np.bincount(y[test], minlength=len(counts))
    assert np.abs(got - np.array(counts) * n_test / len(y)).max() <= 1


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any), st.data())
def test_shares_sum_up_and_never_exceed_the_counts(counts, data):
    counts = np.array(counts)
    n = data.draw(st.integers(0, int(counts.sum())))
    share = apportioned(counts, n, Key(0))
    assert share.sum() == n
    assert (share <= counts).all()
    assert np.abs(share - counts * n / counts.sum()).max() < 1


# (arguments, n_train, n_test) of ten rows, as scikit-learn 1.9 cuts them
SIZES = [
    ({}, 7, 3),
    ({"test_size": 0.25}, 7, 3),
    ({"test_size": 3}, 7, 3),
    ({"train_size": 0.25}, 2, 8),
    ({"train_size": 4}, 4, 6),
    ({"test_size": 0.3, "train_size": 0.3}, 3, 3),
    ({"test_size": 1, "train_size": 2}, 2, 1),
    ({"test_size": 0.01}, 9, 1),
]


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize(("arguments", "n_train", "n_test"), SIZES)
def test_sizes_are_scikit_learns(arguments, n_train, n_test, shuffle):
    train, test = train_test_split(np.arange(10), **arguments, shuffle=shuffle, random_state=0)
    assert (len(train), len(test)) == (n_train, n_test)
    assert not set(train) & set(test)
    assert shuffle or train[0] == 0


def test_all_arrays_are_cut_alike_and_keep_their_kind():
    class Frame:
        """As much of a data frame as is needed."""

        def __init__(self, rows):
            self.rows = rows
            self.iloc = self

        def __len__(self):
            return len(self.rows)

        def __getitem__(self, rows):
            return Frame([self.rows[i] for i in rows])

    x = np.arange(20).reshape(10, 2)
    a, b, c, d, e, f = train_test_split(x, [str(i) for i in range(10)], Frame(list(range(10))), random_state=1)
    assert isinstance(c, list)
    assert isinstance(e, Frame)
    assert (a[:, 0] // 2).tolist() == [int(i) for i in c] == e.rows
    assert (b[:, 0] // 2).tolist() == [int(i) for i in d] == f.rows


def test_a_seed_repeats_and_none_follows_the_library_seed(monkeypatch):
    def draw(**seed):
        return train_test_split(np.arange(100), **seed)[0].tolist()

    monkeypatch.setattr(pellucid.rng._Default, "root", None)
    assert draw(random_state=5) == draw(seed=5) != draw(seed=6)
    assert draw() != draw()
    pellucid.rng.set_random_seed(1)
    first = draw()
    pellucid.rng.set_random_seed(1)
    assert draw() == first


def test_one_hot_labels_stratify_as_their_numbers_do():
    y = np.arange(40) % 4
    _, test = train_test_split(y, stratify=np.eye(4)[y], test_size=12, seed=0)
    assert np.bincount(test).tolist() == [3, 3, 3, 3]


@pytest.mark.parametrize(
    ("arrays", "arguments", "told"),
    [
        ((), {}, "at least one array"),
        (([1, 2], [1]), {}, "lengths 2, 1"),
        ((3,), {}, "array 0"),
        (([1, 2, 3],), {"test_size": 0.0}, "above 0 and below 1"),
        (([1, 2, 3],), {"test_size": 1.0}, "above 0 and below 1"),
        (([1, 2, 3],), {"test_size": 3}, "at least one row"),
        (([1, 2, 3],), {"test_size": 0}, "at least 1"),
        (([1, 2, 3],), {"test_size": 2, "train_size": 2}, "3 in all"),
        (([1],), {}, "at least one row"),
        (([1, 2, 3],), {"test_size": "half"}, "whole number"),
        (([1, 2, 3],), {"train_size": 0.2}, "at least one row"),
        (([1, 2, 3],), {"random_state": "a"}, "random_state"),
        (([1, 2, 3],), {"random_state": 1, "seed": 1}, "not both"),
        (([1, 2, 3, 4],), {"stratify": [0, 0, 1, 1], "shuffle": False}, "shuffle"),
        (([1, 2, 3, 4],), {"stratify": [0, 0, 0, 1]}, "at least two rows"),
        (([1, 2, 3, 4],), {"stratify": [0, 0, 1, 1], "test_size": 1}, "room for 2 classes"),
        (([1, 2, 3, 4],), {"stratify": [0, 0, 1]}, "4 labels"),
    ],
)
def test_what_cannot_be_split_is_refused(arrays, arguments, told):
    with pytest.raises(PellucidError, match=told):
        train_test_split(*arrays, **arguments)
