"""CSVLogger: a row of numbers for each epoch."""

from __future__ import annotations

import io
import math
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import FileError, InvalidArgument, Told
from .base import Callback, Logs
from .table import Table

SETTLES = 1.0  # seconds after which rows are seen onto the disk: of short epochs several at once


class CSVLogger(Callback):
    """Write each epoch's numbers to a table as soon as it ends: the column epoch (from 0), then names in order.

    Without validation in the first epoch, columns for it are made all the same; what is missing is written as NA.
    append: go on below the rows that the file has, in its columns, instead of replacing it. A run that goes on from
    a backup removes the rows of the epochs it repeats.

    >>> logger = CSVLogger("training.csv", append=True)
    """

    rank_zero_only = True

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        if not isinstance(separator, str) or len(separator) != 1 or separator in '\r\n"':
            raise InvalidArgument(self.where("separator"), "one character", separator)
        self.filename = Path(filename)
        self.separator = separator
        self.append = bool(append)
        self.columns: list[str] | None = None  # once the file has been begun
        self.table = Table("CSVLogger", filename)
        self._settled_at = -math.inf

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.columns, self.table.size = None, None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        text = ""
        if self.columns is None:
            text = self._begin(logs)
        row = {"epoch": epoch, **logs}
        text += self._line([_cell(row.get(name, "NA")) for name in self.columns or ()])
        now = time.monotonic()
        safely = now - self._settled_at >= SETTLES
        self.table.add(text, safely=safely)
        self._settled_at = now if safely else self._settled_at

    def close(self) -> None:
        self.table.settle()

    def _begin(self, logs: Logs) -> str:
        """Make the file ready for the first row; returns what must stand before it."""
        names = sorted(logs)
        if not any(name.startswith("val_") for name in names):
            names += [f"val_{name}" for name in names]
        self.columns = ["epoch", *names]
        if not self.append:
            self.table.empty()
        text = self.table.read()
        if not text:
            return self._line(self.columns)
        import csv  # here, so that importing the library stays quick

        there = next(csv.reader(io.StringIO(text), delimiter=self.separator))
        if not {"epoch", *logs} <= set(there):
            raise FileError(
                self.table.where, f"the columns {', '.join(self.columns)}", Told(", ".join(there)),
                "Choose another file, or append=False to replace this one.",
            )  # fmt: skip
        self.columns = there
        return "" if text.endswith("\n") else "\n"

    def _line(self, cells: Iterable[Any]) -> str:
        import csv

        line = io.StringIO()
        csv.writer(line, delimiter=self.separator, lineterminator="\n").writerow(cells)
        return line.getvalue()

    def state(self) -> dict[str, Any]:
        self.table.settle()
        return {"columns": self.columns, "size": self.table.size or 0}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on in the file of the interrupted run, cut to what it held at the time of the backup."""
        if state["columns"] is not None and self.table.cut(int(state["size"])):
            self.columns = list(state["columns"])


def _cell(value: Any) -> Any:
    """A value as a cell holds it; several values, say one per class, in brackets."""
    if np.ndim(value) == 0:
        return value
    return str(np.asarray(value).tolist())
