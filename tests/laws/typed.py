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
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

SECONDS = 240.0  # that a command may take
FORKS = sys.platform == "linux"  # elsewhere a fork of what has threads may not live
Process = subprocess.Popen[bytes]
WAITING: dict[tuple[object, ...], Process] = {}  # by environment, and what they have loaded


def typed(words: Sequence[object], cwd: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`pellucid` and these words, typed in this folder."""
    said = [str(word) for word in words]
    if not FORKS:
        return subprocess.run(
            [sys.executable, "-m", "pellucid", *said], cwd=cwd, env=dict(environment), capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
        )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        out, error = Path(folder, "out"), Path(folder, "error")
        code = _asked(_waiting(environment, ()), [said, str(cwd), str(out), str(error), True])
        return subprocess.CompletedProcess(said, code, out.read_text("utf-8"), error.read_text("utf-8"))


@contextmanager
def staying(
    words: Sequence[str], cwd: Path, environment: Mapping[str, str], loads: Sequence[str]
) -> Iterator[Callable[[], str]]:
    """The same of a command that stays until it is ended, as a server does: what it has printed so far, while it lives.
    loads: modules that it needs beside."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        pid = _asked(_waiting(environment, loads), [list(words), str(cwd), str(out), str(out), False])
        try:
            yield lambda: out.read_text("utf-8") if out.exists() and _lives(pid) else ""
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            until = time.monotonic() + SECONDS
            while _lives(pid):
                assert time.monotonic() < until
                time.sleep(0.02)


def _lives(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _waiting(environment: Mapping[str, str], loads: Sequence[str]) -> Process:
    """The process from which others are forked."""
    told = {name: value for name, value in environment.items() if name != "PYTEST_CURRENT_TEST"}
    key = (*sorted(told.items()), *loads)
    if (process := WAITING.get(key)) is None or process.poll() is not None:
        paths = os.pathsep.join(filter(None, sys.path))
        process = WAITING[key] = subprocess.Popen(
            [sys.executable, __file__, *loads], env={**told, "PYTHONPATH": paths}, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
    return process


def _asked(process: Process, question: list[object]) -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question).encode() + b"\n")
    process.stdin.flush()
    if not select.select([process.stdout], [], [], SECONDS)[0]:
        process.kill()
        raise subprocess.TimeoutExpired(str(question[0]), SECONDS)
    return int(process.stdout.readline())


@atexit.register
def _ended() -> None:
    for process in WAITING.values():
        process.communicate()


def _next() -> list[str] | None:
    """In a process forked for it, what is typed next; None where nobody types any more."""
    while line := sys.stdin.buffer.readline():
        words, folder, out, error, ends = json.loads(line)
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            for number, path in enumerate((os.devnull, out, error)):
                opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
                os.dup2(opened, number)
                os.close(opened)
            return [str(word) for word in words]
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if ends else child, flush=True)
    return None


if __name__ == "__main__":
    from pellucid import actions
    from pellucid.cli import app

    for found in pkgutil.iter_modules(actions.__path__):
        importlib.import_module(f"{actions.__name__}.{found.name}")
    for name in sys.argv[1:]:
        importlib.import_module(name)
    if (given := _next()) is not None:
        sys.argv = ["pellucid", *given]
        app.main(given)
