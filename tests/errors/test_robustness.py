"""Nothing is lost: whatever moment a run is cut at, files are whole and it goes on to the same bits."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.said import without_delays
from laws.cache import CACHE
from pellucid import Sequential, callbacks, errors, files, layers
from pellucid.actions import runs
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import EpochEnded, resume, train
from pellucid.models import load_model
from pellucid.training.callbacks import csv_logger

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = X.sum(axis=1)
RUN = ["train", "moons", "--epochs", "60", "--layers", "16,8", "--dropout", "0.2", "--batch-norm"]
unix = pytest.mark.skipif(sys.platform == "win32", reason="limits, locks and signals of Unix")


def regressor(rate: float = 0.01) -> Sequential:
    model = Sequential([layers.Dense(8, "relu", input_shape=(3,)), layers.Dropout(0.2), layers.Dense(1)], seed=0)
    model.compile("adam", "mse")
    model.optimizer.learning_rate = rate
    return model


def pellucid(*words: str, cwd: Path, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pellucid", *words],
        cwd=cwd, env={**os.environ, "PELLUCID_CACHE": CACHE}, text=True, **options,
    )  # fmt: skip


def finished(process: subprocess.Popen[str], code: int = 0) -> str:
    _, error = process.communicate(timeout=100)
    assert process.returncode == code, error
    assert "Traceback" not in error
    return without_delays(error)


def same(a: Path, b: Path) -> bool:
    return all(
        (a / name).read_bytes() == (b / name).read_bytes() for name in ("model.keras", "history.csv", "probes.csv")
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """An uninterrupted run, and how long it took."""
    folder = tmp_path_factory.mktemp("robust")
    began = time.monotonic()
    finished(pellucid(*RUN, "--quiet", "--out", "whole", cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    return folder / "whole", time.monotonic() - began


# Killed ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_killed_at_random_moments(tmp_path: Path, whole: tuple[Path, float], seed: int):
    folder, seconds = whole
    words = [*RUN, "--out", "cut"]
    draw = random.Random(seed)
    for _ in range(3):
        process = pellucid(*words, "--quiet", cwd=tmp_path, stdout=subprocess.DEVNULL)
        try:
            process.wait(draw.uniform(0.4, 0.9) * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if (tmp_path / "cut/spec.toml").exists():
            words = ["train", "--resume", "cut"]
    if not (tmp_path / "cut/metrics.json").exists():
        finished(pellucid(*words, "--quiet", cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert same(tmp_path / "cut", folder)
    assert not list((tmp_path / "cut").glob("*.partial"))


class Killed(BaseException):
    """Stands for the power going out."""


@pytest.mark.parametrize(
    "name", ["spec.toml", "checkpoint.npz", "history.csv", "probes.csv", "model.keras", "metrics.json"]
)
def test_a_disk_that_is_full_at_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.chdir(tmp_path)
    spec = TrainSpec(data="moons", layers=[8], epochs=3)
    train(spec, out=Path("whole"))
    with monkeypatch.context() as broken:
        _fill_the_disk(broken, name)
        with pytest.raises(errors.FileError, match="No space left"):
            train(spec, out=Path("cut"))
    assert not (Path("cut") / "metrics.json").exists()
    assert not list(Path("cut").glob(".*"))
    if name == "spec.toml":
        train(spec, out=Path("cut"))
    else:
        resume(Path("cut"))
    assert same(Path("cut"), Path("whole"))


def _fill_the_disk(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """From now on, nothing fits into the file of this name."""
    real = os.fsync

    def fsync(handle: int) -> None:
        path = os.readlink(f"/proc/self/fd/{handle}") if os.path.isdir("/proc/self/fd") else name
        if name in path:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)


@unix
@pytest.mark.parametrize("size", [100, *(pytest.param(size, marks=pytest.mark.long) for size in (5_000, 40_000))])
def test_a_limit_on_the_size_of_files(tmp_path: Path, size: int):
    def small_files() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    words = ["train", "moons", "--epochs", "2", "--layers", "64,64", "--quiet", "--out", "cut"]
    error = finished(
        pellucid(*words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=small_files), 2
    )
    assert len(error.splitlines()) == 1
    assert "room and permission to write" in error
    assert not list(tmp_path.rglob("*.partial"))


def test_rows_are_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(csv_logger, "SETTLES", 0)
    logger = callbacks.CSVLogger(tmp_path / "log.csv")
    logger.on_train_begin()
    logger.on_epoch_end(0, {"loss": 0.5})
    before = logger.filename.read_bytes()
    _fill_the_disk(monkeypatch, "log.csv")
    with pytest.raises(errors.FileError, match="No space left"):
        logger.on_epoch_end(1, {"loss": 0.25})
    assert logger.filename.read_bytes() == before


def test_rows_of_short_epochs_wait_for_the_disk_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    seen: list[int] = []
    monkeypatch.setattr(csv_logger, "SETTLES", 60)
    monkeypatch.setattr(os, "fsync", lambda _: seen.append(logger.filename.read_bytes().count(b"\n")))
    logger = callbacks.CSVLogger(tmp_path / "log.csv")
    logger.on_train_begin()
    for epoch in range(9):
        logger.on_epoch_end(epoch, {"loss": 0.5})
    assert seen == [2]
    assert logger.state()["size"] == logger.filename.stat().st_size
    logger.on_epoch_end(9, {"loss": 0.5})
    logger.close()
    assert seen == [2, 10, 11]


# Several at once -------------------------------------------------------------------------------------------------


@unix
def test_one_folder_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    spec = TrainSpec(data="moons", layers=[8], epochs=3)
    refused = []

    def meanwhile(event: object) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 1:
            attempts: list[Callable[[], object]] = [
                lambda: train(spec, out=Path("run")), lambda: train(spec, out=Path("run"), force=True),
                lambda: resume(Path("run")),
            ]  # fmt: skip
            for attempt in attempts:
                with pytest.raises(errors.FileError, match="nobody trains"):
                    attempt()
                refused.append(attempt)

    train(spec, out=Path("run"), on_event=meanwhile)
    assert len(refused) == 3
    train(spec, out=Path("whole"))
    assert same(Path("run"), Path("whole"))


def test_a_lock_ends_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    spec = TrainSpec(data="moons", layers=[8], epochs=2)

    def cut(event: object) -> None:
        raise Killed

    with pytest.raises(Killed):
        train(spec, out=Path("run"), on_event=cut)
    (Path("run") / ".model.keras.abc.partial").write_text("left by a process that was killed")
    resume(Path("run"))
    assert not list(Path("run").glob(".*"))


def test_numbered_folders_are_never_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    spec = TrainSpec(data="moons")
    with runs.started(spec, None, False) as first, runs.started(spec, None, False) as second:
        assert first.path != second.path


# Files -----------------------------------------------------------------------------------------------------------


def test_a_link_stays_a_link_and_a_private_file_private(tmp_path: Path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    files.write_text_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o600


@unix
def test_a_device_is_written_to_not_replaced(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    files.write_text_whole(tmp_path / "pipe", "text")
    assert os.read(reader, 10) == b"text"
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


def test_a_long_name(tmp_path: Path):
    path = tmp_path / ("n" * 245 + ".keras")
    regressor().save(path)
    assert load_model(path).count_params() == regressor().count_params()
    with pytest.raises(errors.FileError, match="name too long"):
        regressor().save(tmp_path / ("n" * 300 + ".keras"))


def test_a_shortened_log_is_told(tmp_path: Path):
    logger = callbacks.CSVLogger(tmp_path / "log.csv")
    logger.on_train_begin()
    logger.on_epoch_end(0, {"loss": 0.5})
    memory = logger.state()
    logger.filename.write_bytes(b"ep")
    with pytest.warns(UserWarning, match="rows of epochs before that are missing"):
        logger.load_state(memory)


# Ends of the terminal --------------------------------------------------------------------------------------------


@unix
@pytest.mark.parametrize("lines", [0, 1, 2])
def test_a_reader_that_goes_away(tmp_path: Path, lines: int):
    process = pellucid(*RUN[:2], "--epochs", "1000000", "--out", "run", cwd=tmp_path, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE)  # fmt: skip
    assert process.stdout is not None
    for _ in range(lines):
        process.stdout.readline()
    process.stdout.close()
    process.wait(120)
    assert process.stderr is not None
    error = without_delays(process.stderr.read())
    process.stderr.close()
    assert process.returncode == 141
    assert error.splitlines() == ["Interrupted; all files are whole. Go on with: pellucid train --resume run"]


@unix
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_without_a_terminal(tmp_path: Path, closed: str):
    command = f"{sys.executable} -m pellucid train moons --epochs 1 --out run {closed}"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run/metrics.json").exists()


@pytest.mark.parametrize("terminal", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_a_terminal_without_our_letters(tmp_path: Path, terminal: dict[str, str]):
    env = {name: value for name, value in os.environ.items() if name != "PYTHONIOENCODING"} | terminal
    done = subprocess.run(
        [sys.executable, "-m", "pellucid", "train", "moons", "--epochs", "1", "--out", "run"],
        cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@unix
def test_a_polite_kill_leaves_whole_files(tmp_path: Path):
    process = pellucid(*RUN[:2], "--epochs", "1000000", "--out", "run", cwd=tmp_path, stdout=subprocess.PIPE)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Epoch 10/"):  # in a file every tenth is told
            break
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.wait(120)
    process.stdout.close()
    assert process.returncode != 0
    model = regressor()
    with pytest.raises(errors.FileError, match="parameter"):  # a whole checkpoint, of another network
        model.fit(X, Y, callbacks=callbacks.BackupAndRestore(tmp_path / "run"), verbose=0)


# Inside Python ---------------------------------------------------------------------------------------------------


class Raises(callbacks.Callback):
    def __init__(self, moment: str, error: BaseException) -> None:
        setattr(self, moment, self.fail)
        self.error = error

    def fail(self, *_: object) -> None:
        raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError()])
@pytest.mark.parametrize("moment", ["on_train_batch_begin", "on_train_batch_end", "on_test_begin", "on_epoch_end"])
def test_a_fit_that_is_cut_short_leaves_a_model_that_works(moment: str, error: BaseException, tmp_path: Path):
    model = regressor()
    with pytest.raises(type(error)):
        model.fit(X, Y, validation_split=0.25, callbacks=Raises(moment, error), verbose=0)
    assert np.isfinite(model.predict(X, verbose=0)).all()
    model.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(load_model(tmp_path / "m.keras").predict(X, verbose=0), model.predict(X, verbose=0))
    assert len(model.fit(X, Y, verbose=0).epoch) == 1


def test_a_loss_that_becomes_nan_is_traced():
    model = regressor(1e30)
    with pytest.raises(errors.NonFinite, match=r"step 2.*learning rate \(1e\+30\)"):
        model.fit(X, Y, batch_size=10, validation_split=0.25, verbose=0)
    assert all(np.isfinite(w).all() for w in model.get_weights())
    model = regressor(1e30)
    model.train_on_batch(X, Y)
    with pytest.raises(errors.NonFinite, match="step 2"):
        model.train_on_batch(X, Y)
    guarded = regressor(1e30).fit(X, Y, epochs=5, batch_size=10, callbacks=callbacks.TerminateOnNaN(), verbose=0)
    assert len(guarded.epoch) == 1


def test_a_validation_loss_that_overflows_is_told():
    with pytest.warns(UserWarning, match="is inf"):
        regressor().evaluate(X, Y * 1e25, verbose=0)


def test_a_nan_on_the_command_line(tmp_path: Path):
    words = [
        "train",
        "moons",
        "--epochs",
        "2",
        "--optimizer",
        "sgd",
        "--learning-rate",
        "1e30",
        "--quiet",
        "--out",
        "r",
    ]
    error = finished(pellucid(*words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE), 2)
    assert error.startswith("Error: training, step ")
    assert "learning rate" in error
    assert len(error.splitlines()) == 1


def test_a_folder_that_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("taken").write_text("mine")
    with pytest.raises(errors.FileError, match="a folder that can be written"):
        train(TrainSpec(data="moons", epochs=1), out=Path("taken"))
    with pytest.raises(errors.FileError, match="a folder that can be written"):
        train(TrainSpec(data="moons", epochs=1), out=Path("taken/run"))
    assert Path("taken").read_text() == "mine"
    shutil.rmtree("runs", ignore_errors=True)
    Path("runs").write_text("mine")
    with pytest.raises(errors.FileError, match="a folder that can be written"):
        train(TrainSpec(data="moons", epochs=1))


def test_an_array_in_the_place_of_a_word_is_refused_by_its_name():
    with pytest.raises(errors.InvalidArgument, match="argument mode: expected one of"):
        callbacks.EarlyStopping(mode=np.ones(2))  # type: ignore[arg-type]
