"""Writes losses.json: what Keras's losses give, with their gradients, on fixed data.

The data is float64, but Keras takes means of float64 numbers in float32: seven digits hold.

Run: KERAS_BACKEND=torch python tests/golden/make_losses.py
"""

import functools
import inspect
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch

keras.config.set_floatx("float64")
rng = np.random.default_rng(3)
B, T, C = 5, 3, 4
REDUCTIONS = ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"]


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def data(kind: str, shape: tuple[int, ...]) -> np.ndarray:
    """Random numbers of a kind, rounded so that the file holds them exactly."""
    numbers = {
        "real": lambda: rng.normal(size=shape) * 2,
        "positive": lambda: rng.gamma(2.0, size=shape) + 0.05,
        "counts": lambda: rng.poisson(2.0, shape),
        "labels": lambda: rng.integers(0, 2, shape),
        "signs": lambda: rng.choice([-1, 1], shape),
        "unit": lambda: rng.uniform(0.02, 0.98, shape),
        "distribution": lambda: softmax(rng.normal(size=shape)),
        "onehot": lambda: np.eye(C)[rng.integers(0, C, shape[:-1])],
        "classes": lambda: rng.integers(0, C, shape[:-1]),
        "with_gaps": lambda: np.where(rng.uniform(size=shape[:-1]) < 0.4, 2, rng.integers(0, C, shape[:-1])),
    }[kind]()
    return np.round(numbers, 4)


CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("MeanSquaredError", {}, "real", "real"),
    ("MeanAbsoluteError", {}, "real", "real"),
    ("MeanAbsolutePercentageError", {}, "real", "real"),
    ("MeanSquaredLogarithmicError", {}, "positive", "positive"),
    ("MeanSquaredLogarithmicError", {}, "real", "real"),
    ("Huber", {}, "real", "real"),
    ("Huber", {"delta": 0.4}, "real", "real"),
    ("LogCosh", {}, "real", "real"),
    ("CosineSimilarity", {}, "real", "real"),
    ("CosineSimilarity", {"axis": 1}, "real", "real"),
    ("BinaryCrossentropy", {}, "labels", "unit"),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, "labels", "unit"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "labels", "real"),
    ("BinaryCrossentropy", {"axis": 1}, "labels", "unit"),
    ("BinaryFocalCrossentropy", {}, "labels", "unit"),
    ("BinaryFocalCrossentropy", {"from_logits": True, "gamma": 1.5, "label_smoothing": 0.1}, "labels", "real"),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.3, "gamma": 3.0}, "labels", "unit"),
    ("CategoricalCrossentropy", {}, "onehot", "distribution"),
    ("CategoricalCrossentropy", {}, "distribution", "unit"),
    ("CategoricalCrossentropy", {"from_logits": True}, "onehot", "real"),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "distribution", "real"),
    ("CategoricalFocalCrossentropy", {}, "onehot", "distribution"),
    ("CategoricalFocalCrossentropy", {"alpha": [0.1, 0.2, 0.3, 0.4], "gamma": 1.0}, "onehot", "unit"),
    ("CategoricalFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "onehot", "real"),
    ("SparseCategoricalCrossentropy", {}, "classes", "distribution"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "classes", "real"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 2}, "with_gaps", "unit"),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 2}, "with_gaps", "real"),
    ("CategoricalGeneralizedCrossEntropy", {}, "classes", "distribution"),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.8}, "classes", "distribution"),
    ("KLDivergence", {}, "distribution", "distribution"),
    ("KLDivergence", {}, "onehot", "unit"),
    ("Poisson", {}, "counts", "positive"),
    ("Hinge", {}, "labels", "real"),
    ("Hinge", {}, "signs", "real"),
    ("SquaredHinge", {}, "labels", "real"),
    ("SquaredHinge", {}, "real", "real"),
    ("CategoricalHinge", {}, "onehot", "real"),
]


def number(x: Any) -> Any:
    return np.round(np.asarray(x.detach().cpu(), dtype=np.float64), 9).tolist()


def exact(x: np.ndarray) -> torch.Tensor:
    """A tensor of float64."""
    return torch.tensor(x, dtype=torch.float64)


def row(name: str, options: dict[str, Any], y_true: np.ndarray, y_pred: np.ndarray) -> dict[str, Any]:
    """One loss on one batch: per reduction the loss without weights and with them, and the weighted gradient."""
    cls = functools.partial(getattr(keras.losses, name), dtype="float64")
    t, y = exact(y_true), exact(y_pred)
    plain = cls(**options, reduction="none")(t, y)
    weights = np.round(rng.uniform(0.1, 2.0, tuple(plain.shape)), 2)
    weights.flat[0] = 0.0
    out: dict[str, Any] = {}
    for reduction in REDUCTIONS:
        loss = cls(**options, reduction=reduction)
        x = exact(y_pred).requires_grad_()
        weighted = loss(t, x, sample_weight=exact(weights))
        out[reduction] = {"plain": number(loss(t, y)), "weighted": number(weighted)}
        if reduction in ("sum_over_batch_size", "mean_with_sample_weight"):
            weighted.backward()
            out[reduction]["gradient"] = number(x.grad)
    saved = keras.losses.serialize(cls(**options))
    return {
        "name": name, "options": options, "saved": saved, "y_true": y_true.tolist(), "y_pred": y_pred.tolist(),
        "weights": weights.tolist(), "reductions": out,
    }  # fmt: skip


def rows() -> list[dict[str, Any]]:
    return [
        row(name, options, data(true, shape), data(pred, shape))
        for name, options, true, pred in CASES
        for shape in [(B, C), (B, T, C)]
        if options.get("axis", -1) == -1 or len(shape) == 3
    ]


def ranks() -> list[dict[str, Any]]:
    """Targets whose number of axes differs from the outputs' by one."""
    shapes = [((4,), (4, 1)), ((4, 1), (4,)), ((2, 3), (2, 3, 1)), ((2, 3, 1), (2, 3))]
    return [row("MeanSquaredError", {}, data("real", true), data("real", pred)) for true, pred in shapes]


def extremes() -> list[dict[str, Any]]:
    """Probabilities of exactly 0 and 1, where Keras clips."""
    p = np.array([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.5, 0.5, 0.0, 0.0]])
    y = np.array([[0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    found = [
        (name, y)
        for name in (
            "BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy", "CategoricalFocalCrossentropy",
            "KLDivergence", "Poisson", "MeanSquaredLogarithmicError",
        )
    ]  # fmt: skip
    found += [(name, y.argmax(-1)) for name in ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy")]
    return [
        {
            "name": name, "y_true": true.tolist(), "y_pred": p.tolist(),
            "values": number(getattr(keras.losses, name)(reduction="none", dtype="float64")(exact(true), exact(p))),
        }
        for name, true in found
    ]  # fmt: skip


if __name__ == "__main__":
    arguments = {name: list(inspect.signature(getattr(keras.losses, name)).parameters) for name, *_ in CASES}
    golden = {
        "keras": keras.__version__, "arguments": arguments, "rows": rows(), "ranks": ranks(), "extremes": extremes(),
    }  # fmt: skip
    Path(__file__).with_name("losses.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
