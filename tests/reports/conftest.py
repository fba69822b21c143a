"""What two reports tell, made by hand: of a network that names classes, and of one that predicts numbers."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.reports import Contents, LayerRow, Sizes
from pellucid.training.probing import Look, summary


@pytest.fixture
def classes() -> Contents:
    """Two inputs, two classes; 3 of 4 test samples right."""
    p = np.array([[0.9, 0.1], [0.25, 0.75], [0.4, 0.6], [0.05, 0.95]])
    return Contents(
        run="runs/planes-1", data="planes", chain="2-3-2", spec='data = "planes"\nseed = 7\n',
        command="pellucid train runs/planes-1/spec.toml", sizes=Sizes(1000, 100, 4), classes=2,
        layers=[LayerRow("dense", "Dense", "3", 9, "relu"), LayerRow("dense_1", "Dense", "2", 8, "softmax")],
        metrics={
            "samples": 4, "loss": 0.5, "accuracy": 0.75, "precision": 0.8, "recall": 0.75, "f1": 0.7333,
            "per_class": [{"class": c, "precision": 0.6, "recall": 0.5, "f1": 0.55, "support": 2} for c in range(2)],
            "confusion_matrix": [[1, 1], [0, 2]], "epochs": 2, "parameters": 17, "seconds": 1.25, "seed": 7,
        },
        history={"loss": [0.9, 0.5], "accuracy": [0.6, 0.8], "val_loss": [0.8, 0.9], "val_accuracy": [0.6, 0.7]},
        baseline=0.5, x=np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.2], [0.9, 0.1]], "float32"),
        y=np.array([0, 1, 0, 1]), outputs=p, predict=lambda x: np.stack([1 - x[:, 0], x[:, 0]], axis=1),
        versions={"Pellucid": "0.1"},
    )  # fmt: skip


@pytest.fixture
def numbers() -> Contents:
    """One input, one number; an error of 0.5 in one of 4 test samples."""
    x = np.array([[0.0], [1.0], [2.0], [3.0]], "float32")
    return Contents(
        run="runs/line-1", data="line", chain="1-1", spec='data = "line"\n', command="pellucid train line",
        sizes=Sizes(40, 0, 4), classes=0, layers=[LayerRow("dense", "Dense", "1", 2, "linear")],
        metrics={
            "samples": 4, "loss": 0.0625, "mean_absolute_error": 0.125, "root_mean_squared_error": 0.25, "r2": 0.95,
            "epochs": 1, "parameters": 2, "seconds": 0.5, "seed": 0,
        },
        history={"loss": [0.2], "mae": [0.3]}, baseline=1.118, x=x, y=x[:, 0] + [0, 0, 0.5, 0], outputs=x,
        predict=lambda x: x,
    )  # fmt: skip


@pytest.fixture
def looks() -> list[Look]:
    """Three looks into two layers."""
    rng = np.random.default_rng(0)
    made = []
    for step in (0, 10, 20):
        outputs = {name: summary(np.maximum(rng.normal(size=(8, 5)), 0), units=True) for name in ("dense", "dense_1")}
        gradients = {f"{name}/kernel": summary(rng.normal(size=9)) for name in outputs}
        made.append(Look(step, 0, 1.0, outputs, gradients, gradients, dict.fromkeys(gradients, 1e-3)))
    return made
