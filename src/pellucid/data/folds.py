"""Folds: every row is held out once, so that a network is judged by all of them.

Source: the names are those of scikit-learn's `KFold`, `StratifiedKFold`, `GroupKFold` and `TimeSeriesSplit`; the draws
are not.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import DataError, InvalidArgument, Told
from ..rng import Key

_WHERE = "folds"


def folds(
    n: int, k: int, *, labels: Any = None, groups: Any = None, times: Any = None, seed: int = 0
) -> list[tuple[Array, Array]]:
    """k pairs (rows to train on, rows held out) of n rows.

    labels (n,): each class in proportion in every fold. groups (n,): rows of one group stay together. times (n,): rows
    are held out that come after all that is trained on: the rows in order are cut into k + 1 parts, and part i + 1 is
    held out where parts 1 to i are trained on. At most one of the three.

    >>> [held.tolist() for train, held in folds(6, 3, times=[0, 1, 2, 3, 4, 5])]
    [[2], [3], [4, 5]]
    >>> [sorted(held.tolist()) for train, held in folds(4, 2, groups=["a", "a", "b", "b"])]
    [[2, 3], [0, 1]]
    """
    k = checks.integer(f"{_WHERE}, argument k", k, minimum=2)
    given = {"labels": labels, "groups": groups, "times": times}
    chosen = {name: _column(name, value, n) for name, value in given.items() if value is not None}
    if len(chosen) > 1:
        raise InvalidArgument(_WHERE, "one of labels, groups, times", Told(", ".join(chosen)))
    if "times" in chosen:
        return _later(np.argsort(chosen["times"], kind="stable"), k)
    fold = _of_groups(chosen["groups"], k, seed) if "groups" in chosen else _of_rows(n, k, chosen.get("labels"), seed)
    rows = np.arange(n)
    return [(rows[fold != i], rows[fold == i]) for i in range(k)]


def _column(name: str, value: Any, n: int) -> Array:
    column = np.asarray(value)
    if column.shape != (n,):
        raise DataError(f"{_WHERE}, argument {name}", f"{n} values, one per row", Told(f"shape {column.shape}"))
    try:
        ordered = np.unique(column)
        known = bool((ordered == ordered).all())
    except TypeError:  # None among words
        known = False
    if not known:
        fix = "Fill in what is missing."
        raise DataError(f"{_WHERE}, argument {name}", "values that have an order", Told("NaN, None or a mixture"), fix)
    return column


def _of_rows(n: int, k: int, labels: Array | None, seed: int) -> Array:
    """The fold of each row (n,): dealt like cards, in an order by lot, class by class."""
    if n < k:
        raise DataError(_WHERE, f"at least {k} rows, one for each fold", Told(f"{n}"))
    order = Key(seed).fold("folds").permutation(n)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(n, np.intp)
    fold[order] = np.arange(n) % k
    return fold


def _of_groups(groups: Array, k: int, seed: int) -> Array:
    """The fold of each row (n,): each group, the largest first, goes where there are fewest rows yet."""
    _, number, counts = np.unique(groups, return_inverse=True, return_counts=True)
    if len(counts) < k:
        raise DataError(f"{_WHERE}, argument groups", f"at least {k} groups, one for each fold", Told(f"{len(counts)}"))
    lot = Key(seed).fold("folds").permutation(len(counts))
    held, fold = np.zeros(k, np.intp), np.empty(len(counts), np.intp)
    for group in np.lexsort((lot, -counts)):
        fold[group] = held.argmin()
        held[fold[group]] += counts[group]
    found: Array = fold[number.reshape(-1)]
    return found


def _later(order: Array, k: int) -> list[tuple[Array, Array]]:
    if len(order) < k + 1:
        raise DataError(f"{_WHERE}, argument times", f"at least {k + 1} rows", Told(f"{len(order)}"))
    ends = np.round(np.arange(1, k + 2) * len(order) / (k + 1)).astype(int)
    return [(order[:end], order[end:later]) for end, later in itertools.pairwise(ends)]
