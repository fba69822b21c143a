"""`/predict`: rows as JSON or CSV in, predictions out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..actions.apply import predictions_csv
from ..arrays import Array
from ..errors import LONGEST, DataError, Told, nearest
from ..tables.cells import numbers
from ..tables.delimited import from_text
from ..tables.table import Table
from ..web.jsons import parsed, plain, written
from ..web.refused import Refused
from .served import PROBABILITIES, Served

JSON, CSV = "application/json", "text/csv"
KEY = "instances"
SOURCE = "request"  # what errors call it


def predicted(served: Served, body: bytes, content_type: str, accept: str, most: int) -> tuple[bytes, str, int]:
    """(the answer, its content type, the number of rows) to a body with rows, of which `most` are taken."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == CSV:
        xs = _from_csv(served, body, most)
    elif kind == JSON:
        xs = _from_json(served, body, most)
    else:
        got = content_type or Told("none")
        raise Refused(415, "request, header Content-Type", f"{JSON} or {CSV}", got, "Say what the body is.")
    outputs = served.predict(xs)
    as_csv = CSV in accept and (len(outputs) == 1 or served.trained.table is not None)
    return (_csv(served, outputs), CSV, len(xs[0])) if as_csv else (_json(served, outputs), JSON, len(xs[0]))


def within(n: int, most: int) -> None:
    """Refuse no rows, and more rows than are taken."""
    if n == 0:
        raise DataError(SOURCE, "at least one row", Told("none"))
    if n > most:
        raise Refused(413, SOURCE, f"at most {most:,} rows", n, "Send them in several requests.")


def _from_json(served: Served, body: bytes, most: int) -> list[Array]:
    found = parsed(body)
    rows = found[KEY] if isinstance(found, dict) and found.keys() == {KEY} else found
    each = "objects by column" if served.trained.table else "arrays, one for each row"
    if not isinstance(rows, list):
        raise DataError(SOURCE, f"a list of {each}, or an object with the one key {KEY!r} that has it", rows)
    within(len(rows), most)
    if served.trained.table is not None:
        return [served.trained.table.encoder.transform(_records(served, rows))]
    names = [field.name for field in served.inputs]
    return served.checked([rows] if len(names) == 1 else [[_part(row, i, name) for i, row in enumerate(rows)]
                                                         for name in names])  # fmt: skip


def _records(served: Served, rows: list[Any]) -> Table:
    """Objects as a table of the columns that the model takes; each must have each of them."""
    names = [field.name for field in served.inputs]
    kept = []
    for i, row in enumerate(rows):
        if not isinstance(row, dict):
            raise DataError(f"{SOURCE}, row {i}", "an object by column", row)
        try:
            kept.append({name: row[name] for name in names})
        except KeyError as problem:
            raise _lacks(i, str(problem.args[0]), row) from None
    return Table.of({name: [_cell(row[name], i, name) for i, row in enumerate(kept)] for name in names}, SOURCE)


def _cell(value: Any, row: int, name: str) -> Any:
    if isinstance(value, dict | list):
        raise DataError(f"{SOURCE}, row {row}, column {name!r}", "one value", value)
    return value


def _part(row: Any, i: int, name: str) -> Any:
    if not isinstance(row, dict):
        raise DataError(f"{SOURCE}, row {i}", "an object by input", row)
    if name not in row:
        raise _lacks(i, name, row, "an input")
    return row[name]


def _lacks(i: int, name: str, row: dict[str, Any], what: str = "a column") -> DataError:
    near = nearest(name, row)
    fix = f"Did you mean {name!r} by {near!r}?" if near else "Write null for a missing value."
    return DataError(f"{SOURCE}, row {i}", f"{what} {name!r}", Told("none"), fix)


def _from_csv(served: Served, body: bytes, most: int) -> list[Array]:
    table = from_text(body, SOURCE)
    if not len(table):
        told = Told(f"one line alone: {', '.join(table.names)}"[:LONGEST])
        raise DataError(SOURCE, "a line with the names of the columns, and rows under it", told)
    within(len(table), most)
    if served.trained.table is not None:
        return [served.trained.table.encoder.transform(table)]
    fields = served.inputs
    if len(fields) > 1 or None in fields[0].shape:
        raise Refused(415, "request, header Content-Type", f"{JSON} for a model of this shape", CSV)
    size = math.prod(n or 1 for n in fields[0].shape)
    if len(table.names) != size:
        raise DataError(SOURCE, f"{size} columns, one for each input", len(table.names))
    columns = []
    for name in table.names:
        values, bad = numbers(table[name], "plain")
        bad = bad | ~np.isfinite(values)
        if bad.any():
            row = int(bad.argmax())
            raise DataError(table.place(row, name), "a finite number", table[name][row])
        columns.append(values)
    return served.checked([np.stack(columns, axis=1).reshape(len(table), *fields[0].shape)])


def _json(served: Served, outputs: dict[str, Array]) -> bytes:
    about = {"model": served.name, "version": served.version}
    return written({**about, "predictions": _predictions(served, outputs)})


def _predictions(served: Served, outputs: dict[str, Array]) -> list[Any]:
    """For each row: label and probabilities; the number; or what the model gives, by name where it gives several."""
    if served.trained.classes:
        p = outputs[PROBABILITIES]
        names = [str(name) for name in served.trained.classes]
        rows = zip(served.labels(p), plain(p), strict=True)
        return [{"label": label, PROBABILITIES: dict(zip(names, row, strict=True))} for label, row in rows]
    if len(outputs) == 1:
        (y,) = outputs.values()
        return list(plain(y.reshape(len(y)) if y.ndim == 2 and y.shape[1] == 1 else y))
    each = zip(*(plain(y) for y in outputs.values()), strict=True)
    return [dict(zip(outputs, row, strict=True)) for row in each]


def _csv(served: Served, outputs: dict[str, Array]) -> bytes:
    classes, table = served.trained.classes, served.trained.table
    y = np.stack(list(outputs.values()), axis=1) if len(outputs) > 1 else next(iter(outputs.values()))
    names = classes or (tuple(table.targets.names) if table is not None else ())
    return predictions_csv(y, bool(classes), names).encode("utf-8")
