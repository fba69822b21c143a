"""The other side of a worker: its process started, asked, put to sleep between its turns, and ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Self

from .libraries import LIBRARIES

ROOT = Path(__file__).parents[1]
START, TURN = 400.0, 200.0  # seconds after which a process is given up
LONGEST = 200  # characters of a reason


class Failed(Exception):
    """A library could not do it; the message is the reason that the table shows."""


def plain(reason: str) -> str:
    """A reason in one line, without the folders of this machine."""
    line = " ".join(reason.split())
    for folder in sorted({str(ROOT), sys.prefix, sys.base_prefix, tempfile.gettempdir(), str(Path.home())}, key=len)[
        ::-1
    ]:
        if folder != os.sep:
            line = line.replace(folder, "...")
    return line.replace("|", "/")[:LONGEST]


def last_answer(words: list[str], environment: dict[str, str] | None = None, seconds: float = START) -> str:
    """The last line that a Python program prints; Failed with the last line of its complaint where it fails."""
    try:
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env={**os.environ, **(environment or {})}, timeout=seconds,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Failed(f"not finished after {seconds:.0f} s") from None
    said = done.stdout.strip().splitlines() or [""]
    if done.returncode:
        complaint = done.stderr.strip().splitlines() or [f"ended with code {done.returncode}"]
        raise Failed(plain(complaint[-1]))
    return said[-1]


class Process:
    """A worker: one library and its tasks. source: where Pellucid's code is, if not where it is installed from."""

    def __init__(self, library: str, folder: Path, names: list[str], source: Path | None = None) -> None:
        self.log = folder / f"{library}.log"
        elsewhere = {} if source is None else {"PYTHONPATH": str(source)}
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.worker", library, str(folder), *names],
                cwd=ROOT, env={**os.environ, **LIBRARIES[library].environment, **elsewhere},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        try:
            self.checks: dict[str, float] = self._answer(START)["checks"]
        except BaseException:
            self.close()
            raise

    def ask(self, what: str, **more: Any) -> dict[str, Any]:
        """Wake it, let it do one thing, and put it to sleep again."""
        assert self.process.stdin is not None
        self._signal("SIGCONT")
        with contextlib.suppress(OSError):  # where it has ended, the answer says so
            self.process.stdin.write(json.dumps({"do": what, **more}) + "\n")
            self.process.stdin.flush()
        answer = self._answer(START if what == "reach" else TURN)
        self.sleep()
        return answer

    def sleep(self) -> None:
        """Stop it, so that threads which wait by spinning take nothing from the one whose turn it is."""
        self._signal("SIGSTOP")

    def close(self) -> None:
        self._signal("SIGCONT")
        self.process.kill()
        self.process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, seconds: float) -> dict[str, Any]:
        assert self.process.stdout is not None
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self.process.kill()

        timer = threading.Timer(seconds, give_up)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        if late.is_set():
            raise Failed(f"not finished after {seconds:.0f} s")
        if not line:
            said = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or [""]
            raise Failed(plain(f"its process ended with code {self.process.wait()}. {said[-1]}"))
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise Failed(plain(answer["failed"]))
        return answer

    def _signal(self, name: str) -> None:
        number = getattr(signal, name, None)  # Windows has none: there all stay awake
        if number is not None and self.process.poll() is None:
            self.process.send_signal(number)
