"""A process that has loaded what training needs, and waits for its first message: a training begins at once in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .process import launched


class Spare:
    """At most one of them. folder: in which it is to train."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Have one that waits."""
        self._waiting = self.take() or launched(self._folder, "trainer")

    def take(self) -> subprocess.Popen[bytes] | None:
        """The one that waits, which is whose takes it from then on; None where there is none."""
        found, self._waiting = self._waiting, None
        if found is not None and found.poll() is not None:  # it has ended by itself
            found.communicate()  # which closes its pipes
            return None
        return found

    def end(self) -> None:
        """End it, which has nothing to save."""
        if (process := self.take()) is not None:
            process.kill()
            process.communicate()
