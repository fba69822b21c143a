"""`pellucid lr`, typed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from cli.said import pellucid

lr = partial(pellucid, "lr")


def test_a_suggestion_its_reason_and_its_picture(tmp_path: Path):
    shown = lr("digits", "--layers", "32", "--plot", "curve.svg", cwd=tmp_path).stdout.splitlines()
    assert shown[0].startswith("The loss falls steepest at ")
    assert 0.001 < float(shown[1].removeprefix("Train with --learning-rate ")) < 0.1
    assert shown[2] == "The curve is in curve.svg"
    assert [path.name for path in tmp_path.iterdir()] == ["curve.svg"]  # nothing else is written


def test_a_spec_and_options_over_it(tmp_path: Path):
    (tmp_path / "spec.toml").write_text('data = "moons"\nlayers = [8]\noptimizer = "sgd"\n')
    low = lr("spec.toml", "--highest", "1e-5", cwd=tmp_path).stdout
    assert "so flat" in low
    assert "--learning-rate" not in low
    by_options = lr("moons", "--layers", "16", "--optimizer", "adam", cwd=tmp_path).stdout
    assert lr("spec.toml", "--layers", "16", "--optimizer", "adam", cwd=tmp_path).stdout == by_options


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["digit"], "Did you mean 'digits'"),
        (["digits", "--layers", "12,x"], "lr, --layers: expected numbers of units"),
        (["digits", "--lowest", "0"], "lowest: expected a number above 0"),
        (["digits", "--highest", "1e-9"], "highest: expected a number above 1e-07"),
        (["digits", "--steps", "3"], "steps: expected a whole number at least 20"),
        (["digits", "--plot", "curve.jpg"], ".svg"),
        (["nosuch.toml"], "nosuch.toml"),
        (["digits", "--learning-rate", "0.1"], "--learning-rate"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(tmp_path: Path, words: list[str], message: str):
    done = lr(*words, cwd=tmp_path, code=2)
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
