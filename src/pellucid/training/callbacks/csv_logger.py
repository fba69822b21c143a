"""CSVLogger: a row of numbers for each epoch."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import FileError, InvalidArgument, Told
from .base import Callback, Logs


class CSVLogger(Callback):
    """Write each epoch's numbers to a table as soon as it ends: the column epoch (from 0), then names in order.

    Without validation in the first epoch, columns for it are made all the same; what is missing is written as NA.
    append: go on below the rows that the file has, in its columns, instead of replacing it. A run that goes on from
    a backup removes the rows of the epochs it repeats.

    >>> logger = CSVLogger("training.csv", append=True)
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        if not isinstance(separator, str) or len(separator) != 1 or separator in '\r\n"':
            raise InvalidArgument(self.where("separator"), "one character", separator)
        self.filename = Path(filename)
        self.separator = separator
        self.append = bool(append)
        self.columns: list[str] | None = None  # once the file has been begun
        self.size = 0  # of the file, in bytes, after the last row

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.columns, self.size = None, 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        text = ""
        if self.columns is None:
            text = self._begin(logs)
        row = {"epoch": epoch, **logs}
        text += self._line([_cell(row.get(name, "NA")) for name in self.columns or ()])
        try:
            self.size = _append(self.filename, text.encode())
        except OSError as problem:
            raise self._unwritable(problem) from problem

    def _begin(self, logs: Logs) -> str:
        """Make the file ready for the first row; returns what must stand before it."""
        names = sorted(logs)
        if not any(name.startswith("val_") for name in names):
            names += [f"val_{name}" for name in names]
        self.columns = ["epoch", *names]
        try:
            if not self.append:
                self.filename.write_bytes(b"")
            text = self.filename.read_bytes().decode() if self.filename.exists() else ""
        except OSError as problem:
            raise self._unwritable(problem) from problem
        if not text:
            return self._line(self.columns)
        import csv  # here, so that importing the library stays quick

        there = next(csv.reader(io.StringIO(text), delimiter=self.separator))
        if not {"epoch", *logs} <= set(there):
            raise FileError(
                f"CSVLogger, file {self.filename}", f"the columns {', '.join(self.columns)}", Told(", ".join(there)),
                "Choose another file, or append=False to replace this one.",
            )  # fmt: skip
        self.columns = there
        return "" if text.endswith("\n") else "\n"

    def _line(self, cells: Iterable[Any]) -> str:
        import csv

        line = io.StringIO()
        csv.writer(line, delimiter=self.separator, lineterminator="\n").writerow(cells)
        return line.getvalue()

    def _unwritable(self, problem: OSError) -> FileError:
        reason = problem.strerror or str(problem)
        return FileError(f"CSVLogger, file {self.filename}", "a file that can be written", Told(reason))

    def state(self) -> dict[str, Any]:
        return {"columns": self.columns, "size": self.size}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on in the file of the interrupted run, cut to what it held at the time of the backup."""
        if state["columns"] is None:
            return
        there = self.filename.stat().st_size if self.filename.exists() else 0
        if 0 < there < state["size"]:
            warnings.warn(
                f"CSVLogger, file {self.filename}: expected the {state['size']} bytes it held when the run was "
                f"interrupted, got {there}; rows of epochs before that are missing.",
                stacklevel=2,
            )
        if not there:
            return
        self.columns, self.size = list(state["columns"]), int(state["size"])
        try:
            with open(self.filename, "r+b") as file:
                file.truncate(min(self.size, there))
        except OSError as problem:
            raise self._unwritable(problem) from problem


def _append(path: Path, row: bytes) -> int:
    """Add a row, whole or not at all, and see it onto the disk; returns the file's size."""
    with open(path, "ab", buffering=0) as file:
        before = file.tell()
        try:
            while row:
                row = row[file.write(row) :]
            if path.is_file():
                os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                file.truncate(before)
            raise
        return file.tell()


def _cell(value: Any) -> Any:
    """A value as a cell holds it; several values, say one per class, in brackets."""
    if np.ndim(value) == 0:
        return value
    return str(np.asarray(value).tolist())
