"""Rows on the disk are what an array of them would be, in a random order that the key alone decides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data import rowfile
from pellucid.data.rowfile import RowFile, shuffled, words
from pellucid.errors import FileError
from pellucid.rng import Key

X = np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32)
Y = np.arange(500)


def on_disk(cuts: list[int], key: int = 0) -> tuple[RowFile, np.ndarray]:
    return shuffled(zip(np.split(X, cuts), np.split(Y, cuts), strict=True), len(X), Key(key))


@given(st.lists(st.integers(0, 500), max_size=6).map(sorted))
def test_every_row_is_there_once_with_its_target_whatever_the_blocks(cuts: list[int]):
    x, y = on_disk(cuts)
    assert sorted(y.tolist()) == Y.tolist()
    np.testing.assert_array_equal(x[:], X[y])
    np.testing.assert_array_equal(y, on_disk([250])[1])


def test_the_order_is_random_and_of_the_key():
    ys = [on_disk([100], key)[1] for key in (0, 1)]
    assert (ys[0] != ys[1]).mean() > 0.9
    for y in ys:
        assert abs(np.corrcoef(y, Y)[0, 1]) < 0.15
        assert np.abs(np.diff(y)).mean() == pytest.approx(500 / 3, rel=0.15)  # of neighbours drawn at random


def test_many_piles_are_as_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rowfile, "AT_ONCE", 60)
    x, y = on_disk([7, 300])
    np.testing.assert_array_equal(x[:], X[y])
    assert abs(np.corrcoef(y, Y)[0, 1]) < 0.15
    assert [len(block) for block in x.blocks()] == [20] * 25


def test_it_is_read_as_an_array_is():
    x, y = on_disk([])
    whole = X[y]
    for rows in (3, -1, slice(10), slice(490, 600), slice(5, 50, 7), slice(20, 10, -1), [4, 2, 499], np.arange(0)):
        np.testing.assert_array_equal(x[rows], whole[rows])
    np.testing.assert_allclose(x.mean(axis=0), X.mean(axis=0, dtype=float), rtol=1e-9)
    np.testing.assert_allclose(x.var(axis=0), X.var(axis=0, dtype=float), rtol=1e-9)
    assert x.max() == X.max()
    batches = x.batches(y, 64)
    assert len(batches) == 8
    np.testing.assert_array_equal(np.concatenate([x for x, _ in batches]), whole)
    np.testing.assert_array_equal(np.concatenate([y for _, y in batches]), y)


def test_a_row_has_its_words_in_any_block():
    rows = np.array([5, 2**40, 0], np.uint64)
    np.testing.assert_array_equal(words(Key(3), rows)[:, [1]], words(Key(3), rows[1:2]))
    assert len(np.unique(words(Key(3), np.arange(1000)))) > 3990


def test_a_full_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(rowfile, "SCRATCH", tmp_path)
    monkeypatch.delenv("TMPDIR", raising=False)
    x, _ = on_disk([])

    class Full:
        def seek(self, *_: int) -> None: ...

        def write(self, _: object) -> None:
            raise OSError(28, "No space left on device")

    x.file = Full()  # type: ignore[assignment]
    with pytest.raises(FileError, match=r"room in .*got No space left on device\. Name another folder: TMPDIR"):
        x.append(X)
