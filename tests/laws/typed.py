"""Commands as they are typed, each in a process of its own, which is forked from one that has Pellucid loaded: to start
Python and to load it anew takes a second each time. How it starts is looked at by `tests/cli/test_app.py`.

This file is that process, too: it reads what is typed, a line each, and answers with the code with which it ended.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import pkgutil
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

SECONDS = 240.0  # that a command may take
FORKS = sys.platform == "linux"  # elsewhere a fork of what has threads may not live
WAITING: dict[tuple[tuple[str, str], ...], subprocess.Popen[bytes]] = {}  # by environment


def typed(words: Sequence[object], cwd: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`pellucid` and these words, typed in this folder."""
    said = [str(word) for word in words]
    if not FORKS:
        return subprocess.run(
            [sys.executable, "-m", "pellucid", *said], cwd=cwd, env=dict(environment), capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
        )  # fmt: skip
    key = tuple(sorted(item for item in environment.items() if item[0] != "PYTEST_CURRENT_TEST"))
    if (process := WAITING.get(key)) is None or process.poll() is not None:
        process = WAITING[key] = _started(environment)
    assert process.stdin is not None
    assert process.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        out, error = Path(folder, "out"), Path(folder, "error")
        process.stdin.write(json.dumps([said, str(cwd), str(out), str(error)]).encode() + b"\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], SECONDS)[0]:
            process.kill()
            raise subprocess.TimeoutExpired(said, SECONDS)
        code = int(process.stdout.readline())
        return subprocess.CompletedProcess(said, code, out.read_text("utf-8"), error.read_text("utf-8"))


def _started(environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join(filter(None, sys.path))
    return subprocess.Popen(
        [sys.executable, __file__], env={**environment, "PYTHONPATH": paths}, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip


@atexit.register
def _ended() -> None:
    for process in WAITING.values():
        process.communicate()


def _next() -> list[str] | None:
    """In a process forked for it, what is typed next; None where nobody types any more."""
    while line := sys.stdin.buffer.readline():
        words, folder, out, error = json.loads(line)
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            for number, path in enumerate((os.devnull, out, error)):
                opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
                os.dup2(opened, number)
                os.close(opened)
            return [str(word) for word in words]
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    return None


if __name__ == "__main__":
    from pellucid import actions
    from pellucid.cli import app

    for found in pkgutil.iter_modules(actions.__path__):
        importlib.import_module(f"{actions.__name__}.{found.name}")
    if (given := _next()) is not None:
        sys.argv = ["pellucid", *given]
        app.main(given)
