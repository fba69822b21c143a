"""Splits: which rows are trained on and which are kept aside.

Source: the names and meanings are scikit-learn's `model_selection.train_test_split`; the draws are not.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import DataError, InvalidArgument, Told, WrongType
from ..rng import Key, fresh_key
from .pydataset import PyDataset

_WHERE = "train_test_split"


def train_test_split(
    *arrays: Any,
    test_size: float | int | None = None,
    train_size: float | int | None = None,
    random_state: int | None = None,
    shuffle: bool = True,
    stratify: Any = None,
    seed: int | None = None,
) -> list[Any]:
    """Split each array in two along its first axis, the same rows for all: [a_train, a_test, b_train, b_test, ...].

    A size is a fraction of the rows (float) or a number of rows (int); what is not given is the rest, and without
    either a quarter is kept for testing. `stratify` is an array of labels whose proportions both parts keep, as
    closely as whole rows allow. `random_state`, or `seed`, makes the split repeatable. Lists stay lists, and data
    frames stay data frames.

    >>> x_train, x_test, y_train, y_test = train_test_split(np.arange(8), [0, 0, 0, 0, 1, 1, 1, 1],
    ...                                                     test_size=0.5, stratify=[0, 0, 0, 0, 1, 1, 1, 1], seed=0)
    >>> sorted(y_train), sorted(y_test)
    ([0, 0, 1, 1], [0, 0, 1, 1])
    """
    n = _common_length(arrays)
    n_train, n_test = _sizes(n, test_size, train_size)
    if random_state is not None and seed is not None:
        raise InvalidArgument(f"{_WHERE}, argument seed", "either random_state or seed, not both", seed)
    seed = random_state if seed is None else seed
    key = fresh_key() if seed is None else Key(checks.integer(f"{_WHERE}, argument random_state", seed))
    if not shuffle:
        if stratify is not None:
            raise InvalidArgument(f"{_WHERE}, argument stratify", "None where shuffle is False", Told("labels"))
        order = np.arange(n)
        train, test = order[:n_train], order[n_train : n_train + n_test]
    elif stratify is not None:
        train, test = _stratified(_groups(stratify, n), n_train, n_test, key)
    else:
        order = key.permutation(n)
        test, train = order[:n_test], order[n_test : n_test + n_train]
    return [taken(a, rows) for a in arrays for rows in (train, test)]


def in_proportion(labels: Array | None, share: float) -> Array | None:
    """Labels (N,) as `stratify` takes them; None where there are too few of some class for both parts to have one, when
    this share is held out.

    >>> in_proportion(np.array([0, 0, 1, 1]), 0.5), in_proportion(np.array([0, 0, 0, 1]), 0.5)
    (array([0, 0, 1, 1]), None)
    """
    if labels is None:
        return None
    counts = np.unique(labels, return_counts=True)[1]
    return labels if (counts > 1).all() and share * len(labels) >= len(counts) else None


def split_dataset(
    dataset: Any, left_size: float | int | None = None, right_size: float | int | None = None, shuffle: bool = False,
    seed: int | None = None, preferred_backend: str | None = None,
) -> tuple[Any, Any]:  # fmt: skip
    """A data set in two, (left, right): an array, a list or tuple of arrays of one length, or a PyDataset, whose
    batches are put together.

    A size is a fraction of the rows (float) or a number of rows (int); what is not given is the rest. shuffle: whether
    the rows are put into another order before. Each part has the form of what was given, of a PyDataset that of a
    batch; in Keras they are data sets of TensorFlow's or PyTorch's, whose kind preferred_backend tells.

    >>> left, right = split_dataset((np.arange(4), np.arange(4) * 10), left_size=0.75)
    >>> left, right
    ((array([0, 1, 2]), array([ 0, 10, 20])), (array([3]), array([30])))
    """
    where = "split_dataset, argument"
    if isinstance(dataset, PyDataset):
        batches = list(dataset)
        if not batches:
            raise DataError(f"{where} dataset", "at least one batch", Told("none"))
        several = isinstance(batches[0], tuple)
        parts = list(map(np.concatenate, zip(*batches, strict=True))) if several else [np.concatenate(batches)]
    else:
        several = isinstance(dataset, list | tuple) and all(hasattr(part, "__len__") for part in dataset)
        parts = [np.asarray(part) for part in dataset] if several else [np.asarray(dataset)]
    if not parts or any(part.ndim == 0 for part in parts) or len({len(part) for part in parts}) > 1:
        raise DataError(f"{where} dataset", "an array, or several of one length", Told(type(dataset).__name__))
    n = len(parts[0])
    sizes = [None if size is None else _share(f"{where} {name}_size", size, n) for name, size in
             (("left", left_size), ("right", right_size))]  # fmt: skip
    if sizes == [None, None]:
        raise InvalidArgument(f"{where} left_size", "a size of one part at least", None)
    left = sizes[0] if sizes[0] is not None else n - (sizes[1] or 0)
    right = sizes[1] if sizes[1] is not None else n - left
    if min(left, right) < 1 or left + right > n:
        raise InvalidArgument(f"{where} left_size", f"at least one row for each part and {n} in all", (left, right))
    order = (fresh_key() if seed is None else Key(seed)).permutation(n) if shuffle else np.arange(n)
    cut = [[part[rows] for part in parts] for rows in (order[:left], order[left : left + right])]
    form = type(dataset) if isinstance(dataset, list) else tuple
    return (form(cut[0]), form(cut[1])) if several else (cut[0][0], cut[1][0])


def _share(where: str, size: float | int, n: int) -> int:
    if isinstance(size, float):
        return round(checks.number(where, size, above=0, below=1) * n)
    return checks.integer(where, size, minimum=1, maximum=n - 1)


def taken(array: Any, rows: Array) -> Any:
    """The given rows of an array, a list or a data frame, as one of the same kind."""
    if hasattr(array, "iloc"):
        return array.iloc[rows]
    if hasattr(array, "shape"):
        return array[rows]
    return [array[i] for i in rows]


def _common_length(arrays: tuple[Any, ...]) -> int:
    if not arrays:
        raise InvalidArgument(_WHERE, "at least one array", Told("none"))
    lengths = []
    for i, array in enumerate(arrays):
        try:
            lengths.append(len(array))
        except TypeError:
            raise WrongType(f"{_WHERE}, array {i}", "an array, a list or a data frame", array) from None
    if len(set(lengths)) > 1:
        raise DataError(_WHERE, "arrays of the same length", Told("the lengths " + ", ".join(map(str, lengths))))
    return lengths[0]


def _sizes(n: int, test_size: float | int | None, train_size: float | int | None) -> tuple[int, int]:
    """(rows to train on, rows to test on); the test's share is rounded up, the training's down."""
    if test_size is None and train_size is None:
        test_size = 0.25
    n_train = n_test = 0
    if test_size is not None:
        n_test = _rows("test_size", test_size, n, math.ceil)
        n_train = n - n_test
    if train_size is not None:
        n_train = _rows("train_size", train_size, n, math.floor)
        n_test = n - n_train if test_size is None else n_test
    if n_train < 1 or n_test < 1 or n_train + n_test > n:
        raise InvalidArgument(
            f"{_WHERE}, arguments test_size and train_size", f"at least one row for each part and {n} in all",
            Told(f"{n_train} for training and {n_test} for testing"),
        )  # fmt: skip
    return n_train, n_test


def _rows(name: str, size: float | int, n: int, whole: Any) -> int:
    where = f"{_WHERE}, argument {name}"
    if isinstance(size, float | np.floating):
        return int(whole(checks.number(where, size, above=0, below=1) * n))
    return checks.integer(where, size, minimum=1)


def _groups(stratify: Any, n: int) -> Array:
    """The number of each row's class, (N,): equal rows of `stratify` are one class, so one-hot labels serve too."""
    labels = np.asarray(stratify)
    if labels.ndim == 0 or len(labels) != n:
        raise DataError(f"{_WHERE}, argument stratify", f"{n} labels, one per row", Told(f"shape {labels.shape}"))
    _, groups = np.unique(labels, axis=0 if labels.ndim > 1 else None, return_inverse=True)
    return groups.reshape(-1)


def _stratified(groups: Array, n_train: int, n_test: int, key: Key) -> tuple[Array, Array]:
    counts = np.bincount(groups)
    where = f"{_WHERE}, argument stratify"
    if counts.min() < 2:
        raise DataError(
            where, "at least two rows of every class", int(counts.min()), "Drop the rare class or stratify."
        )
    if min(n_train, n_test) < len(counts):
        raise DataError(where, f"room for {len(counts)} classes in each part", Told(f"{min(n_train, n_test)} rows"))
    train = apportioned(counts, n_train, key.fold("train"))
    test = apportioned(counts - train, n_test, key.fold("test"))
    order = key.permutation(len(groups))
    drawn = groups[order]
    by_class = np.argsort(drawn, kind="stable")
    rank = np.empty_like(order)  # of each row among the rows of its class
    rank[by_class] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    first, second = rank < train[drawn], rank < (train + test)[drawn]
    return order[first], order[second & ~first]


def apportioned(counts: Array, n: int, key: Key) -> Array:
    """n rows shared among classes in proportion to their counts, by largest remainder; ties fall by lot.

    >>> apportioned(np.array([50, 30, 20]), 10, Key(0))
    array([5, 3, 2])
    """
    total = int(counts.sum())
    share, remainder = np.divmod(counts * n, total)
    left = n - int(share.sum())
    lot = key.permutation(len(counts))
    share[np.lexsort((lot, -remainder))[:left]] += 1
    return share
