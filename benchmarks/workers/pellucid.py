"""Pellucid: fit, predict and a callback, as its guide has them."""

from __future__ import annotations

from typing import Any

import pellucid
from pellucid.callbacks import Callback
from pellucid.layers import Dense, Dropout, Rescaling

from ..networks.layered import build
from ..tasks import Task
from . import MOST_EPOCHS

LOSSES = {"softmax": "sparse_categorical_crossentropy", "sigmoid": "binary_crossentropy", "linear": "mse"}
FROM_LOGITS = {"softmax": "SparseCategoricalCrossentropy", "sigmoid": "BinaryCrossentropy"}
WHOLE = 1024  # rows that predict takes at a time, where there are many


def network(task: Task, images: bool, seed: int = 0) -> Any:
    layers: list[Any] = [Rescaling(1 / 255)] if images else []
    for units in task.sizes[1:-1]:
        layers.append(Dense(units, task.hidden))
        if task.dropout:
            layers.append(Dropout(task.dropout))
    layers.append(Dense(task.sizes[-1], task.output))
    return pellucid.Sequential([pellucid.Input((task.sizes[0],)), *layers], seed=seed)


def compiled(task: Task, images: bool, metrics: list[Any], seed: int = 0) -> Any:
    pellucid.utils.set_random_seed(seed)
    model = build(pellucid, task.network) if task.network else network(task, images, seed)
    loss: Any = LOSSES[task.output]
    if task.network:
        loss = getattr(pellucid.losses, FROM_LOGITS[task.output])(from_logits=True)
    if task.smoothing:
        loss = pellucid.losses.BinaryCrossentropy(label_smoothing=task.smoothing)
    model.compile(pellucid.optimizers.Adam(task.rate), loss, metrics=metrics)
    return model


def training(task: Task, x: Any, y: Any) -> Any:
    model = compiled(task, x.dtype == "uint8", [pellucid.metrics.AUC(name="auc")] if task.auc else [])

    def run(epochs: int, tell: bool = False) -> float:
        history = model.fit(x, y, batch_size=task.batch, epochs=epochs, verbose=0)
        return float(history.history["loss"][-1])

    return run


def prediction(task: Task, x: Any, weights: Any) -> Any:
    model = network(task, images=True)
    model.set_weights(weights)
    size = min(WHOLE, task.batch)
    return lambda: model.predict(x, batch_size=size, verbose=0)


def reach(task: Task, train: Any, test: Any, seed: int) -> tuple[int, float]:
    class Reached(Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if logs["val_accuracy"] >= task.goal:
                self.model.stop_training = True

    model = compiled(task, True, ["accuracy"], seed)
    history = model.fit(
        *train, batch_size=task.batch, epochs=MOST_EPOCHS, validation_data=test, callbacks=[Reached()], verbose=0
    )
    return len(history.epoch), history.history["val_accuracy"][-1]
