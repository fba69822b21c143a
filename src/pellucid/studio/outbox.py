"""What a trainer has to tell, written to a pipe by a thread of its own, so that training never waits for a reader."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from typing import IO, Any

from ..arrays import Array
from .curves import Row, thinned
from .frames import packed, write

MOST_ROWS = 4096  # of the curves that wait to be written; more are thinned


class Outbox:
    """Messages in the order in which they come; rows of the curves in one message; of each picture the newest alone."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe, self._news = pipe, threading.Condition()
        self._messages: list[Mapping[str, Any]] = []
        self._rows: list[Row] = []
        self._pace: Mapping[str, Any] | None = None  # what goes with the curve
        self._pictures: dict[str, tuple[Mapping[str, Any], Mapping[str, Array]]] = {}
        self._closed = False
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def tell(self, message: Mapping[str, Any]) -> None:
        """A message that must arrive."""
        with self._news:
            self._flush_curve()
            self._messages.append(message)
            self._news.notify()

    def add_row(self, row: Row) -> None:
        """A row of the curves, told with the next `tell_curve`."""
        with self._news:
            self._rows.append(row)
            if len(self._rows) > MOST_ROWS:
                self._rows = thinned(self._rows, MOST_ROWS // 2)

    def tell_curve(self, pace: Mapping[str, Any]) -> None:
        """The rows so far, with how fast it goes."""
        with self._news:
            self._pace = pace
            self._news.notify()

    def show(self, key: str, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        """A picture, in the place of the one before of this key, if that has not left yet."""
        with self._news:
            self._pictures[key] = header, arrays
            self._news.notify()

    def close(self) -> None:
        """Write what is left, and end."""
        with self._news:
            self._closed = True
            self._news.notify()
        self._writer.join()

    def _flush_curve(self) -> None:
        if self._pace is not None:
            self._messages.append({"type": "curve", "rows": self._rows, **self._pace})
            self._rows, self._pace = [], None

    def _write(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody reads any more: the orders tell the training
            while True:
                with self._news:
                    while not (self._messages or self._pace or self._pictures or self._closed):
                        self._news.wait()
                    self._flush_curve()
                    messages, pictures = self._messages, self._pictures
                    self._messages, self._pictures = [], {}
                    if not messages and not pictures:
                        return
                for message in messages:
                    write(self._pipe, packed(message))
                for header, arrays in pictures.values():
                    write(self._pipe, packed(header, arrays))
