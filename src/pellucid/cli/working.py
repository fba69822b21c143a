"""No command is silent for long: what it is busy with is told while it lasts."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from types import TracebackType

FIRST, LATER = 0.75, 2.0  # seconds until the first word, and until the next ones on a terminal
CLEAR = "\r\x1b[K"  # the line of a terminal


class Working:
    """Within the block, a line on standard error if it lasts: on a terminal one line that renews itself and is gone in
    the end, elsewhere a line more and more seldom. quiet: none.

    >>> with Working("The data are read"):
    ...     pass
    """

    def __init__(self, what: str, quiet: bool = False) -> None:
        self.what, self.quiet = what, quiet or sys.stderr is None  # as where a shell has closed it
        self._terminal = not self.quiet and sys.stderr.isatty()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> Working:
        self._began = time.monotonic()
        if not self.quiet:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Say no more."""
        if self._thread.is_alive():
            self._ended.set()
            self._thread.join()
            if self._terminal:
                print(CLEAR, end="", file=sys.stderr, flush=True)

    def _tell(self) -> None:
        for pause in pauses(self._terminal):
            if self._ended.wait(pause):
                return
            line = told(self.what, time.monotonic() - self._began)
            before, after = (CLEAR, "") if self._terminal else ("", "\n")
            with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
                print(f"{before}{line}", end=after, file=sys.stderr, flush=True)


def line(text: str) -> None:
    """A line on standard output, if somebody reads it: of a command that goes on until it is ended."""
    with contextlib.suppress(OSError, ValueError):
        print(text, flush=True)


def pauses(terminal: bool) -> Iterator[float]:
    """The seconds between one word and the next.

    >>> from itertools import islice
    >>> list(islice(pauses(True), 4)), list(islice(pauses(False), 4))
    ([0.75, 2.0, 2.0, 2.0], [0.75, 1.5, 3.0, 6.0])
    """
    pause = FIRST
    while True:
        yield pause
        pause = LATER if terminal else 2 * pause


def told(what: str, seconds: float) -> str:
    """
    >>> told("The data are read", 3.2)
    'The data are read: 3 s so far'
    """
    return f"{what}: {seconds:.0f} s so far"
