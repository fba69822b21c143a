"""Windows of a table whose rows follow each other in time: samples (T, C) for networks that see how readings go on."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..data.folds import folds
from ..errors import DataError, InvalidArgument, Told, count
from ..rng import Key
from .cells import lacking, moments, numbers
from .columns import FEW, Column, cells_of, understand, understood
from .table import Table

SHOWN = 6  # names in a remark


@dataclass(frozen=True)
class Windows:
    """Windows of a table, each within one group of rows."""

    x: Array  # (N, T, C) float32
    y: Array | None  # (N,): the target that most rows of each have
    group: Array  # (N,): the number of the group that each is from
    first: Array  # (N,): the row with which each begins
    channels: tuple[str, ...]  # the columns that are read
    remarks: tuple[str, ...]


def windows_of(
    table: Table, length: int, stride: int, group_by: str = "", target: str = "", channels: Sequence[str] = (),
    drop: Collection[str] = (),
) -> Windows:  # fmt: skip
    """Windows of `length` rows, a new one every `stride` rows; none crosses from one value of `group_by` to another.

    channels: the columns to read; all of numbers but `target`, `drop` and those that rise from row to row, as time
    does, unless given. Rows follow each other as they do in the file. A window has the target of most of its rows, of
    equals the later one's.

    >>> does = ["sit", "run", "run", "sit", "sit"]
    >>> table = Table.of({"a": [1, 2, 3, 4, 5], "who": ["x", "x", "x", "y", "y"], "does": does})
    >>> found = windows_of(table, 2, 1, "who", "does")
    >>> found.x[:, :, 0].tolist(), found.y.tolist(), found.group.tolist()
    ([[1.0, 2.0], [2.0, 3.0], [4.0, 5.0]], ['run', 'run', 'sit'], [0, 0, 1])
    """
    remarks = list(table.remarks)
    group = groups_of(table, group_by)
    if not channels:
        channels = channels_of(table.without({target, group_by, *drop}), group, remarks)
    readings = readings_of(table, channels)
    starts = starts_of(group, length, stride, table.source, remarks)
    order = np.argsort(group, kind="stable")
    rows = order[starts[:, None] + np.arange(length)]
    y = None
    if target:
        values, codes = np.unique(labels_of(table, target), return_inverse=True)
        found, mixed = _commonest(codes.reshape(-1)[rows], len(values))
        y = values[found]
        if mixed:
            where = f"{mixed:,} of {count(len(rows), 'window')}"
            remarks.append(f"Several values of {target}, of which that of most rows counts: in {where}.")
    return Windows(readings[rows], y, group[rows[:, 0]], table.rows[rows[:, 0]], tuple(channels), tuple(remarks))


def channels_of(table: Table, group: Array, remarks: list[str], target: str = "") -> list[str]:
    """The columns of numbers that are read: all but such as number the rows or rise with them, as time does, and such
    as tell nothing. target: a column that is read whatever it looks like."""
    found, left = [], []
    for column in understand(table, [target]):
        why, goes = column.dropped, "" if column.name == target else _goes(table, column, group)
        if column.kind != "number":
            why = why or "holds no numbers"
        elif goes == "rises":
            why = why or "rises from row to row, as time does"
        if goes == "falls":
            remarks.append(f"{column.name} falls from row to row: if it is the time, put the earliest rows first.")
        if why:
            left.append(f"{column.name} ({why})")
        else:
            found.append(column.name)
    names = f"{', '.join(left[:SHOWN])}{', ...' if len(left) > SHOWN else ''}"
    if not found:
        fix = "Name those that are to be read all the same: --keep COLUMN." if left else ""
        raise DataError(table.source, "columns of numbers to read", Told(f"none but {names}" if left else "none"), fix)
    if left:
        remarks.append(f"Left out: {names}.")
    return found


def _goes(table: Table, column: Column, group: Array) -> str:
    """Whether the numbers or dates of a column "rises" from each row of a group to its next, as a clock's and a
    counter's do, or "falls"; "" where neither."""
    if column.kind not in ("number", "date") or len(table) < FEW:
        return ""
    read = numbers if column.kind == "number" else moments
    values = read(cells_of(table, column.name, column.kind), column.form)[0]
    order = np.argsort(group, kind="stable")
    steps = np.diff(values[order])[np.diff(group[order]) == 0]
    zero = steps.dtype.type(0)
    return "" if not len(steps) else "rises" if (steps > zero).all() else "falls" if (steps < zero).all() else ""


def readings_of(table: Table, names: Sequence[str]) -> Array:
    """The columns (N, C) float32, all numbers of which are there."""
    return np.stack([numbers_of(table, name) for name in names], axis=1).astype(np.float32)


def numbers_of(table: Table, name: str, fix: str = "Fill it in, or leave the column out: --drop {}") -> Array:
    """A column's numbers (N,), which must all be there; `fix`: what to do else."""
    column = understood(table, name)
    where = table.source
    if column.kind != "number":
        told = Told(f"a column of the kind {column.kind}")
        raise DataError(f"{where}, column {name!r}", "numbers", told, f"Leave the column out: --drop {name}")
    found = numbers(cells_of(table, name, "number"), column.form)[0]
    if (gaps := ~np.isfinite(found)).any():
        told = Told("nothing there" + (f", nor in {count(gaps.sum() - 1, 'other row')}" if gaps.sum() > 1 else ""))
        where, expected = table.place(int(gaps.argmax()), name), "a number, as windows have no gaps"
        raise DataError(where, expected, told, fix.format(name))
    return found


def groups_of(table: Table, by: str) -> Array:
    """The number of each row's group (N,)."""
    if not by:
        return np.zeros(len(table), np.intp)
    cells = table[by]
    if (empty := lacking(cells)).any():
        raise DataError(table.place(int(empty.argmax()), by), "the group of the row", Told("nothing there"))
    _, numbered = np.unique(cells.astype(str), return_inverse=True)
    return numbered.reshape(-1).astype(np.intp)


def starts_of(
    group: Array, length: int, stride: int, source: str, remarks: list[str], ahead: int | None = None
) -> Array:
    """Where windows of this length begin, among the rows ordered by their groups. ahead: rows that there must be behind
    each; the last window of a group that there is then is one of them, as the newest forecast is from its end."""
    whole, sizes = length + (ahead or 0), np.bincount(group)
    begins = np.cumsum(sizes) - sizes
    short = int((sizes < whole).sum())
    starts = [
        begin + np.arange(0 if ahead is None else (size - whole) % stride, size - whole + 1, stride)
        for begin, size in zip(begins, sizes, strict=True)
    ]
    found: Array = np.concatenate(starts)
    if not len(found):
        told = Told(
            f"{len(sizes)} of at most {count(sizes.max(initial=0), 'row')}"
            if len(sizes) > 1
            else count(len(group), "row")
        )
        what = "the window and what is ahead of it are" if ahead else "the window is"
        raise DataError(
            source, f"a group of at least {count(whole, 'row')}, as {what}", told, "Take a shorter --window."
        )
    if short:
        remarks.append(f"Fewer than {count(whole, 'row')}, and so no window: {short} of {len(sizes)} groups.")
    return found


def labels_of(table: Table, target: str) -> Array:
    """The target of each row (N,): words, or numbers as they are."""
    column = understood(table, target)
    cells = table[target]
    if (empty := lacking(cells)).any():
        fix = "Fill it in, or take the rows out."
        raise DataError(table.place(int(empty.argmax()), target), "a target in each row", Told("nothing there"), fix)
    if column.kind != "number":
        return cells.astype(str)
    found = numbers(cells_of(table, target, "number"), column.form)[0]
    return found.astype(np.int64) if (found == np.trunc(found)).all() else found


def _commonest(codes: Array, classes: int) -> tuple[Array, int]:
    """(the code that most places of each row (N, T) have, of equals the one that comes later; how many rows have
    several)."""
    counts = np.zeros((len(codes), classes))
    rows = np.arange(len(codes))
    for t in range(codes.shape[1]):
        counts[rows, codes[:, t]] += 1 + t / codes.shape[1] ** 2  # less than one row altogether
    return counts.argmax(axis=1), int((codes.min(axis=1) != codes.max(axis=1)).sum())


def parted(
    found: Windows, grouped: bool, shares: tuple[float, float], seed: int, fold: tuple[int, int] | None = None
) -> tuple[Array, Array, Array]:
    """(windows to train on, to watch, to test on): each group's in one part, the parts drawn by lot; without groups
    what comes later in a later part, and what lies across a border in none.

    shares: to test on, and of the rest to watch. fold: (i, k), the i-th of k folds of the rest in place of it.
    """
    if not grouped:
        if fold is not None:
            raise InvalidArgument("windows, folds", "groups of rows", Told("none"), "Pass --group-by, or no folds.")
        last = found.first + found.x.shape[1]
        return in_order(found.first, last, int(last.max()), shares)
    groups = Key(seed).fold("groups").permutation(int(found.group.max()) + 1)
    groups = groups[np.isin(groups, found.group)]
    tested = math.ceil(shares[0] * len(groups))
    watched = math.ceil(shares[1] * (len(groups) - tested))
    if len(groups) - tested - watched < 1:
        fix = "Group by another column, or leave --group-by out: later rows are then kept for the test."
        least = f"at least {1 + tested + watched} groups, for each part one"
        raise DataError("windows", least, Told(f"{len(groups)}"), fix)
    test = np.isin(found.group, groups[:tested])
    rest = np.flatnonzero(~test)
    if fold is not None:
        train, held = folds(len(rest), fold[1], groups=found.group[rest], seed=seed)[fold[0]]
        return rest[train], rest[held], np.flatnonzero(test)
    held = np.isin(found.group, groups[tested : tested + watched])
    return np.flatnonzero(~test & ~held), np.flatnonzero(held), np.flatnonzero(test)


def in_order(first: Array, last: Array, rows: int | Array, shares: tuple[float, float]) -> tuple[Array, Array, Array]:
    """(windows to train on, to watch, to test on), each later than those before it and without a row in common.

    first, last: the place of each one's first row, and that behind its last. rows: how many there are, of each one's
    group where these differ. shares: as of `parted`.
    """
    later = np.round((1 - shares[0]) * np.asarray(rows))
    watch = np.round((1 - shares[1]) * later)
    parts = [
        np.flatnonzero(last <= watch),
        np.flatnonzero((first >= watch) & (last <= later)),
        np.flatnonzero(first >= later),
    ]
    if not len(parts[0]) or not len(parts[2]) or (shares[1] and not len(parts[1])):
        told, fix = Told(f"{len(first)} in all"), "Take a shorter --window or --stride, or more rows."
        if len(parts[0]) and len(parts[2]):
            fix = "Those to watch are too few: take a larger --validation-split, or 0, or a shorter --window."
        raise DataError("windows", "windows to train on, to watch and to test on, which share no rows", told, fix)
    return parts[0], parts[1], parts[2]
