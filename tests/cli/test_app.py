"""The command line, typed: what it prints, what it leaves, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.ctrl_c import hears_ctrl_c
from cli.said import pellucid as typed
from cli.said import without_delays
from laws.cache import CACHE
from pellucid.cli.app import app

ENVIRONMENT = {**os.environ, "COLUMNS": "120", "PELLUCID_CACHE": CACHE}


pellucid = partial(typed, PELLUCID_CACHE=CACHE)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run in it, `run`, and what training printed, `out.txt`."""
    folder = tmp_path_factory.mktemp("cli")
    done = pellucid("train", "moons", "--layers", "16,8", "--epochs", "20", "--out", "run", cwd=folder)
    (folder / "out.txt").write_text(done.stdout)
    return folder


def test_train_tells_what_it_does_and_how_well(trained: Path):
    shown = (trained / "out.txt").read_text()
    for part in ("moons: 288 samples to train on, 32 to watch, 80 to test on; 2 classes", "2-16-8-2", "Epoch 20/20",
                 "Per class", "Confusion matrix", "Test on 80 samples: loss", "Kept in run"):  # fmt: skip
        assert part in shown


def test_evaluate_predict_and_summary(trained: Path):
    kept = json.loads((trained / "run/metrics.json").read_text())
    assert f"accuracy {kept['accuracy']:.4f}" in pellucid("evaluate", "run", cwd=trained).stdout
    assert "accuracy" in pellucid("evaluate", "run/model.keras", "moons", cwd=trained).stdout
    shown = pellucid("predict", "run", "--rows", "3", cwd=trained).stdout.splitlines()
    assert shown[0] == "row,class,probability_0,probability_1"
    assert len(shown) == 5
    assert "77 more" in shown[-1]
    pellucid("predict", "run", "--out", "p.csv", cwd=trained)
    assert len((trained / "p.csv").read_text().splitlines()) == 81
    assert "Total params: " in pellucid("summary", "run", cwd=trained).stdout


def test_predict_for_new_data(trained: Path):
    np.savez(trained / "new.npz", x=np.random.default_rng(0).normal(size=(4, 2)))
    assert len(pellucid("predict", "run", "new.npz", cwd=trained).stdout.splitlines()) == 5


def test_predictions_do_not_replace_what_they_are_of(trained: Path):
    np.savez(trained / "mine.npz", x=np.random.default_rng(0).normal(size=(4, 2)))
    before = (trained / "mine.npz").read_bytes()
    done = pellucid("predict", "run", "mine.npz", "--out", "./mine.npz", cwd=trained, code=2)
    assert (
        done.stderr == "Error: predict, --out: expected another file than the data, got 'mine.npz'. Name a new one.\n"
    )
    assert (trained / "mine.npz").read_bytes() == before


@pytest.mark.parametrize("content", ["objects", "one array", "cut"])
def test_a_bad_file_to_predict_for_is_one_line(trained: Path, content: str):
    path = trained / "bad.npz"
    if content == "one array":
        with path.open("wb") as file:
            np.save(file, np.zeros((3, 2)))
    else:
        np.savez(path, x=np.array([{}, {}]) if content == "objects" else np.zeros((300, 2)))
        path.write_bytes(path.read_bytes()[: -100 if content == "cut" else None])
    done = pellucid("predict", "run", "bad.npz", cwd=trained, code=2)
    assert "bad.npz" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_loss_of_another_name_still_means_classes(tmp_path: Path):
    words = ["train", "blobs", "--loss", "categorical_generalized_cross_entropy", "--epochs", "3", "--out", "run"]
    assert "2-16-16-3" in pellucid(*words, "--layers", "16,16", cwd=tmp_path).stdout
    assert "Confusion matrix" in pellucid("evaluate", "run", cwd=tmp_path).stdout
    assert pellucid("predict", "run", cwd=tmp_path).stdout.startswith(
        "row,class,probability_0,probability_1,probability_2"
    )


@pytest.mark.parametrize(
    ("words", "examples"),
    [
        ("tune", ["pellucid tune digits --trials 40", "pellucid tune people.csv --target survived --time 5m"]),
        ("studio", ["pellucid studio", "pellucid studio people.csv"]),
        ("data example", ["pellucid data example", "pellucid train pumps.csv"]),
    ],
)
def test_help_gives_each_example_a_line(words: str, examples: list[str]):
    shown = CliRunner().invoke(app, [*words.split(), "--help"]).stdout
    assert {f"  {example}" for example in examples} <= set(shown.splitlines())


def test_bare_pellucid_shows_help(tmp_path: Path):
    assert "Usage: pellucid" in pellucid(cwd=tmp_path).stdout


def test_data_list_and_version(tmp_path: Path):
    assert "fashion_mnist" in pellucid("data", "list", cwd=tmp_path).stdout
    assert pellucid("--version", cwd=tmp_path).stdout.startswith("pellucid 0.")
    assert "train" in pellucid("--help", cwd=tmp_path).stdout
    assert "--learning-rate" in pellucid("train", "--help", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "digit"], "Did you mean 'digits'"),
        (["train", "digits", "--optimizer", "adm"], "Did you mean 'adam'"),
        (["train", "digits", "--activation", "rleu"], "Did you mean 'relu'"),
        (["train", "digits", "--layers", "12,x"], "128,64"),
        (["train", "digits", "--epochs", "-1"], "greater than or equal to 0"),
        (["train", "digits", "--dropout", "1.5"], "less than 1"),
        (["train", "digits", "--learning-rate", "nan"], "finite"),
        (["train", "digits", "--epochs", "many"], "'--epochs': Input should be a valid integer"),
        (["train", "nosuch.npz"], "nosuch.npz"),
        (["train", "table.csv"], "a file that exists"),
        (["train", "digits", "--loss", "mse"], "expected the shape of y_pred"),
        (["train", "nosuch.toml"], "nosuch.toml"),
        (["train", "--resume", "nowhere"], "nowhere"),
        (["train", "digits", "--resume", "nowhere"], "no other option"),
        (["train", "digits", "--out", "/proc/nowhere"], "folder that can be written"),
        (["train", "digits", "--out", ""], "--out: expected a name, got none"),
        (["train", "--resume="], "--resume: expected a name, got none"),
        (["evaluate", "nowhere.keras"], "No such file"),
        (["predict", "."], "spec.toml"),
        (["trian", "digits"], "trian"),
        (["train", "digits", "--drop", "age"], "expected a table as data, got digits"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(tmp_path: Path, words: list[str], message: str):
    done = pellucid(*words, cwd=tmp_path, code=2)
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_the_traceback(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "pellucid", "train", "digit", "--debug"],
        cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" in done.stderr


def test_a_finished_run_wants_force(trained: Path):
    again = ["train", "moons", "--epochs", "1", "--out", "run"]
    assert "--force" in pellucid(*again, cwd=trained, code=2).stderr


FALLS = """
import os, signal, sys
from pellucid.cli import main
write = sys.stdout.write
def falling(text):
    if "Epoch 10/" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    return write(text)
sys.stdout.write = falling
main(sys.argv[1:])
"""  # killed by itself: whoever is to kill it from outside may come when it is over


def test_killed_and_resumed_gives_the_same_bits(tmp_path: Path):
    words = ["train", "digits", "--epochs", "30", "--dropout", "0.2", "--batch-norm"]
    pellucid(*words, "--out", "whole", cwd=tmp_path)
    command = [sys.executable, "-c", FALLS, *words, "--out", "cut"]
    cut = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, check=False)
    assert cut.returncode == -signal.SIGKILL
    assert not (tmp_path / "cut/metrics.json").exists()
    pellucid("train", "--resume", "cut", cwd=tmp_path)
    for name in ("model.keras", "history.csv", "probes.csv"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="a process group's interrupt is another thing there")
def test_ctrl_c_is_one_line(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-m", "pellucid", "train", "digits", "--epochs", "1000000", "--out", "run"],
        cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=hears_ctrl_c,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Epoch 10/"):
            break
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, error = process.communicate(timeout=120)
    assert time.monotonic() - began < 60
    assert process.returncode == 130
    assert without_delays(error).splitlines() == [
        "Interrupted; all files are whole. Go on with: pellucid train --resume run"
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are Unix's")
def test_a_full_disk_is_one_line(tmp_path: Path):
    def small_files() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = subprocess.run(
        [sys.executable, "-m", "pellucid", "train", "digits", "--epochs", "1", "--out", "run"],
        cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, preexec_fn=small_files, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "room and permission to write" in done.stderr
    assert [p.name for p in (tmp_path / "run").iterdir() if "partial" in p.name] == []


def test_no_epochs_and_no_rows_give_empty_results(tmp_path: Path) -> None:
    told = pellucid("train", "moons", "--epochs", "0", "--out", "run", cwd=tmp_path)
    assert "No epochs: nothing is trained" in told.stdout
    np.savez(tmp_path / "none.npz", x=np.zeros((0, 2)))
    told = pellucid("predict", "run", "none.npz", cwd=tmp_path)
    assert told.stdout.strip() == "No rows, and so no predictions."


@pytest.mark.parametrize(("words", "asked"), [("data fetch", "data"), ("train --epoch 3", "train"), ("trian", "")])
def test_whoever_mistypes_is_sent_to_the_help_of_what_was_asked(words: str, asked: str, tmp_path: Path):
    said = pellucid(*words.split(), cwd=tmp_path, code=2).stderr
    assert said.endswith(f"See: pellucid {asked} --help\n".replace("  ", " "))


def test_words_of_a_table_do_not_command_the_terminal(tmp_path: Path):
    rows = [f"{i % 7},{word}" for i, word in enumerate(["\x1b[2Jx", "\x9bz"] * 20)]
    (tmp_path / "t.csv").write_text("\n".join(["a\x1b[31m,y", *rows]), encoding="utf-8")
    shown = pellucid("data", "show", "t.csv", cwd=tmp_path).stdout
    trained = pellucid("train", "t.csv", "--epochs", "1", "--quiet", "--out", "run", cwd=tmp_path).stdout
    for said in (shown, trained):
        assert not any(letter in said for letter in "\x1b\x9b")
    assert r"a\x1b[31m" in shown
    assert trained.count(r"\x1b[2Jx") >= 3
