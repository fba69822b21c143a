"""Progress in a notebook: one line, updated where it stands, however many epochs go by."""

from __future__ import annotations

import sys
import time
from typing import Any

from ...markup import Html, html

REFRESH = 0.1  # seconds between two updates: each is a message to the browser


class NotebookBar:
    """What `Bar` is on a terminal; the last line that was said stays."""

    busy = False  # one is shown, and another, of a `fit` whose callback evaluates, would stand beside it

    def __init__(self) -> None:
        self._handle: Any = None
        self._waits: tuple[str, Html] | None = None  # said too soon after the last update
        self._said: tuple[str, Html] = ("", Html(""))
        self._due = 0.0
        NotebookBar.busy = True

    @classmethod
    def free(cls) -> NotebookBar | None:
        """A line, unless there is one already."""
        return None if cls.busy else cls()

    def show(self, title: str, done: int | None, total: int | None, text: str) -> None:
        """How far it is. `total` None: it is not known how far this goes."""
        if time.perf_counter() < self._due:
            return
        count = "" if done is None else f"{done}/{total}" if total else str(done)
        bar = html('<progress value="{}" max="{}"></progress> ', done or 0, total) if total else Html("")
        self._update((f"{title} {count} {text}", html("{} {}{} {}", title, bar, count, text)))

    def say(self, line: str) -> None:
        """The line of an epoch, in the place of the one before."""
        self._said = self._waits = (line, html("{}", line))
        if time.perf_counter() >= self._due:
            self._update(self._said)

    def close(self) -> None:
        """Leave what was said last."""
        NotebookBar.busy = False
        if self._waits is not None or self._handle is not None:
            self._update(self._said)

    def _update(self, told: tuple[str, Html]) -> None:
        from IPython.display import display

        self._waits, self._due = None, time.perf_counter() + REFRESH
        shown = {"text/plain": told[0], "text/html": f"<code>{told[1]}</code>" if told[0] else ""}
        if self._handle is None:
            self._handle = display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)


def in_notebook() -> bool:
    """Whether what is printed goes to a notebook, which its output stream says; captured output is plain lines.

    >>> in_notebook()
    False
    """
    return type(sys.stdout).__module__ == "ipykernel.iostream"
