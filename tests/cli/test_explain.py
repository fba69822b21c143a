"""`pellucid explain`, typed."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from cli.said import pellucid as typed

pellucid = partial(typed, COLUMNS="100")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    pellucid("train", "moons", "--layers", "6", "--epochs", "2", "--quiet", "--out", "run", cwd=folder)
    return folder


def test_a_row_in_the_terminal(trained: Path):
    before = (trained / "run/model.keras").read_bytes()
    shown = pellucid("explain", "run", "--row", "5", cwd=trained).stdout
    for part in ("training step", "on 1 sample", "Forward", "Loss", "Backward", "Update", "y = relu(z)", "dW = xᵀ·dz"):
        assert part in shown
    assert max(map(len, shown.splitlines())) <= 100
    assert (trained / "run/model.keras").read_bytes() == before
    assert "on 1 sample" in pellucid("explain", "run", cwd=trained).stdout  # the first row


def test_why_a_weight_changes(trained: Path):
    shown = pellucid("explain", "run", "--row", "5", "--row", "7", "--why", "dense/kernel[1,5]", cwd=trained).stdout
    assert "dW[1, 5] = Σ x[b, 1]·dz[b, 5]" in shown
    assert "x[1, 1]·dz[1, 5]" in shown
    assert "update: " in shown
    assert "Forward" not in shown


def test_json(trained: Path):
    told = json.loads(pellucid("explain", "run", "--json", "--engine", "definition", cwd=trained).stdout)
    assert (told["engine"], told["samples"]) == ("definition", 1)
    why = json.loads(pellucid("explain", "run", "--json", "--why", "dense[0,2]", cwd=trained).stdout)
    assert why["name"] == "dense/y"


def test_a_page(trained: Path):
    shown = pellucid("explain", "run", "--out", "e.html", cwd=trained).stdout
    assert shown == "The explanation is in e.html\n"
    assert (trained / "e.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--row", "99"], "a row from 0 to 79"),
        (["run", "--why", "dense/kernel"], "'dense/kernel[3,5]'"),
        (["run", "--why", "dens/kernel[0,0]"], "Did you mean 'dense/kernel'"),
        (["run", "--engine", "gpu"], "auto, compiled, definition"),
        (["run", "--out", "e.doc"], ".html, .json, .txt"),
        (["nosuch"], "nosuch"),
        (["run/model.keras"], "argument DATA"),
    ],
)
def test_a_mistake_is_one_line(trained: Path, words: list[str], said: str):
    error = pellucid("explain", *words, cwd=trained, code=2).stderr
    assert error.startswith("Error: ")
    assert said in error
    assert len(error.splitlines()) == 1
