"""From a table to arrays to train on: split first, and everything learned from the rows to train on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from ..arrays import Array
from ..data.folds import folds
from ..data.splits import in_proportion, train_test_split
from ..errors import DataError, Told, count
from ..markup import block, grid, heading, html
from .cells import moments, numbers
from .columns import Column, cells_of, signature, understood
from .encoder import TableEncoder, nothing_left
from .leakage import suspicions
from .odd_cells import but_for_capitals
from .reading import read_table
from .table import Table
from .targets import Targets, asked_for, said_of_empty, without_target

TEST_SHARE = 0.2
CLASSES = 12  # that a notebook shows by name
RARE = 10  # rows of a class, below which it is said


@dataclass(frozen=True)
class TableData:
    """A table made ready: arrays, what made them, and what there is to say."""

    x_train: Any  # an array, or rows on the disk
    y_train: Array
    validation: tuple[Array, Array] | None
    x_test: Array
    y_test: Array
    test: Table  # the rows of x_test as they were read
    encoder: TableEncoder
    targets: Targets
    remarks: tuple[str, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """What each column is taken for."""
        return tuple(self.encoder.understood)

    def _repr_html_(self) -> str:
        """What each column was taken for, how the rows were split, and what there is to say."""
        held = 0 if self.validation is None else len(self.validation[0])
        rows = f"{count(len(self.x_train), 'row')} to train on, {held:,} to watch, {len(self.x_test):,} to test"
        names = [str(name) for name in self.targets.classes]
        shown = [*names[:CLASSES], *(["…"] if len(names) > CLASSES else [])]
        classes = f", the classes {', '.join(shown)}" if names else ""
        words = [f"Target: {', '.join(self.targets.names)}{classes}.", f"{rows}.", *self.remarks]
        head = ["column", "kind", "different", "missing", "remark"]
        lines = [
            (c.name, c.kind, f"{c.different:,}", f"{c.missing:,}", f"{c.dropped}: left out" if c.dropped else c.remark)
            for c in self.columns
        ]
        return block(heading(self.test.source), grid(head, lines, words=2), *(html("<p>{}</p>", one) for one in words))


def load_table(
    source: Any, target: str | Sequence[str] = (), *, task: str = "auto", test_size: float = TEST_SHARE,
    validation_split: float = 0.1, seed: int = 0, split_by: str | None = None, split_time: str | None = None,
    drop: Sequence[str] = (), keep: Sequence[str] = (), fold: tuple[int, int] | None = None,
) -> TableData:  # fmt: skip
    """Arrays to train on from a file or data frame (`read_table`), and the encoder that made them.

    target: the column to predict, or several columns of numbers, or of yes and no, which are labels; the one that is
    plainly it unless given. A part of
    the rows is kept for the test and one of the others to watch: each class in proportion, or with `split_by` all rows
    of one value of a column in one part, or with `split_time` the latest by a column. drop: columns to leave out;
    keep: columns not to be dropped, whatever they look like. fold: (i, k), the i-th of k folds of the rows that are not
    kept for the test, from 0, in place of `validation_split`.

    >>> ages = list(range(20, 60))
    >>> people = load_table({"age": ages, "old": ["yes" if age > 40 else "no" for age in ages]}, "old")
    >>> people.x_train.shape, people.x_test.shape, people.targets.classes
    ((28, 1), (8, 1), ['no', 'yes'])
    """
    table = read_table(source)
    remarks = list(table.remarks)
    names, drop, keep = asked_for(table, target, remarks), table.named(drop), table.named(keep)
    table = _with_targets(table, names, remarks)
    whole = Targets.learned(table, names, task)
    y = whole.encode(table)
    train, held, test = _parts(
        table, y if whole.classes else None, test_size, validation_split, seed, split_by, split_time, fold
    )
    found = whole if whole.categorical else Targets.learned(table.take(train), names, "regression")
    remarks += said_of_labels(whole)
    features = features_of(table, names, drop, keep, split_by)
    remarks += _said_of_rows(features, whole, y, (train, held, test))
    like = {name: understood(table, name) for name in (*features.names, *whole.columns)}
    encoder = learned(table.take(train), features.names, found, keep, remarks, like)
    x, y = encoder.transform(features), found.encode(table)
    validation = (x[held], y[held]) if len(held) else None
    return TableData(x[train], y[train], validation, x[test], y[test], table.take(test), encoder, found, tuple(remarks))


def features_of(
    table: Table, targets: Sequence[str], drop: Sequence[str], keep: Sequence[str], by: str | None
) -> Table:
    """The columns to learn from."""
    return table.without({*targets, *drop, *({by or ""} - set(keep))})


def learned(
    train: Table, features: Sequence[str], found: Targets, keep: Sequence[str], remarks: list[str],
    like: Mapping[str, Column] = MappingProxyType({}),
) -> TableEncoder:  # fmt: skip
    """The encoder of these columns, less those that tell nothing or the target itself; what is left out is said.
    like: as they, and the target, are understood where there are more rows than those to train on."""
    for name in found.columns:
        column = like.get(name)
        yes_or_no = column is not None and column.kind == "boolean" and found.classes
        said = but_for_capitals(list(map(str, found.classes))) if yes_or_no else column.remark if column else ""
        remarks += [f"{name} {said}."] if said else []
    told = _telling(train, found.names[0], features, like) if found.classes else []
    told = [name for name in told if name not in keep]
    remarks += [f"{name} says the same as the target {found.names[0]}; it is left out." for name in told]
    rest = train.without({*train.names} - {*features} | {*told})
    if told and not rest.names:
        raise nothing_left(train.source, [f"{name} says the same as the target {found.names[0]}" for name in told])
    encoder = TableEncoder(keep=keep).fit(rest, like=like)
    remarks += [f"{c.name} {c.dropped}; it is left out." for c in encoder.understood if c.dropped]
    remarks += [f"{c.name} {c.remark}." for c in encoder.understood if c.remark and not c.dropped]
    remarks += suspicions(train, [c for c in encoder.understood if not c.dropped and c.name not in keep], found)
    return encoder


def _with_targets(table: Table, names: Sequence[str], remarks: list[str]) -> Table:
    """The rows that have all of their targets."""
    empty = without_target(table, names, [understood(table, name).kind for name in names])
    if empty.any():
        remarks.append(said_of_empty(int(empty.sum())))
        table = table.take(~empty)
    if len(table) < 5:
        raise DataError(table.source, "at least 5 rows with a target", Told(str(len(table))))
    return table


def said_of_labels(found: Targets) -> list[str]:
    """What there is to say of a target that is several labels."""
    if not found.labels:
        return []
    held = (
        f"{found.column} holds labels with {found.separator} between them" if found.column else "The targets are labels"
    )
    return [f"{held}: each of the {len(found.names)} is predicted by itself."]


def _said_of_rows(features: Table, found: Targets, y: Array, parts: tuple[Array, Array, Array]) -> list[str]:
    """What there is to say about rows that occur twice, in the same part or in two, and about rare classes."""
    remarks = []
    rows = list(zip(*(map(str, values) for values in (*features.columns.values(), y)), strict=True))
    twice = len(rows) - len(set(rows))
    if twice:
        train, *others = ([rows[i] for i in part] for part in parts)
        known = set(train)
        shared = [sum(row in known for row in other) for other in others]
        copies = f"{twice} row is a copy of another" if twice == 1 else f"{twice} rows are copies of others"
        remarks.append(
            f"{copies}: {shared[1]} of the {len(others[1])} to test on and {shared[0]} of the {len(others[0])} to "
            "watch stand among those to train on, too."
        )
    if found.classes:
        counts = np.bincount(y, minlength=len(found.classes))
        rare = [f"{name} ({n})" for name, n in zip(found.classes, counts, strict=True) if n < RARE]
        if rare:
            remarks.append(f"Rare classes, of which little can be learned: {', '.join(rare[:8])}.")
    return remarks


def _telling(train: Table, target: str, names: Sequence[str], like: Mapping[str, Column]) -> list[str]:
    """The columns that say the same as the target, in other words."""
    code = signature(train, understood(train, target, like.get(target)))
    return [name for name in names if signature(train, understood(train, name, like.get(name))) == code]


def _parts(
    table: Table, labels: Array | None, test: float, held: float, seed: int, by: str | None, time: str | None,
    fold: tuple[int, int] | None = None,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """The numbers of the rows to train on, to watch, and to test on."""
    if time is not None:
        first, watched, last = _latest(table, time, test, 0.0 if fold else held)
        return (
            (first, watched, last) if fold is None else (*_folded(first, fold, seed, times=np.arange(len(first))), last)
        )
    groups = None if by is None else np.unique([str(cell) for cell in table[by].tolist()], return_inverse=True)[1]
    first, last = _drawn(table.source, np.arange(len(table)), labels, groups, test, seed)
    if fold is not None:
        some = None if labels is None or groups is not None else labels[first]
        return *_folded(first, fold, seed, labels=some, groups=None if groups is None else groups[first]), last
    if not held:
        return first, np.arange(0), last
    train, watched = _drawn(table.source, first, labels, groups, held, seed)
    return train, watched, last


def _folded(rows: Array, fold: tuple[int, int], seed: int, **by: Any) -> tuple[Array, Array]:
    """The rows to train on and those to watch in one of several folds."""
    train, held = folds(len(rows), fold[1], seed=seed, **by)[fold[0]]
    return rows[train], rows[held]


def _drawn(
    where: str, rows: Array, labels: Array | None, groups: Array | None, share: float, seed: int
) -> tuple[Array, Array]:
    """Rows drawn at random in two parts: each class in proportion where there are enough of it, or groups whole."""
    try:
        if groups is not None:
            _, chosen = train_test_split(np.unique(groups[rows]), test_size=share, seed=seed)
            inside = np.isin(groups[rows], chosen)
            return rows[~inside], rows[inside]
        stratify = in_proportion(None if labels is None else labels[rows], share)
        first, second = train_test_split(rows, test_size=share, stratify=stratify, seed=seed)
        return first, second
    except ValueError as problem:
        told = Told(count(len(rows), "row") if groups is None else count(len(np.unique(groups[rows])), "group"))
        raise DataError(where, f"enough to hold out {share:.0%}", told, str(problem)) from problem


def _latest(table: Table, name: str, test: float, held: float) -> tuple[Array, Array, Array]:
    """The latest rows to test on, those before them to watch."""
    column = understood(table, name)
    if column.kind not in ("date", "number") or column.missing:
        told = Told(f"{column.kind}, {column.missing} missing")
        raise DataError(f"{table.source}, column {name!r}, to split by time", "dates or numbers in every row", told)
    read = moments if column.kind == "date" else numbers
    order = np.argsort(read(cells_of(table, name, column.kind), column.form)[0], kind="stable")
    n = len(order)
    last = n - max(1, round(test * n))
    first = last - (max(1, round(held * last)) if held else 0)
    return order[:first], order[first:last], order[last:]
