"""What data hold, before anything is learned from them: columns, classes, a look at some rows, how they are split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..actions.kinds.pictures import Pictures
from ..actions.kinds.rows import TableRows
from ..actions.kinds.text import Text
from ..actions.kinds.windows import TableForecasts, TableWindows, Windows
from ..actions.networks import name_of
from ..actions.prepared import Prepared
from ..actions.spec import TrainSpec
from ..arrays import Array
from ..data import datasets
from ..errors import PellucidError
from ..tables import Table, is_large, is_table, read_blocks, read_table
from ..tables.cells import lacking, numbers
from ..tables.columns import Column, cells_of, understand
from ..tables.encodings import Encoding
from ..tables.targets import plainly
from .checking import output_of, shown_spec
from .desk import Desk
from .parts import plain_cell, told_number, told_problem
from .reading import channels_of, characters_of, names_told, ranges_of, task_of, windows_told

ROWS, PICTURES, POINTS, LETTERS, WINDOWS = 20, 40, 1000, 1200, 12  # that are shown
BINS, WORDS = 12, 8  # of a histogram
SERIES = 20  # rows of a single column, from which on they may be readings that go on
IN_TIME = "If its rows follow each other in time, say so, and how many of them are a sample."
CHOOSE = "Choose 'to be said' beside the column that it is to learn."  # in the place of the option of the command line
HELD = (
    "{watch:,} examples are held back and looked at after every round (epoch), to see whether the network learns more "
    "than its own by heart; {test:,} more are kept for the end, and never looked at before."
)
HELD_TEXT = (
    "The text is cut into windows of {window:,} characters. {watch:,} of them are held back and looked at after every "
    "round (epoch), to see whether the network learns more than its part by heart; the last {test:,} are kept for the "
    "end."
)
HELD_WINDOWS = (
    "{watch:,} windows are held back and looked at after every round (epoch), to see whether the network learns more "
    "than its windows by heart; {test:,} more are kept for the end. {parted}"
)
GROUPED = "All windows with the same {by} are in one of the parts."
IN_ORDER = "What comes later is in a later part."
IN_ORDER_OF_EACH = "Of each {by}, what comes later is in a later part."
LEFT_OUT = "is left out, as the remarks say, or as was asked for"
READ = "a line of readings, brought to mean 0 and deviation 1"
BECOMES = {
    "number": "one number, brought to mean 0 and deviation 1", "boolean": "0 or 1",
    "category": "a 0 or 1 for each of its words", "date": "numbers for its parts", "text": "counts of its words",
}  # fmt: skip


def describe(desk: Desk, told: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a spec. What is wrong with a table's target alone stands in `problem`, beside its columns."""
    spec = desk.spec(told)
    shown = {"data": shown_spec(spec, told).data}
    table = _read(spec) if is_table(spec.data) else None
    try:
        data = desk.prepared(spec)
    except PellucidError as problem:
        alone = table is not None and len(table.names) < 2
        if table is None or len(table) < (SERIES if alone else 1):
            raise
        if alone and not spec.window:
            problem.fix, spec = IN_TIME, spec.model_copy(update={"target": list(table.names)})
        elif "--target" in problem.fix:
            problem.fix = CHOOSE
        columns = [_column(table, column, None, []) for column in understand(table)]
        return {**shown, "kind": "table", "rows": len(table), "columns": columns, "target": spec.target,
                "sample": _rows(table), "problem": told_problem(problem)}  # fmt: skip
    network = name_of(spec.model_copy(update={"network": "auto", "layers": []}), data)
    network_told = {"network": None if network == "auto" else network}
    return {**shown, **_summary(spec, data), **network_told, **_looks(spec, data, table)}


def _read(spec: TrainSpec) -> Table:
    return next(iter(read_blocks(spec.data))) if is_large(spec.data) else read_table(spec.data)


def _summary(spec: TrainSpec, data: Prepared) -> dict[str, Any]:
    watch = 0 if data.validation is None else len(data.validation[0])
    parts = {"train": len(data.x_train), "watch": watch, "test": len(data.x_test)}
    why = HELD_TEXT if isinstance(data, Text) else HELD_WINDOWS if isinstance(data, Windows) else HELD
    grouped = IN_ORDER_OF_EACH if isinstance(data, TableForecasts) else GROUPED
    parted = grouped.format(by=spec.group_by) if spec.group_by else IN_ORDER if is_table(spec.data) else ""
    return {
        "rows": sum(parts.values()),
        "task": task_of(data),
        "classes": names_told(data) if data.classes else [str(name) for name in data.labels],
        "shape": list(data.x_train.shape[1:]), "outputs": data.classes or data.width, "parts": parts,
        "why_held": why.format(**parts, window=data.x_train.shape[-1], parted=parted).strip(),
        "remarks": list(data.remarks), "doubtful": data.doubtful, "decimal": data.decimal,
        "output": output_of(data), "metric": data.metrics[0],
        "loss": "binary_crossentropy" if data.labels else
        "sparse_categorical_crossentropy" if data.classes else "mean_squared_error",
    }  # fmt: skip


def _looks(spec: TrainSpec, data: Prepared, table: Table | None) -> dict[str, Any]:
    if table is not None and isinstance(data, TableRows):
        targets = data.table.targets.columns
        columns = [_column(table, one, data, targets) for one in understand(table, spec.keep)]
        return {"kind": "table", "columns": columns, "target": list(targets), "guessed": not spec.target,
                "sample": _rows(table)}  # fmt: skip
    if isinstance(data, Text):
        windows = -(-LETTERS // data.x_train.shape[1])
        return {"kind": "text", "sample": {"text": characters_of(data, data.x_train[:windows].reshape(-1)[:LETTERS])}}
    x, y = data.x_train, np.asarray(data.y_train)
    names = names_told(data) if data.classes else []
    if isinstance(data, Windows):
        return _windows(spec, data, table, names)
    kind = _kind(spec, data)
    if kind == "images":
        chosen = _some_of_each(y, PICTURES)
        labels = [names[int(i)] if names else int(i) for i in y[chosen]]
        return {"kind": kind, "sample": {"pictures": x[chosen].tolist(), "labels": labels}}
    chosen = np.arange(min(len(x), POINTS))
    columns = (
        [_number(f"input {i + 1}", x[:, i]) for i in range(x.shape[1])] if x.ndim == 2 and x.shape[1] <= 64 else []
    )
    told = [names[int(i)] for i in y[chosen]] if names and y.ndim == 1 else y[chosen].tolist()
    sample = {"x": x[chosen].tolist(), "y": told} if x.ndim == 2 else {}
    return {"kind": kind, "columns": columns, "sample": sample}


def _windows(spec: TrainSpec, data: Prepared, table: Table | None, names: list[str]) -> dict[str, Any]:
    chosen = _some_of_each(data.y_train, WINDOWS)
    y = data.y_train[chosen]
    labels = (
        [names[int(i)] for i in y]
        if names
        else ["; ".join(told_number(value, data.decimal) for value in row) for row in _in_full(data, y)]
    )
    shown = windows_told(data.x_train[chosen])
    sample = {"windows": shown, "labels": labels, "channels": channels_of(data), "ranges": ranges_of(data)}
    told: dict[str, Any] = {"kind": "windows", "sample": sample}
    if table is None or not isinstance(data, TableWindows):
        return told
    (target,) = table.named(spec.target) or [plainly(table)]
    columns = [_of_windows(table, one, spec, data, target) for one in understand(table, spec.keep)]
    return {**told, "columns": columns, "target": [target], "guessed": not spec.target}


def _in_full(data: Prepared, y: Array) -> Array:
    """Numbers to be said, in their own units, a row for each sample."""
    return np.asarray(data.restored(y), "float64").reshape(len(y), -1)


def _of_windows(table: Table, column: Column, spec: TrainSpec, data: TableWindows, target: str) -> dict[str, Any]:
    """A column of the rows that windows are of."""
    name = column.name
    role = "target" if name == target else "input" if name in data.channels else "left out"
    said = "tells which rows belong together" if name == spec.group_by else column.dropped or column.remark
    if role == "left out" and not said:
        said = LEFT_OUT if column.kind == "number" else "is left out: only numbers are read"
    return {
        "name": name, "kind": column.kind, "missing": column.missing, "different": column.different, "role": role,
        "said": said, "inputs": int(role == "input"), "becomes": READ if role == "input" else "",
        "histogram": _histogram(table, column),
    }  # fmt: skip


def _kind(spec: TrainSpec, data: Prepared) -> str:
    if kind := datasets.kind_of(spec.data):
        return kind
    if isinstance(data, Pictures) or (data.x_train.ndim in (3, 4) and data.x_train.dtype == np.uint8):
        return "images"
    return "points" if data.x_train.ndim == 2 and data.x_train.shape[1] == 2 else "arrays"


def _some_of_each(y: Array, most: int) -> Array:
    """Rows of each class in turn; of numbers, rows from everywhere, as neighbours are alike."""
    if y.ndim != 1 or y.dtype.kind not in "iu":
        return np.linspace(0, len(y) - 1, min(len(y), most)).astype(int)
    order = np.argsort(y, kind="stable")
    starts = np.searchsorted(y[order], np.unique(y))
    each = max(1, most // max(len(starts), 1))
    return np.concatenate([order[start : start + each] for start in starts])[:most]


# Columns -------------------------------------------------------------------------------------------------------------


def _rows(table: Table) -> dict[str, Any]:
    few = table.take(np.arange(min(len(table), ROWS)))
    columns = [[plain_cell(cell) for cell in few[name].tolist()] for name in few.names]
    return {"names": few.names, "rows": [list(row) for row in zip(*columns, strict=True)]}


def _column(table: Table, column: Column, data: Prepared | None, targets: list[str]) -> dict[str, Any]:
    learned = {one.name: one for one in data.encoder.columns} if data is not None and data.encoder else {}
    encoding: Encoding | None = learned.get(column.name)
    role = "target" if column.name in targets else "input" if encoding is not None or data is None else "left out"
    said = column.dropped or column.remark
    if role == "left out" and not said:
        said = LEFT_OUT
    return {
        "name": column.name, "kind": column.kind, "missing": column.missing, "different": column.different,
        "role": role, "said": said, "inputs": encoding.width if encoding is not None else 0,
        "becomes": BECOMES[column.kind] if role == "input" else "", "histogram": _histogram(table, column),
    }  # fmt: skip


def _histogram(table: Table, column: Column) -> dict[str, Any]:
    cells = cells_of(table, column.name, column.kind)
    if column.kind == "number":
        return _bins(numbers(cells, column.form)[0])
    there = cells[~lacking(cells)]
    common = Counter(str(cell) for cell in there.tolist()).most_common(WORDS)
    return {"words": [word[:60] for word, _ in common], "counts": [count for _, count in common]}


def _number(name: str, values: Array) -> dict[str, Any]:
    return {
        "name": name, "kind": "number", "missing": 0, "different": len(np.unique(values)), "role": "input",
        "said": "", "inputs": 1, "becomes": BECOMES["number"], "histogram": _bins(values),
    }  # fmt: skip


def _bins(values: Array) -> dict[str, Any]:
    finite = np.asarray(values, "float64")
    finite = finite[np.isfinite(finite)]
    counts, edges = np.histogram(finite, BINS) if len(finite) else (np.zeros(0, int), np.zeros(0))
    return {"edges": edges.tolist(), "counts": counts.tolist()}
