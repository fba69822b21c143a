"""pellucid tune, as it is typed."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.ctrl_c import hears_ctrl_c
from pellucid.actions.runs import open_model
from pellucid.actions.tune import Search
from pellucid.cli import show
from pellucid.cli.tune import _table, search_of
from pellucid.errors import FileError, InvalidArgument
from pellucid.tuning.journal import Journal
from pellucid.tuning.space import Space
from pellucid.tuning.study import Plan, Study
from pellucid.tuning.trials import Ended
from pellucid.tuning.tuned import ranking

SPEC = """
data = "moons"
epochs = 3
sampler = "random"
metric = ["accuracy", "parameters"]

[space]
learning_rate = { low = 1e-3, high = 1e-1, log = true }
layers = { number = { low = 1, high = 2 }, units = { low = 4, high = 8 } }
batch_norm = [false, true]
dropout = { low = 0.0, high = 0.3, when = { batch_norm = false } }
optimizer = ["adam", { class = "SGD", momentum = { low = 0.5, high = 0.9 } }]
"""


def typed(folder: Path, *words: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pellucid", *words], cwd=folder, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, "COLUMNS": "200"}, **options,  # type: ignore[call-overload]
    )  # fmt: skip


@pytest.mark.long
def test_a_file_is_searched_and_searched_on(tmp_path: Path):
    (tmp_path / "search.toml").write_text(SPEC)
    out, err = (process := typed(tmp_path, "tune", "search.toml", "--trials", "3", "--workers", "1")).communicate()
    assert process.returncode == 0, err
    assert "3 trials (3 done)" in out
    assert "The front" in out
    assert "Test on" in out
    assert "pellucid tune --resume runs/moons-1 --trials 6" in out
    out, err = (process := typed(tmp_path, "tune", "--resume", "runs/moons-1", "--trials", "4")).communicate()
    assert process.returncode == 0, err
    assert "3 trials from before" in out
    assert "4 trials (4 done)" in out
    assert search_of({"data": str(tmp_path / "search.toml")}).how.metric == ["accuracy", "parameters"]
    assert Search.read(tmp_path / "runs/moons-1/search.toml").how.sampler == "random"


@pytest.mark.skipif(sys.platform == "win32", reason="no process sends another Ctrl-C there")
def test_ctrl_c_leaves_the_best_model_saved(tmp_path: Path):
    words = ["tune", "moons", "--epochs", "5", "--trials", "1000", "--workers", "1"]
    process = typed(tmp_path, *words, preexec_fn=hears_ctrl_c)
    journal = tmp_path / "runs/moons-1/trials.jsonl"
    while process.poll() is None and not (journal.exists() and b'"ended": 2,' in journal.read_bytes()):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130, err
    assert (tmp_path / "runs/moons-1/model.keras").exists()
    assert "Test on" in out
    assert "Traceback" not in err


def test_a_search_in_which_nothing_was_done_is_a_failure_and_may_be_gone_on_with(tmp_path: Path):
    (tmp_path / "search.toml").write_text('data = "moons"\n[space]\nlearning_rate = [1e30]')
    out, err = (process := typed(tmp_path, "tune", "search.toml", "--trials", "1", "--workers", "1")).communicate()
    assert process.returncode == 1, err
    assert "1 trial failed" in out
    assert "No trial was done" in out
    assert "Search another space" in out
    with pytest.raises(FileError, match="Finish it: pellucid tune --resume"):
        open_model(tmp_path / "runs/moons-1")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--time", "5x"], "such as 90s, 5m or 2h"),
        (["--time", "."], "such as 90s, 5m or 2h"),
        (["--time", "0s"], "such as 90s, 5m or 2h"),
        (["--time", "9" * 400], "such as 90s, 5m or 2h"),
        (["--memory", "much"], "such as 800MB or 2GB"),
        (["--memory", "9" * 400 + "GB"], "such as 800MB or 2GB"),
        (["--resume", "nowhere"], "search.toml says the rest"),
    ],
)
def test_what_cannot_be_read_is_told(words: list[str], message: str, capfd: pytest.CaptureFixture[str]):
    from pellucid.cli import main

    with pytest.raises(SystemExit):
        main(["tune", "moons", *words])
    assert message in " ".join(capfd.readouterr().err.split())


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[Search]:
    """The searches that are asked for, none of which is begun."""
    asked: list[Search] = []

    def tune(search: Search, *rest: object, **more: object) -> None:
        asked.append(search)
        raise InvalidArgument("that is all")

    monkeypatch.setattr("pellucid.cli.tune.tune", tune)
    return asked


def test_an_option_of_0_is_laid_over_the_files_too(tmp_path: Path, searched: list[Search]):
    from pellucid.cli import main

    (tmp_path / "search.toml").write_text(SPEC.replace("epochs", "folds = 3\nsearch_seed = 5\nseed = 2\nepochs"))
    with pytest.raises(SystemExit):
        main(["tune", str(tmp_path / "search.toml"), "--search-seed", "0", "--folds", "0", "--seed", "0"])
    (search,) = searched
    assert (search.how.search_seed, search.how.folds, search.base.seed) == (0, 0, 0)


def test_layers_are_read_as_train_reads_them():
    assert search_of({"data": "moons", "layers": "8,4"}).base.layers == [8, 4]
    with pytest.raises(InvalidArgument, match="numbers of units"):
        search_of({"data": "moons", "layers": "x"})


def test_windows_are_asked_for_as_train_asks_for_them(tmp_path: Path, searched: list[Search]):
    from pellucid.cli import main

    (tmp_path / "spec.toml").write_text('data = "readings.csv"\nwindow = 64\nstride = 8\ngroup_by = "who"\n')
    for words in (["readings.csv", "--window", "32", "--stride", "8", "--group-by", "id", "--network", "lstm"],
                  [str(tmp_path / "spec.toml"), "--group-by", "id"]):  # fmt: skip
        with pytest.raises(SystemExit):
            main(["tune", *words])
    first, second = (search.base for search in searched)
    assert (first.window, first.stride, first.group_by, first.network) == (32, 8, "id", "lstm")
    assert (second.window, second.stride, second.group_by) == (64, 8, "id")


@pytest.mark.parametrize(("width", "cut"), [(50, "leaves none"), (80, "cuts"), (400, "shows all")])
def test_the_table_of_trials_has_a_line_for_each_whatever_the_width(width: int, cut: str, monkeypatch: Any):
    plan = Plan(Space.of({name: {"low": 0.5, "high": 1.5} for name in ("learning_rate", "dropout", "decay")}),
                {"crossentropy": False, "accuracy": True})  # fmt: skip
    study = Study(plan, Journal(None))
    for number in range(3):
        study.ask()
        study.ended(Ended(number, "done", {"crossentropy": 1 / 3, "accuracy": 1 / 7}), 0.0)
    written = io.StringIO()
    monkeypatch.setattr(show, "console", Console(file=written, width=width, soft_wrap=True))
    _table(study, ranking(study), "Trials")
    lines = written.getvalue().splitlines()
    assert len(lines) == 1 + 3 + 3 + 1
    assert max(map(len, lines)) <= width
    assert all(number in line and "0.3333" in line for number, line in zip("012", lines[4:7], strict=True))
    assert ("learning_rate" in lines[4]) is (cut != "leaves none")
    assert ("decay" in lines[4]) is (cut == "shows all")
