"""The worked example, on the real data: as Keras's documentation writes it, and as one command."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import pellucid as keras
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train
from pellucid.layers import Dense, Dropout
from pellucid.models import Sequential

pytestmark = [
    pytest.mark.skipif(not os.environ.get("PELLUCID_DATA"), reason="PELLUCID_DATA names no folder with MNIST in it"),
    pytest.mark.timeout(900),
]


def test_the_framework_way():
    keras.utils.set_random_seed(0)
    (X_train, y_train), (X_test, y_test) = keras.datasets.mnist.load_data()
    X_train, X_test = X_train.reshape(-1, 784) / 255.0, X_test.reshape(-1, 784) / 255.0

    # fmt: off
    model = Sequential([
        Dense(64, activation='relu', input_shape=(784,)),
        Dropout(0.2),
        Dense(10, activation='softmax')
    ])
    model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
    history = model.fit(X_train, y_train, epochs=10, batch_size=32, validation_data=(X_test, y_test))
    # fmt: on

    assert history.history["val_accuracy"][-1] >= 0.97
    assert model.evaluate(X_test, y_test)[1] == pytest.approx(history.history["val_accuracy"][-1])


def test_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    finished = train(TrainSpec(data="mnist"))
    assert finished.metrics["accuracy"] >= 0.978
    assert np.sum(finished.metrics["confusion_matrix"]) == 10_000
