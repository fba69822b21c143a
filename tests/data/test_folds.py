"""Folds: every row held out once, and what stays together."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.folds import folds
from pellucid.errors import DataError, InvalidArgument, WrongType


@given(n=st.integers(5, 60), k=st.integers(2, 5), seed=st.integers(0, 9))
def test_every_row_is_held_out_once(n: int, k: int, seed: int):
    parts = folds(n, k, seed=seed)
    assert sorted(np.concatenate([held for _, held in parts]).tolist()) == list(range(n))
    for train, held in parts:
        assert sorted([*train, *held]) == list(range(n))
        assert n // k <= len(held) <= n // k + 1


@given(counts=st.lists(st.integers(1, 20), min_size=2, max_size=4), k=st.integers(2, 4))
def test_classes_are_held_out_in_proportion(counts: list[int], k: int):
    labels = np.repeat(np.arange(len(counts)), counts)
    if len(labels) < k:
        return
    for _, held in folds(len(labels), k, labels=labels):
        found = Counter(labels[held].tolist())
        assert all(abs(found[c] - n / k) < 1 + 1e-9 for c, n in enumerate(counts))


@given(sizes=st.lists(st.integers(1, 6), min_size=3, max_size=9))
def test_groups_stay_together(sizes: list[int]):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    for train, held in folds(len(groups), 3, groups=groups):
        assert len(held)
        assert not set(groups[train]) & set(groups[held])


def test_what_is_held_out_comes_after_all_that_is_trained_on():
    times = np.array([5.0, 1.0, 4.0, 2.0, 3.0, 6.0, 8.0, 7.0])
    parts = folds(8, 3, times=times)
    for train, held in parts:
        assert times[train].max() < times[held].min()
    assert [len(train) for train, _ in parts] == [2, 4, 6]


def test_what_cannot_be_is_told():
    with pytest.raises(DataError, match="at least 4 rows"):
        folds(3, 4)
    with pytest.raises(DataError, match="at least 3 groups"):
        folds(4, 3, groups=[0, 0, 1, 1])
    with pytest.raises(InvalidArgument, match="one of labels"):
        folds(4, 2, groups=[0, 0, 1, 1], labels=[0, 1, 0, 1])
    with pytest.raises(DataError, match="4 values"):
        folds(4, 2, labels=[0, 1])
    for groups in (["a", None, "b", "c"], [1.0, np.nan, 2.0, 3.0]):
        with pytest.raises(DataError, match="groups: expected values that have an order"):
            folds(4, 2, groups=groups)
    with pytest.raises(WrongType, match="whole number"):
        folds(4, 2.5)  # type: ignore[arg-type]
