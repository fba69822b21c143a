"""Several networks for one estimator: which rows each watches, their average, and their curves as one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from ..arrays import Array
from ..layers import Average, Input
from ..models import Functional, Model
from ..rng import Key
from .rows import Rows

FEWEST = 5  # rows that a network watches at least; where there are too few, none are held out


def folds(rows: Rows, k: int, labels: Array | None, exact: bool, seed: int) -> list[tuple[Array, Array]] | None:
    """For each of k networks, the rows to train on and the rows to watch; None where there are too few rows.

    Each row is watched by one network, each class (labels (N,), or None) in proportion.

    exact: equal rows stay together, in an order that does not depend on the one they came in, as in `Rows.merged`.
    """
    n = len(rows)
    same = rows.groups()[1] if exact and isinstance(rows.x, np.ndarray) else np.arange(n)
    first = np.unique(same, return_index=True)[1]  # a row of each group
    if len(first) < k * FEWEST:
        return None
    order = Key(seed).fold("folds").permutation(len(first))
    if labels is not None:
        order = order[np.argsort(labels[first][order], kind="stable")]
    fold = np.empty(len(first), np.int64)
    fold[order] = np.arange(len(first)) % k  # dealt like cards, class by class
    return [(np.flatnonzero(fold[same] != i), np.flatnonzero(fold[same] == i)) for i in range(k)]


def averaged(models: Sequence[Any]) -> Model:
    """The network whose output is the mean of theirs; their weights are its own. It is compiled as they are."""
    x = Input(models[0].input_shape[1:])
    model = Functional(x, Average()([one(x) for one in models]), name="ensemble")
    optimizer = models[0].optimizer
    model.compile(type(optimizer).from_config(optimizer.get_config()), models[0].loss)
    return model


def mean_curve(curves: Sequence[Sequence[Any]]) -> list[Any]:
    """For each epoch, the mean of those that were still training.

    >>> mean_curve([[3.0, 2.0, 1.0], [5.0]])
    [4.0, 2.0, 1.0]
    """
    epochs = zip_longest(*curves)
    return [np.mean([value for value in values if value is not None], axis=0).tolist() for values in epochs]
