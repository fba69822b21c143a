"""The journal of a search: one line of JSON for each thing that happened, in the order in which it happened.

    {"search": {...}}                                            what is searched, and how: the first line
    {"asked": 3, "flat": {"rate": 0.01}}                         a trial begins
    {"told": 3, "step": 9, "value": 0.31}                        it has come so far
    {"ended": 3, "state": "done", "scores": {...}, "at": 12.5}   it is over, so many seconds into the search

Lines are only ever added, each whole and on the disk before anything is done that depends on it. Whoever is killed
leaves at most a part of a line, which the next one cuts off.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from io import FileIO
from pathlib import Path
from typing import Any, Self

from ..errors import FileError, Told
from ..files import allowed

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

Line = dict[str, Any]


class Journal:
    """A file of lines, held by one process at a time; the system lets go of it when that process dies.

    path: None for a journal that is kept nowhere.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lines: list[Line] = []  # that were there before
        self._file: FileIO | None = None
        if path is None:
            return
        where = f"journal {path}"
        with allowed(where, "a file that can be written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "a+b", buffering=0)  # noqa: SIM115
        try:
            self._hold(where)
            self.lines = list(self._read(where))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def write(self, line: Mapping[str, Any], *, safe: bool = True) -> None:
        """Add a line. safe: wait until it is on the disk, so that it outlives a power cut, too."""
        if self._file is None:
            return
        self.check()
        left = memoryview(json.dumps(line).encode() + b"\n")
        with allowed(f"journal {self.path}", "room to write", "Make room, and go on with it."):
            while left:
                left = left[self._file.write(left) :]
            if safe:
                os.fsync(self._file.fileno())

    def check(self) -> None:
        """Raise where the file is no longer where it was: what is written into it then, nobody finds again."""
        if self._file is None or self.path is None:
            return
        mine = os.fstat(self._file.fileno())
        try:
            there = self.path.stat()
        except OSError:
            there = None
        if there is None or (there.st_ino, there.st_dev) != (mine.st_ino, mine.st_dev):
            told = Told("one that was removed, moved or replaced meanwhile")
            raise FileError(
                f"journal {self.path}", "the file that the search began with", told, "Put it back, or begin anew."
            )

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _hold(self, where: str) -> None:
        assert self._file is not None
        try:
            if fcntl is not None:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FileError(
                where, "a search that nobody goes on with", Told("one that another process is at"), "Wait for it."
            ) from None
        except OSError:  # a file system without locks
            pass

    def _read(self, where: str) -> Iterator[Line]:
        """The whole lines; what a killed process left of another is cut off."""
        assert self._file is not None
        self._file.seek(0)
        content = self._file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            self._file.truncate(whole)
        for number, text in enumerate(content[:whole].splitlines(), 1):
            yield parsed(text, f"{where}, line {number}")


def parsed(text: bytes, where: str) -> Line:
    """One line of a journal."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise FileError(where, "JSON", Told(str(problem))) from problem
    if not isinstance(line, dict):
        raise FileError(where, "a table of JSON", line)
    return line


def read_journal(path: Path) -> list[Line]:
    """The whole lines of a journal that others may be writing to."""
    with allowed(f"journal {path}", "a readable file"):
        content = path.read_bytes()
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    return [parsed(text, f"journal {path}, line {number}") for number, text in enumerate(lines, 1)]
