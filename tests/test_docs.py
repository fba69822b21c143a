"""Every example in the README and the documentation runs: ```python blocks, and ```console blocks of commands.

A document's blocks run in the order in which they stand, in one empty folder and with one set of Python names, so
that a command may train a model and the next block load it. A command must exit with 0, or with the code that its
own comment names (`$ pellucid train nosuch.csv  # exit code 2`). What it prints is not compared.

A block that needs a real data set, or PyTorch, is preceded by an invisible line:
<!-- skip: next if(no_data, reason="needs PELLUCID_DATA") -->
<!-- skip: next if(no_torch, reason="needs PyTorch") -->
<!-- skip: next if(no_mpi, reason="needs mpiexec and mpi4py") -->
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import unittest
from doctest import ELLIPSIS
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

from laws.typed import SECONDS, typed

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCUMENTS = [
    pytest.param(path, id=path.relative_to(ROOT).as_posix(), marks=[pytest.mark.long] * (path != README))
    for path in [README, *sorted((ROOT / "docs").rglob("*.md"))]
]

RUN = {"mpiexec", "pellucid", "python", "cat", "head", "ls", "printf", "unzip"}
FOR_A_SHELL = set("|<>&;$*?~`\\")  # what it does more than to cut a command into words
NOT_RUN = {"make", "git", "pip", "cd", "source", "open"}  # they fetch, build, or act on the reader's own shell
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])  # `pellucid`: the one under test

EXIT_CODE = re.compile(r"#\s*exit code (\d+)\s*$")


def commands(block: str) -> list[str]:
    """The commands of a console block: lines after a `$ `, a trailing backslash continuing on the next.

    >>> commands('$ pellucid train digits\\nepoch 1\\n$ pellucid \\\\\\n    --help\\n')
    ['pellucid train digits', 'pellucid --help']
    """
    joined = re.sub(r"\s*\\\n\s*", " ", block)
    return [line.removeprefix("$ ").strip() for line in joined.splitlines() if line.startswith("$ ")]


def run_command(command: str, folder: Path) -> str | None:
    """What went wrong, or None."""
    program = command.split()[0]
    if program in NOT_RUN:
        return None
    if program not in RUN:
        return f"$ {command}\n{program} is neither in RUN nor in NOT_RUN of {Path(__file__).name}"
    environment = {**os.environ, "PATH": PATH, "COLUMNS": "120"}
    if program == "pellucid" and not FOR_A_SHELL & set(command):
        result = typed(shlex.split(command, comments=True)[1:], folder, environment)
    else:
        result = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command], cwd=folder, env=environment, timeout=SECONDS,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
    declared = EXIT_CODE.search(command)
    expected = int(declared[1]) if declared else 0
    if result.returncode == expected:
        return None
    return f"$ {command}\nexit code {result.returncode}, expected {expected}\n{result.stdout}{result.stderr}"


def run_console(example: Example) -> str | None:
    """Run the commands of a block until one goes wrong."""
    return next(filter(None, (run_command(c, Path.cwd()) for c in commands(str(example.parsed)))), None)


SYBIL = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=ELLIPSIS),
        CodeBlockParser(language="console", evaluator=run_console),
        SkipParser(),
    ],
    pattern="*.md",
)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", DOCUMENTS)
def test_examples_run(path: Path, subtests: pytest.Subtests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    document = SYBIL.parse(path)
    document.namespace["no_data"] = not os.environ.get("PELLUCID_DATA")
    document.namespace["no_torch"] = importlib.util.find_spec("torch") is None
    has_mpi = importlib.util.find_spec("mpi4py") is not None and shutil.which("mpiexec", path=PATH) is not None
    document.namespace["no_mpi"] = not has_mpi
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", PATH)
    for example in document:
        with subtests.test(f"line {example.line}"):
            try:
                example.evaluate()
            except unittest.SkipTest as skipped:
                pytest.skip(str(skipped))


def test_a_failing_command_is_reported(tmp_path: Path):
    assert run_command("python -c 'pass'", tmp_path) is None
    assert "exit code 3, expected 0" in str(run_command("python -c 'raise SystemExit(3)'", tmp_path))
    assert run_command("python -c 'raise SystemExit(2)'  # exit code 2", tmp_path) is None
    assert "expected 2" in str(run_command("python -c 'pass'  # exit code 2", tmp_path))
    assert run_command("make demo", tmp_path) is None
    assert "neither in RUN nor in NOT_RUN" in str(run_command("frobnicate", tmp_path))
