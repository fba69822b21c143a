"""Helpers that are public as `pellucid.utils`: encodings, splits, batches of one's own, the seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import DataError, Told
from ..rng import set_random_seed
from .checking import as_numbers, first_where, place
from .pydataset import PyDataset
from .splits import train_test_split

__all__ = ["PyDataset", "normalize", "set_random_seed", "to_categorical", "train_test_split"]

_MOST_CLASSES = 1 << 31  # a larger label is a mistake, not a class


def to_categorical(x: Any, num_classes: int | None = None) -> Array:
    """One-hot rows for whole numbers: y[..., k] = 1 where x[...] = k, else 0.

    Shapes: x (...) or (..., 1), y (..., num_classes), float64 as in Keras. Without `num_classes`, max(x) + 1.

    >>> to_categorical([0, 2])
    array([[1., 0., 0.],
           [0., 0., 1.]])

    Keras cuts fractions off and counts negative labels from the end; here both are a DataError.
    """
    where = "to_categorical, argument x"
    x = as_numbers(where, x)
    if x.ndim > 1 and x.shape[-1] == 1:
        x = x[..., 0]
    if num_classes is not None:
        num_classes = checks.integer("to_categorical, argument num_classes", num_classes, minimum=1)
    elif x.size == 0:
        raise DataError(where, "at least one label", Told("none"), "Pass num_classes.")
    top = _MOST_CLASSES if num_classes is None else num_classes
    whole = (x >= 0) & (x < top) & np.isfinite(x) & (x == np.trunc(x))
    if not whole.all():
        index = first_where(~whole)
        raise DataError(where, f"whole numbers from 0 to {top - 1}", Told(f"{x[index]} at {place(index)}"))
    labels = x.astype(np.int64)
    classes = int(labels.max()) + 1 if num_classes is None else num_classes
    y = np.zeros((labels.size, classes))
    y[np.arange(labels.size), labels.reshape(-1)] = 1
    one_hot: Array = y.reshape(*labels.shape, classes)
    return one_hot


def normalize(x: Any, axis: int = -1, order: float = 2) -> Array:
    """x divided by its norm along an axis: x / ‖x‖ₚ with p = `order`; where the norm is 0, x stays.

    >>> normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])

    Keras applies the norm along the last axis when `axis` is 0; here it is applied along the axis asked for.
    """
    x = as_numbers("normalize, argument x", x)
    axis = checks.integer("normalize, argument axis", axis, minimum=-x.ndim, maximum=x.ndim - 1)
    norm = np.linalg.norm(x, order, axis, keepdims=True)
    y: Array = x / np.where(norm == 0, norm.dtype.type(1), norm)
    return y
