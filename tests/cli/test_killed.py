"""Runs on a table larger than memory that are killed (SIGKILL), at any moment, and go on to the same bits."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.said import without_delays
from cli.test_tables import write

# The child stops at each of these moments, says so, and waits.
CHILD = """
import sys
from pellucid.actions import train
from pellucid.cli import main
from pellucid.data import rowfile
from pellucid.tables import reading, streaming

def watched(owner, name, word):
    whole = getattr(owner, name)
    def stopping(*args, **options):
        print(f"now: {word}", flush=True)
        sys.stdin.readline()
        return whole(*args, **options)
    setattr(owner, name, stopping)

streaming.LARGE, reading.BLOCK, train.SAVE_SECONDS = 10_000, 2000, 0
watched(streaming.Table, "take", "rows")
watched(streaming, "shuffled", "encoding")
watched(rowfile.RowFile, "append", "writing")
watched(rowfile.RowBatches, "__getitem__", "training")
main()
"""
WORDS = ("train", "people.csv", "--target", "bought", "--drop", "spent", "--epochs", "4", "--batch-size", "128")


class Child:
    """`pellucid` in a process of its own, moment by moment."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, *words], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={**os.environ, "TMPDIR": str(folder / "scratch")},
        )  # fmt: skip

    def until(self, moment: str, times: int = 1) -> bool:
        """Go on until the moment has come so many times; False if it ended before."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if not line.startswith("now: "):
                continue
            times -= line == f"now: {moment}\n"
            if not times:
                return True
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        return False

    def end(self, kill: bool = False) -> int:
        if kill:
            self.process.kill()
        with self.process:
            return self.process.wait(120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a table, and a run on it that nobody disturbed."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "scratch").mkdir()
    write(folder / "people.csv", 2000)
    whole = Child(folder, *WORDS, "--out", "whole")
    assert not whole.until("nothing")
    assert whole.end() == 0
    return folder


MOMENTS = [("rows", 2), ("rows", 5), ("encoding", 1), ("rows", 20), ("writing", 3), ("training", 1), ("training", 17),
           ("training", 43)]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(("first", "second"), [*zip(MOMENTS, reversed(MOMENTS), strict=True)])
def test_a_streamed_run_is_killed_twice(folder: Path, first: tuple[str, int], second: tuple[str, int]):
    shutil.rmtree(folder / "cut", ignore_errors=True)
    words: tuple[str, ...] = (*WORDS, "--out", "cut")
    for moment, times in (first, second):
        cut = Child(folder, *words)
        assert cut.until(moment, times)
        cut.end(kill=True)
        assert not list((folder / "scratch").iterdir())
        if (folder / "cut").exists():  # before it trains, nothing is left that could go on
            words = ("train", "--resume", "cut")
    again = Child(folder, *words)
    assert not again.until("nothing")
    assert again.end() == 0
    for name in ("model.keras", "history.csv", "probes.csv"):
        assert (folder / "cut" / name).read_bytes() == (folder / "whole" / name).read_bytes()


@pytest.mark.long
def test_a_run_goes_on_with_its_own_data_alone(folder: Path):
    cut = Child(folder, *WORDS, "--out", "changed")
    assert cut.until("training", 20)
    cut.end(kill=True)
    text = (folder / "people.csv").read_text("utf-8")
    with (folder / "people.csv").open("a", encoding="utf-8") as file:
        file.write("2000;41;Bern;no;1,5\n")
    try:
        refused = subprocess.run(
            [sys.executable, "-m", "pellucid", "train", "--resume", "changed"], cwd=folder, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
    finally:
        (folder / "people.csv").write_text(text, "utf-8")
    assert refused.returncode == 2
    assert re.fullmatch(
        r".*resuming changed: expected the data that it began with, got others\. .*\n", without_delays(refused.stderr)
    )
