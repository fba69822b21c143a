"""Windows of a table to forecast from: what a column holds some rows after the last of each."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..errors import DataError, Told
from .columns import understood
from .table import Table
from .windows import channels_of, groups_of, in_order, numbers_of, readings_of, starts_of

MOST = 1 << 28  # numbers in all windows together, 1 GiB, where nobody says how far apart they begin
FILL_IN = "Fill it in, or take the rows out."


@dataclass(frozen=True)
class Forecasts:
    """Windows of a table, each within one group of rows, and the number that follows each."""

    x: Array  # (N, T, C) float32
    y: Array  # (N,): the target `ahead` rows after the last row of each; none (0,) where it is not asked for
    last: Array  # (N,): the target in that last row, which is the plainest forecast; likewise
    ends: Array  # (N,): the row of the file that is the last of each
    group: Array  # (N,): the number of the group that each is from
    begin: Array  # (N,): the place of its first row among those of its group
    size: Array  # (N,): how many rows its group has
    ahead: int
    channels: tuple[str, ...]  # the columns that are read
    remarks: tuple[str, ...]


def forecasts_of(
    table: Table, length: int, stride: int, ahead: int, group_by: str, target: str, channels: Sequence[str] = (),
    drop: Collection[str] = (), known: bool = True,
) -> Forecasts:  # fmt: skip
    """Windows of `length` rows, and the target `ahead` rows after each one's end; arguments as of `windows_of`.

    stride: 0 for a window from each row on, or from as few as memory has room for. The target itself is read, too,
    unless it is dropped. known: False for windows up to the last row, of which nobody knows what follows. In Keras's
    words: `timeseries_dataset_from_array(x, y[length - 1 + ahead:], length, stride)` of each group.

    >>> table = Table.of({"a": [1, 2, 4, 3, 5, 9], "b": [0, 1, 0, 1, 0, 1]})
    >>> found = forecasts_of(table, 2, 1, 1, "", "a")
    >>> found.x[:, :, 0].tolist(), found.y.tolist(), found.last.tolist()
    ([[1.0, 2.0], [2.0, 4.0], [4.0, 3.0], [3.0, 5.0]], [4.0, 3.0, 5.0, 9.0], [2.0, 4.0, 3.0, 5.0])
    """
    remarks = list(table.remarks)
    if known and (kind := understood(table, target).kind) != "number":
        told, fix = Told(f"a column of the kind {kind}"), "Leave --ahead out, to tell classes."
        raise DataError(f"{table.source}, column {target!r}", "numbers to forecast", told, fix)
    group = groups_of(table, group_by)
    if not channels:
        own = {target} - {*drop}
        channels = channels_of(table.without({group_by, *drop} - own), group, remarks, target)
    readings = readings_of(table, channels)
    if not stride and (stride := math.ceil(readings.size * length / MOST)) > 1:
        remarks.append(
            f"A window begins at each {stride}th row, as all together would be large; --stride says otherwise."
        )
    starts = starts_of(group, length, max(1, stride), table.source, remarks, ahead if known else 0)
    order = np.argsort(group, kind="stable")
    rows = order[starts[:, None] + np.arange(length)]
    y = last = np.empty(0)
    if known:
        values = numbers_of(table, target, FILL_IN)
        y, last = values[order[starts + length - 1 + ahead]], values[rows[:, -1]]
    sizes = np.bincount(group)
    of = group[rows[:, 0]]
    begin = starts - (np.cumsum(sizes) - sizes)[of]
    ends = table.rows[rows[:, -1]]
    return Forecasts(readings[rows], y, last, ends, of, begin, sizes[of], ahead, tuple(channels), tuple(remarks))


def parted_in_time(found: Forecasts, shares: tuple[float, float]) -> tuple[Array, Array, Array]:
    """(windows to train on, to watch, to test on): of each group what comes later in a later part; what would share a
    row with an earlier part, be it the one that is forecast, is in none. shares: as of `parted`.

    >>> found = forecasts_of(Table.of({"a": [n % 7 for n in range(40)]}), 3, 1, 1, "", "a")
    >>> [(int(part[0]), int(part[-1])) for part in parted_in_time(found, (0.2, 0.2))]
    [(0, 22), (26, 28), (32, 36)]
    """
    return in_order(found.begin, found.begin + found.x.shape[1] + found.ahead, found.size, shares)
