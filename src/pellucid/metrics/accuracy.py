"""Accuracy: the share of predictions that are right.     y_pred (B, ..., C) scores   y_true class numbers or one-hot
Source: Bishop, Pattern Recognition and Machine Learning (2006), section 1.5."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import ShapeError
from ..program import Buffer, CannotLower, Program
from .base import Targets, metrics
from .mean import MeanOverSamples, lower_mean
from .shapes import align, class_numbers, one_per_row


def accuracy(y_true: Any, y_pred: Any) -> Array:
    """Where the prediction equals the target. y_true, y_pred (B, ...), result (B, ...)."""
    y_true, y_pred = align("accuracy", np.asarray(y_true), np.asarray(y_pred))
    return np.asarray(y_true == y_pred)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Array:
    """Where [y_pred > threshold] equals the target, 0 or 1. y_true, y_pred (B, ...), result (B, ...)."""
    y_true, y_pred = align("binary_accuracy", np.asarray(y_true), np.asarray(y_pred))
    return np.asarray((y_pred > threshold) == y_true)


def categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """Where the greatest score is in the column of the one-hot target. y_true, y_pred (B, ..., C), result (B, ...)."""
    y_true, y_pred = one_hot_pair("categorical_accuracy", y_true, y_pred)
    return np.asarray(y_true.argmax(axis=-1) == y_pred.argmax(axis=-1))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """Where the greatest score is at the target's number. y_true (B, ...), y_pred (B, ..., C), result (B, ...)."""
    y_pred = np.asarray(y_pred)
    classes = class_numbers("sparse_categorical_accuracy", np.asarray(y_true), y_pred)
    return np.asarray(y_pred.argmax(axis=-1) == classes)


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """Where fewer than k scores exceed the target's. y_true (one-hot), y_pred (B, ..., C), result (B, ...)."""
    y_true, y_pred = one_hot_pair("top_k_categorical_accuracy", y_true, y_pred)
    return in_top_k(y_true.argmax(axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Array:
    """Where fewer than k scores exceed the target's. y_true (B, ...), y_pred (B, ..., C), result (B, ...).

    from_sorted_ids: y_pred (B, N) holds the class numbers themselves, best first.
    """
    where = "sparse_top_k_categorical_accuracy"
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if from_sorted_ids:
        return np.asarray((one_per_row(where, y_true, y_pred)[..., None] == y_pred[..., :k]).any(axis=-1))
    return in_top_k(class_numbers(where, y_true, y_pred), y_pred, k)


def in_top_k(classes: Array, scores: Array, k: int) -> Array:
    """Whether fewer than k scores (..., C) exceed that of the class (...); ties count as in, NaN as out.

    >>> in_top_k(np.array([0, 1]), np.array([[0.5, 0.3, 0.2], [0.5, 0.1, 0.4]]), k=2)
    array([ True, False])
    """
    own = np.take_along_axis(scores, classes[..., None], axis=-1)
    return np.asarray(((scores > own).sum(axis=-1) < k) & (own == own)[..., 0])


def one_hot_pair(where: str, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    """Both as arrays (..., C), refused where their shapes differ."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if y_true.shape != y_pred.shape or not y_pred.ndim:
        raise ShapeError(
            f"{where}, y_true", f"one-hot targets of y_pred's shape, {y_pred.shape}", y_true.shape,
            "Class numbers 0, 1, 2, ... need the metric with Sparse in its name." if y_true.ndim < y_pred.ndim else "",
        )  # fmt: skip
    return y_true, y_pred


def lower_hits(
    kernel: str, code: Program, y_true: Buffer, y_pred: Buffer, weights: Buffer | None, place: int, k: int = 0
) -> None:
    """Emit the mean over samples of whether each row of scores is right."""
    C = y_pred.shape[-1]
    if not kernel.startswith("sparse") and y_true.shape != y_pred.shape:
        raise CannotLower(f"metric {kernel!r} without one-hot targets")
    hits = code.buffer(y_pred.shape[:-1])
    code.emit(f"hits.{kernel}", y_true, y_pred, hits, hits.size, C, k)
    lower_mean(code, hits, weights, place)


@metrics.add("acc")
class Accuracy(MeanOverSamples):
    """How often predictions equal targets, as numbers: mean of [y_pred = y_true].

    In `compile`, the words "accuracy" and "acc" mean the binary, categorical or sparse kind, as the output asks.

    >>> float(Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]))
    0.75
    """

    direction = "up"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return accuracy(y_true, y_pred)


@metrics.add()
class BinaryAccuracy(MeanOverSamples):
    """How often y_pred (B, O), cut at a threshold, equals y_true (B, O), 0 or 1.

    The word "accuracy" takes the threshold 0 where the loss says that y_pred are logits (Keras: 0.5 there too).

    >>> BinaryAccuracy()([1, 1, 0, 0], [0.98, 1.0, 0.0, 0.6])
    0.75
    """

    direction = "up"

    def __init__(self, name: str | None = None, dtype: str | None = None, threshold: float = 0.5) -> None:
        super().__init__(name, dtype)
        self.threshold = checks.number(self.where("threshold"), threshold)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return binary_accuracy(y_true, y_pred, self.threshold)

    def lower(self, code: Program, targets: Targets, y_pred: Buffer, weights: Buffer | None, place: int) -> None:
        hits = code.buffer(y_pred.shape)
        code.emit("hits.binary_accuracy", targets.numbers(y_pred), y_pred, hits, hits.size, self.threshold)
        lower_mean(code, hits, weights, place)


class SignAccuracy(BinaryAccuracy):
    """How often y_pred (B, O) has the sign that y_true (B, O) asks for: what "accuracy" means under a hinge loss.

    Labels are -1 and 1, or 0 and 1. Keras takes its binary accuracy there, to which -1 is always a miss.

    >>> SignAccuracy()([[-1], [1], [1]], [[-0.3], [0.2], [-2.0]])
    0.6666666666666666
    """

    def __init__(self, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(name, dtype, threshold=0.0)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return binary_accuracy(np.asarray(y_true) > 0, y_pred, self.threshold)

    def lower(self, code: Program, targets: Targets, y_pred: Buffer, weights: Buffer | None, place: int) -> None:
        raise CannotLower(f"metric {self.name!r} of signs")


@metrics.add()
class CategoricalAccuracy(MeanOverSamples):
    """How often the greatest of C scores is the target's. y_true one-hot (B, C), y_pred (B, C).

    >>> CategoricalAccuracy()([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    0.5
    """

    direction = "up"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return categorical_accuracy(y_true, y_pred)

    def lower(self, code: Program, targets: Targets, y_pred: Buffer, weights: Buffer | None, place: int) -> None:
        lower_hits("categorical_accuracy", code, targets.numbers(y_pred), y_pred, weights, place)


@metrics.add()
class SparseCategoricalAccuracy(MeanOverSamples):
    """How often the greatest of C scores is the target's. y_true class numbers (B,) or (B, 1), y_pred (B, C).

    A class number outside 0 .. C - 1 is an error; Keras counts it as a miss.

    >>> SparseCategoricalAccuracy()([2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0]])
    0.5
    """

    direction = "up"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return sparse_categorical_accuracy(y_true, y_pred)

    def lower(self, code: Program, targets: Targets, y_pred: Buffer, weights: Buffer | None, place: int) -> None:
        lower_hits("sparse_categorical_accuracy", code, targets.classes(y_pred), y_pred, weights, place)


@metrics.add()
class TopKCategoricalAccuracy(MeanOverSamples):
    """How often the target's score is among the k greatest. y_true one-hot (B, C), y_pred (B, C).

    >>> TopKCategoricalAccuracy(k=2)([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    1.0
    """

    direction = "up"

    def __init__(self, k: int = 5, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(name, dtype)
        self.k = checks.integer(self.where("k"), k, minimum=1)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return top_k_categorical_accuracy(y_true, y_pred, self.k)

    def lower(self, code: Program, targets: Targets, y_pred: Buffer, weights: Buffer | None, place: int) -> None:
        lower_hits("top_k_categorical_accuracy", code, targets.numbers(y_pred), y_pred, weights, place, self.k)


@metrics.add()
class SparseTopKCategoricalAccuracy(MeanOverSamples):
    """How often the target's score is among the k greatest. y_true class numbers (B,) or (B, 1), y_pred (B, C).

    >>> SparseTopKCategoricalAccuracy(k=2)([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    1.0
    """

    direction = "up"

    def __init__(
        self, k: int = 5, name: str | None = None, dtype: str | None = None, from_sorted_ids: bool = False
    ) -> None:
        super().__init__(name, dtype)
        self.k = checks.integer(self.where("k"), k, minimum=1)
        self.from_sorted_ids = bool(from_sorted_ids)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return sparse_top_k_categorical_accuracy(y_true, y_pred, self.k, self.from_sorted_ids)

    def lower(self, code: Program, targets: Targets, y_pred: Buffer, weights: Buffer | None, place: int) -> None:
        if self.from_sorted_ids:
            raise CannotLower(f"metric {self.name!r} from sorted ids")
        k = targets.classes(y_pred)
        lower_hits("sparse_top_k_categorical_accuracy", code, k, y_pred, weights, place, self.k)
