"""How well a model does on data it has not seen: the numbers that `train` and `evaluate` end with."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..activations import sigmoid, softmax
from ..arrays import Array
from ..data.labels import Names
from ..metrics import RootMeanSquaredError, confusion_matrix
from ..metrics.base import ratio
from ..metrics.r2_score import pooled_r2
from ..models import Sequential
from .prepared import Prepared

WINDOWS = 64  # of a text that are judged in one go: each of its places has as many outputs as there are characters
MOST_IN_MATRIX = 200  # classes: a matrix grows with their square


def probabilities(model: Sequential, outputs: Array, classes: int) -> Array:
    """Each class's probability (N, classes), from a classifier's outputs: which may be logits, and of two classes the
    second's alone."""
    logits = model.compiled and getattr(model.loss, "from_logits", False)
    if outputs.ndim == 2 and outputs.shape[1] == 1 and classes == 2:
        p = sigmoid(outputs) if logits else outputs
        return np.concatenate([1 - p, p], axis=1)
    return softmax(outputs) if logits else outputs


def judge(
    model: Sequential, x: Array, y: Array, classes: int, names: Names = (),
    restored: Callable[[Array], Array] = lambda y: y, labels: Names = (),
) -> dict[str, Any]:  # fmt: skip
    """Loss and, for classes: accuracy, precision, recall, F1 (averaged and per class), confusion matrix; for numbers:
    mean absolute and root mean squared error, and R² of all outputs together. Plain numbers and lists, ready for JSON.
    The averages are over the classes that occur, in y or in what is predicted. More than MOST_IN_MATRIX classes have
    no matrix. Of `labels`, of which a row may have any number: accuracy, precision, recall and F1 of each besides.
    `restored` brings numbers back to their own units, in which the errors are told. Of a text, x and y (N, T): loss,
    accuracy, and the loss in bits for each character."""
    if classes and y.ndim == 2:
        return _characters(model, x, y)
    batch = 1024
    loss = model.evaluate(x, y, batch_size=batch, verbose=0, return_dict=True)["loss"]
    predicted = model.predict(x, batch_size=batch, verbose=0)
    judged = (
        _classes(y, probabilities(model, predicted, classes), classes, names or tuple(range(classes)))
        if classes
        else _numbers(restored(y), restored(predicted))
    )
    if labels:
        judged |= _labels(y, predicted >= 0.5, labels)
    return {"samples": len(x), "loss": float(loss), **judged}


def judge_test(model: Sequential, data: Prepared) -> dict[str, Any]:
    """`judge` on the part of the data that is kept for it."""
    return judge(model, data.x_test, data.y_test, data.classes, data.names, data.restored, data.labels)


def baseline(data: Prepared) -> float:
    """What knows no inputs: accuracy of the commonest class of the training data, or RMSE of their mean. Of a text:
    bits for each character, if each is as likely everywhere as it is in the training data."""
    y_train, y_test, classes = data.restored(data.y_train), data.restored(data.y_test), data.classes
    if classes and y_train.ndim == 2:
        counts = np.bincount(y_train.ravel(), minlength=classes) + 1.0  # some may be in the test alone
        return float(-np.log2(counts / counts.sum())[y_test].mean())
    if classes:
        return float((y_test == np.bincount(y_train.astype(np.intp)).argmax()).mean())
    mean = y_train.mean(axis=0, dtype=np.float64)
    return float(np.sqrt(((y_test - mean) ** 2).mean(dtype=np.float64)))


def plainest(y: Array, last: Array | None) -> dict[str, float]:
    """The errors of the plainest forecast of numbers y (N, 1): that the `last` one before (N,) goes on; of what is no
    forecast, none."""
    if last is None:
        return {}
    errors = _numbers(y, last.reshape(-1, 1))
    return {f"last_value_{name}": errors[name] for name in ("mean_absolute_error", "root_mean_squared_error")}


def decimal_told(decimal: str) -> dict[str, str]:
    """That a table's numbers are written with a decimal comma, where they are: whoever tells errors in its units needs
    to know."""
    return {} if decimal == "." else {"decimal": decimal}


def _characters(model: Sequential, x: Array, y: Array) -> dict[str, Any]:
    """Of windows of a text, x and y (N, T)."""
    told = model.evaluate(x, y, batch_size=WINDOWS, verbose=0, return_dict=True)
    judged = {"samples": y.size, "loss": float(told["loss"])}
    if "accuracy" in told:
        judged["accuracy"] = float(told["accuracy"])
    if "crossentropy" in model.loss.name:
        judged["bits_per_character"] = judged["loss"] / math.log(2)
    return judged


def _scores(right: Array, called: Array, support: Array) -> dict[str, Array]:
    """Of each class or label, from how often it is told rightly, told, and there."""
    f1 = ratio(2 * right, called + support)
    return {"precision": ratio(right, called), "recall": ratio(right, support), "f1": f1}


def _classes(y: Array, predicted: Array, classes: int, names: Names) -> dict[str, Any]:
    y, labels = y.astype(np.intp), predicted.argmax(axis=-1)
    support, called = (np.bincount(one, minlength=classes).astype(np.float64) for one in (y, labels))
    right = np.bincount(y[y == labels], minlength=classes).astype(np.float64)
    scores = _scores(right, called, support)
    occurs = support + called > 0
    judged: dict[str, Any] = {
        "accuracy": float((labels == y).mean()),
        **{score: float(each[occurs].mean()) for score, each in scores.items()},
        "per_class": [
            {"class": names[c], **{score: float(each[c]) for score, each in scores.items()}, "support": int(support[c])}
            for c in range(classes)
        ],
    }
    if classes <= MOST_IN_MATRIX:
        judged["confusion_matrix"] = confusion_matrix(y, labels, num_classes=classes).astype(int).tolist()
    return judged


def _labels(y: Array, called: Array, labels: Names) -> dict[str, Any]:
    """y (N, labels) of 0 and 1, and what is called so."""
    true = y.astype(bool)
    right, support = (true & called).sum(axis=0).astype(np.float64), true.sum(axis=0)
    scores = _scores(right, called.sum(axis=0), support)
    return {
        "binary_accuracy": float((true == called).mean()),
        "all_labels_right": float((true == called).all(axis=1).mean()),
        **{score: float(each.mean()) for score, each in scores.items()},
        "per_label": [
            {
                "label": name,
                **{score: float(each[i]) for score, each in scores.items()},
                "support": int(true[:, i].sum()),
            }
            for i, name in enumerate(labels)
        ],
    }


def _numbers(y: Array, predicted: Array) -> dict[str, Any]:
    y = y.reshape(predicted.shape).astype(np.float64)
    return {
        "mean_absolute_error": float(np.abs(y - predicted).mean()),
        "root_mean_squared_error": float(RootMeanSquaredError()(y, predicted)),
        "r2": pooled_r2(y, predicted),
    }
