"""Targets as a loss needs them: arrays of one shape and dtype, class numbers within range, labels between 0 and 1."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, Shape, known
from ..errors import DataError, ShapeError, Told, count
from ..settings import floatx
from ..wiring import Tensor

FLOATS = ("f", "d")  # the characters of float32 and float64; a dtype's name takes ten times as long to read


def numeric(where: str, x: Any) -> Array:
    """x as an array of numbers; text, objects, ragged lists and tensors are refused."""
    if isinstance(x, Tensor):
        fix = "Write a loss within call with ops, such as ops.binary_crossentropy, and pass it to self.add_loss."
        raise DataError(where, "an array", Told("a tensor"), fix)
    try:
        a = known(x)
    except ValueError:
        raise DataError(where, "numbers in rows of one length", Told("rows of different lengths")) from None
    if a.dtype.kind not in "biuf":
        raise DataError(where, "numbers", Told(f"an array of {a.dtype}"), "Turn words and objects into numbers first.")
    return a


def floating(where: str, x: Any, dtype: Any = None) -> Array:
    """x in the dtype asked for; without one, float arrays keep theirs, and lists and whole numbers take `floatx()`.

    >>> floating("y_pred", [[1, 2]])
    array([[1., 2.]], dtype=float32)
    """
    keeps = getattr(getattr(x, "dtype", None), "char", None) in FLOATS
    x = numeric(where, x)
    return np.asarray(x, dtype or (x.dtype if keeps else floatx()))


def aligned(y_true: Array, y_pred: Array) -> tuple[Array, Array]:
    """Both with as many axes, where they differ by one trailing axis of length 1; Keras's rule.

    A vector beside a column becomes a column. Otherwise the longer one loses its last axis.
    """
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        return (y_true, y_pred[:, None]) if y_pred.ndim == 1 else (y_true[..., 0], y_pred)
    if y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
        return (y_true[:, None], y_pred) if y_true.ndim == 1 else (y_true, y_pred[..., 0])
    return y_true, y_pred


def alike(name: str, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    """Both as floating arrays of one shape and of y_pred's dtype.

    Keras broadcasts shapes that differ, (B, 1) against (B, 3), without a word; here that is an error.

    >>> y_true, y_pred = alike("mse", [0, 1], [[0.5], [0.5]])
    >>> y_true.shape
    (2, 1)
    """
    y_pred = floating(f"{name}, y_pred", y_pred)
    y_true, y_pred = aligned(numeric(f"{name}, y_true", y_true).astype(y_pred.dtype, copy=False), y_pred)
    if y_true.shape != y_pred.shape:
        raise ShapeError(
            f"{name}, y_true", f"the shape of y_pred, {y_pred.shape}", y_true.shape,
            "Make the last layer's units match the targets' width.",
        )  # fmt: skip
    _with_outputs(name, y_pred)
    return y_true, y_pred


def one_hot_alike(name: str, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    """As `alike`, for one number per class; class numbers in place of one-hot rows are told what to use."""
    true, pred = np.shape(y_true), np.shape(y_pred)
    if true != pred and pred[-1:] != (1,) and true in (pred[:-1], (*pred[:-1], 1)):
        raise ShapeError(
            f"{name}, y_true", f"the shape of y_pred, {pred}", true,
            f"Class numbers go with sparse_categorical_crossentropy; or pass to_categorical(y_true, {pred[-1]}).",
        )  # fmt: skip
    return alike(name, y_true, y_pred)


def warn_of_one_class(name: str, y_pred: Array, axis: int) -> None:
    """One class among one is always right: the loss is 0 whatever the network says."""
    if y_pred.shape[axis] == 1:
        warnings.warn(
            f"{name}: expected y_pred with two classes or more, got shape {y_pred.shape}, whose loss never changes. "
            "For two classes in one output use binary_crossentropy with a sigmoid.",
            UserWarning,
            stacklevel=4,
        )


def class_numbers(
    name: str, y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1, ignore_class: int | None = None
) -> tuple[Array, Array]:
    """(k, y_pred): whole numbers k from 0 to C-1, of y_pred's shape without the axis of its C classes.

    >>> class_numbers("loss", [[1.0], [0.0]], [[0.3, 0.7], [0.6, 0.4]])[0]
    array([1, 0])
    """
    y_pred = floating(f"{name}, y_pred", y_pred)
    has_axis(name, y_pred, axis)
    _with_outputs(name, y_pred)
    y_true, where = numeric(f"{name}, y_true", y_true), f"{name}, y_true"
    classes = y_pred.shape[axis]
    shape = tuple(n for i, n in enumerate(y_pred.shape) if i != axis % y_pred.ndim)
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = y_true.squeeze(axis)
    if y_true.shape != shape:
        one_hot = y_true.shape == y_pred.shape
        raise ShapeError(
            where, f"one class number per sample, shape {shape}", y_true.shape,
            "One-hot rows go with categorical_crossentropy; or pass y_true.argmax(axis=-1)." if one_hot
            else f"y_pred has shape {y_pred.shape}.",
        )  # fmt: skip
    within = (y_true >= 0) & (y_true < classes)
    if y_true.dtype.kind == "f":
        within &= y_true == np.floor(y_true)
    if ignore_class is not None:
        within |= y_true == ignore_class
    if not within.all():
        there = count(classes, "class", "classes")
        expected = f"whole class numbers from 0 to {classes - 1}, since y_pred has {there}"
        raise DataError(where, expected, first(y_true, ~within), _remedy(y_true, classes))
    return y_true.astype(np.int64), y_pred


def whole(where: str, k: Array) -> Array:
    """Numbers that are whole, as integers."""
    wrong = ~np.isfinite(k) | (k != np.floor(k))
    if wrong.any():
        raise DataError(where, "whole class numbers", first(k, wrong), "Number the classes.")
    return k.astype(np.int64)


def between_0_and_1(name: str, y_true: Array) -> None:
    """Refuse labels that no probability can meet."""
    outside = ~((y_true >= 0) & (y_true <= 1))
    if outside.any():
        if np.isin(y_true, (-1, 1)).all():
            fix = "For labels -1 and 1 use hinge, or (y_true + 1) / 2."
        else:
            fix = "For more than two classes use sparse_categorical_crossentropy; for quantities, mean_squared_error."
        raise DataError(f"{name}, y_true", "labels between 0 and 1", first(y_true, outside), fix)


def mean(x: Array, axis: int = -1) -> Array:
    """The mean over the outputs."""
    y: Array = x.mean(axis=axis)
    return y


def mean_grad(dx: Array, axis: int = -1) -> Array:
    return np.divide(dx, dx.shape[axis])  # each output has its n-th part in the mean


def total(x: Array, axis: int = -1, *, keepdims: bool = False) -> Array:
    """The sum over the outputs."""
    y: Array = x.sum(axis=axis, keepdims=keepdims)
    return y


def soft_labels(t: Array, label_smoothing: float, axis: int) -> Array:
    """One-hot rows drawn towards equal parts: t (1 - s) + s / C.

    >>> soft_labels(np.array([[0.0, 1.0]]), 0.2, -1)
    array([[0.1, 0.9]])
    """
    return t * (1 - label_smoothing) + label_smoothing / t.shape[axis] if label_smoothing else t


def soft_label(t: Array, label_smoothing: float) -> Array:
    """Labels between 0 and 1 drawn towards 1/2: t (1 - s) + s / 2."""
    return t * (1 - label_smoothing) + label_smoothing / 2 if label_smoothing else t


def signs(t: Array) -> Array:
    """Labels -1 and 1 from labels that are all 0 or 1; others as they are, Keras's rule for hinge losses.

    >>> signs(np.array([0.0, 1.0])), signs(np.array([-1.0, 1.0]))
    (array([-1.,  1.]), array([-1.,  1.]))
    """
    return 2 * t - 1 if ((t == 0) | (t == 1)).all() else t


def spread(where: str, weights: Array, shape: Shape) -> Array:
    """Sample weights, one per sample (B,), (B, 1), or finer, stretched to the shape of what they weigh, (B, ...).

    >>> spread("mse", np.array([1.0, 2.0]), (2, 2))
    array([[1., 1.],
           [2., 2.]])
    """
    w = weights
    if w.ndim == len(shape) + 1 and w.shape[-1] == 1:
        w = w[..., 0]
    w = w.reshape(w.shape + (1,) * (len(shape) - w.ndim))
    try:
        return np.broadcast_to(w, shape)
    except ValueError:
        raise ShapeError(
            f"{where}, sample_weight", f"one weight per sample, shape {shape[:1]}", weights.shape
        ) from None


def first(x: Array, wrong: Array) -> Told:
    """Where the first wrong value stands, in words.

    >>> first(np.array([0, 7]), np.array([False, True]))
    '7 at row 1'
    """
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    row, rest = index[:1], index[1:]
    place = f", column {rest[0]}" if len(rest) == 1 else f", position {rest}" if rest else ""
    return Told(f"{x[index].item()!r}" + (f" at row {row[0]}{place}" if row else ""))


def has_axis(name: str, y_pred: Array, axes: int | tuple[int, ...] | None) -> None:
    """Refuse outputs that lack an axis over which the loss is formed."""
    for axis in axes if isinstance(axes, tuple) else () if axes is None else (axes,):
        if y_pred.ndim and not -y_pred.ndim <= axis < y_pred.ndim:
            raise ShapeError(f"{name}, y_pred", f"outputs with an axis {axis}, the argument axis", y_pred.shape)


def _with_outputs(name: str, y_pred: Array) -> None:
    if 0 in (y_pred.shape[1:] or y_pred.shape or (0,)):
        raise ShapeError(f"{name}, y_pred", "at least one output per sample", y_pred.shape)


def _remedy(y_true: Array, classes: int) -> str:
    if not np.isfinite(y_true).all():
        return "Fill in or drop the rows whose label is missing."
    if classes == 1:
        return (
            "Two classes in one sigmoid output go with binary_crossentropy; otherwise give the last layer more units."
        )
    if (y_true != np.floor(y_true)).any():
        return "Quantities go with mean_squared_error; class numbers are whole."
    if y_true.min() == 1 and y_true.max() == classes:
        return "The classes seem to be counted from 1: pass y_true - 1."
    if y_true.min() < 0:
        return "Number the classes from 0; pass ignore_class to leave out samples that are marked so."
    return f"Number the classes from 0, or give the last layer {int(y_true.max()) + 1} units."
