"""The curves of a run: rows of numbers that never become too many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Row = list[Any]  # step, epoch, loss, metric, val_loss, val_metric, learning rate; None where that is not known

LOSS, HELD = 2, 4  # the places of what is watched most: its lowest and highest are kept
MOST = 20_000  # rows that are kept
SENT = 2_000  # rows that are sent at once


class Curve:
    """Rows with numbers: `next` is that of the next to come. Where there are too many, they are thinned, and `age`
    tells that those that somebody has are others by now."""

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self.rows: list[Row] = []
        self.next = self.age = 0
        self.add(rows)

    def add(self, rows: Sequence[Row]) -> None:
        """Further rows."""
        self.rows += rows
        self.next += len(rows)
        if len(self.rows) > MOST:
            self.rows = thinned(self.rows, MOST // 2)
            self.age += 1

    def since(self, number: int) -> tuple[bool, list[Row]]:
        """(whether these are all, thinned, in the place of those before; the rows from this number on)."""
        behind = self.next - number
        if number <= 0 or behind > min(SENT, len(self.rows)) or behind < 0:
            return True, thinned(self.rows, SENT)
        return False, self.rows[len(self.rows) - behind :]

    def between(self, first: float | None, last: float | None, points: int) -> list[Row]:
        """The rows of these steps, thinned."""
        chosen = [row for row in self.rows if (first is None or row[0] >= first) and (last is None or row[0] <= last)]
        return thinned(chosen, points)


def thinned(rows: Sequence[Row], most: int) -> list[Row]:
    """At most about so many rows: of each stretch those with the lowest and highest loss, the last one, and what was
    measured on held-back rows.

    >>> rows = [[step, 0.0, abs(step - 50) / 50, None, None, None, 0.1] for step in range(100)]
    >>> [row[0] for row in thinned(rows, 8)]
    [0, 49, 50, 99]
    """
    if len(rows) <= max(most, 2):
        return list(rows)
    stretches = max(1, most // 4)
    kept: list[Row] = []
    for n in range(stretches):
        stretch = rows[n * len(rows) // stretches : (n + 1) * len(rows) // stretches]
        chosen = {id(stretch[-1])}
        for column in (LOSS, HELD):
            known = [row for row in stretch if row[column] is not None]
            if known:
                chosen |= {
                    id(min(known, key=lambda row: row[column])),
                    id(max(known, key=lambda row: row[column])),
                }
        if n == 0:
            chosen.add(id(stretch[0]))
        kept += [row for row in stretch if id(row) in chosen]
    return kept
