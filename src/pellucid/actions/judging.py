"""How well a model does on data it has not seen: the numbers that `train` and `evaluate` end with."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array
from ..metrics import R2Score, RootMeanSquaredError, classification_report, confusion_matrix
from ..models import Sequential


def judge(model: Sequential, x: Array, y: Array, classes: int) -> dict[str, Any]:
    """Loss and, for classes: accuracy, precision, recall, F1 (averaged and per class), confusion matrix; for numbers:
    mean absolute and root mean squared error, and R². Plain numbers and lists, ready for JSON."""
    batch = 1024
    loss = model.evaluate(x, y, batch_size=batch, verbose=0, return_dict=True)["loss"]
    predicted = model.predict(x, batch_size=batch, verbose=0)
    judged = _classes(y, predicted, classes) if classes else _numbers(y, predicted)
    return {"samples": len(x), "loss": float(loss), **judged}


def _classes(y: Array, predicted: Array, classes: int) -> dict[str, Any]:
    labels = predicted.argmax(axis=-1)
    report: Any = classification_report(y, labels, target_names=[str(c) for c in range(classes)], output_dict=True)
    mean = report["macro avg"]
    return {
        "accuracy": float((labels == y).mean()),
        "precision": mean["precision"],
        "recall": mean["recall"],
        "f1": mean["f1-score"],
        "per_class": [{"class": c, **_row(report[str(c)])} for c in range(classes)],
        "confusion_matrix": confusion_matrix(y, labels, num_classes=classes).astype(int).tolist(),
    }


def _row(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "precision": found["precision"], "recall": found["recall"], "f1": found["f1-score"],
        "support": int(found["support"]),
    }  # fmt: skip


def _numbers(y: Array, predicted: Array) -> dict[str, Any]:
    y = y.reshape(predicted.shape).astype(np.float64)
    return {
        "mean_absolute_error": float(np.abs(y - predicted).mean()),
        "root_mean_squared_error": float(RootMeanSquaredError()(y, predicted)),
        "r2": float(R2Score()(y, predicted)),
    }
