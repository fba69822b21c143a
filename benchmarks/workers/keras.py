"""Keras, on the backend that KERAS_BACKEND names: fit, predict and a callback, as its guide has them."""

from __future__ import annotations

from typing import Any

import keras
from keras.layers import Dense, Dropout

from ..data import floats
from ..networks.layered import build
from ..tasks import Task
from . import MOST_EPOCHS

LOSSES = {"softmax": "sparse_categorical_crossentropy", "sigmoid": "binary_crossentropy", "linear": "mse"}
FROM_LOGITS = {"softmax": "SparseCategoricalCrossentropy", "sigmoid": "BinaryCrossentropy"}
WHOLE = 1024  # rows that predict takes at a time, where there are many


def network(task: Task) -> Any:
    layers: list[Any] = []
    for units in task.sizes[1:-1]:
        layers.append(Dense(units, task.hidden))
        if task.dropout:
            layers.append(Dropout(task.dropout))
    return keras.Sequential([keras.Input((task.sizes[0],)), *layers, Dense(task.sizes[-1], task.output)])


def compiled(task: Task, metrics: list[Any], seed: int = 0) -> Any:
    keras.utils.set_random_seed(seed)
    model = build(keras, task.network) if task.network else network(task)
    loss: Any = LOSSES[task.output]
    if task.network:
        loss = getattr(keras.losses, FROM_LOGITS[task.output])(from_logits=True)
    if task.smoothing:
        loss = keras.losses.BinaryCrossentropy(label_smoothing=task.smoothing)
    model.compile(keras.optimizers.Adam(task.rate), loss, metrics=metrics)
    return model


def training(task: Task, x: Any, y: Any) -> Any:
    x = floats(x)
    model = compiled(task, [keras.metrics.AUC(name="auc")] if task.auc else [])

    def run(epochs: int, tell: bool = False) -> float:
        history = model.fit(x, y, batch_size=task.batch, epochs=epochs, verbose=0)
        return float(history.history["loss"][-1])

    return run


def prediction(task: Task, x: Any, weights: Any) -> Any:
    x = floats(x)
    model = network(task)
    model.set_weights(weights)
    size = min(WHOLE, task.batch)
    return lambda: model.predict(x, batch_size=size, verbose=0)


def reach(task: Task, train: Any, test: Any, seed: int) -> tuple[int, float]:
    class Reached(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if logs["val_accuracy"] >= task.goal:
                self.model.stop_training = True

    (x, y), (x_test, y_test) = train, test
    model = compiled(task, ["accuracy"], seed)
    history = model.fit(
        floats(x), y, batch_size=task.batch, epochs=MOST_EPOCHS, validation_data=(floats(x_test), y_test),
        callbacks=[Reached()], verbose=0,
    )  # fmt: skip
    return len(history.epoch), history.history["val_accuracy"][-1]
