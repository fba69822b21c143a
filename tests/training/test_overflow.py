"""An epoch that overflows: its numbers are NaN, its weights are never the best ones, and the best ones come back."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import callbacks
from pellucid.errors import NonFinite
from pellucid.layers import Dense
from pellucid.models import load_model
from pellucid.rng import Key

X = Key(1).normal((60, 4))
Y = X @ np.array([[1.0], [-2.0], [0.5], [3.0]], "float32")
SOUND = 100.0  # no weight of a run that has not exploded comes near it


class RaiseRate(callbacks.Callback):
    """At epoch 3, a rate with which nothing survives."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == 3:
            self.model.optimizer.learning_rate = 1e30


def run(
    eager: bool, batch_size: int, stops: bool, *watching: callbacks.Callback
) -> tuple[pellucid.Sequential, list[float]]:
    """A run that explodes in epoch 3, and the losses of its history; [] where NonFinite was raised."""
    model = pellucid.Sequential([Dense(8, activation="relu", input_shape=(4,)), Dense(1)], seed=1)
    model.compile("adam", "mse", run_eagerly=eager)
    told = [RaiseRate(), *([callbacks.TerminateOnNaN()] if stops else []), *watching]
    try:
        history = model.fit(X, Y, epochs=8, batch_size=batch_size, verbose=0, callbacks=told)
    except NonFinite:
        assert not stops
        return model, []
    assert stops
    return model, history.history["loss"]


def largest(model: Any) -> float:
    with np.errstate(invalid="ignore"):
        return float(max(np.abs(w).max() for w in model.get_weights()))


WAYS = pytest.mark.parametrize(
    ("eager", "batch_size", "stops"),
    [(eager, size, stops) for eager in (False, True) for size in (20, 32, 60) for stops in (False, True)],
)


@WAYS
def test_the_weights_of_a_run_that_exploded_are_not_restored(eager: bool, batch_size: int, stops: bool) -> None:
    stopping = callbacks.EarlyStopping("loss", patience=5, restore_best_weights=True)
    model, losses = run(eager, batch_size, stops, stopping)
    assert largest(model) < SOUND
    assert stopping.best_epoch == 2
    assert not stops or math.isnan(losses[-1])


@WAYS
def test_they_are_not_saved_as_the_best(eager: bool, batch_size: int, stops: bool, tmp_path: Path) -> None:
    saving = callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor="loss", save_best_only=True)
    model, _ = run(eager, batch_size, stops, saving)
    assert not largest(model) < SOUND
    assert largest(load_model(tmp_path / "best.keras")) < SOUND


@WAYS
def test_the_log_says_that_the_epoch_has_no_loss(eager: bool, batch_size: int, stops: bool, tmp_path: Path) -> None:
    _, losses = run(eager, batch_size, stops, callbacks.CSVLogger(tmp_path / "log.csv"))
    with open(tmp_path / "log.csv", newline="") as file:
        logged = [float(row["loss"]) for row in csv.DictReader(file)]
    assert all(map(math.isfinite, logged[:3]))
    assert not any(map(math.isfinite, logged[4:]))
    assert not stops or np.array_equal(logged, losses, equal_nan=True)


@pytest.mark.parametrize("eager", [False, True])
def test_no_epoch_of_a_run_that_diverges_seems_good(eager: bool) -> None:
    model = pellucid.Sequential([Dense(1, input_shape=(4,))], seed=1)
    model.compile(pellucid.optimizers.SGD(50.0), "mse", metrics=["mae"], run_eagerly=eager)
    stopping = callbacks.EarlyStopping("loss", patience=9, restore_best_weights=True)
    told = [callbacks.TerminateOnNaN(), stopping]
    found = model.fit(X, Y * 1e3, epochs=9, verbose=0, callbacks=told).history
    assert found["loss"][0] == stopping.best
    assert not math.isfinite(found["loss"][-1])
    assert math.isnan(found["mae"][-1])
    assert 0.0 not in found["loss"]


def test_a_reduced_rate_knows_nan_for_no_improvement() -> None:
    reducing = callbacks.ReduceLROnPlateau("loss", factor=0.1, patience=1)
    reducing.set_model(pellucid.Sequential([Dense(1, input_shape=(4,))]))
    reducing.model.compile(pellucid.optimizers.SGD(1.0), "mse")
    reducing.on_train_begin()
    for epoch, loss in enumerate([2.0, math.nan, math.nan]):
        reducing.on_epoch_end(epoch, {"loss": loss})
    assert reducing.best == 2.0
    assert float(reducing.model.optimizer.learning_rate) < 1.0


@pytest.mark.parametrize("activation", ["sigmoid", "softmax", "softplus", "gelu", "swish", "log_softmax"])
def test_what_is_too_small_for_a_float_is_0_even_where_numpy_raises_errors(activation: str):
    x = 1000 * X
    model = pellucid.Sequential([Dense(8, activation=activation, input_shape=(4,)), Dense(1)], seed=1)
    model.compile("adam", "mse", run_eagerly=True)
    with np.errstate(all="raise"):
        model.fit(x, Y, epochs=3, verbose=0)
        outputs = model.predict(x)
    np.testing.assert_array_equal(outputs, model.predict(x))
