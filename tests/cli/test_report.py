"""`pellucid report`, typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.said import settled
from reports.pages import Page


def pellucid(*words: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `python -m pellucid` as a user would, with every warning an error."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pellucid", *words],
        cwd=cwd, env={**os.environ, "COLUMNS": "120"}, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        timeout=200, check=False,
    )  # fmt: skip
    return settled(done, code)


@pytest.mark.long
def test_report_writes_one_page(tmp_path: Path):
    pellucid("train", "moons", "--layers", "8", "--epochs", "3", "--out", "run", "--quiet", cwd=tmp_path)
    said = pellucid("report", "run", cwd=tmp_path).stdout
    assert said.startswith("Report in run/report.html (")
    page = Page((tmp_path / "run/report.html").read_text(encoding="utf-8"))
    page.check()
    assert "samples of Moons" in page.said
    pellucid("report", "run", "--out", "new/folder/elsewhere.html", cwd=tmp_path)
    assert (tmp_path / "new/folder/elsewhere.html").read_bytes() == (tmp_path / "run/report.html").read_bytes()

    for words, message in (
        (["report", "run/model.keras"], "pass the folder"),
        (["report", "nowhere"], "no such folder"),
        (["report", "run", "--out", "run/spec.toml/page.html"], "Not a directory"),
        (["report"], "Missing argument"),
    ):
        error = pellucid(*words, cwd=tmp_path, code=2).stderr
        assert message in error
        assert len(error.strip().splitlines()) == 1
