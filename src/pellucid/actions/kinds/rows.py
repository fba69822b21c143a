"""Rows of a table, each by itself: columns of any kind, and one or several of them to predict."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...arrays import Array
from ...data.labels import Names, are_plain, listed
from ...errors import DataError, Told
from ...tables import (
    Attached,
    TableData,
    TableEncoder,
    Targets,
    attach,
    attached,
    is_large,
    is_table,
    load_table,
    read_blocks,
    stream_table,
)
from ...tables.targets import said_of_empty
from ..fields import Fields
from ..prepared import Fold, Opened, Prepared, Reader, Use

OF_TABLES = ("target", "drop", "keep", "split_by", "split_time", "frequencies")


@dataclass(frozen=True, kw_only=True)
class TableRows(Prepared):
    """Rows of a table as numbers (N, inputs)."""

    table: TableData

    suited: ClassVar[Mapping[str, Any]] = {
        "layers": [128, 64],
        "frequencies": 16,
        "dropout": 0.1,
        "batch_size": 64,
        "patience": 20,
    }
    takes = OF_TABLES
    title = "Table"

    @classmethod
    def named(cls, data: str, window: int) -> bool:
        return is_table(data)

    @classmethod
    def prepare(cls, spec: Fields, read: Reader, fold: Fold | None) -> Prepared:
        table = table_of(spec, fold)
        names = tuple(table.targets.classes)
        doubtful = may_be_numbers(names, spec.task)
        return cls(
            table.x_train, table.y_train, table.validation, table.x_test, table.y_test, names,
            len(table.targets.names), not are_plain(names), doubtful, table.remarks, table=table,
            decimal=Attached(table.encoder, table.targets).decimal,
        )  # fmt: skip

    @classmethod
    def opened(cls, use: Use) -> Opened:
        """Rows as the model learned to encode them; their targets, where they are wanted and all of them are there."""
        found = _attached(use)
        xs, ys = zip(*_encoded(found, use), strict=True)
        y = None if any(one is None for one in ys) else np.concatenate(ys)
        return _opened(use, found, np.concatenate(xs), y)

    @classmethod
    def blocks(cls, use: Use) -> Opened:
        """The same, read as they are predicted for."""
        found = _attached(use)
        return _opened(use, found, (x for x, _ in _encoded(found, use)), None)

    @property
    def targets(self) -> Targets:
        return self.table.targets

    @property
    def encoder(self) -> TableEncoder:
        return self.table.encoder

    def scaling(self, asked: str) -> str:
        """The encoder has scaled them, and an indicator of what is rare is not to become large."""
        return "none" if asked == "auto" else asked

    def attach(self, model: Any) -> None:
        attach(model, self.encoder, self.targets)


def may_be_numbers(names: Names, task: str) -> bool:
    """Whether these classes may be meant as quantities: whole numbers, which nobody has said to be classes."""
    return task == "auto" and len(names) > 2 and all(type(name) is int for name in names)


def table_of(spec: Fields, fold: Fold | None = None) -> TableData:
    """The table of a spec, split and encoded; of a large file, the rows to train on are on the disk."""
    given: dict[str, Any] = {
        "task": spec.task, "validation_split": spec.validation_split, "seed": spec.seed,
        "split_by": spec.split_by or None, "split_time": spec.split_time or None, "drop": spec.drop, "keep": spec.keep,
    }  # fmt: skip
    if not is_large(spec.data):
        return load_table(spec.data, spec.target, **given, fold=fold)
    if fold is not None:
        told = Told("a large file, which is read row by row")
        raise DataError(f"data {spec.data}", "a table that fits into memory, for folds", told, "Search without folds.")
    return stream_table(spec.data, spec.target, **given)


def _opened(use: Use, found: Attached, x: Any, y: Array | None) -> Opened:
    classes = tuple(found.targets.classes)
    return Opened(use.model, x, y, bool(classes), classes, found.targets, decimal=found.decimal)


def _attached(use: Use) -> Attached:
    found = attached(use.model)
    if found is None:
        fix = "Pass an .npz file, or train on a table."
        raise DataError(f"data {use.data}", "a model that was trained on a table", Told("one trained on arrays"), fix)
    return found


def _encoded(found: Attached, use: Use) -> Iterator[tuple[Array, Array | None]]:
    """(x, y or None) of each block. Words that training never met are told, each column once."""
    told = set[str]()
    for table in [table_of(use.own).test] if use.own else read_blocks(use.data):
        for column, words in found.encoder.unseen(table).items():
            if column not in told:
                told.add(column)
                warnings.warn(
                    f"{use.data}, column {column!r}: {listed(words)} did not occur in training; such rows are "
                    "predicted as if the cell told nothing.",
                    stacklevel=2,
                )
        there = use.wanted and set(found.targets.columns) <= set(table.names)
        if there and (empty := found.targets.absent(table)).any():
            warnings.warn(f"{use.data}: {said_of_empty(int(empty.sum()))}", stacklevel=2)
            table = table.take(~empty)
        yield found.encoder.transform(table), found.targets.encode(table) if there else None
