"""Rows with any number of labels: several columns that say yes or no, or one column of labels with "|" or ";" between.

Either way y (N, labels) is 1 where a row has a label and 0 where it has not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ..arrays import Array
from ..errors import DataError, Told
from .cells import as_text, truth
from .table import Table

SEPARATORS = "|;"


def separator_of(cells: Array) -> str:
    """What stands between the labels of a column's cells; "" where each cell is one word.

    Fewer labels than different cells there must be, and each in two cells at least, on average.

    >>> separator_of(np.array(["red|round", "round", "red"], object)), separator_of(np.array(["a|b", "c"], object))
    ('|', '')
    """
    different = {cell for cell in cells.tolist() if isinstance(cell, str)}
    for separator in SEPARATORS:
        if any(separator in cell for cell in different):
            counts = Counter(label for cell in cells.tolist() for label in split(cell, separator))
            if 1 < len(counts) < len(different) and counts.total() >= 2 * len(counts):
                return separator
    return ""


def split(cell: str | None, separator: str) -> set[str]:
    """The labels in a cell.

    >>> sorted(split("red | round", "|"))
    ['red', 'round']
    """
    return {label.strip() for label in (cell or "").split(separator)} - {""}


def labels_in(cells: Array, separator: str) -> list[str]:
    """All labels that occur, sorted."""
    return sorted(set().union(*(split(cell, separator) for cell in set(cells.tolist()))))


def say_yes_or_no(table: Table, names: Sequence[str]) -> bool:
    """Whether every cell of these columns does, in whatever words."""
    try:
        return bool([truths(table, name) for name in names])
    except DataError:
        return False


def truths(table: Table, name: str) -> Array:
    """1 for yes and 0 for no (N,) float32."""
    found = {}
    for cell in dict.fromkeys(table[name].tolist()):
        try:
            found[cell] = truth(as_text(cell) or "")
        except ValueError:
            row = table[name].tolist().index(cell)
            expected = "1 or 0, or another word for yes or no"
            raise DataError(table.place(row, name), expected, Told(str(cell)), "Leave the row out.") from None
    return np.array([found[cell] for cell in table[name].tolist()], np.float32)


def among(table: Table, name: str, labels: Sequence[str], separator: str) -> Array:
    """Which of the labels (N, labels) float32 each cell of a column has."""
    places = {label: i for i, label in enumerate(labels)}
    y = np.zeros((len(table), len(labels)), np.float32)
    for row, cell in enumerate(table[name].tolist()):
        for label in split(cell, separator):
            if label not in places:
                raise DataError(table.place(row, name), f"labels among {', '.join(labels[:12])}", label)
            y[row, places[label]] = 1
    return y
