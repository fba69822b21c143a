"""A run that was interrupted, by an error or by a kill, ends with the same bits as one that was not.

Run as a script, this file trains that run in a folder, and kills itself at a given moment.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.utils import PyDataset
from pellucid.errors import FileError, WrongType
from pellucid.layers import BatchNormalization, Dense, Dropout
from pellucid.models import Sequential
from pellucid.optimizers import SGD, Adam
from pellucid.optimizers.schedules import ExponentialDecay
from pellucid.training import checkpoint
from pellucid.training.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ReduceLROnPlateau,
    SwapEMAWeights,
    UntilConverged,
)
from pellucid.training.checkpoint import Position, load_checkpoint, save_checkpoint

N, BATCH, EPOCHS = 48, 8, 6
STEPS = 5  # 36 of the 48 samples are trained on, the last batch is smaller
VALIDATION = -1  # in the place of a batch: when validation begins


class Interrupted(Exception):
    """What ends a run before its time."""


class Interrupting(Callback):
    """Raise, or kill the process, at one moment: the end of a batch, an epoch's if batch is None, or VALIDATION."""

    def __init__(self, epoch: int, batch: int | None, kill: bool = False) -> None:
        self.at, self.kill = (epoch, batch), kill
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self.strike(batch)

    def on_test_begin(self, logs=None):
        self.strike(VALIDATION)

    def on_epoch_end(self, epoch, logs=None):
        self.strike(None)

    def strike(self, batch: int | None) -> None:
        if (self.epoch, batch) == self.at:
            if self.kill:
                os.kill(os.getpid(), signal.SIGKILL)
            raise Interrupted


def halve(epoch: int, lr: float) -> float:
    return lr / 2 if epoch % 2 else lr


def optimizer(kind: str) -> Any:
    if kind == "averaging":
        return SGD(0.05, momentum=0.9, nesterov=True, use_ema=True, ema_momentum=0.9)
    if kind == "accumulating":
        return Adam(0.02, gradient_accumulation_steps=4, clipnorm=1.0)
    if kind == "scheduled":
        return Adam(ExponentialDecay(0.02, 5, 0.8))
    return Adam(0.02)


def watching(kind: str, folder: Path) -> list[Callback]:
    shared = [
        EarlyStopping(patience=3, restore_best_weights=True),
        UntilConverged(tol=0.001, patience=4),
        CSVLogger(folder / "log.csv"),
    ]
    if kind == "averaging":
        return [SwapEMAWeights(swap_on_epoch=True), *shared]
    if kind == "scheduled":
        return shared
    if kind == "accumulating":
        return [LearningRateScheduler(halve), *shared]
    return [ReduceLROnPlateau(patience=1, factor=0.5, min_delta=0.02), *shared]


def data() -> tuple[Any, Any]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(N, 5)).astype("float32")
    return x, (x[:, 0] * x[:, 1] > 0).astype("int64")


def network(kind: str = "plain", seed: int | None = 11) -> Sequential:
    model = Sequential(
        [
            Dense(6, activation="relu", input_shape=(5,)),
            BatchNormalization(),
            Dropout(0.3),
            Dense(2, activation="softmax"),
        ],
        seed=seed,
    )
    model.compile(optimizer(kind), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train(folder: Path, kind: str = "plain", backup: Any = None, extra: Any = (), epochs: int = EPOCHS, **options: Any):
    """(model, callbacks) after a run; its model is new, as after a start of the computer."""
    model, (x, y) = network(kind, **options), data()
    callbacks = [*watching(kind, folder), *([backup] if backup else []), *extra]
    model.fit(x, y, BATCH, epochs, callbacks=callbacks, validation_split=0.25, verbose=0)
    return model, callbacks


def everything(model: Sequential, callbacks: list[Callback], folder: Path) -> dict[str, Any]:
    """All that a run leaves behind, as text and bytes."""
    known = [callback for callback in callbacks if not isinstance(callback, BackupAndRestore | Interrupting)]
    return {
        "theta": model.theta.data.tobytes(),
        "state": model.state.data.tobytes(),
        "optimizer": {name: value.tobytes() for name, value in model.optimizer.state().items()},
        "history": repr(model.history.history),
        "epochs": model.history.epoch,
        "log": (folder / "log.csv").read_text(),
        "memories": [repr(callback.state()) for callback in known],
    }


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    kinds = ("plain", "averaging", "accumulating", "scheduled")
    folders = {kind: tmp_path_factory.mktemp(kind) for kind in kinds}
    return {kind: everything(*train(folder, kind), folder) for kind, folder in folders.items()}


# Interrupted and resumed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["plain", "averaging", "accumulating", "scheduled"])
@pytest.mark.parametrize(
    ("save_freq", "epoch", "batch"),
    [
        ("epoch", 3, 1),
        (1, 2, 3),
        (1, 2, VALIDATION),  # an epoch whose batches are all done
        (3, 3, None),
    ],
)
def test_a_resumed_run_equals_an_uninterrupted_one(uninterrupted, tmp_path, kind, save_freq, epoch, batch):
    def backup() -> BackupAndRestore:
        return BackupAndRestore(tmp_path / "backup", save_freq=save_freq)

    with pytest.raises(Interrupted):
        train(tmp_path, kind, backup(), [Interrupting(epoch, batch)])
    resumed = train(tmp_path, kind, backup(), seed=99)  # the checkpoint's seed counts
    assert everything(*resumed, tmp_path) == uninterrupted[kind]
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize(
    ("save_freq", "epoch", "batch"), [("epoch", 0, 2), ("epoch", 3, None), (1, 0, 0), (1, 1, STEPS - 1), (1, 3, 0)]
)
def test_a_resumed_run_wherever_it_stood(uninterrupted, tmp_path, save_freq, epoch, batch):
    with pytest.raises(Interrupted):
        train(tmp_path, "plain", BackupAndRestore(tmp_path / "backup", save_freq), [Interrupting(epoch, batch)])
    resumed = train(tmp_path, "plain", BackupAndRestore(tmp_path / "backup", save_freq))
    assert everything(*resumed, tmp_path) == uninterrupted["plain"]


def test_the_runs_compared_here_have_seen_something(uninterrupted):
    assert "0.02, 0.01" in uninterrupted["plain"]["history"], "the learning rate was to be reduced"
    assert len({run["theta"] for run in uninterrupted.values()}) == 4


class Blocks(PyDataset):
    """The data, 8 at a time."""

    def __len__(self):
        return N // BATCH

    def __getitem__(self, i):
        x, y = data()
        return x[i * BATCH : (i + 1) * BATCH], y[i * BATCH : (i + 1) * BATCH]


def test_batches_that_a_dataset_makes(tmp_path):
    def run(*callbacks: Callback) -> str:
        model = network()
        history = model.fit(Blocks(), epochs=3, callbacks=callbacks, verbose=0)
        return repr((history.history, model.theta.data.tobytes()))

    expected = run()
    with pytest.raises(Interrupted):
        run(BackupAndRestore(tmp_path / "backup", 2), Interrupting(1, 4))
    assert run(BackupAndRestore(tmp_path / "backup", 2)) == expected


def test_a_run_interrupted_again_and_again_equals_an_uninterrupted_one(uninterrupted, tmp_path):
    for epoch, batch in ((0, 4), (1, 1), (1, 2), (1, None), (4, 4)):
        with pytest.raises(Interrupted):
            train(tmp_path, "plain", BackupAndRestore(tmp_path / "backup", 1), [Interrupting(epoch, batch)])
    resumed = train(tmp_path, "plain", BackupAndRestore(tmp_path / "backup", 1))
    assert everything(*resumed, tmp_path) == uninterrupted["plain"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_killed_process_resumes(uninterrupted, tmp_path):
    for moment in ("2 3", "saving 9"):
        command = [sys.executable, __file__, str(tmp_path), *moment.split()]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == -signal.SIGKILL, result.stderr
    assert list((tmp_path / "backup").glob("*.partial")), "the second kill was to hit an unfinished file"
    resumed = train(tmp_path, "plain", BackupAndRestore(tmp_path / "backup", 2))
    assert everything(*resumed, tmp_path) == uninterrupted["plain"]
    assert not (tmp_path / "backup").exists()


def test_a_stop_that_was_decided_before_the_interruption_holds(tmp_path):
    def stopping() -> list[Callback]:
        return [EarlyStopping(monitor="loss", mode="max", patience=1, restore_best_weights=True)]

    expected, _ = train(tmp_path, extra=stopping())
    assert len(expected.history.epoch) == 2
    backup, dying = BackupAndRestore(tmp_path / "backup"), LambdaCallback(on_train_end=lambda logs: interrupt())
    with pytest.raises(Interrupted):
        train(tmp_path, backup=backup, extra=[*stopping(), dying])
    resumed, _ = train(tmp_path, backup=BackupAndRestore(tmp_path / "backup"), extra=stopping())
    assert resumed.history.history == expected.history.history
    assert resumed.theta.data.tobytes() == expected.theta.data.tobytes()


def interrupt() -> None:
    raise Interrupted


def test_more_epochs_than_the_interrupted_run_was_to_have(uninterrupted, tmp_path):
    train(tmp_path, backup=BackupAndRestore(tmp_path / "backup", delete_checkpoint=False), epochs=4)
    assert (tmp_path / "backup" / "checkpoint.npz").exists()
    resumed = train(tmp_path, backup=BackupAndRestore(tmp_path / "backup"))
    # The four epochs ended with the weights of the best one restored, after the last backup: it is that which counts.
    assert everything(*resumed, tmp_path) == uninterrupted["plain"]


def test_a_run_interrupted_after_its_last_epoch_still_ends_with_the_average_of_the_weights(tmp_path):
    def run(*callbacks: Callback) -> bytes:
        model, (x, y) = network("averaging"), data()
        model.fit(x, y, epochs=2, callbacks=callbacks, verbose=0)
        return model.theta.data.tobytes()

    with pytest.raises(Interrupted):
        run(BackupAndRestore(tmp_path / "backup"), LambdaCallback(on_train_end=lambda logs: interrupt()))
    assert run(BackupAndRestore(tmp_path / "backup")) == run()


# When it saves ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [(1, 0), (2, 0)]),
        ({"save_freq": 3}, [(0, 3), (1, 1), (1, 4)]),
        ({"save_freq": 5}, [(0, 5), (1, 5)]),
        ({"save_freq": False, "save_seconds": 0}, [(e, b) for e in (0, 1) for b in range(1, 6)] + [(1, 0), (2, 0)]),
        ({"save_freq": False, "save_seconds": 1e6}, []),
        ({"save_freq": False}, [(e, b) for e in (0, 1) for b in range(1, 6)]),
        ({"save_freq": True}, [(e, b) for e in (0, 1) for b in range(1, 6)]),
        ({"save_freq": np.int64(3)}, [(0, 3), (1, 1), (1, 4)]),
    ],
)
def test_when_it_saves(tmp_path, monkeypatch, options, expected):
    saved = []
    monkeypatch.setattr(
        "pellucid.training.callbacks.backup_and_restore.save_checkpoint",
        lambda path, model, position, callbacks: saved.append((position.epoch, position.batch)),
    )
    train(tmp_path, backup=BackupAndRestore(tmp_path / "backup", **options), epochs=2)
    assert sorted(saved) == sorted(expected)


def test_the_one_before_is_used_when_the_last_is_damaged(uninterrupted, tmp_path):
    backup = BackupAndRestore(tmp_path / "backup", double_checkpoint=True)
    with pytest.raises(Interrupted):
        train(tmp_path, "plain", backup, [Interrupting(3, 1)])
    assert sorted(os.listdir(tmp_path / "backup")) == ["checkpoint.npz", "checkpoint.previous.npz"]
    backup.path.write_bytes(backup.path.read_bytes()[:-100])
    resumed = train(tmp_path, "plain", BackupAndRestore(tmp_path / "backup"))
    assert everything(*resumed, tmp_path) == uninterrupted["plain"]


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    model, (x, y) = network(), data()
    model.fit(x, y, epochs=1, callbacks=BackupAndRestore(tmp_path), verbose=0)
    assert os.listdir(tmp_path) == ["mine.txt"]


@pytest.mark.parametrize("save_freq", [False, True, 1, 3, 5, 7, "epoch"])
def test_it_saves_when_keras_does(tmp_path, monkeypatch, save_freq):
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    saved: dict[str, list[tuple[int, int]]] = {"theirs": [], "mine": []}
    theirs, at = keras.callbacks.BackupAndRestore(str(tmp_path / "theirs"), save_freq=save_freq), (0, 0)
    monkeypatch.setattr(theirs, "_save_model", lambda: saved["theirs"].append(at))
    for epoch in range(2):
        for batch in range(5):
            at = (epoch, batch + 1)
            theirs.on_train_batch_end(batch)
        at = (epoch + 1, 0)
        theirs.on_epoch_end(epoch)
    monkeypatch.setattr(
        "pellucid.training.callbacks.backup_and_restore.save_checkpoint",
        lambda path, model, position, callbacks: saved["mine"].append((position.epoch, position.batch)),
    )
    train(tmp_path, backup=BackupAndRestore(tmp_path / "backup", save_freq), epochs=2)
    assert saved["mine"] == saved["theirs"] != []


@pytest.mark.parametrize(
    "arguments",
    [
        {"save_freq": "batch"}, {"save_freq": 0}, {"save_freq": -1}, {"save_freq": 0.15}, {"save_freq": None},
        {"save_seconds": -1}, {"backup_dir": ""}, {"backup_dir": None},
    ],
)  # fmt: skip
def test_bad_arguments_are_refused(arguments):
    with pytest.raises(ValueError, match=f"argument {next(iter(arguments))}: expected"):
        BackupAndRestore(**{"backup_dir": "backup", **arguments})


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    model, (x, y) = network(), data()
    with pytest.raises(FileError, match="backup_dir"):
        model.fit(x, y, callbacks=BackupAndRestore(tmp_path / "file" / "backup"), verbose=0)


# The file --------------------------------------------------------------------------------------------------------


class Rich(Callback):
    """One with all that a state may hold."""

    def __init__(self) -> None:
        self.memory: dict[str, Any] = {}

    def state(self):
        return self.memory

    def load_state(self, state):
        self.memory = dict(state)


MEMORY = {
    "none": None,
    "flag": True,
    "whole": 2**70,
    "number": 0.1 + 0.2,
    "nan": float("nan"),
    "infinite": -float("inf"),
    "text": "σ/kernel",
    "nested": {"list": [1, [2.5, {"array": np.arange(6.0).reshape(2, 3)}]], "empty": {}, "none": []},
    "a": {"b": np.array(["x", "yz"])},
    "a/b": np.array(7, "int8"),
    "scalar": np.float32(0.1),
}


@pytest.fixture
def saved(tmp_path) -> tuple[Path, Sequential]:
    model, (x, y) = network(), data()
    model.fit(x, y, epochs=1, verbose=0)
    return save_checkpoint(tmp_path / "c.npz", model, Position(1, 2, 3, {"loss": np.array([1.0, 2.0])})), model


def test_a_state_comes_back_as_it_was(tmp_path):
    model, there, here = network(), Rich(), Rich()
    model.optimizer.build(model.theta)
    there.memory = MEMORY
    path = save_checkpoint(tmp_path / "c.npz", model, Position(), [History(), there])
    load_checkpoint(path, model, [here, History()])
    assert repr(here.memory) == repr(MEMORY)
    assert type(here.memory["scalar"]) is np.float32
    assert here.memory["a/b"].dtype == np.int8


def test_numpy_opens_it_without_us(saved):
    path, model = saved
    with np.load(path, allow_pickle=False) as file:
        assert file["theta"].tobytes() == model.theta.data.tobytes()
        about = json.loads(file["about.json"])
    assert about["network"]["trained"]["dense/kernel"] == [5, 6]
    assert about["record"]["position"]["epoch"] == 1


def test_the_position_comes_back(saved):
    path, _ = saved
    other = network(seed=5)
    other.optimizer.build(other.theta)
    position = load_checkpoint(path, other)
    assert (position.epoch, position.batch, position.first_step) == (1, 2, 3)
    assert position.meters["loss"].tolist() == [1.0, 2.0]
    assert other.key.seed == 11


@pytest.mark.parametrize(
    "state", [{"object": np.array([object()])}, {"function": print}, {1: 2}, {"$array": "theta"}, {"set": {1}}]
)
def test_what_cannot_be_saved_is_refused_and_nothing_is_written(tmp_path, state):
    model, callback = network(), Rich()
    callback.memory = state
    with pytest.raises(WrongType, match="Rich 0"):
        save_checkpoint(tmp_path / "c.npz", model, Position(), [callback])
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="writing"):
        save_checkpoint(tmp_path / "file" / "c.npz", network(), Position())


def other_network(**changes: Any) -> Sequential:
    units, name, kind, dtype = (changes.get(k) for k in ("units", "name", "kind", "dtype"))
    first = Dense(units or 6, activation="relu", input_shape=(5,), name=name, dtype=dtype)
    model = Sequential(
        [first, BatchNormalization(dtype=dtype), Dropout(0.3, dtype=dtype), Dense(2, "softmax", dtype=dtype)]
    )
    model.compile(SGD() if kind == "sgd" else Adam(), "sparse_categorical_crossentropy")
    model.optimizer.build(model.theta)
    return model


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"units": 7}, r"parameter 'dense/kernel': expected shape \(5, 7\), got shape \(5, 6\)\. Build the model"),
        ({"name": "first"}, "parameter 'first/kernel': expected .*, got no such parameter"),
        ({"kind": "sgd"}, "optimizer: expected SGD, got Adam"),
        ({"dtype": "float64"}, "dtype: expected float64, got float32"),
    ],
)
def test_another_network_is_told_from_this_one(saved, changes, sentence):
    path, _ = saved
    model = other_network(**changes)
    before = model.theta.data.tobytes()
    with pytest.raises(FileError, match=sentence):
        load_checkpoint(path, model)
    assert model.theta.data.tobytes() == before


def rewritten(path: Path, change: Any, compression: int = zipfile.ZIP_STORED) -> Path:
    """The same archive with another about.json."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    about = json.loads(members[checkpoint.ABOUT])
    change(about)
    members[checkpoint.ABOUT] = json.dumps(about).encode()
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_later_format_is_told(saved):
    path = rewritten(saved[0], lambda about: about.update(version=2))
    with pytest.raises(FileError, match="format version 1 or lower, got 2"):
        load_checkpoint(path, saved[1])


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about.update(format="something else"),
        lambda about: about.pop("record"),
        lambda about: about.update(record=3),
        lambda about: about["record"].pop("theta"),
        lambda about: about["record"].update(theta={"$array": "nowhere"}),
        lambda about: about["record"].update(theta=about["record"]["state"]),
        lambda about: about["record"].update(key="seed"),
        lambda about: about["record"].update(optimizer=[]),
        lambda about: about["record"].update(stop_training="no"),
        lambda about: about["record"]["position"].update(epoch=-1),
        lambda about: about["record"]["position"].update(place=1),
        lambda about: about["network"].pop("trained"),
    ],
)
def test_a_strange_file_is_told(saved, change):
    path = rewritten(saved[0], change)
    before = saved[1].theta.data.tobytes()
    with pytest.raises(FileError, match="a damaged or foreign file"):
        load_checkpoint(path, saved[1])
    assert saved[1].theta.data.tobytes() == before


def test_a_compressed_file_is_refused(saved):
    with pytest.raises(FileError, match="foreign"):
        load_checkpoint(rewritten(saved[0], lambda about: None, zipfile.ZIP_DEFLATED), saved[1])


@pytest.mark.parametrize("content", [b"", b"PK", b"hello", b"\x93NUMPY\x01\x00", b"PK\x05\x06" + bytes(18)])
def test_a_file_of_another_kind_is_told(tmp_path, content):
    path = tmp_path / "c.npz"
    path.write_bytes(content)
    with pytest.raises(FileError, match="a damaged or foreign file"):
        load_checkpoint(path, network())


def test_a_missing_file_or_a_folder_is_told(tmp_path):
    for path in (tmp_path, tmp_path / "nothing.npz"):
        with pytest.raises(FileError, match="a readable file"):
            load_checkpoint(path, network())


@pytest.fixture(scope="module")
def content(tmp_path_factory) -> tuple[Path, bytes, Sequential, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("content")
    model, _ = train(folder, epochs=2)
    path = save_checkpoint(folder / "c.npz", model, Position(2, 0, 14), [model.history])
    return path, path.read_bytes(), model, everything(model, [], folder)


@given(data=st.data())
def test_damage_is_told_or_does_no_harm(content, data):
    path, whole, model, before = content
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        damaged = whole[:at]
    else:
        damaged = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    path.write_bytes(damaged)
    with contextlib.suppress(FileError):
        load_checkpoint(path, model, [model.history])
    assert everything(model, [], path.parent) == before


if __name__ == "__main__":
    home, first, second = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    striking = []
    if first == "saving":
        write, written = np.lib.format.write_array, []

        def write_or_die(*arguments: Any, **options: Any) -> None:
            written.append(1)
            if len(written) == second:
                os.kill(os.getpid(), signal.SIGKILL)
            write(*arguments, **options)

        np.lib.format.write_array = write_or_die
    else:
        striking = [Interrupting(int(first), second, kill=True)]
    train(home, "plain", BackupAndRestore(home / "backup", 2), striking)


def test_epochs_that_follow_quickly_are_not_all_saved_but_the_first_and_the_last_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = []

    class Counting(BackupAndRestore):
        def _save(self, meters: dict[str, Any]) -> None:
            saved.append(self.model.position.epoch)
            super()._save(meters)

    def epochs(**told: Any) -> list[int]:
        saved.clear()
        model = Sequential([Dense(1, input_shape=(2,))], seed=0)
        model.compile("sgd", "mse")
        x = np.zeros((4, 2), "float32")
        model.fit(x, x[:, :1], epochs=60, verbose=0, callbacks=[Counting(tmp_path / "backup", **told)])
        return list(saved)

    clock = itertools.count()
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))  # a second passes from each look to the next
    assert len(epochs()) == 60
    some = epochs(save_seconds=1e9)
    assert some[0] == 1
    assert some[-1] == 60
    assert 3 < len(some) < 20
