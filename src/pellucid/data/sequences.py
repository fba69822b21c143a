"""Sequences as arrays: padded to one length, and windows of a long one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array, known
from ..errors import DataError, InvalidArgument, ShapeError, Told, WrongType
from ..rng import Key, fresh_key
from .pydataset import PyDataset

PAD, SERIES = "pad_sequences, argument", "timeseries_dataset_from_array, argument"
ENDS = ("pre", "post")


def pad_sequences(
    sequences: Sequence[Any], maxlen: int | None = None, dtype: Any = "int32", padding: str = "pre",
    truncating: str = "pre", value: Any = 0.0,
) -> Array:  # fmt: skip
    """Sequences of different lengths as one array (N, maxlen, ...): short ones filled up with `value`, long ones cut.

    padding, truncating: "pre" or "post", at which end. maxlen: that of the longest unless it is given. For text,
    dtype=object.

    >>> pad_sequences([[1], [2, 3], [4, 5, 6]])
    array([[0, 0, 1],
           [0, 2, 3],
           [4, 5, 6]], dtype=int32)
    >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2, padding="post", truncating="post", value=-1).tolist()
    [[1, -1], [2, 3], [4, 5]]
    """
    checks.one_of(f"{PAD} padding", padding, ENDS)
    checks.one_of(f"{PAD} truncating", truncating, ENDS)
    if not hasattr(sequences, "__len__") or isinstance(sequences, str | bytes | dict):
        raise WrongType(f"{PAD} sequences", "a list of sequences", sequences)
    alone = next((i for i, one in enumerate(sequences) if not hasattr(one, "__len__") or isinstance(one, str)), None)
    if alone is not None:
        raise WrongType(f"{PAD} sequences", "a list of sequences", Told(f"{sequences[alone]!r} at place {alone}"))
    maxlen = max(map(len, sequences), default=0) if maxlen is None else checks.integer(f"{PAD} maxlen", maxlen, 1)
    if isinstance(value, str) and np.dtype(dtype).kind not in "OUS":
        raise InvalidArgument(f"{PAD} dtype", "object, as the value is text", dtype)
    cut = slice(-maxlen, None) if truncating == "pre" else slice(maxlen)
    try:
        rows = [np.asarray(one[cut], dtype) for one in sequences if len(one)]
    except (TypeError, ValueError, OverflowError) as problem:
        raise DataError(f"{PAD} sequences", f"steps of the dtype {dtype}", Told(str(problem))) from None
    inner = rows[0].shape[1:] if rows else ()
    try:
        padded: Array = np.full((len(sequences), maxlen, *inner), value, dtype)
    except (TypeError, ValueError, OverflowError) as problem:
        raise DataError(f"{PAD} value", f"one of the dtype {dtype}", Told(str(problem))) from None
    filled = iter(rows)
    for i, one in enumerate(sequences):
        if not len(one):
            continue
        row = next(filled)
        if row.shape[1:] != inner:
            raise ShapeError(f"{PAD} sequences, place {i}", f"steps of shape {inner}", row.shape[1:])
        padded[i, slice(len(row)) if padding == "post" else slice(maxlen - len(row), None)] = row
    return padded


class Windows(PyDataset):
    """Batches of windows x (B, length, ...) of a sequence, with the targets y (B, ...) where there are any."""

    def __init__(
        self, data: Array, targets: Array | None, starts: Array, offsets: Array, batch_size: int | None, key: Key | None
    ) -> None:
        super().__init__()
        self.data, self.targets, self.starts, self.offsets = data, targets, starts, offsets
        self.batch_size, self.key, self.turn = batch_size, key, 0

    def __len__(self) -> int:
        return math.ceil(len(self.starts) / (self.batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        n, size = len(self.starts), self.batch_size or 1
        order = np.arange(n) if self.key is None else self.key.fold(self.turn).permutation(n)
        starts = self.starts[order[index * size : (index + 1) * size]]
        x = self.data[starts[:, None] + self.offsets]
        y = None if self.targets is None else self.targets[starts]
        if self.batch_size is None:
            return x[0] if y is None else (x[0], y[0])
        return x if y is None else (x, y)

    def on_epoch_end(self) -> None:
        """Another order for the next epoch."""
        self.turn += 1


def timeseries_dataset_from_array(
    data: Any, targets: Any, sequence_length: int, sequence_stride: int = 1, sampling_rate: int = 1,
    batch_size: int | None = 128, shuffle: bool = False, seed: int | None = None, start_index: int | None = None,
    end_index: int | None = None, format: str = "tf",
) -> Windows:  # fmt: skip
    """Windows of a sequence as batches for `fit`: window i begins at row i·sequence_stride, takes every
    `sampling_rate`th row, `sequence_length` of them, and its target is targets[i·sequence_stride].

    targets: an array in step with the data, or None. start_index, end_index: which rows are used. batch_size: None for
    single windows. As in Keras, apart from the draws of `shuffle`; what is returned is a PyDataset, whatever `format`
    says.

    >>> windows = timeseries_dataset_from_array(np.arange(10), np.arange(10) * 10, sequence_length=3, sequence_stride=4)
    >>> x, y = windows[0]
    >>> x.tolist(), y.tolist()
    ([[0, 1, 2], [4, 5, 6]], [0, 40])
    """
    data = known(data)
    rows = len(data) if data.ndim else 0
    length = checks.integer(f"{SERIES} sequence_length", sequence_length, minimum=1)
    stride = checks.integer(f"{SERIES} sequence_stride", sequence_stride, minimum=1, maximum=max(rows - 1, 1))
    rate = checks.integer(f"{SERIES} sampling_rate", sampling_rate, minimum=1, maximum=max(rows - 1, 1))
    first = 0 if start_index is None else checks.integer(f"{SERIES} start_index", start_index, 0, rows - 1)
    last = rows if end_index is None else checks.integer(f"{SERIES} end_index", end_index, first + 1, rows - 1)
    if batch_size is not None:
        checks.integer(f"{SERIES} batch_size", batch_size, minimum=1)
    checks.one_of(f"{SERIES} format", format, ("tf", "grain"))
    count = last - first - (length - 1) * rate
    if targets is not None:
        targets = known(targets)[first:last]
        count = min(count, len(targets))
    if count < 1:
        wanted = f"rows for a window of {length}, {rate} apart"
        raise DataError(f"{SERIES} data", wanted, Told(f"{last - first} rows, or no target for them"))
    key = (fresh_key() if seed is None else Key(seed)) if shuffle else None
    starts, offsets = np.arange(0, count, stride), np.arange(length) * rate
    return Windows(data[first:last], targets, starts, offsets, batch_size, key)
