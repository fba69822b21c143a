"""Intersection over union: how well the places of a class are found.     y_true, y_pred (B, ...) class numbers
IoU of a class = tp / (tp + fp + fn), from one confusion matrix (C, C) over all that was seen.
Source: Everingham et al., The Pascal Visual Object Classes (VOC) challenge (2010), section 4.4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import DataError, InvalidArgument, ShapeError
from ..losses.targets import first, spread
from .base import Metric, State, metrics, ratio
from .shapes import same_rank

WHOLE = ("int", "int32", "int64")  # Keras counts in int32, and cuts weights to whole numbers; here they are kept


class Overlap(Metric):
    """The mean IoU of some of num_classes classes (None: of all); a class neither there nor predicted is left out.

    sparse_y_true, sparse_y_pred: whether they hold class numbers (B, ...), or scores (B, ..., C) whose greatest counts.
    ignore_class: samples of this class do not count. Other class numbers beyond 0 .. C - 1, and fractions, are refused
    (Keras drops the former and cuts the latter off).
    """

    direction = "up"
    sparse_y_true = sparse_y_pred = True
    ignore_class: int | None = None
    axis = -1

    def __init__(self, num_classes: int, ids: Any, name: str | None, dtype: str | None) -> None:
        super().__init__(name, None if dtype in WHOLE else dtype)
        self.dtype = dtype
        self.num_classes = checks.integer(self.where("num_classes"), num_classes, minimum=1)
        where = self.where("target_class_ids")
        ids = range(self.num_classes) if ids is None else ids
        if not isinstance(ids, Sequence | np.ndarray) or not len(ids):
            raise InvalidArgument(where, "a list of class numbers", ids)
        self.target_class_ids = [checks.integer(where, c, minimum=0) for c in ids]
        if max(self.target_class_ids) >= self.num_classes:
            raise InvalidArgument(where, f"class numbers from 0 to {self.num_classes - 1}", max(self.target_class_ids))

    def reads(self, true: bool, pred: bool, ignore_class: int | None, axis: int) -> None:
        """Keep the arguments that say how targets and predictions are read."""
        self.sparse_y_true, self.sparse_y_pred = bool(true), bool(pred)
        self.ignore_class = None if ignore_class is None else checks.integer(self.where("ignore_class"), ignore_class)
        self.axis = checks.integer(self.where("axis"), axis)

    def added(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> State:
        true = y_true if self.sparse_y_true else self.greatest("y_true", y_true)
        pred = y_pred if self.sparse_y_pred else self.greatest("y_pred", y_pred)
        true = same_rank(true, pred)
        if true.shape != pred.shape:
            fix = "Scores, a number for each class, are read with sparse_y_pred=False." if self.sparse_y_pred else ""
            raise ShapeError(f"{self.name}, y_true", f"a class number per prediction, {pred.shape}", true.shape, fix)
        w = None if sample_weight is None else spread(self.name, sample_weight, pred.shape)
        if self.ignore_class is not None:
            counts = true != self.ignore_class
            true, pred, w = true[counts], pred[counts], None if w is None else w[counts]
        C = self.num_classes
        places = self.numbers("y_true", true).ravel() * C + self.numbers("y_pred", pred).ravel()
        return {"matrix": np.bincount(places, None if w is None else w.ravel(), minlength=C * C).reshape(C, C)}

    def greatest(self, side: str, scores: Array) -> Array:
        """The class of the greatest score, along the axis of the C classes."""
        if not -scores.ndim <= self.axis < scores.ndim or scores.shape[self.axis] != self.num_classes:
            raise ShapeError(
                f"{self.name}, {side}", f"{self.num_classes} numbers, one per class, along axis {self.axis}",
                scores.shape, f"Class numbers are read with sparse_{side}=True.",
            )  # fmt: skip
        return np.asarray(scores.argmax(axis=self.axis))

    def numbers(self, side: str, y: Array) -> Array:
        """Class numbers as integers, refused where they are none."""
        wrong = ~((y >= 0) & (y < self.num_classes) & (y == np.floor(y)))
        if wrong.any():
            fix = "Scores are read with sparse_y_pred=False, one probability per sample by BinaryIoU."
            raise DataError(
                f"{self.name}, {side}", f"class numbers from 0 to {self.num_classes - 1}", first(y, wrong),
                fix if side == "y_pred" else "Leave out a class of another number with ignore_class.",
            )  # fmt: skip
        return y.astype(np.intp)

    def adds_whole_numbers(self, y_true: Array) -> bool:
        return True

    def counted(self) -> State:
        C = self.num_classes
        return {"total_confusion_matrix": self.state.get("matrix", np.zeros((C, C)))}

    def read(self, state: State) -> Any:
        table = state["matrix"]
        right = np.diag(table)
        union = table.sum(axis=0) + table.sum(axis=1) - right
        there = [c for c in self.target_class_ids if union[c] > 0]
        return float(np.mean(ratio(right, union)[there])) if there else 0.0


@metrics.add()
class IoU(Overlap):
    """The mean IoU of the classes target_class_ids. y_true, y_pred (B, ...) class numbers, or scores (B, ..., C).

    Arguments beyond the ids are those of `MeanIoU`.

    >>> IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1])
    0.3333333333333333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype)
        self.reads(sparse_y_true, sparse_y_pred, ignore_class, axis)


@metrics.add()
class BinaryIoU(Overlap):
    """The mean IoU of the classes 0 and 1, or of one. y_true (B, ...) 0 or 1, y_pred (B, ...), 1 from threshold on.

    >>> BinaryIoU(threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])
    0.3333333333333333
    """

    def __init__(
        self,
        target_class_ids: Any = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = checks.number(self.where("threshold"), threshold)

    def added(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> State:
        if y_pred.dtype.kind == "f":
            y_pred = y_pred.astype(np.float32)  # as Keras: 0.3 of either width is at the threshold 0.3
        return super().added(y_true, y_pred >= np.float32(self.threshold), sample_weight)


@metrics.add()
class MeanIoU(Overlap):
    """The mean IoU of all classes that occur. y_true, y_pred (B, ...) class numbers, or scores (B, ..., C).

    sparse_y_true, sparse_y_pred: whether they hold class numbers, or scores whose greatest along `axis` counts.
    ignore_class: samples of this class do not count. Weights may be fractions; Keras cuts them to whole numbers unless
    a dtype says otherwise. A class number beyond 0 .. C - 1 is refused, where Keras leaves the sample out.

    >>> MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1], sample_weight=[0.3, 0.3, 0.3, 0.1])
    0.2380952380952381
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, None, name, dtype)
        self.reads(sparse_y_true, sparse_y_pred, ignore_class, axis)


@metrics.add()
class OneHotIoU(Overlap):
    """`IoU` for one-hot targets (B, ..., C) and scores (B, ..., C), whose greatest counts.

    >>> y_true = [[0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 0, 0]]
    >>> y_pred = [[0.2, 0.3, 0.5], [0.1, 0.2, 0.7], [0.5, 0.3, 0.1], [0.1, 0.4, 0.5]]
    >>> round(OneHotIoU(num_classes=3, target_class_ids=[0, 2])(y_true, y_pred, [0.1, 0.2, 0.3, 0.4]), 4)
    0.0714
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype)
        self.reads(False, sparse_y_pred, ignore_class, axis)


@metrics.add()
class OneHotMeanIoU(Overlap):
    """`MeanIoU` for one-hot targets (B, ..., C) and scores (B, ..., C), whose greatest counts.

    >>> y_true = [[0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 0, 0]]
    >>> y_pred = [[0.2, 0.3, 0.5], [0.1, 0.2, 0.7], [0.5, 0.3, 0.1], [0.1, 0.4, 0.5]]
    >>> round(OneHotMeanIoU(num_classes=3)(y_true, y_pred, [0.1, 0.2, 0.3, 0.4]), 4)
    0.0476
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, None, name, dtype)
        self.reads(False, sparse_y_pred, ignore_class, axis)
