"""Each callback alone on given numbers, and in a real `fit`; where Keras has it, as Keras does (tests/golden)."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.errors import FileError, InvalidArgument, NonFinite, NotReady, UnknownName, WrongType
from pellucid.layers import Dense, Layer
from pellucid.metrics import F1Score
from pellucid.models import Sequential
from pellucid.optimizers import SGD, Adam
from pellucid.optimizers.schedules import CosineDecay, ExponentialDecay
from pellucid.training import callbacks
from pellucid.training.callbacks import (
    BackupAndRestore,
    Callback,
    CallbackList,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    Progress,
    ReduceLROnPlateau,
    SwapEMAWeights,
    TerminateOnNaN,
    UntilConverged,
    with_progress,
)
from pellucid.training.callbacks.base import MOMENTS, LazyLogs
from pellucid.training.callbacks.progress import duration, numbers

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "callbacks.json").read_text())
X = np.linspace(-1, 1, 40, dtype="float32").reshape(20, 2)
Y = (X[:, :1] > 0).astype("float32")


def network(optimizer: Any = "sgd", metrics: Any = None) -> Sequential:
    model = Sequential([Dense(3, activation="tanh", input_shape=(2,)), Dense(1, activation="sigmoid")], seed=1)
    model.compile(optimizer, "binary_crossentropy", metrics=metrics)
    return model


def fitted(*told: Any, model: Sequential | None = None, epochs: int = 3, **options: Any) -> Sequential:
    model = model or network()
    model.fit(X, Y, batch_size=5, epochs=epochs, verbose=0, callbacks=list(told), **options)
    return model


class Stub:
    """As much of a model as the callbacks that monitor a number touch; its weights are the number of the epoch."""

    metrics = ()
    stop_training = False

    def __init__(self) -> None:
        self.weights = [-1]
        self.optimizer = SGD(0.1)

    def get_weights(self) -> list[int]:
        return list(self.weights)

    def set_weights(self, weights: list[int]) -> None:
        self.weights = list(weights)


def run(callback: Callback, values: list[float], name: str = "val_loss") -> dict[str, Any]:
    """The learning rate after each epoch until the end, and the epoch whose weights are there in the end."""
    model, rates = Stub(), []
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.weights = [epoch]
        callback.on_epoch_end(epoch, {name: value})
        rates.append(model.optimizer.learning_rate)
        if model.stop_training:
            break
    callback.on_train_end()
    return {"rates": rates, "weights": model.weights[0]}


def case_id(case: dict[str, Any]) -> str:
    return f"{case['callback']} {case['arguments']} {case['values'][:3]}"


# Callbacks that monitor a number ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", GOLDEN, ids=case_id)
def test_the_same_values_lead_where_they_lead_keras(case: dict[str, Any]):
    found = run(getattr(callbacks, case["callback"])(**case["arguments"]), case["values"])
    assert found["weights"] == case["weights"]
    assert found["rates"] == pytest.approx(case["rates"], rel=1e-12)


@pytest.mark.parametrize("case", GOLDEN[::4], ids=case_id)
def test_memory_survives_at_every_epoch(case: dict[str, Any]):
    kind, values = getattr(callbacks, case["callback"]), case["values"]
    model, stubs = Stub(), []
    callback = kind(**case["arguments"])
    for epoch, value in enumerate(values):
        memory = callback.state() if epoch else None
        callback = kind(**case["arguments"])
        callback.set_model(model)
        callback.on_train_begin()
        if memory is not None:
            callback.load_state(memory)
        model.weights = [epoch]
        callback.on_epoch_end(epoch, {"val_loss": value})
        stubs.append(model.optimizer.learning_rate)
        if model.stop_training:
            break
    callback.on_train_end()
    assert stubs == pytest.approx(case["rates"], rel=1e-12)
    assert model.weights[0] == case["weights"]


@pytest.mark.parametrize(
    ("arguments", "values", "epochs", "converged"),
    [
        ({"tol": 0.1, "patience": 2}, [1.0, 0.5, 0.48, 0.46, 0.1], 4, True),
        ({"tol": 0.1, "patience": 2}, [1.0, 0.95, 0.89, 0.85, 0.78], 5, False),  # slow progress adds up
        ({"tol": 0.1, "patience": 2}, [1e-9, 0.5e-9, 0.48e-9, 0.46e-9, 0.1e-9], 4, True),  # whatever the scale
        ({"tol": 0.1, "patience": 2}, [-1.0, -2.0, -2.1, -2.3], 4, False),
        ({"tol": 0.1, "patience": 2}, [-1.0, -2.0, -2.05, -2.09, -9.0], 4, True),
        ({"tol": 0.0, "patience": 1}, [0.0, 0.0, 0.0], 2, True),
        ({"tol": 0.1, "patience": 2, "mode": "max"}, [0.5, 0.6, 0.61, 0.62, 0.9], 4, True),
        ({"patience": 2}, [1.0, float("nan"), float("nan"), 0.5], 3, True),
        ({"patience": 2}, [float("nan"), 1.0, 0.9, 0.8], 4, False),
    ],
)
def test_until_converged(arguments, values, epochs, converged):
    callback = UntilConverged(**arguments)
    assert len(run(callback, values, "loss")["rates"]) == epochs
    assert callback.converged is converged


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau, UntilConverged])
def test_nan_is_never_an_improvement(kind):
    callback = kind(monitor="loss", patience=50)
    run(callback, [float("nan"), 0.5, float("nan"), 0.6], "loss")
    assert callback.best == 0.5


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (EarlyStopping, {}),
        (ReduceLROnPlateau, {}),
        (UntilConverged, {"monitor": "val_loss"}),
        (ModelCheckpoint, {"filepath": "m.keras", "save_best_only": True}),
    ],
)
def test_watching_validation_without_any_is_an_error_before_the_first_epoch(kind, arguments):
    seen: list[int] = []
    with pytest.raises(InvalidArgument, match=r"argument monitor: .* got 'val_loss'\. Pass validation_data"):
        fitted(LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append(epoch)), kind(**arguments))
    assert not seen


def test_a_number_that_is_not_logged_is_an_error_that_names_those_that_are():
    with pytest.raises(UnknownName, match=r"val_acuracy'\. Did you mean 'val_accuracy'"):
        fitted(EarlyStopping("val_acuracy"), model=network(metrics=["accuracy"]), validation_data=(X, Y))


def test_epochs_without_validation_are_passed_over():
    stopping = EarlyStopping(mode="max", patience=2)
    model = fitted(stopping, epochs=20, validation_data=(X, Y), validation_freq=2)
    assert model.history.epoch == list(range(6))  # validated after epochs 1, 3 and 5


@pytest.mark.parametrize(("metric", "growing"), [("accuracy", True), ("mae", False), ("loss", False)])
def test_the_metric_tells_its_direction(metric, growing):
    model = fitted(epochs=1, model=network(metrics=["accuracy", "mae"]))
    name = model.metrics[["loss", "accuracy", "mae"].index(metric)].name
    callback = EarlyStopping(f"val_{name}")
    callback.set_model(model)
    assert callback.growing is growing


def test_a_number_of_unknown_direction_needs_a_mode():
    def my_score(y_true, y_pred):
        return np.abs(y_true - y_pred).mean(axis=-1)

    with pytest.raises(InvalidArgument, match="argument mode: expected 'min' or 'max'"):
        fitted(EarlyStopping("my_score"), model=network(metrics=[my_score]))
    fitted(EarlyStopping("my_score", mode="min"), model=network(metrics=[my_score]))


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (EarlyStopping, {"mode": "down"}),
        (EarlyStopping, {"patience": -1}),
        (EarlyStopping, {"patience": 1.5}),
        (EarlyStopping, {"min_delta": "small"}),
        (EarlyStopping, {"monitor": None}),
        (ReduceLROnPlateau, {"factor": 1.0}),
        (ReduceLROnPlateau, {"cooldown": -1}),
        (UntilConverged, {"tol": -1}),
        (UntilConverged, {"patience": 0}),
        (ModelCheckpoint, {"filepath": "model"}),
        (ModelCheckpoint, {"filepath": "model.keras", "save_weights_only": True}),
        (ModelCheckpoint, {"filepath": "model.keras", "save_freq": "batch"}),
        (ModelCheckpoint, {"filepath": "model.keras", "save_freq": 0}),
        (CSVLogger, {"filename": "log.csv", "separator": ", "}),
        (LearningRateScheduler, {"schedule": 0.1}),
        (LambdaCallback, {"on_epoch_finish": print}),
        (LambdaCallback, {"on_epoch_end": "print"}),
        (Progress, {"verbose": 3}),
    ],
)
def test_bad_arguments_are_refused(kind, arguments):
    with pytest.raises((InvalidArgument, WrongType), match=kind.__name__):
        kind(**arguments)


@pytest.mark.parametrize(
    ("mode", "monitor", "up"),
    [
        ("max", "val_mse", True), ("min", "val_loss", False), ("auto", "val_mse", False), ("auto", "loss", False),
        ("auto", "accuracy", True), ("auto", "val_accuracy", True), ("auto", "hinge", False), ("auto", "f1", True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau, ModelCheckpoint])
def test_monitor_op_says_which_number_is_better(kind, mode, monitor, up):
    """Keras's own cases."""
    callback = kind(*["m.keras"] * (kind is ModelCheckpoint), monitor=monitor, mode=mode)
    known_at_once = mode != "auto" or monitor == "loss"
    assert callback.monitor_op is ((np.greater if up else np.less) if known_at_once else None)
    callback.set_model(
        fitted(model=network(metrics=["mse", "accuracy", "hinge", F1Score(threshold=0.5, name="f1")]), epochs=1)
    )
    assert callback.monitor_op is (np.greater if up else np.less)


def test_monitor_op_can_be_set():
    stopping = EarlyStopping("my_score", patience=1)
    stopping.monitor_op = np.greater
    assert run(stopping, [1.0, 2.0, 3.0, 2.5, 2.6], "my_score")["weights"] == 3
    with pytest.raises(InvalidArgument, match=r"argument monitor_op: expected np\.less or np\.greater"):
        stopping.monitor_op = np.add


def test_early_stopping_restores_the_best_weights_and_says_so(capsys):
    kept = []
    keeping = LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()))
    model = network(SGD(0.5))
    fitted(keeping, EarlyStopping("loss", mode="max", patience=2, verbose=1, restore_best_weights=True), model=model)
    assert all((a == b).all() for a, b in zip(model.get_weights(), kept[0], strict=True))
    said = capsys.readouterr().out
    assert said == "Epoch 3: stopped early, loss no longer improves\nRestored the weights of the best epoch, 1\n"


def test_early_stopping_leaves_the_last_weights_otherwise():
    model = fitted(EarlyStopping("loss", mode="max", patience=2))
    assert (model.theta.data == fitted(epochs=3).theta.data).all()


# Learning rates --------------------------------------------------------------------------------------------------


def test_a_schedule_sets_the_rate_of_each_epoch_and_the_history_has_it(capsys):
    model = fitted(LearningRateScheduler(lambda epoch, lr: lr / 2 if epoch else 0.8, verbose=1))
    assert model.history.history["learning_rate"] == [0.8, 0.4, 0.2]
    assert capsys.readouterr().out.startswith("Epoch 1: learning rate set to 0.8\nEpoch 2:")
    model = fitted(LearningRateScheduler(lambda epoch: 0.1 * (epoch + 1)))
    assert model.history.history["learning_rate"] == pytest.approx([0.1, 0.2, 0.3])


def test_a_mistake_inside_a_schedule_is_told_as_it_is():
    with pytest.raises(TypeError, match="unsupported operand"):
        fitted(LearningRateScheduler(lambda epoch, lr: lr + "x"))
    with pytest.raises(WrongType, match="the schedule's result"):
        fitted(LearningRateScheduler(lambda epoch, lr: None))


def test_reduction_of_a_rate_that_a_schedule_sets_is_refused():
    with pytest.raises(WrongType, match="ReduceLROnPlateau: expected an optimizer whose learning rate is a number"):
        fitted(ReduceLROnPlateau("loss"), model=network(SGD(ExponentialDecay(0.1, 10, 0.9))))


@pytest.mark.parametrize(
    ("start", "factor", "expected"),
    [
        (0.1, 0.1, [0.1, 0.01, 0.001, 0.0001]),
        (0.3, 0.1, [0.3, 0.03, 0.003, 0.0003]),
        (0.01, 0.2, [0.01, 0.002, 0.0004, 8e-05]),
        (0.5, 0.25, [0.5, 0.125, 0.03125, 0.0078125]),
    ],
)
def test_a_reduced_rate_is_the_number_that_one_writes(start, factor, expected):
    model = fitted(ReduceLROnPlateau("loss", factor, patience=1, mode="max"), model=network(SGD(start)), epochs=5)
    assert model.history.history["learning_rate"] == [start, *expected]


def test_reduction_is_told_and_logged(capsys):
    model = fitted(ReduceLROnPlateau("loss", factor=0.5, patience=1, mode="max", verbose=1), epochs=4)
    assert model.history.history["learning_rate"] == [0.01, 0.01, 0.005, 0.0025]
    assert "Epoch 2: learning rate reduced to 0.005\n" in capsys.readouterr().out


# Files -----------------------------------------------------------------------------------------------------------


def rows(path: Path) -> list[list[str]]:
    with open(path, newline="") as file:
        return list(csv.reader(file))


def test_the_log_has_a_row_for_each_epoch_as_soon_as_it_ends(tmp_path):
    path = tmp_path / "log.csv"
    lengths: list[int] = []
    counting = LambdaCallback(on_epoch_end=lambda epoch, logs: lengths.append(len(rows(path))))
    model = fitted(CSVLogger(path), counting, model=network(metrics=["accuracy"]))
    assert lengths == [2, 3, 4]
    header, *body = rows(path)
    assert header == ["epoch", "accuracy", "loss", "val_accuracy", "val_loss"] or header[1].endswith("accuracy")
    assert [float(row[2]) for row in body] == model.history.history["loss"]
    assert {row[3] for row in body} == {"NA"}
    assert path.read_bytes().endswith(b"\n")


def test_a_log_is_replaced_or_gone_on_with(tmp_path):
    path = tmp_path / "log.csv"
    fitted(CSVLogger(path, separator=";"))
    fitted(CSVLogger(path, separator=";"), epochs=2)
    assert len(path.read_text().splitlines()) == 3
    fitted(CSVLogger(path, separator=";", append=True), epochs=2, validation_data=(X, Y))
    assert [line.split(";")[0] for line in path.read_text().splitlines()] == ["epoch", "0", "1", "0", "1"]
    assert path.read_text().splitlines()[-1].split(";")[2] != "NA"


def test_a_log_with_an_unfinished_line_or_other_columns(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss\n0,0.5")
    fitted(CSVLogger(path, append=True), epochs=1)
    assert [row[0] for row in rows(path)] == ["epoch", "0", "0"]
    with pytest.raises(FileError, match="expected the columns epoch, loss, val_loss, got epoch, loss"):
        fitted(CSVLogger(path, append=True), epochs=1, validation_data=(X, Y))


def test_a_log_that_cannot_be_written(tmp_path):
    with pytest.raises(FileError, match=r"CSVLogger, file .*: expected room and permission to write"):
        fitted(CSVLogger(tmp_path / "nowhere" / "log.csv"))


def test_several_values_stand_in_one_cell(tmp_path):
    logger = CSVLogger(tmp_path / "log.csv")
    logger.on_epoch_end(0, {"f1": np.array([0.5, 0.25]), "loss": np.float32(0.5)})
    assert rows(tmp_path / "log.csv")[1][1:3] == ["[0.5, 0.25]", "0.5"]


def test_the_log_of_a_resumed_run_loses_the_rows_it_repeats(tmp_path):
    path, logger = tmp_path / "log.csv", CSVLogger(tmp_path / "log.csv")
    logger.on_epoch_end(0, {"loss": 1.0})
    memory = json.loads(json.dumps(logger.state()))
    logger.on_epoch_end(1, {"loss": 0.5})
    resumed = CSVLogger(path)
    resumed.on_train_begin()
    resumed.load_state(memory)
    resumed.on_epoch_end(1, {"loss": 0.25})
    assert [row[:2] for row in rows(path)] == [["epoch", "loss"], ["0", "1.0"], ["1", "0.25"]]
    path.unlink()  # somebody moved it away
    resumed.on_train_begin()
    resumed.load_state(memory)
    resumed.on_epoch_end(2, {"loss": 0.125})
    assert [row[:2] for row in rows(path)] == [["epoch", "loss"], ["2", "0.125"]]


@pytest.fixture
def saved(monkeypatch) -> list[tuple[str, str]]:
    """What models were told to write, in the place of writing it."""
    calls: list[tuple[str, str]] = []
    for method in ("save", "save_weights"):
        monkeypatch.setattr(
            Sequential,
            method,
            lambda self, path, overwrite, method=method: calls.append((method, os.path.basename(path))),
        )
    return calls


@pytest.mark.parametrize(
    ("filepath", "arguments", "expected"),
    [
        ("m.keras", {}, ["m.keras"] * 3),
        ("{epoch:02d}.keras", {}, ["01.keras", "02.keras", "03.keras"]),
        ("{epoch}.weights.h5", {"save_weights_only": True}, [f"{n}.weights.h5" for n in (1, 2, 3)]),
        ("{epoch}-{batch}.keras", {"save_freq": 3}, ["1-3.keras", "2-2.keras", "3-1.keras", "3-4.keras"]),
        ("{epoch}.keras", {"save_best_only": True, "monitor": "loss"}, ["1.keras", "2.keras", "3.keras"]),
        ("{epoch}.keras", {"save_best_only": True, "monitor": "loss", "mode": "max"}, ["1.keras"]),
        ("{epoch}.keras", {"save_best_only": True, "monitor": "loss", "initial_value_threshold": 0.01}, []),
        (
            "{epoch}.keras",
            {"save_best_only": True, "monitor": "loss", "save_freq": 4},
            ["1.keras", "2.keras", "3.keras"],
        ),
        ("{epoch}.keras", {"save_best_only": True, "validation_freq": 2}, ["2.keras"]),
    ],
)
def test_when_and_where_a_model_is_saved(tmp_path, saved, filepath, arguments, expected):
    frequency = arguments.pop("validation_freq", 1)
    saving = ModelCheckpoint(tmp_path / "new folder" / filepath, **arguments)
    fitted(saving, model=network(SGD(0.5)), validation_data=(X, Y), validation_freq=frequency)
    method = "save_weights" if arguments.get("save_weights_only") else "save"
    assert saved == [(method, name) for name in expected]


def test_a_name_with_the_logged_numbers_and_what_is_said(tmp_path, saved, capsys):
    path = tmp_path / "{epoch}-{loss:.1f}.keras"
    fitted(ModelCheckpoint(path, "loss", verbose=1, save_best_only=True), epochs=2)
    assert len(saved) == 2
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("Epoch 1: loss improved from nothing to 0.")
    assert second == f"Epoch 1: saved {tmp_path / saved[0][1]}"


@pytest.mark.parametrize(
    ("name", "error"),
    [("{los}.keras", UnknownName), ("{loss:q}.keras", InvalidArgument), ("{}.keras", InvalidArgument)],
)
def test_a_name_that_cannot_be_filled_in(tmp_path, saved, name, error):
    with pytest.raises(error, match="ModelCheckpoint, argument filepath"):
        fitted(ModelCheckpoint(tmp_path / name))


def test_a_path_that_is_a_folder(tmp_path, saved):
    (tmp_path / "m.keras").mkdir()
    with pytest.raises(FileError, match="expected a file, got the folder"):
        fitted(ModelCheckpoint(tmp_path / "m.keras"))


def test_the_best_after_each_batch_cannot_be_judged_by_validation(tmp_path):
    with pytest.raises(InvalidArgument, match="known after a batch"):
        fitted(ModelCheckpoint(tmp_path / "m.keras", save_best_only=True, save_freq=2), validation_data=(X, Y))


def test_a_saved_model_is_the_one_of_its_epoch(tmp_path):
    kept = []
    model = network()
    keeping = LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()))
    fitted(ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True), keeping, model=model)
    model.load_weights(tmp_path / "2.weights.h5")
    assert all((a == b).all() for a, b in zip(model.get_weights(), kept[1], strict=True))


# What is not finite ----------------------------------------------------------------------------------------------


class Breaking(Layer):
    """Gives NaN from its fifth training step on."""

    steps = 0

    def forward(self, p, x, *, training, rng):
        self.steps += training
        return (x * np.nan if self.steps >= 5 and training else x), None

    def backward(self, p, cache, dy):
        return dy, {}


def breaking() -> Sequential:
    model = Sequential([Dense(1, input_shape=(2,)), Breaking(name="breaking")], seed=0)
    model.compile("sgd", "mse")
    return model


def test_nan_ends_training_with_the_error_of_its_layer(capsys):
    told: list[str] = []
    model = breaking()
    telling = LambdaCallback(on_train_end=lambda logs: told.append("end"))
    fitted(TerminateOnNaN(), telling, model=model, epochs=9)
    said = capsys.readouterr().out
    assert said.startswith("Training stopped at batch 0: training, step 5: ")
    assert "'breaking'" in said
    assert np.isfinite(model.theta.data).all()
    assert told == ["end"]
    assert model.history.epoch == [0, 1]


def test_nan_is_an_error_otherwise():
    for told in ([TerminateOnNaN(raise_error=True)], []):
        with pytest.raises(NonFinite, match="'breaking'"):
            fitted(*told, model=breaking(), epochs=9)


# The average of the weights --------------------------------------------------------------------------------------


def averaged() -> Sequential:
    return network(SGD(0.5, use_ema=True, ema_momentum=0.7))


def test_the_average_is_evaluated_and_the_weights_come_back():
    seen: dict[str, Any] = {}

    def note(moment: str) -> Any:
        return lambda *_: seen.setdefault(moment, (model.theta.data.copy(), average().copy()))

    def average() -> Any:
        return model.optimizer.memory.average.data

    model = averaged()
    watching = {moment: note(moment) for moment in ("on_test_begin", "on_test_end", "on_epoch_begin", "on_epoch_end")}
    fitted(SwapEMAWeights(), LambdaCallback(**watching), model=model, epochs=1, validation_data=(X, Y))
    assert (seen["on_test_begin"][0] == seen["on_test_begin"][1]).all()
    assert not (seen["on_epoch_end"][0] == seen["on_epoch_end"][1]).all()
    assert (seen["on_test_end"][0] == seen["on_epoch_end"][0]).all()
    assert (model.theta.data == average()).all(), "the optimizer leaves the average in place at the end"


@pytest.mark.parametrize("early", [False, True])
def test_swapping_on_epochs_trains_the_same(early):
    seen = []
    model, plain = averaged(), averaged()
    keeping = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(model.theta.data.copy()))
    stopping = [LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(model, "stop_training", True))] * early
    fitted(SwapEMAWeights(swap_on_epoch=True), keeping, *stopping, model=model)
    fitted(model=plain, epochs=1 if early else 3)
    assert len(seen) == (1 if early else 3)
    assert (model.theta.data == plain.theta.data).all()
    assert (seen[-1] == model.theta.data).all()


def test_prediction_uses_the_average():
    model = averaged()
    fitted(model=model)
    model.optimizer.memory.average.data[...] = 0.0
    before = model.theta.data.copy()
    assert model.predict(X, verbose=0, callbacks=[SwapEMAWeights()]) == pytest.approx(0.5)
    assert (model.theta.data == before).all()


def test_an_optimizer_that_does_not_average_is_refused():
    with pytest.raises(NotReady, match=r"Adam\(use_ema=True\)"):
        fitted(SwapEMAWeights(), model=network(Adam()))


# Moments ---------------------------------------------------------------------------------------------------------


def recording(told: list[tuple[Any, ...]]) -> LambdaCallback:
    def record(moment: str) -> Any:
        return lambda *args: told.append((moment, *args))

    return LambdaCallback(**{moment: record(moment) for moment in MOMENTS if not moment.startswith("on_batch")})


def test_every_moment_comes_in_its_turn_with_its_arguments():
    told: list[tuple[Any, ...]] = []
    model = fitted(recording(told), epochs=1, validation_data=(X[:5], Y[:5]))
    model.predict(X[:5], verbose=0, callbacks=[recording(told)])
    batch = ["on_train_batch_begin", "on_train_batch_end"]
    assert [moment for moment, *_ in told] == [
        "on_train_begin", "on_epoch_begin", *batch * 4, "on_test_begin", "on_test_batch_begin", "on_test_batch_end",
        "on_test_end", "on_epoch_end", "on_train_end", "on_predict_begin", "on_predict_batch_begin",
        "on_predict_batch_end", "on_predict_end",
    ]  # fmt: skip
    for moment, *args in told:
        assert len(args) == (2 if "batch" in moment or "epoch" in moment else 1), moment
        list(args[-1].keys())  # as Keras's guides do at every moment


def test_keras_callbacks_of_older_style_are_heard():
    class Old(Callback):
        seen = 0

        def on_batch_end(self, batch, logs=None):
            self.seen += 1

    old = Old()
    fitted(old, epochs=2)
    assert old.seen == 8


def test_moments_that_nobody_overrides_are_not_listened_to():
    several = CallbackList([EarlyStopping(), LambdaCallback(on_test_end=print)])
    assert several.listens("on_epoch_end")
    assert several.listens("on_test_end")
    assert not several.listens("on_train_batch_end")
    assert CallbackList([Progress()]).listens("on_train_batch_end")


def test_a_list_tells_its_callbacks_and_closes_them():
    class Watching(Callback):
        closed = 0

        def close(self):
            self.closed += 1

    told: list[tuple[Any, ...]] = []
    watching = Watching()
    several = CallbackList([recording(told), watching], model="model", params={"epochs": 2})
    several.on_epoch_begin(0)
    several.on_epoch_end(0, logs={"loss": 1.0})
    several.on_train_end()
    assert told == [("on_epoch_begin", 0, {}), ("on_epoch_end", 0, {"loss": 1.0}), ("on_train_end", {})]
    assert (watching.model, watching.params) == ("model", {"epochs": 2})
    with pytest.raises(ZeroDivisionError):
        fitted(watching, LambdaCallback(on_train_batch_end=lambda batch, logs: 1 / 0))
    assert watching.closed == 1


def test_the_order_is_the_users_then_the_history_then_the_backup(tmp_path):
    backup, first, second = BackupAndRestore(tmp_path), EarlyStopping(), UntilConverged()
    assert CallbackList([backup, first, second]).callbacks == [first, second, backup]


def test_logs_are_read_only_when_asked_for():
    asked: list[int] = []
    logs = LazyLogs(lambda: asked.append(1) or {"loss": 0.5})
    assert not asked
    assert (logs["loss"], dict(logs), len(logs), len(asked)) == (0.5, {"loss": 0.5}, 1, 1)
    logs.update(extra=2)  # as callbacks of Keras's do, for those behind them
    del logs["loss"]
    assert dict(logs) == {"extra": 2}


@pytest.mark.parametrize("wrong", [3, ["earlystopping"], [EarlyStopping], EarlyStopping])
def test_what_is_not_a_callback_is_refused(wrong):
    with pytest.raises(WrongType, match="argument callbacks"):
        network().fit(X, Y, callbacks=wrong, verbose=0)


def test_one_callback_none_or_a_list_of_them():
    for given in (History(), [History()], (History(),), CallbackList([History()]), None):
        network().fit(X, Y, callbacks=given, verbose=0)


def test_a_lambda_may_not_be_misspelt():
    with pytest.raises(UnknownName, match="Did you mean 'on_epoch_end'"):
        LambdaCallback(on_epoch_ends=print)


# Progress --------------------------------------------------------------------------------------------------------


def test_lines_where_there_is_no_terminal(capsys):
    model = network(metrics=["accuracy"])
    model.fit(X, Y, epochs=2, verbose=1, validation_data=(X, Y), callbacks=ReduceLROnPlateau())
    model.evaluate(X, Y, verbose=2)
    model.predict(X, verbose=1)
    first, second, third = capsys.readouterr().out.splitlines()
    h = model.history.history
    for epoch, line in enumerate((first, second)):
        title, took, loss, _, val_loss, _, rate = line.split(" · ")
        assert title == f"Epoch {epoch + 1}/2"
        assert took.endswith(" s")
        assert (loss, val_loss) == (f"loss {h['loss'][epoch]:.4f}", f"val_loss {h['val_loss'][epoch]:.4f}")
        assert rate == "lr 0.01"
    assert third.startswith("Evaluation · ")
    assert " · loss 0." in third


def test_a_line_tells_the_rate_of_the_last_step_not_of_the_next(capsys):
    model = network(SGD(CosineDecay(0.5, 10)))
    model.fit(X, Y, epochs=2, batch_size=4, verbose=2)
    assert model.optimizer.learning_rate == 0
    rate = capsys.readouterr().out.splitlines()[-1].rpartition("lr ")[2]
    assert 0 < float(rate) < 0.1


def test_progress_is_added_once_and_first():
    stopping = EarlyStopping()
    assert with_progress(None, 0) == []
    assert with_progress(stopping, 0) == [stopping]
    progress, *rest = with_progress([stopping], 2)
    assert isinstance(progress, Progress)
    assert progress.verbose == 2
    assert rest == [stopping]
    assert with_progress([stopping, progress], 1) == [stopping, progress]
    assert len(with_progress(CallbackList([stopping]), 1)) == 2


def test_numbers_and_times_are_short():
    logs = {"loss": 0.0, "auc": 1.0, "tiny": 0.00012345, "huge": 1234567.0, "f1": np.array([0.5, 0.25]), "n": 7}
    assert numbers({**logs, "learning_rate": 1.0}) == [
        "loss 0.0000", "auc 1.0000", "tiny 0.000123", "huge 1.23e+06", "f1 [0.5000 0.2500]", "n 7",
    ]  # fmt: skip
    assert numbers({"loss": float("nan")}) == ["loss nan"]
    assert [duration(s) for s in (0, 59.94, 60, 3600, float("inf"))] == [
        "0.00 s",
        "59.9 s",
        "1 min 00 s",
        "1 h 00 min",
        "?",
    ]
    assert duration(12.6, whole=True) == "13 s"


SCRIPT = """
import sys
sys.path[:0] = {path!r}
import numpy as np
from pellucid.layers import Dense
from pellucid.metrics import F1Score
from pellucid.models import Sequential
from pellucid.training.callbacks import LambdaCallback
import pellucid.training
model = Sequential([Dense(1, input_shape=(2,))], seed=0)
model.compile("sgd", "mse")
def batch_ended(batch, logs):
    if {fails} and batch == 3:
        raise SystemExit(7)
    if batch == 5:
        print("hello from a callback")
        model.evaluate(x[:8], x[:8, :1], verbose=1)
x = np.ones((64, 2))
model.fit(x, x[:, :1], batch_size=4, epochs=2, verbose={verbose},
          callbacks=LambdaCallback(on_train_batch_end=batch_ended), validation_data=(x, x[:, :1]))
model.predict(x, verbose={verbose})
print("rich" in sys.modules)
"""


def in_a_terminal(source: str, columns: int = 100) -> tuple[str, int]:
    """(what a script writes to a terminal, its exit code)."""
    pty = pytest.importorskip("pty")
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    with subprocess.Popen(
        [sys.executable, "-c", source],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "xterm", "PYTHONIOENCODING": "utf-8"},
    ) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # the other end was closed
                break
            if not chunk:
                break
            written += chunk
    os.close(ours)
    return written.decode(), process.returncode


def script(verbose: int, fails: bool = False) -> str:
    return SCRIPT.format(path=sys.path, verbose=verbose, fails=fails)


def test_a_bar_on_a_terminal():
    shown, code = in_a_terminal(script(1))
    assert code == 0, shown
    assert "━" in shown
    assert "1/16 loss " in shown
    assert " left" in shown
    assert "\nhello from a callback\r\n" in shown.replace("\x1b[2K", "\n").replace("\x1b[1A", "")
    assert "Evaluation · " in shown, "an evaluation inside has no bar of its own, but its line"
    assert "Prediction" in shown
    lines = [line.split("\x1b[2K")[-1].strip() for line in shown.split("\n")]
    assert sum(line.startswith("Epoch 1/2 · ") and " · val_loss " in line for line in lines) == 1
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h"), "the cursor is shown again"


def test_an_error_leaves_the_terminal_as_it_was_and_a_narrow_one_cuts_the_bar():
    shown, code = in_a_terminal(script(1, fails=True), columns=40)
    assert code == 7
    assert "Epoch 1/2" in shown
    assert "…" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1


def test_lines_only_where_they_are_asked_for():
    shown, _ = in_a_terminal(script(2).replace("verbose=1", "verbose=2"))
    assert "\x1b" not in shown
    assert "Epoch 2/2 · " in shown
    assert shown.endswith("False\r\n"), "lines need no rich"


def test_quiet_training_says_nothing_and_does_not_load_rich():
    shown, _ = in_a_terminal(script(0).replace("verbose=1", "verbose=0"))
    assert shown.splitlines() == ["hello from a callback", "hello from a callback", "False"]


def test_an_output_without_dots_gets_hyphens(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    network().fit(X, Y, verbose=1)
    assert b"Epoch 1/1 - " in written.getvalue()
