"""What is said while kernels are compiled."""

from __future__ import annotations

import contextlib
import logging
import sys
import time

log = logging.getLogger("pellucid")

PATIENCE = 1.0  # seconds until the first word
PAUSE = 5.0  # and between one line and the next, where a line cannot be written over
EACH = 1.1  # seconds that one core takes for a kernel, about
LASTING = 3.0  # seconds foretold, from which on a log is told


class Waiting:
    """Tells, if it lasts, whoever may be waiting: before a screen how far it is, in a log one line at the beginning."""

    def __init__(self, kernels: int, at_once: int) -> None:
        """at_once: how many are compiled at once."""
        self.kernels, self.due = kernels, time.monotonic() + PATIENCE
        self.over = ""  # what the line is to be written over with, once there is one
        seconds = kernels * EACH / at_once
        line, numbers = "Compiling the engine for this machine, once: %d kernels, about %.0f s.", (kernels, seconds)
        log.info(line, *numbers)  # whoever listens reads the numbers by themselves
        if seconds >= LASTING and sys.stderr and not _watched() and not log.isEnabledFor(logging.INFO):
            with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
                print(line % numbers, file=sys.stderr, flush=True)

    def told(self, done: int) -> None:
        """So many are compiled."""
        if time.monotonic() < self.due or not _watched():
            return
        line = f"Compiling the engine for this machine, once: {done} of {self.kernels} kernels"
        with contextlib.suppress(OSError, ValueError):
            if sys.stderr is sys.__stderr__ or "ipykernel" in sys.modules:
                print(f"\r{line}", end="", file=sys.stderr, flush=True)
                self.over = "\r" + " " * len(line) + "\r"
            else:  # a progress bar holds the terminal, and puts lines above itself
                print(line, file=sys.stderr)
                self.due = time.monotonic() + PAUSE

    def end(self) -> None:
        """Leave the screen as it was."""
        with contextlib.suppress(OSError, ValueError):
            if self.over:
                print(self.over, end="", file=sys.stderr, flush=True)


def _watched() -> bool:
    return sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)
