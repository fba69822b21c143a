"""How targets and predictions are brought to one shape before they are compared."""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from ..errors import DataError, ShapeError, Told


def align(where: str, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
    """Both in one shape: where one is (..., 1) and the other (...), the axis of y_pred decides.

    >>> align("mse", np.zeros(3), np.zeros((3, 1)))[0].shape
    (3, 1)
    """
    y_true = same_rank(y_true, y_pred)
    if y_true.shape != y_pred.shape:
        raise ShapeError(
            f"{where}, y_true", f"the shape of y_pred, {y_pred.shape}", y_true.shape,
            "Class numbers (B,) beside scores (B, C) need a metric whose name begins with Sparse."
            if y_pred.ndim > y_true.ndim or y_true.shape[-1:] == (1,) else "",
        )  # fmt: skip
    return y_true, y_pred


def same_rank(y_true: Array, y_pred: Array) -> Array:
    """y_true with a last axis of 1 added or taken away, if that gives it the rank of y_pred."""
    if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
        return y_true[..., None]
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        return y_true[..., 0]
    return y_true


def is_sparse(y_true: Array, y_pred: Array) -> bool:
    """Whether y_true holds class numbers, (...) or (..., 1), for scores (..., C) of two classes or more."""
    if y_pred.ndim == 0 or y_pred.shape[-1] < 2:
        return False
    return y_true.shape == y_pred.shape[:-1] or y_true.shape == (*y_pred.shape[:-1], 1)


def class_numbers(where: str, y_true: Array, y_pred: Array) -> Array:
    """y_true (...) or (..., 1), whole numbers from 0 to C - 1, as integers of shape (...); y_pred (..., C).

    >>> class_numbers("accuracy", np.array([[2.0], [0.0]]), np.zeros((2, 3)))
    array([2, 0])
    """
    return whole_numbers(where, one_per_row(where, y_true, y_pred), y_pred.shape[-1])


def one_per_row(where: str, y_true: Array, y_pred: Array) -> Array:
    """y_true (...) or (..., 1) as (...), where y_pred is (..., C)."""
    if y_pred.ndim == 0 or y_true.shape not in (y_pred.shape[:-1], (*y_pred.shape[:-1], 1)):
        raise ShapeError(
            f"{where}, y_true", f"one class number per row of y_pred {y_pred.shape}", y_true.shape,
            "One-hot targets need the metric without Sparse in its name." if y_true.shape == y_pred.shape else "",
        )  # fmt: skip
    return y_true[..., 0] if y_true.ndim == y_pred.ndim else y_true


def whole_numbers(where: str, y: Array, C: int | None = None) -> Array:
    """y as integers, refused where they are not whole or, given C, not from 0 to C - 1."""
    if y.dtype.kind not in "iub":
        ids = _cast(where, y)
        if not np.array_equal(ids, y):
            bad = y[ids != y].flat[0]
            raise DataError(f"{where}, y_true", "class numbers", float(bad), "Class numbers are whole: 0, 1, 2, ...")
        y = ids
    y = y.astype(np.intp, copy=False)
    if C is not None and not (y.view(np.uintp) < C).all():  # a negative number is a huge one when unsigned
        bad = y[(y < 0) | (y >= C)].flat[0]
        raise DataError(
            f"{where}, y_true", f"class numbers from 0 to {C - 1}", int(bad),
            "The model's last layer needs one output per class.",
        )  # fmt: skip
    return y


def _cast(where: str, y: Array) -> Array:
    if y.dtype.kind != "f" or not np.isfinite(y).all():
        got = Told("NaN or infinity") if y.dtype.kind == "f" else Told(f"values of type {y.dtype}")
        raise DataError(f"{where}, y_true", "class numbers", got)
    return y.astype(np.intp)


def one_hot(where: str, y_true: Array, y_pred: Array) -> Array:
    """Class numbers (B,) or (B, 1) as (B, C) with True in the column of each row's class.

    >>> one_hot("precision", np.array([1, 0]), np.zeros((2, 3))).astype(int)
    array([[0, 1, 0],
           [1, 0, 0]])
    """
    return np.asarray(class_numbers(where, y_true, y_pred)[..., None] == np.arange(y_pred.shape[-1]))
