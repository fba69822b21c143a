"""A table on disk that grows while a run goes on, and is cut back to where a backup left it when the run is resumed."""

from __future__ import annotations

import contextlib
import os
import warnings
from pathlib import Path

from ...errors import FileError, Told
from ...files import allowed

WRITABLE = "room and permission to write"


class Table:
    """A file to which whole rows are added. `size`: of the file in bytes after the last row; None before the first."""

    def __init__(self, who: str, path: str | os.PathLike[str]) -> None:
        self.where, self.path = f"{who}, file {path}", Path(path)
        self.size: int | None = None
        self.settled = True

    def read(self) -> str:
        """What is in the file; nothing, if there is none."""
        expected = "a file that can be read"
        try:
            with allowed(self.where, expected):
                return self.path.read_bytes().decode() if self.path.exists() else ""
        except UnicodeDecodeError as problem:
            raise FileError(self.where, expected, Told(str(problem))) from problem

    def empty(self) -> None:
        """Begin anew."""
        with allowed(self.where, WRITABLE):
            self.path.write_bytes(b"")

    def add(self, text: str, *, safely: bool = True) -> None:
        """Add rows, whole or not at all. safely: and see them onto the disk; else `settle` does that later."""
        with allowed(self.where, WRITABLE):
            self.size = _append(self.path, text.encode(), safely)
        self.settled = safely

    def settle(self) -> None:
        """See what was added onto the disk."""
        if not self.settled:
            self.add("")

    def cut(self, size: int) -> bool:
        """Cut the file to what it held at the time of a backup; whether there is anything to go on with."""
        there = self.path.stat().st_size if self.path.exists() else 0
        if 0 < there < size:
            warnings.warn(
                f"{self.where}: expected the {size} bytes it held when the run was interrupted, got {there}; rows of "
                "epochs before that are missing.",
                stacklevel=3,
            )
        if not there:
            return False
        self.size = size
        with allowed(self.where, WRITABLE), open(self.path, "r+b") as file:
            file.truncate(min(size, there))
        return True


def _append(path: Path, rows: bytes, safely: bool) -> int:
    """Add to a file, all or nothing; returns its size."""
    with open(path, "ab", buffering=0) as file:
        before = file.tell()
        try:
            while rows:
                rows = rows[file.write(rows) :]
            if safely and path.is_file():
                os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                file.truncate(before)
            raise
        return file.tell()
