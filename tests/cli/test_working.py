"""No command is silent for long."""

from __future__ import annotations

from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from pellucid.cli import main
from pellucid.cli.working import Working, pauses


class Waits:
    """An event that is waited for so many times in vain; nobody really waits."""

    def __init__(self, times: int) -> None:
        self.times, self.pauses = times, []

    def wait(self, pause: float) -> bool:
        self.pauses.append(pause)
        return len(self.pauses) > self.times


@pytest.mark.parametrize("terminal", [True, False])
def test_a_word_after_each_pause(capsys: pytest.CaptureFixture[str], terminal: bool):
    working = Working("The data are read")
    working._began, working._terminal, working._ended = 0.0, terminal, Waits(3)
    working._tell()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("The data are read: ") == 3
    assert shown.err.count("\r") == (3 if terminal else 0)
    assert shown.err.count("\n") == (0 if terminal else 3)


def test_on_a_terminal_no_pause_is_longer_than_two_seconds():
    assert max(islice(pauses(True), 100)) <= 2
    assert next(pauses(False)) <= 2
    assert all(b == 2 * a for a, b in pairwise(islice(pauses(False), 10)))  # a file does not fill with them


def test_what_is_over_says_nothing_more(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("pellucid.cli.working.FIRST", 3600.0)
    with Working("The data are read") as working:
        working.end()
        working.end()
    with Working("The data are read", quiet=True):
        pass
    shown = capsys.readouterr()
    assert shown.out + shown.err == ""


COMMANDS = [
    (["train", "xor", "--epochs", "1", "--out", "other"], "The data are read"),
    (["evaluate", "run"], "The network is judged"),
    (["predict", "run"], "The network predicts"),
    (["explain", "run"], "A step is explained"),
    (["export", "run", "--out", "script"], "The network is written"),
    (["lr", "xor", "--steps", "20"], "Learning rates are tried"),
    (["report", "run"], "The doctor examines the run, and pictures are drawn"),
    (["doctor", "run"], "run is examined"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("working")
    with pytest.raises(SystemExit):
        main(["train", "xor", "--epochs", "1", "--out", str(folder / "run"), "--quiet"])
    return folder


@pytest.mark.parametrize(("words", "what"), COMMANDS, ids=lambda v: v[0] if isinstance(v, list) else "")
def test_every_command_says_what_it_is_busy_with(words, what, run, monkeypatch: pytest.MonkeyPatch):
    told: list[str] = []
    monkeypatch.setattr(Working, "__enter__", lambda self: (told.append(self.what), self)[1])
    monkeypatch.chdir(run)
    with pytest.raises(SystemExit):
        main(words)
    assert told == [what]


def test_the_doctor_sees_every_class_before_training(tmp_path, monkeypatch, capsys: pytest.CaptureFixture[str]):
    """Sorted by class, and more rows than it looks at: none of the classes may seem to be missing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pellucid.actions.train.LOOKED_AT", 50)
    x = np.random.default_rng(0).normal(size=(2000, 3)).astype("float32")
    np.savez("sorted.npz", x_train=x, y_train=np.repeat(np.arange(100), 20), x_test=x[:9], y_test=np.arange(9))
    with pytest.raises(SystemExit):
        main(["train", "sorted.npz", "--task", "classification", "--epochs", "1", "--quiet"])
    assert "wrong width" not in capsys.readouterr().out
