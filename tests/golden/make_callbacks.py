"""Writes callbacks.json: what Keras's callbacks do with given values of the number they monitor.

Run: KERAS_BACKEND=torch python tests/golden/make_callbacks.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras

VALUES = {
    "falling, then flat": [1.0, 0.8, 0.7, 0.7, 0.71, 0.7, 0.69, 0.7, 0.7, 0.7, 0.7, 0.7],
    "rising": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
    "slow": [1.0, 0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93, 0.92, 0.91],
    "jumping": [0.5, 0.9, 0.4, 0.8, 0.45, 0.3, 0.6, 0.31, 0.29, 0.5, 0.5, 0.5],
    "negative": [-0.1, -0.2, -0.15, -0.15, -0.3, -0.2, -0.2, -0.2, -0.2],
}
STOPPING: list[dict[str, Any]] = [
    {},
    {"patience": 2},
    {"patience": 2, "mode": "max"},
    {"patience": 1, "min_delta": 0.05},
    {"patience": 3, "min_delta": -0.05, "restore_best_weights": True},
    {"patience": 2, "baseline": 0.35},
    {"patience": 3, "baseline": 0.75, "restore_best_weights": True},
    {"patience": 1, "start_from_epoch": 4, "restore_best_weights": True},
    {"patience": 0, "mode": "max", "restore_best_weights": True},
]
REDUCING: list[dict[str, Any]] = [
    {"patience": 1},
    {"patience": 0, "factor": 0.5},
    {"patience": 2, "factor": 0.5, "cooldown": 2},
    {"patience": 1, "factor": 0.3, "min_lr": 0.02, "min_delta": 0.06},
    {"patience": 2, "mode": "max", "min_delta": 0.0},
]


class Model:
    """As much of a model as these callbacks touch; its weights are the number of the epoch."""

    metrics = ()
    stop_training = False

    def __init__(self) -> None:
        self.weights = [-1]
        self.optimizer = type("Optimizer", (), {"learning_rate": 0.1})()

    def get_weights(self) -> list[int]:
        return list(self.weights)

    def set_weights(self, weights: list[int]) -> None:
        self.weights = list(weights)


def run(callback: Any, values: list[float]) -> dict[str, Any]:
    """The epochs run, the learning rate after each, and the epoch whose weights are there in the end."""
    model, rates = Model(), []
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.weights = [epoch]
        callback.on_epoch_end(epoch, {"val_loss": value})
        rates.append(model.optimizer.learning_rate)
        if model.stop_training:
            break
    callback.on_train_end()
    return {"rates": rates, "weights": model.weights[0]}


def cases(module: Any) -> list[dict[str, Any]]:
    """Every callback with every row of arguments and values."""
    return [
        {"callback": name, "arguments": arguments, "values": values, **run(getattr(module, name)(**arguments), values)}
        for name, rows in (("EarlyStopping", STOPPING), ("ReduceLROnPlateau", REDUCING))
        for arguments in rows
        for values in VALUES.values()
    ]


if __name__ == "__main__":
    made = ",\n".join(json.dumps(case) for case in cases(keras.callbacks))
    Path(__file__).with_name("callbacks.json").write_text(f"[\n{made}\n]\n", "utf-8")
