"""Columns that all but tell the target: perhaps its copy with noise, or something that is known only after it.

Rows are put in the order of a column. Where their targets hardly change from one row to the next, whoever knows the
column knows the target. For classes the places where they change are counted, which are the mistakes of the nearest
neighbour; for numbers it is the mean squared difference, of which von Neumann's ratio makes the variance unexplained.
Words have no order: each of them begins anew, with no knowledge.

Source: von Neumann, "Distribution of the ratio of the mean square successive difference to the variance", 1941.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..arrays import Array
from ..rng import Key
from .cells import as_text, lacking, moments, numbers
from .columns import Column, cells_of
from .table import Table
from .targets import Targets

LEFT_CLASSES = 0.1  # share of the mistakes made without any column, at most so much of which is left by a suspect
LEFT_NUMBERS = 0.01  # likewise of the variance


def suspicions(train: Table, columns: Sequence[Column], found: Targets) -> list[str]:
    """What there is to say of columns that nearly tell the target by themselves.

    >>> y = [i % 2 for i in range(400)]
    >>> near = Table.of({"y": y, "x": [v + (i % 7) / 20 for i, v in enumerate(y)], "z": list(range(400))})
    >>> from pellucid.tables.columns import understood
    >>> suspicions(near, [understood(near, name) for name in "xz"], Targets.learned(near, ["y"]))[0][:43]
    'x alone nearly tells y: 100 % of the rows. '
    """
    order = Key(0).permutation(len(train))
    rows = train.take(order)
    y = found.encode(rows)
    targets = [(found.names[0], y)] if y.ndim == 1 else [(name, y[:, i]) for i, name in enumerate(found.names)]
    said = []
    for column in columns:
        if column.kind == "text" or column.dropped:
            continue
        values, groups = _ordered(rows, column)
        for target, of_it in targets:
            if share := _told(values, groups, of_it, found.categorical):
                what = f"{share:.0%} of the rows" if found.categorical else f"{share:.1%} of its variance"
                what = what.replace("%", " %")
                said.append(
                    f"{column.name} alone nearly tells {target}: {what}. Is it known before {target} is? Else leave it "
                    f"out: --drop {column.name}."
                )
                break
    return said


def _ordered(rows: Table, column: Column) -> tuple[Array, Array]:
    """(the order (N,) of the rows by a column, the number (N,) of the word in each place; all 0 where it has an order).
    What is missing is a word, too."""
    cells = cells_of(rows, column.name, column.kind)
    none = lacking(cells)
    if column.kind in ("number", "date"):
        read = numbers(cells, column.form)[0] if column.kind == "number" else moments(cells, column.form)[0]
        values = np.where(none, 0, read.astype(np.float64) if column.kind == "number" else read.astype(np.int64))
        order = np.lexsort((values, none))
        return order, none[order].astype(np.intp)
    words = np.unique(["" if cell is None else as_text(cell) or "" for cell in cells.tolist()], return_inverse=True)[1]
    order = np.argsort(words, kind="stable")
    return order, words[order]


def _told(order: Array, groups: Array, y: Array, classes: bool) -> float:
    """The share that a column tells, where that is nearly all; 0 elsewhere."""
    n, y = len(y), y[order]
    fresh = int((groups[1:] != groups[:-1]).sum()) + 1  # rows before which no other has their word
    same = groups[1:] == groups[:-1]
    if not classes:
        variance = float(y.var())
        left = float((np.diff(y)[same] ** 2).sum() / 2 + fresh * variance) / (n * variance) if variance else 1.0
        return 1 - left if left + 2 / n <= LEFT_NUMBERS else 0.0
    blind = n - int(np.unique(y, return_counts=True)[1].max())
    mistakes = float((y[1:] != y[:-1])[same].sum()) + fresh * blind / n
    return 1 - mistakes / n if mistakes + 2 * np.sqrt(mistakes + 1) <= LEFT_CLASSES * blind else 0.0
