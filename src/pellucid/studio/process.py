"""A process that trains or searches, from the server's side."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import frames

SAVING, DYING = 5.0, 5.0  # seconds to save and end by itself, and after being asked to by the system

OnMessage = Callable[[bytes], None]


def launched(folder: Path, module: str) -> subprocess.Popen[bytes]:
    """One that waits for its first message."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", f"{__package__}.{module}"], cwd=folder, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


class Process:
    """One of them. on_message: called in the server's loop with each message; on_end: with its exit code, once.
    waiting: one that is there already."""

    def __init__(
        self, first: Mapping[str, Any], folder: Path, on_message: OnMessage, on_end: Callable[[int], None],
        module: str = "trainer", waiting: subprocess.Popen[bytes] | None = None,
    ) -> None:  # fmt: skip
        self._loop = asyncio.get_running_loop()
        self._on_message, self._on_end = on_message, on_end
        self._process = waiting or launched(folder, module)
        self.pid = self._process.pid
        self.order(first)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def order(self, message: Mapping[str, Any]) -> None:
        """Say something to it; where it has gone, the reader tells."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            frames.write(self._process.stdin, frames.packed(message))

    def _read(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._process.stdout as told:
            while (message := frames.read(told)) is not None:
                self._call(self._on_message, message)
        code = self._process.wait()
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._call(self._on_end, code)

    def _call(self, function: Callable[..., None], *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended before it
            self._loop.call_soon_threadsafe(function, *args)

    def end(self) -> None:
        """End it, whatever it does: by letting go of it, which lets it save; then by force. Waits until it is gone."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        for seconds, force in ((SAVING, self._process.terminate), (DYING, self._process.kill)):
            try:
                self._process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                force()
        self._process.wait()
        self._reader.join(1.0)
