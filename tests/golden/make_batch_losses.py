"""Writes batch_losses.json: what Keras's losses of regions, embeddings and sequences give, in the form of losses.json.

Run: KERAS_BACKEND=jax python tests/golden/make_batch_losses.py
"""

import functools
import inspect
import json
from pathlib import Path
from typing import Any

import jax
import keras
import numpy as np

jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")
rng = np.random.default_rng(19)
REDUCTIONS = ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"]
B, T, C = 5, 6, 4


def unit(shape: tuple[int, ...]) -> np.ndarray:
    x = rng.normal(size=shape)
    return np.round(x / np.linalg.norm(x, axis=-1, keepdims=True), 4)


def pictures(*shape: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(0, 2, shape).astype(float), np.round(rng.uniform(0.02, 0.98, shape), 4)


LABELS = np.array([[1, 2, 3], [2, 2, 0], [1, 0, 0], [3, 1, 3], [0, 0, 0]])
ROWS: list[tuple[str, dict[str, Any], tuple[np.ndarray, np.ndarray]]] = [
    ("Dice", {"axis": -1}, pictures(B, 4)),
    ("Dice", {"axis": (1, 2, 3)}, pictures(B, 3, 4, 2)),
    ("Dice", {"axis": (1, 2)}, pictures(B, 3, 4, 2)),
    ("Tversky", {"axis": -1}, pictures(B, 4)),
    ("Tversky", {"axis": (1, 2, 3), "alpha": 0.3, "beta": 1.2}, pictures(B, 3, 4, 2)),
    ("Circle", {}, (np.array([0, 1, 0, 2, 1, 1]), unit((6, 3)))),
    ("Circle", {"gamma": 5.0, "margin": 0.25, "remove_diagonal": False}, (np.array([0, 1, 0, 2, 1]), unit((5, 3)))),
    ("CTC", {}, (LABELS, np.round(rng.normal(size=(B, T, C)) * 2, 4))),
    ("CTC", {}, (LABELS[:, :1], np.round(rng.normal(size=(B, 1, C)), 4))),
]
WHOLE = [
    ("Dice", {}, pictures(B, 4)),
    ("Dice", {"axis": (0, 1)}, pictures(B, 4, 3)),
    ("Tversky", {"alpha": 0.7, "beta": 0.2}, pictures(B, 4, 2)),
]


def number(x: Any) -> Any:
    return np.round(np.asarray(x, dtype=np.float64), 9).tolist()


def row(name: str, options: dict[str, Any], t: np.ndarray, y: np.ndarray, weighted: bool) -> dict[str, Any]:
    """One loss on one batch: per reduction the loss without weights and with them, and the gradient."""
    cls = functools.partial(getattr(keras.losses, name), dtype="float64")
    values = cls(**options, reduction="none")(t, y)
    weights = np.round(rng.uniform(0.1, 2.0, tuple(values.shape)), 2) if weighted else None
    out: dict[str, Any] = {}
    for reduction in REDUCTIONS:
        loss = cls(**options, reduction=reduction)
        out[reduction] = {"plain": number(loss(t, y)), "weighted": number(loss(t, y, sample_weight=weights))}
        if reduction in ("sum_over_batch_size", "mean_with_sample_weight"):
            gradient = jax.grad(lambda x, loss=loss: loss(t, x, sample_weight=weights))(y)
            out[reduction]["gradient"] = number(gradient)
    return {
        "name": name, "options": options, "saved": keras.losses.serialize(cls(**options)), "y_true": t.tolist(),
        "y_pred": y.tolist(), "weights": None if weights is None else weights.tolist(), "reductions": out,
    }  # fmt: skip


def references() -> dict[str, Any]:
    """The function circle beside other embeddings than the batch's own."""
    y, ref = unit((4, 3)), unit((5, 3))
    k, ref_k = np.array([0, 1, 1, 2]), np.array([1, 0, 2, 0, 1])
    options = {"remove_diagonal": False, "gamma": 10.0, "margin": 0.3}

    def total(x: Any) -> Any:
        return keras.losses.circle(k, x, ref_k, ref, **options)

    return {
        "y_true": k.tolist(), "y_pred": y.tolist(), "ref_labels": ref_k.tolist(), "ref_embeddings": ref.tolist(),
        "options": options, "values": number(total(y)), "gradient": number(jax.grad(lambda x: total(x).sum())(y)),
    }  # fmt: skip


if __name__ == "__main__":
    golden = {
        "keras": keras.__version__,
        "arguments": {n: list(inspect.signature(getattr(keras.losses, n)).parameters) for n, *_ in ROWS},
        "functions": {
            name: list(inspect.signature(getattr(keras.losses, name)).parameters)
            for name in ("dice", "tversky", "circle", "ctc")
        },
        "rows": [row(name, options, *data, weighted=True) for name, options, data in ROWS],
        "whole": [row(name, options, *data, weighted=False) for name, options, data in WHOLE],
        "references": references(),
    }
    text = json.dumps(golden, separators=(",", ":")).replace('{"name"', '\n{"name"')
    Path(__file__).with_name("batch_losses.json").write_text(text + "\n")
