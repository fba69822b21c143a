"""How a classifier errs: the confusion matrix, and precision, recall and F₁ of each class.
Source: Manning, Raghavan & Schütze, Introduction to Information Retrieval (2008), sections 8.3 and 13.6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import DataError, InvalidArgument, ShapeError
from ..losses.targets import spread
from .base import ratio
from .shapes import whole_numbers

NORMALIZE = (None, "true", "pred", "all")
COLUMNS = ("precision", "recall", "f1-score", "support")


def confusion_matrix(
    y_true: Any,
    y_pred: Any,
    num_classes: int | None = None,
    sample_weight: Any = None,
    normalize: str | None = None,
) -> Array:
    """(C, C): how many samples of the row's class were given the column's, or their weight.

    y_true: class numbers (B,) or (B, 1), or one-hot (B, C). y_pred: class numbers, scores (B, C), of which the
    greatest counts, or one probability per sample, of which more than 0.5 is class 1. normalize: None, counts;
    "true", shares of the row; "pred", of the column; "all", of everything. C is num_classes, else the number of
    score columns, else the greatest class number + 1 (scikit-learn: only classes that occur).

    >>> confusion_matrix([2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2])
    array([[2, 0, 0],
           [0, 0, 1],
           [1, 0, 2]])
    """
    where = "confusion_matrix"
    checks.one_of(f"{where}, argument normalize", normalize, NORMALIZE)
    true, pred, C = pairs(where, y_true, y_pred)
    true, pred = whole_numbers(where, true), whole_numbers(where, pred)
    if num_classes is not None:
        C = checks.integer(f"{where}, argument num_classes", num_classes, minimum=1)
    C = C or int(max(true.max(initial=-1), pred.max(initial=-1))) + 1
    for ids in (true, pred):
        whole_numbers(where, ids, C)
    w = weights_of(where, sample_weight, true)
    table = np.bincount(true * C + pred, w, minlength=C * C).reshape(C, C)
    if normalize is None:
        return table
    axis = {"true": 1, "pred": 0, "all": None}[normalize]
    return np.asarray(ratio(table, table.sum(axis=axis, keepdims=True)))


def classification_report(
    y_true: Any,
    y_pred: Any,
    target_names: Sequence[str] | None = None,
    output_dict: bool = False,
    digits: int = 2,
    sample_weight: Any = None,
) -> str | dict[str, Any]:
    """Precision, recall, F₁ and support of each class, with accuracy and averages, as a table or a dict.

    As scikit-learn's; arguments as `confusion_matrix`'s. Classes that never occur are left out, unless
    target_names names them; the averages are over those that occur, in y_true or in y_pred. What would divide by
    zero is 0.

    >>> print(classification_report([0, 1, 1, 0], [0, 1, 0, 0], ["cat", "dog"]))
                  precision    recall  f1-score   support
    <BLANKLINE>
             cat       0.67      1.00      0.80         2
             dog       1.00      0.50      0.67         2
    <BLANKLINE>
        accuracy                           0.75         4
       macro avg       0.83      0.75      0.73         4
    weighted avg       0.83      0.75      0.73         4
    <BLANKLINE>
    """
    where = "classification_report"
    true, pred, _ = pairs(where, y_true, y_pred)
    if not true.size:
        raise DataError(f"{where}, y_true", "at least one sample", "none")
    present = np.union1d(true, pred)
    labels = labelled(where, present, target_names)
    names = [str(label) for label in labels] if target_names is None else [str(name) for name in target_names]
    w = weights_of(where, sample_weight, true)
    C = len(labels)
    places = np.searchsorted(labels, true) * C + np.searchsorted(labels, pred)
    rows = figures(np.bincount(places, w, minlength=C * C).reshape(C, C), names)
    return rows if output_dict else as_text(rows, checks.integer(f"{where}, argument digits", digits, minimum=0))


def figures(table: Array, names: Sequence[str]) -> dict[str, Any]:
    """The report's rows from a confusion matrix (C, C)."""
    right, support, called = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    precision, recall = ratio(right, called), ratio(right, support)
    f1 = ratio(2 * right, support + called)
    each = np.stack([precision, recall, f1], axis=1)  # (C, 3)
    total, occurs = support.sum(), support + called > 0
    rows: dict[str, Any] = {n: row([*each[i], support[i]]) for i, n in enumerate(names)}
    rows["accuracy"] = float(ratio(float(right.sum()), float(total)))
    rows["macro avg"] = row([*each[occurs].mean(axis=0), total])
    rows["weighted avg"] = row([*ratio(support @ each, np.full(3, float(total))), total])
    return rows


def row(values: Sequence[Any]) -> dict[str, float]:
    """One row of the report."""
    return dict(zip(COLUMNS, map(float, values), strict=True))


def as_text(rows: dict[str, Any], digits: int) -> str:
    """The rows as a table for people, laid out as scikit-learn's."""
    width = max(*map(len, rows), digits)
    lines = [" " * width + " " + "".join(f" {c:>9}" for c in COLUMNS), ""]
    total = rows["macro avg"]["support"]
    for name, r in rows.items():
        if name == "accuracy":
            lines += ["", f"{name:>{width}} {'':>10}{'':>10} {r:>9.{digits}f} {amount(total):>9}"]
            continue
        shares = "".join(f" {r[c]:>9.{digits}f}" for c in COLUMNS[:3])
        lines.append(f"{name:>{width}} {shares} {amount(r['support']):>9}")
    return "\n".join(lines) + "\n"


def amount(support: float) -> str:
    """A count without a decimal point, a weight with one."""
    return f"{support:.10g}"


def labelled(where: str, present: Array, target_names: Sequence[str] | None) -> Array:
    """The labels that the report is about, sorted."""
    if target_names is None or len(target_names) == len(present):
        return present
    if present.dtype.kind == "i" and present[0] >= 0 and present[-1] < len(target_names):
        return np.arange(len(target_names))
    raise InvalidArgument(
        f"{where}, argument target_names", f"a name for each of the {len(present)} classes", list(target_names)
    )


def pairs(where: str, y_true: Any, y_pred: Any) -> tuple[Array, Array, int | None]:
    """True and predicted labels (B,) each, and the number of classes where scores or one-hot targets tell it."""
    true, C_true = labels_of(where, np.asarray(y_true), scores=False)
    pred, C_pred = labels_of(where, np.asarray(y_pred), scores=True)
    if true.shape != pred.shape:
        raise ShapeError(f"{where}, y_true", f"one label per prediction, {pred.shape}", true.shape)
    if (true.dtype.kind == "U") != (pred.dtype.kind == "U"):
        raise DataError(f"{where}, y_pred", "labels of one kind, words or numbers, on both sides")
    return true, pred, C_pred or C_true


def labels_of(where: str, y: Array, scores: bool) -> tuple[Array, int | None]:
    """Labels (B,) from labels (B,) or (B, 1), rows of C > 1 numbers, of which the greatest counts, or probabilities."""
    if y.ndim == 2 and y.shape[1] > 1:
        return y.argmax(axis=1), y.shape[1]
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise ShapeError(where, "labels (B,) or (B, 1), or scores (B, C)", y.shape)
    if y.dtype.kind in "OUS":
        return y.astype(str), None
    if scores and y.dtype.kind == "f" and ((y >= 0) & (y <= 1)).all():
        return (y > 0.5).astype(np.intp), None
    return whole_numbers(where, y), None


def weights_of(where: str, sample_weight: Any, labels: Array) -> Array | None:
    """Weights (B,) as float64, or None."""
    if sample_weight is None:
        return None
    return spread(where, np.asarray(sample_weight, dtype=np.float64), labels.shape)
