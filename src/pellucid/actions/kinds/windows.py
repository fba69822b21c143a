"""Windows of readings that follow each other, of which a class is told, or from whose ends a number is forecast: a data
set's, or of a table's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...arrays import Array
from ...data import datasets
from ...data.labels import are_plain, numbered, read_targets
from ...errors import DataError, InvalidArgument, Told, count
from ...tables import (
    Forecasts,
    Table,
    Targets,
    attach_targets,
    attached_targets,
    forecasts_of,
    is_table,
    parted,
    parted_in_time,
    read_table,
    windows_of,
)
from ...tables import Windows as Cut
from ...tables.cells import decimal_of
from ...tables.columns import understood
from ...tables.targets import plainly
from ...tables.windows import labels_of
from ..fields import Fields
from ..prepared import TEST_SHARE, Fold, Opened, Prepared, Reader, Use
from .arrays import Arrays, standardised
from .rows import OF_TABLES, may_be_numbers

OF_WINDOWS = ("stride", "group_by", "ahead")
LOOKED_AT = 1000  # rows that tell how a column's numbers are written


class Windows(Arrays):
    """Windows (N, T, C) of readings: those of a data set are arrays."""

    suited: ClassVar[Mapping[str, Any]] = {"layers": [64], "dropout": 0.2, "batch_size": 64, "learning_rate": 0.002}
    title = "Windows"
    called = "windows of readings"
    network = "conv1d"
    fitting = "Take conv1d, gru or lstm."

    @classmethod
    def named(cls, data: str, window: int) -> bool:
        return datasets.kind_of(data) == "windows"


@dataclass(frozen=True, kw_only=True)
class TableWindows(Windows):
    """Windows of a table's rows; they are cut from its columns of numbers, the channels."""

    channels: tuple[str, ...]

    sample = "window of {1} rows"
    takes = (*OF_TABLES, *OF_WINDOWS, "window")

    @classmethod
    def named(cls, data: str, window: int) -> bool:
        return window > 0 and is_table(data)

    @classmethod
    def prepare(cls, spec: Fields, read: Reader, fold: Fold | None) -> Prepared:
        table = read_table(spec.data)
        target, *more = table.named(spec.target) or [plainly(table)]
        given = [name for name in ("split_by", "split_time", "frequencies") if getattr(spec, name)]
        if more or given:
            told = Told(", ".join(["several targets"] * bool(more) + given))
            raise InvalidArgument("spec, window", "one target, and --group-by for the parts", told, "Leave it out.")
        where = f"data {spec.data}, column {target!r}"
        if spec.ahead and spec.task == "classification":
            raise InvalidArgument("spec, ahead", "numbers to forecast", Told("--task classification"), "Leave one out.")
        if spec.ahead or not read_targets(where, spec.task, [labels_of(table, target)]):
            return _forecast(spec, table, target, fold)
        found = cut_up(spec, table, target, spec.keep)
        labels = np.asarray(found.y)
        names = read_targets(where, spec.task, [labels])
        if not names:
            fix = "Pass --task classification, or --task regression to forecast it."
            raise DataError(where, "classes", Told("too few windows of each"), fix)
        y = numbered(where, labels, names)
        train, held, test = parted(found, bool(spec.group_by), (TEST_SHARE, spec.validation_split), spec.seed, fold)
        validation = (found.x[held], y[held]) if len(held) else None
        doubtful = may_be_numbers(names, spec.task)
        return cls(
            found.x[train], y[train], validation, found.x[test], y[test], names, unusual=not are_plain(names),
            doubtful=doubtful, remarks=found.remarks, channels=found.channels, decimal=_decimal(table, found.channels),
        )  # fmt: skip

    @classmethod
    def opened(cls, use: Use) -> Opened:
        """Of the run's own, those that it is tested on; else all, of new readings without a target, too."""
        model, spec = use.model, use.spec
        assert spec is not None  # whose windows they are
        if use.own:
            data = cls.prepare(use.own, read_targets, None)
            if isinstance(data, TableForecasts):
                told = (), data.targets, data.ahead.ends, data.last, data.decimal
                return Opened(model, data.x_test, data.y_test, False, *told)
            y = np.array(data.names)[data.y_test]
            return Opened(model, data.x_test, y, True, use.names, decimal=data.decimal)
        table = read_table(use.data)
        target = spec.target[0] if spec.target and spec.target[0] in table.names else ""
        if use.wanted and not target:
            wanted = f"a column {spec.target[0] if spec.target else 'of targets'!r}"
            raise DataError(f"data {use.data}", wanted, Told("none"))
        if spec.ahead:
            return _opened_forecasts(use, spec, table, target)
        found = cut_up(spec, table, target if use.wanted else "", spec.keep)
        names = use.names or tuple(range(model.output_shape[-1]))
        return Opened(model, found.x, found.y, True, names, rows=found.first, decimal=_decimal(table, found.channels))

    @property
    def settled(self) -> Mapping[str, Any]:
        return {"keep": list(self.channels)}


@dataclass(frozen=True)
class Ahead:
    """What is forecast of windows: a number some rows after each one's end."""

    rows: int
    targets: Targets  # the column, and how its numbers were standardised
    last: Array  # (N,): of the windows to test on, the number in the last row: the plainest forecast
    ends: Array  # (N,): that row's number in the file


@dataclass(frozen=True, kw_only=True)
class TableForecasts(TableWindows):
    """Windows from whose ends a number is forecast: those of a table are these where the column holds numbers."""

    ahead: Ahead

    network = "gru"

    @property
    def targets(self) -> Targets:
        return self.ahead.targets

    @property
    def last(self) -> Array:
        return self.ahead.last

    @property
    def settled(self) -> Mapping[str, Any]:
        return {**super().settled, "ahead": self.ahead.rows}

    @property
    def answer(self) -> str:
        return f"{self.targets.names[0]} is forecast {count(self.ahead.rows, 'row')} after each one's end"

    def attach(self, model: Any) -> None:
        attach_targets(model, self.targets)


def _forecast(spec: Fields, table: Table, target: str, fold: Fold | None) -> Prepared:
    """Windows and the numbers that follow them, standardised by those to train on; of each group the latest are tested
    on, and those before them watched."""
    if fold is not None:
        fix = "Leave --folds out: the latest rows before the test's are then held out."
        raise InvalidArgument("forecasts, folds", "one part held out, which is later than what is learned from",
                              Told("folds"), fix)  # fmt: skip
    found = ahead_of(spec, table, target)
    train, held, test = parted_in_time(found, (TEST_SHARE, spec.validation_split))
    own = Table.of({target: found.y}, f"data {spec.data}")
    targets = Targets.learned(own.take(train), [target], "regression")
    targets.forms = [form_of(table, target)]
    y = targets.encode(own)
    validation = (found.x[held], y[held]) if len(held) else None
    remarks = [*found.remarks]
    if between := len(found.x) - len(train) - len(held) - len(test):
        across = "Across the border between what is learned, watched and tested, and left out"
        remarks.append(f"{across}: {between:,} of {count(len(found.x), 'window')}.")
    groups, parts = np.unique(found.group), [set(found.group[part].tolist()) for part in (train, held, test)]
    if short := sum(any(g not in there for there in parts if there) for g in groups):
        remarks.append(f"Too short to be in each part: {short} of {count(len(groups), 'group')}.")
    return TableForecasts(
        found.x[train], y[train], validation, found.x[test], y[test], remarks=tuple(remarks),
        channels=found.channels, ahead=Ahead(found.ahead, targets, found.last[test], found.ends[test]),
        decimal=_decimal(table, [target, *found.channels]),
    )  # fmt: skip


def _opened_forecasts(use: Use, spec: Fields, table: Table, target: str) -> Opened:
    """The windows of new readings, and where they are wanted the numbers that follow them."""
    targets = attached_targets(use.model)
    if targets is None:
        told = Told("one without its targets")
        raise DataError(table.source, "a model that was trained to forecast", told, "Train it again.")
    found = ahead_of(spec, table, target, use.wanted)
    y = standardised(targets, found.y, table.source) if use.wanted else None
    last = found.last if use.wanted else None
    return Opened(use.model, found.x, y, False, (), targets, found.ends, last, decimal_of(targets.forms))


def _decimal(table: Table, names: Sequence[str]) -> str:
    """The decimal mark of these columns of numbers."""
    return decimal_of(form_of(table, name) for name in names)


def form_of(table: Table, name: str) -> str:
    """How a column of numbers is written, as its first rows tell."""
    return understood(table.take(np.arange(min(len(table), LOOKED_AT))), name).form


def cut_up(spec: Fields, table: Table, target: str, channels: Sequence[str]) -> Cut:
    """A table's windows as a spec has them."""
    if spec.group_by:
        table.named([spec.group_by])
    stride = spec.stride or max(1, spec.window // 2)
    return windows_of(
        table, spec.window, stride, spec.group_by, target, channels, table.named(spec.drop) if target else ()
    )


def ahead_of(spec: Fields, table: Table, target: str, known: bool = True) -> Forecasts:
    """A table's windows to forecast from, as a spec has them; not known: up to the last row, whatever follows."""
    if spec.group_by:
        table.named([spec.group_by])
    drop = [] if spec.keep else table.named(spec.drop)
    return forecasts_of(table, spec.window, spec.stride, spec.ahead or 1, spec.group_by, target, spec.keep, drop, known)
