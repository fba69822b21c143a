"""pellucid export, typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from cli.said import settled
from laws.typed import typed
from pellucid.models import load_model

ENVIRONMENT = {**os.environ, "COLUMNS": "120"}


def python(*words: str, cwd: Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        timeout=200, check=False,
    )  # fmt: skip
    return said(done, code)


def said(done: subprocess.CompletedProcess[str], code: int) -> str:
    return done.stdout + settled(done, code).stderr


def pellucid(*words: str, cwd: Path, code: int = 0) -> str:
    return said(typed(words, cwd, ENVIRONMENT), code)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run in it, `run`."""
    folder = tmp_path_factory.mktemp("export")
    pellucid("train", "moons", "--layers", "8", "--dropout", "0.1", "--epochs", "3", "--out", "run", cwd=folder)
    return folder


def test_a_run_becomes_a_script_that_predicts_the_same(folder: Path):
    assert pellucid("export", "run", "--to", "numpy", "--out", "taken", cwd=folder) == "Written: taken/network.py\n"
    x = np.random.default_rng(0).normal(size=(7, 2))
    np.savez(folder / "new.npz", x=x)
    shown = python("taken/network.py", "new.npz", cwd=folder)
    rows = np.array([[float(v) for v in line.split(",")] for line in shown.splitlines()])
    np.testing.assert_allclose(rows, load_model(folder / "run/model.keras").predict(x, verbose=0), atol=1e-5)
    pellucid("export", "run", "--out", "taken", cwd=folder)  # an earlier export is replaced


def test_a_run_becomes_an_onnx_file_and_a_keras_file(folder: Path):
    assert pellucid("export", "run", "--to", "onnx", "--out", "moons.onnx", cwd=folder) == "Written: moons.onnx\n"
    x = np.random.default_rng(0).normal(size=(7, 2)).astype("float32")
    (y,) = onnxruntime.InferenceSession(folder / "moons.onnx").run(None, {"input_layer": x})
    np.testing.assert_allclose(y, load_model(folder / "run/model.keras").predict(x, verbose=0), atol=1e-5)
    written = pellucid("export", "run", "--to", "keras", "--out", "taken_keras", cwd=folder)
    assert written == "Written: taken_keras/network.keras\n"
    assert pellucid("export", "run", "--to", "keras", "--out", "taken_keras", cwd=folder) == written  # replaced
    told = pellucid("export", "run", "--to", "onnx", "--out", "moons.onnx", cwd=folder, code=2)
    assert "pass --force" in told.lower()


def test_a_run_becomes_a_file_of_c_in_floats_and_in_bytes(folder: Path):
    assert pellucid("export", "run", "--to", "c", "--out", "moons.c", cwd=folder) == "Written: moons.c\n"
    words = ("--to", "c", "--int8", "--header", "--prefix", "moons", "--out", "small")
    assert pellucid("export", "run", *words, cwd=folder) == "Written: small/network.c\n"  # by the run's own data
    assert "static const int8_t dense_kernel" in (folder / "small/network.c").read_text()
    assert "int moons_predict(const float *x, float *y);" in (folder / "small/network.h").read_text()


def test_what_cannot_be_is_one_line_and_changes_nothing(folder: Path):
    before = sorted((folder / "run").iterdir())
    for words, told in [
        (("run", "--out", "run"), "expected a new or empty folder"),
        (("run", "--to", "numpi", "--out", "x"), "Did you mean 'numpy'?"),
        (("run", "--to", "onnx", "--out", "run"), "expected a new or empty folder"),
        (("run", "--to", "numpy", "--int8", "--out", "x"), "expected --to c beside them"),
        (("run", "--to", "c", "--prefix", "9", "--out", "x"), "argument prefix"),
        (("nothing", "--out", "x"), "nothing"),
        (("run",), "Missing option '--out'"),
    ]:
        shown = pellucid("export", *words, cwd=folder, code=2)
        assert told in shown
        assert len(shown.splitlines()) == 1
    assert sorted((folder / "run").iterdir()) == before
    assert not (folder / "x").exists()


def test_force_writes_beside_what_is_there(folder: Path):
    (folder / "mine").mkdir()
    (folder / "mine" / "notes.txt").write_text("mine")
    pellucid("export", "run", "--out", "mine", cwd=folder, code=2)
    pellucid("export", "run", "--out", "mine", "--force", cwd=folder)
    assert sorted(p.name for p in (folder / "mine").iterdir()) == ["network.npz", "network.py", "notes.txt"]
