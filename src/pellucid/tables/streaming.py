"""Tables larger than memory: one pass to learn from, one to encode; the rows to train on wait on the disk.

A row's number and the seed decide where it goes, so that the parts are the same in every pass, and when a run goes on.
What columns are is learned from a sample of the rows to train on, which targets there are from all rows. The rows to
test on and to watch stay in memory, and so are no more than what has its place there.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arrays import Array
from ..data.labels import read_targets
from ..data.rowfile import shuffled, words
from ..errors import DataError, Told
from ..rng import Key
from .cells import moments, numbers
from .columns import cells_of, understood
from .encoder import TableEncoder
from .loading import TableData, features_of, learned, said_of_labels
from .many_labels import labels_in
from .reading import TEXTS, read_blocks
from .table import Table
from .targets import Targets, asked_for, said_of_empty, without_target

LARGE = 1 << 26  # bytes of a text file, from which on it is not read whole: in memory it takes ten times as much
LARGE_BINARY = 1 << 24  # of a compressed one
MOST_CELLS = 1_000_000  # of the sample, and of each part that stays in memory
MOST_CLASSES = 10_000
TRAIN, HELD, TEST = 0, 1, 2
SPLIT, SAMPLE = 0, 1  # which of the random words of a row


def is_large(source: Any) -> bool:
    """Whether this is a file that is better not read whole."""
    if not isinstance(source, str | os.PathLike) or not os.path.isfile(source):
        return False
    name = os.fspath(source).lower()
    compressed = name.endswith((".gz", ".parquet"))
    in_blocks = name.removesuffix(".gz").endswith((*TEXTS, ".parquet"))
    return in_blocks and os.path.getsize(source) > (LARGE_BINARY if compressed else LARGE)


@dataclass(frozen=True)
class Parts:
    """Which part each row belongs to."""

    seed: int
    test: float
    held: float
    by: str | None = None  # rows of one value of this column stay together
    time: str | None = None  # or the latest rows by it are tested on,
    cuts: tuple[float, float] = (0.0, 0.0)  # those from the second on; from the first on they are watched
    read: Callable[[Table], Array] | None = None

    def of(self, table: Table) -> Array:
        """The part of each row (N,)."""
        if self.read is not None:
            when = self.read(table)
            return np.where(when >= self.cuts[1], TEST, np.where(when >= self.cuts[0], HELD, TRAIN))
        rows = table.rows
        if self.by is not None:
            rows = np.array([zlib.crc32(str(cell).encode()) for cell in table[self.by].tolist()], np.uint64)
        u = words(Key(self.seed).fold("parts"), rows)[SPLIT] / 2.0**32
        return np.where(u < self.test, TEST, np.where(u < self.test + self.held, HELD, TRAIN))


class _Survey:
    """What one pass finds: how many rows there are, some of them, and the different values of a target."""

    def __init__(self, source: str, names: Sequence[str], seed: int) -> None:
        self.rows, self.different = 0, {name: set[Any]() for name in names}
        key, most = Key(seed).fold("parts"), 1
        kept: list[Table] = []
        highest = 2.0**32
        for block in read_blocks(source):
            most = max(1, MOST_CELLS // max(1, len(block.names)))
            self.rows += len(block)
            for name, met in self.different.items():
                if len(met) <= MOST_CLASSES:
                    met.update(cell for cell in block[name].tolist() if cell is not None and cell == cell)
            kept.append(block.take(words(key, block.rows)[SAMPLE] < highest))
            if sum(map(len, kept)) > 2 * most:
                joined = Table.joined(kept)
                lots = words(key, joined.rows)[SAMPLE]
                highest = float(np.partition(lots, most)[most])
                kept = [joined.take(lots < highest)]
        joined = Table.joined(kept)
        order = np.argsort(words(key, joined.rows)[SAMPLE], kind="stable")
        self.sample = joined.take(np.sort(order[:most]))


def stream_table(
    source: str | os.PathLike[str], target: str | Sequence[str] = (), *, task: str = "auto", test_size: float = 0.2,
    validation_split: float = 0.1, seed: int = 0, split_by: str | None = None, split_time: str | None = None,
    drop: Sequence[str] = (), keep: Sequence[str] = (),
) -> TableData:  # fmt: skip
    """What `load_table` makes of a file, which may be larger than memory: CSV or Parquet. Arguments as there.

    `x_train` is on the disk: `model.fit(big.x_train.batches(big.y_train, 256))` trains on it. The parts are drawn row
    by row, and those to test on and to watch are no larger than memory allows. Columns are learned from a sample.
    """
    first = next(read_blocks(source))
    remarks = list(first.remarks)
    names, drop, keep = asked_for(first, target, remarks), first.named(drop), first.named(keep)
    first.named([name for name in (split_by, split_time) if name])
    survey = _Survey(os.fspath(source), names, seed)
    kinds = [understood(survey.sample, name).kind for name in names]
    sample = survey.sample.take(~without_target(survey.sample, names, kinds))
    features = features_of(sample, names, drop, keep, split_by)
    whole = _all_classes(Targets.learned(sample, names, task), survey)
    most = MOST_CELLS / max(1, len(first.names)) / max(1, survey.rows)
    parts = _timed(
        Parts(seed, min(test_size, most), min(validation_split * (1 - test_size), most), split_by, split_time), sample
    )
    train = sample.take(parts.of(sample) == TRAIN)
    if not len(train):
        raise DataError(sample.source, "rows to train on", Told("none"))
    found = whole if whole.categorical else Targets.learned(train, names, "regression")
    remarks += said_of_labels(whole)
    like = {name: understood(sample, name) for name in (*features.names, *whole.columns)}
    encoder = learned(train, features.names, found, keep, remarks, like)
    made = _encoded(sample.source, parts, encoder, found, kinds, survey.rows)
    size = made.x_train.shape[0] * made.x_train.shape[1] * 4 / 2**20
    remarks.append(
        f"The file is large: its columns are judged by {len(train):,} rows; the {len(made.x_train):,} to train on wait "
        f"in a temporary file, {size:,.0f} MB."
    )
    return replace(made, remarks=(*remarks, *made.remarks))


def _all_classes(found: Targets, survey: _Survey) -> Targets:
    """The target with the classes of all rows, not those of the sample alone."""
    if not found.classes and not found.separator:
        return found
    (name,) = found.columns
    where, met = f"{survey.sample.source}, target {name}", survey.different[name]
    if len(met) > MOST_CLASSES:
        raise DataError(where, f"at most {MOST_CLASSES} different", Told("more"), "Choose another --target.")
    cells = Table.of({name: sorted(met, key=str)})[name]
    if found.separator:
        names = labels_in(cells, found.separator)
        return Targets.as_they_are(names, labels=True, column=found.column, separator=found.separator)
    if any(isinstance(one, str) for one in found.classes):
        values = np.array([str(cell) for cell in cells.tolist()])
    else:
        values, bad = numbers(cells, found.forms[0])
        values = values[~bad & np.isfinite(values)]
    return Targets(found.names, found.forms, read_targets(where, "classification", [values]))


def _timed(parts: Parts, sample: Table) -> Parts:
    """The parts with their cuts in time, as the sample tells them."""
    if parts.time is None:
        return parts
    column = understood(sample, parts.time)
    if column.kind not in ("date", "number"):
        where = f"{sample.source}, column {column.name!r}, to split by time"
        raise DataError(where, "dates or numbers", Told(column.kind))
    seconds = column.kind == "date"

    def read(table: Table) -> Array:
        values, bad = (moments if seconds else numbers)(cells_of(table, column.name, column.kind), column.form)
        bad = bad | (np.isnat(values) if seconds else np.isnan(values))
        if bad.any():
            row = int(bad.argmax())
            told = Told(str(table[column.name][row]))
            raise DataError(table.place(row, column.name), "a date or number, to split by time", told)
        return values.astype("datetime64[us]").astype(np.int64) if seconds else values

    low, high = np.quantile(read(sample), [1 - parts.test - parts.held, 1 - parts.test])
    return replace(parts, read=read, cuts=(float(low), float(high)))


def _encoded(
    source: str, parts: Parts, encoder: TableEncoder, found: Targets, kinds: Sequence[str], rows: int
) -> TableData:
    """All rows, encoded: those to train on go to the disk."""
    aside: dict[int, list[Table]] = {HELD: [], TEST: []}
    without: list[int] = []  # a target, rows of each block

    def training() -> Iterator[tuple[Array, Array]]:
        for block in read_blocks(source):
            empty = without_target(block, found.columns, kinds)
            without.append(int(empty.sum()))
            block = block.take(~empty)
            part = parts.of(block)
            for which, kept in aside.items():
                kept.append(block.take(part == which))
            train = block.take(part == TRAIN)
            y = found.encode(train)
            yield encoder.transform(train), y.astype(np.int32) if found.classes else y

    x, y = shuffled(training(), rows, Key(parts.seed).fold("order"))
    held, test = (Table.joined(aside[which]) for which in (HELD, TEST))
    if not len(test):
        raise DataError(source, "rows to test on", Told("none"))
    validation = (encoder.transform(held), found.encode(held)) if len(held) else None
    said = (said_of_empty(sum(without)),) if sum(without) else ()
    return TableData(x, y, validation, encoder.transform(test), found.encode(test), test, encoder, found, said)
