"""Trained networks served over HTTP, each by a process of its own: `pellucid serve RUN`."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import threading
import time
from typing import Any

from ..errors import FileError, Told
from ..web.refused import Refused
from .desk import Desk

PATIENCE = 20.0  # seconds in which it must have begun
MOST = 8


class Served:
    """The processes that serve, by run. One is started or ended at a time: a run that is asked for twice at once is
    served once, and none begins behind the back of the studio's end."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._processes: dict[str, tuple[subprocess.Popen[bytes], str]] = {}
        self._turn = threading.Lock()
        self._closed = False

    def url(self, name: str) -> str | None:
        """Where a run answers; None where it is not served."""
        process, url = self._processes.get(name, (None, ""))
        return url if process is not None and process.poll() is None else None

    def start(self, name: str) -> dict[str, Any]:
        """Serve a run, at any port that is free."""
        with self._turn:
            return {"url": self.url(name) or self._begun(name)}

    def _begun(self, name: str) -> str:
        if self._closed:
            raise Refused(503, "studio", "one that goes on", Told("one that is being closed"))
        if len(self._processes) >= MOST:
            raise Refused(409, "serve", f"at most {MOST} runs at a time", Told("more"), "Stop one first.")
        run = self.desk.run(name)
        if not run.model.exists():
            raise run.unfinished(f"serve {name}", run.model.name)
        words = [sys.executable, "-P", "-m", "pellucid", "serve", str(run.path), "--port", "0"]
        process = subprocess.Popen(
            words, cwd=self.desk.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        url = _said(process)
        if url is None:
            _end(process)
            raise FileError(f"serve {name}", "a server that answers", Told("none"), "Try it: pellucid serve.")
        self._processes[name] = process, url
        return url

    def stop(self, name: str) -> None:
        """No longer."""
        with self._turn:
            self._end(name)

    def close(self) -> None:
        """End all."""
        with self._turn:
            self._closed = True
            for name in list(self._processes):
                self._end(name)

    def _end(self, name: str) -> None:
        if (found := self._processes.pop(name, None)) is not None:
            _end(found[0])


def _said(process: subprocess.Popen[bytes]) -> str | None:
    """The address that it says it answers at."""
    assert process.stdout is not None
    until, said = time.monotonic() + PATIENCE, b""
    while (left := until - time.monotonic()) > 0 and process.poll() is None:
        if select.select([process.stdout], [], [], left)[0]:
            said += os.read(process.stdout.fileno(), 4096)
            for word in said.split():
                if word.startswith(b"http://") and said.endswith(b"\n"):
                    return word.decode()
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
