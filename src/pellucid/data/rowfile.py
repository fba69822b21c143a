"""Rows on the disk, for what does not fit into memory: written once, in a random order, and read in batches."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..arrays import Array
from ..files import allowed
from ..rng import Key, philox
from .pydataset import PyDataset

WHERE = "rows on the disk"
AT_ONCE = 1 << 22  # numbers in memory at a time
MOST_FILES = 128  # open at a time
SCRATCH = Path("/var/tmp")  # where it exists; /tmp may be kept in memory


class RowFile:
    """Numbers x (N, width) float32 in a file without a name, which is gone with the process, however that ends.

    It is read as an array is: `x[i]`, `x[a:b]` and `x[[i, j]]` are arrays in memory.

    >>> x, y = shuffled([(np.array([[1.0], [2.0], [3.0]]), np.array([10, 20, 30]))], 3, Key(0))
    >>> x.shape, bool((x[:][:, 0] * 10 == y).all()), sorted(y.tolist())
    ((3, 1), True, [10, 20, 30])
    """

    dtype, ndim = np.dtype(np.float32), 2

    def __init__(self, file: IO[bytes], width: int) -> None:
        self.file, self.shape = file, (0, width)
        weakref.finalize(self, file.close)

    def append(self, rows: Array) -> None:
        """Write more rows (n, width) at the end."""
        with _room():
            self.file.seek(0, os.SEEK_END)
            self.file.write(np.ascontiguousarray(rows, np.float32).data)
            self.file.flush()
        self.shape = (len(self) + len(rows), self.shape[1])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Array:
        n, width = self.shape
        rows = rows[0] if isinstance(rows, tuple) else rows
        if isinstance(rows, slice):
            first, last, step = rows.indices(n)
            return self._read(first, max(first, last))[::step] if step > 0 else self[range(first, last, step)]
        if np.ndim(rows) == 0:
            one: Array = self._read(int(rows) % n, int(rows) % n + 1)[0]
            return one
        found = [self._read(int(i), int(i) + 1) for i in rows]
        return np.concatenate(found) if found else np.empty((0, width), np.float32)

    def batches(self, y: Array, batch_size: int) -> RowBatches:
        """Batches of these rows and their targets y (N, ...), for `fit`."""
        return RowBatches(self, y, batch_size)

    def blocks(self) -> Iterator[Array]:
        """All rows, as many at a time as fit comfortably into memory."""
        size = max(1, AT_ONCE // self.shape[1])
        return (self[i : i + size] for i in range(0, len(self), size))

    def mean(self, axis: int = 0, dtype: Any = None) -> Array:
        """The mean of each column, as NumPy has it."""
        total: Array = np.sum([block.sum(axis=axis, dtype=np.float64) for block in self.blocks()], axis=0)
        return total / len(self)

    def var(self, axis: int = 0, dtype: Any = None) -> Array:
        """The variance of each column, as NumPy has it."""
        mean = self.mean()
        total: Array = np.sum(
            [((block - mean) ** 2).sum(axis=axis, dtype=np.float64) for block in self.blocks()], axis=0
        )
        return total / len(self)

    def max(self) -> float:
        """The largest number."""
        return max(float(block.max()) for block in self.blocks())

    def _read(self, first: int, last: int) -> Array:
        size = self.shape[1] * self.dtype.itemsize
        self.file.seek(first * size)
        return np.frombuffer(self.file.read((last - first) * size), self.dtype).reshape(-1, self.shape[1])


class RowBatches(PyDataset):
    """Batches of rows (x, y), y (N, ...) in memory: `fit` takes the batches of each epoch in another order."""

    def __init__(self, x: RowFile, y: Array, batch_size: int) -> None:
        super().__init__()
        self.x, self.y, self.batch_size = x, y, batch_size

    def __len__(self) -> int:
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return self.x[rows], self.y[rows]


def words(key: Key, rows: Array) -> Array:
    """Four random words of 32 bits for each row's number (N,), (4, N): the same in whatever blocks rows come."""
    rows = np.asarray(rows, np.uint64)
    mask, zero = np.uint64(0xFFFFFFFF), np.zeros(len(rows), np.uint64)
    return np.stack(philox((rows & mask, rows >> np.uint64(32), zero, zero), (key.seed & 0xFFFFFFFF, key.seed >> 32)))


def shuffled(blocks: Iterable[tuple[Array, Array]], rows: int, key: Key) -> tuple[RowFile, Array]:
    """(x on the disk, y (N, ...) in memory) of blocks of (x (n, width), y (n, ...)), all rows in one random order.

    `rows`: about how many there will be. Each row goes to one of several files by lot, small enough to be put in order
    in memory.
    """
    with contextlib.ExitStack() as opened:
        piles: list[tuple[RowFile, list[Array]]] = []
        seen = 0
        for x, y in blocks:
            if not piles:
                count = min(MOST_FILES, 1 + rows * x.shape[1] // AT_ONCE)
                piles = [(RowFile(opened.enter_context(_scratch()), x.shape[1]), []) for _ in range(count)]
            lot = words(key, np.arange(seen, seen + len(x)))[0] % len(piles)
            seen += len(x)
            for i, (pile, targets) in enumerate(piles):
                pile.append(x[lot == i])
                targets.append(y[lot == i])
        whole, found = RowFile(_scratch(), piles[0][0].shape[1]), []
        for i, (pile, targets) in enumerate(piles):
            order = key.fold("pile", i).permutation(len(pile))
            whole.append(pile[:][order])
            found.append(np.concatenate(targets)[order])
            targets.clear()
            pile.file.close()
    return whole, np.concatenate(found)


def _scratch() -> IO[bytes]:
    """A file without a name, in the folder that TMPDIR names, or in one that is kept on the disk."""
    folder = None if os.environ.get("TMPDIR") or not SCRATCH.is_dir() else SCRATCH
    with _room():
        return tempfile.TemporaryFile(dir=folder)


def _room() -> AbstractContextManager[None]:
    fix = "Name another folder: TMPDIR=/path/with/space."
    return allowed(WHERE, f"room in {os.environ.get('TMPDIR') or SCRATCH}", fix)
