"""Arrays ready to train on, and what they are about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..arrays import Array
from ..data.labels import Names
from ..data.rowfile import AT_ONCE, RowFile
from ..tables import TableData, Targets

TEST_SHARE = 0.2  # of data that comes without a test part
Fold = tuple[int, int]  # (i, k): the i-th of k, from 0


@dataclass(frozen=True)
class Ahead:
    """What is forecast of windows: a number some rows after each one's end."""

    rows: int
    targets: Targets  # the column, and how its numbers were standardised
    last: Array  # (N,): of the windows to test on, the number in the last row: the plainest forecast
    ends: Array  # (N,): that row's number in the file


@dataclass(frozen=True)
class Prepared:
    """Training, validation and test arrays, and what they are about."""

    x_train: Any  # an array, or a RowFile
    y_train: Array
    validation: tuple[Array, Array] | None
    x_test: Array
    y_test: Array
    classes: int  # 0 where the targets are numbers to predict
    width: int  # outputs, where they are
    names: Names = ()  # of the classes, where there are any
    unusual: bool = False  # whether the classes are others than all from 0 to the largest label
    doubtful: bool = False  # whether the targets might have been meant as numbers, or as classes
    table: TableData | None = None  # where the rows come from a table
    remarks: tuple[str, ...] = ()  # what there is to say of pictures, or of a text
    windows: bool = False  # whether samples are windows (N, T, C) of readings
    channels: tuple[str, ...] = ()  # the columns of a table that they are of
    ahead: Ahead | None = None  # where numbers are forecast from windows
    text: bool = False  # whether samples are windows of characters (N, T), and the targets the characters that follow
    source: str = ""  # the name of a data set, where they are one

    @property
    def metrics(self) -> list[str]:
        """What to report while training."""
        return ["accuracy"] if self.classes else ["binary_accuracy"] if self.labels else ["mae"]

    @property
    def labels(self) -> Names:
        """Of which a row may have any number, where that is what is predicted."""
        return tuple(self.table.targets.names) if self.table is not None and self.table.targets.labels else ()

    def restored(self, y: Array) -> Array:
        """Targets or outputs in their own units, where a table's numbers were standardised."""
        of = self.table or self.ahead
        return y if of is None else of.targets.restored(y)

    def to_fit(self, batch_size: int) -> dict[str, Any]:
        """What `fit` trains on, as its arguments."""
        if isinstance(self.x_train, RowFile):
            return {"x": self.x_train.batches(self.y_train, batch_size)}
        return {"x": self.x_train, "y": self.y_train, "batch_size": batch_size}

    @property
    def largest(self) -> float:
        """The largest input value."""
        return float(self.x_train.max())


def in_memory(data: Prepared) -> Prepared:
    """The same data with no more rows to train on than memory has room for: for a look at them."""
    if not isinstance(data.x_train, RowFile):
        return data
    rows = slice(max(1, AT_ONCE // data.x_train.shape[1]))
    return replace(data, x_train=data.x_train[rows], y_train=data.y_train[rows])
