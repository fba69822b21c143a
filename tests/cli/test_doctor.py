"""`pellucid doctor`, typed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from cli.said import pellucid

SICK = (
    'data = "moons"\nlayers = [16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16]\nactivation = "sigmoid"\nepochs = 20\n'
)


def test_a_sick_spec_is_told_changed_and_then_sound(tmp_path: Path):
    (tmp_path / "sick.toml").write_text(SICK + "learning_rate = 0.01\n")
    shown = pellucid("doctor", "sick.toml", "--apply", "cured.toml", cwd=tmp_path).stdout
    for part in ("has not been trained", "The gradient vanishes", "'dense/kernel'",
                 'activation = "relu", batch_norm = true', "pellucid train cured.toml"):  # fmt: skip
        assert part in shown
    assert 'activation = "relu"' in (tmp_path / "cured.toml").read_text()
    pellucid("train", "cured.toml", "--out", "run", "--quiet", cwd=tmp_path)
    assert "Nothing found" in pellucid("doctor", "run", cwd=tmp_path).stdout


def test_a_fault_is_told_by_the_exit_code_unless_its_remedy_is_written(tmp_path: Path):
    (tmp_path / "sick.toml").write_text(SICK + "learning_rate = 0.01\n")
    assert "The gradient vanishes" in pellucid("doctor", "sick.toml", cwd=tmp_path, code=1).stdout


def test_a_remark_is_no_fault_and_exits_0(tmp_path: Path):
    """Columns that are empty do not hurt a training that works."""
    random = np.random.default_rng(0)
    x = np.hstack([random.normal(size=(400, 2)), np.zeros((400, 3))]).astype("float32")
    np.savez(tmp_path / "padded.npz", x=x, y=(x[:, 0] + x[:, 1] > 0).astype("int64"))
    words = ("train", "padded.npz", "--epochs", "60", "--learning-rate", "0.01", "--out", "run", "--quiet")
    pellucid(*words, cwd=tmp_path)
    shown = pellucid("doctor", "run", cwd=tmp_path).stdout
    assert "No fault found. Remarks" in shown
    assert "Remark: Inputs are constant" in shown
    found = json.loads(pellucid("doctor", "run", "--json", cwd=tmp_path).stdout)["findings"]
    assert [(one["rule"], one["kind"], one["confidence"]) for one in found] == [("constant_inputs", "remark", None)]


def test_json(tmp_path: Path):
    found = json.loads(pellucid("doctor", "moons", "--json", cwd=tmp_path).stdout)
    assert found["findings"] == []
    assert found["trained"] is False
    assert len(found["asked"]) > 10
    assert found["copies"]["trained"] is True
    assert 0 < found["copies"]["seconds"] < 30


def test_without_copies_fewer_rules_judge_and_it_says_so(tmp_path: Path):
    shown = pellucid("doctor", "moons", "--no-experiments", cwd=tmp_path).stdout
    assert "No copies were trained. With --experiments they are, and more can be judged." in shown
    assert "rehearsals" not in shown
    words = ("doctor", "moons", "--json", "--no-experiments")
    fewer = json.loads(pellucid(*words, cwd=tmp_path).stdout)
    assert fewer["copies"] == {"trained": False, "seconds": None}
    assert "learning_rate_too_low" not in fewer["asked"]


def test_mistakes_are_one_line_and_exit_2(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    for words, message in (
        (["doctor", "mons"], "moons"), (["doctor", "empty"], "spec.toml"), (["doctor", "no.toml"], "no.toml"),
        (["doctor"], "RUN"),
    ):  # fmt: skip
        done = pellucid(*words, cwd=tmp_path, code=2)
        assert message in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
