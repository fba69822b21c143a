"""`validation_split`: the last rows, as Keras takes them, with a warning where that will mislead."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..arrays import Array, parts_of
from ..errors import DataError, InvalidArgument, Told
from ..training.batches import checked_arrays, is_stream

Triple = tuple[Any, Any, Any]


def split_last(model: Any, x: Any, y: Any, sample_weight: Any, fraction: float) -> tuple[Triple, Triple]:
    """((x, y, w) for training, (x, y, w) held out): the last `fraction` of the rows, before any shuffling."""
    if is_stream(x):
        raise InvalidArgument("fit, argument validation_split", "arrays, which can be cut", Told("a stream of batches"))
    if y is None:
        raise DataError("fit, y", "targets", None, "Pass y.")
    x, y, weights = checked_arrays(model, model.inputs_of(x), y, sample_weight, "fit")
    n = len(x)
    first = int(n * (1 - fraction))
    if first < 1 or first == n:
        raise DataError(
            "fit, argument validation_split", "at least one row on each side", Told(f"{fraction} of {n} rows")
        )
    for labels in parts_of(y):
        if labels is not None:
            _warn_if_sorted(labels[:first], labels[first:])
    cut = [(a[:first], a[first:]) if a is not None else (None, None) for a in (x, y, weights)]
    return (cut[0][0], cut[1][0], cut[2][0]), (cut[0][1], cut[1][1], cut[2][1])


def _warn_if_sorted(train: Array, held_out: Array) -> None:
    """Labels that stand in one part only mean that the rows came sorted."""
    labels = [a.argmax(axis=-1) if a.ndim > 1 and a.shape[-1] > 1 else a.reshape(-1) for a in (train, held_out)]
    if not all(np.issubdtype(a.dtype, np.integer) for a in labels):
        return
    missing = sorted(set(np.unique(labels[1]).tolist()) - set(np.unique(labels[0]).tolist()))
    if missing:
        warnings.warn(
            f"validation_split takes the last rows, unshuffled, and the rows look sorted: the labels {missing[:5]} are "
            "held out and never trained on. Shuffle first, or use utils.train_test_split(..., stratify=y).",
            stacklevel=5,  # `fit` is called through `alone`
        )
