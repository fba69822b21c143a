"""Windows of a table's rows: those of which a class is told, and those from whose ends a number is forecast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data.labels import are_plain, numbered, read_targets
from ..errors import DataError, InvalidArgument, Told, count
from ..tables import Forecasts, Table, Targets, Windows, forecasts_of, parted, parted_in_time, read_table, windows_of
from ..tables.targets import plainly
from ..tables.windows import labels_of
from .prepared import TEST_SHARE, Ahead, Fold, Prepared
from .spec import TrainSpec


def windows_in(spec: TrainSpec, fold: Fold | None = None) -> Prepared:
    """The windows of a table's rows, of which a class is told, or from whose ends a number is forecast."""
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
        told, fix = Told("too few windows of each"), "Pass --task classification, or --task regression to forecast it."
        raise DataError(where, "classes", told, fix)
    y = numbered(where, labels, names)
    train, held, test = parted(found, bool(spec.group_by), (TEST_SHARE, spec.validation_split), spec.seed, fold)
    validation = (found.x[held], y[held]) if len(held) else None
    doubtful = spec.task == "auto" and len(names) > 2 and all(type(name) is int for name in names)
    return Prepared(
        found.x[train], y[train], validation, found.x[test], y[test], len(names), len(names), names,
        not are_plain(names), doubtful, remarks=found.remarks, windows=True, channels=found.channels,
    )  # fmt: skip


def _forecast(spec: TrainSpec, table: Table, target: str, fold: Fold | None) -> Prepared:
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
    y = targets.encode(own)
    validation = (found.x[held], y[held]) if len(held) else None
    remarks, told = [*found.remarks], "the border between what is learned, watched and tested, and left out"
    if between := len(found.x) - len(train) - len(held) - len(test):
        remarks.append(f"Across {told}: {between:,} of {count(len(found.x), 'window')}.")
    groups, parts = np.unique(found.group), [set(found.group[part].tolist()) for part in (train, held, test)]
    if short := sum(any(g not in there for there in parts if there) for g in groups):
        remarks.append(f"Too short to be in each part: {short} of {count(len(groups), 'group')}.")
    return Prepared(
        found.x[train], y[train], validation, found.x[test], y[test], 0, 1, remarks=tuple(remarks), windows=True,
        channels=found.channels, ahead=Ahead(found.ahead, targets, found.last[test], found.ends[test]),
    )  # fmt: skip


def cut_up(spec: TrainSpec, table: Table, target: str = "", channels: Sequence[str] = ()) -> Windows:
    """A table's windows as a spec has them."""
    if spec.group_by:
        table.named([spec.group_by])
    stride = spec.stride or max(1, spec.window // 2)
    return windows_of(
        table, spec.window, stride, spec.group_by, target, channels, table.named(spec.drop) if target else ()
    )


def ahead_of(spec: TrainSpec, table: Table, target: str, known: bool = True) -> Forecasts:
    """A table's windows to forecast from, as a spec has them; not known: up to the last row, whatever follows."""
    if spec.group_by:
        table.named([spec.group_by])
    drop = [] if spec.keep else table.named(spec.drop)
    return forecasts_of(table, spec.window, spec.stride, spec.ahead or 1, spec.group_by, target, spec.keep, drop, known)
