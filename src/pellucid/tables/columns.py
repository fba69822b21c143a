"""What a column is: numbers, categories, truth values, dates, free text; or nothing that a network can learn from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from ..arrays import Array
from ..errors import LONGEST, DataError, Told, shown
from .cells import (
    BRACKETS,
    are_truths,
    format_of,
    lacking,
    marked,
    moments,
    numbers,
    rounded,
    style_of,
    without_blanks,
)
from .odd_cells import but_for, but_for_capitals, usual_mark, without_mark
from .table import Table

FEW = 10  # rows, below which nothing is taken for an identifier
UNIQUE = 0.9  # share of different values from which on words name rows, not kinds of rows
BLANK_KINDS = ("number", "date", "boolean")  # of columns in which "none" says that nothing is there
WORDS = 2.0  # on average in a value of free text
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")
IDENTIFIER = re.compile(r"(^|[_ .])(id|idx|index|key|uuid|guid|rownum|row)$|^unnamed|[a-z](Id|ID)$", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """A column as it was understood. `form`: how its numbers or dates are written. `dropped`: why it is left out."""

    name: str
    kind: str  # number, category, boolean, date, text
    form: str = ""
    different: int = 0
    missing: int = 0
    dropped: str = ""
    remark: str = ""


def understand(
    table: Table, keep: Collection[str] = (), like: Mapping[str, Column] = MappingProxyType({})
) -> list[Column]:
    """What each column is. `keep`: columns that are not dropped, whatever they look like. like: as for `understood`.

    >>> [c.kind for c in understand(Table.of({"age": ["22", "38"], "sex": ["male", "female"], "alone": ["no", "yes"]}))]
    ['number', 'category', 'boolean']
    """
    found, met = [], dict[bytes, str]()
    for name in table.names:
        column = understood(table, name, like.get(name))
        code = signature(table, column)
        if not column.dropped and code in met:
            column = replace(column, dropped=f"says the same as {met[code]}")
        met.setdefault(code, name)
        found.append(replace(column, dropped="") if name in keep and column.different else column)
    return found


def understood(table: Table, name: str, like: Column | None = None) -> Column:
    """What one column is. like: as it was understood where there are more rows, which settles its kind and form.

    Raises DataError for a cell that holds something else where nearly all hold numbers, or dates.
    """
    kind, form, remark = _kind(table, name) if like is None else (like.kind, like.form, like.remark)
    cells = cells_of(table, name, kind)
    empty = lacking(cells)
    there = cells[~empty].tolist()
    different = dict.fromkeys(there)
    column = Column(name, kind, form, len(different), int(empty.sum()), "", remark)
    if not different:
        return replace(column, dropped="holds nothing")
    if len(different) == 1 and not column.missing:
        always = str(next(iter(different)))
        return replace(column, dropped=f"is always {always if len(always) <= LONGEST else shown(always)}")
    why = _identifies(table, column, there)
    return replace(column, dropped=f"{remark}; it {why}" if why and remark else why)


def cells_of(table: Table, name: str, kind: str) -> Array:
    """A column's cells, None for those that say in a column of this kind that nothing is there."""
    return without_blanks(table[name]) if kind in BLANK_KINDS else table[name]


def _kind(table: Table, name: str) -> tuple[str, str, str]:
    """(kind, form, what there is to say)."""
    cells = without_blanks(table[name])
    if cells.dtype.kind != "O":
        return ("number" if cells.dtype.kind == "f" else "date"), "", ""
    counts = Counter(cells[~lacking(cells)].tolist())
    different = counts.keys()
    style, fitting = _style(counts, table.decimal)
    if fitting == len(different) > 0:
        return _number(different, style, table.decimal, without_mark(table, cells, counts, style))
    if are_truths(different):
        return "boolean", "", ""
    if forms := format_of(different):
        doubt = f"could be dates in the form {forms[1]} too; read as {forms[0]}" if len(forms) > 1 else ""
        return "date", forms[0], doubt
    long = sum(len(value.split()) for value in different) / max(len(different), 1)
    many = len(different) > max(20, len(cells) / 10)
    kind = "text" if many and long >= WORDS else "category"
    remark = but_for(table, name, cells, counts, style) if different else ""
    return kind, "", remark or (but_for_capitals(different) if kind == "category" else "")


def _style(counts: Counter[str], decimal: str) -> tuple[str, int]:
    """(how most of these different texts are numbers, how many of them are): with a sign at nearly each, some in
    brackets, or as they stand."""
    different = counts.keys()
    style, fitting = style_of(different, decimal)
    mark = "" if fitting == len(different) else usual_mark(counts)
    marks = [mark] if mark else []
    bracketed = sum(marked(text, [BRACKETS, *marks]) != marked(text, marks) for text in different)
    marks = [BRACKETS, *marks] if 0 < bracketed < len(different) else marks
    if not marks:
        return style, fitting
    style, fitting = style_of([marked(text, marks) for text in different], decimal)
    return " ".join([style, *marks]), fitting


def _number(different: Collection[str], style: str, decimal: str, unit: str) -> tuple[str, str, str]:
    """(kind, form, what there is to say) of a column of numbers; those that no float tells apart are words. `unit`:
    what there is to say of it."""
    one, other = rounded(different, style)
    if other:
        alike = f"holds whole numbers that only more than 16 digits tell apart, {one} and {other}"
        return "category", "", f"{alike}; they are read as words"
    doubt = _doubt(different, style, decimal)
    said = [*filter(None, (doubt, unit))]
    if BRACKETS in style:
        bracketed = next(text for text in different if "(" in text)
        said.append(f"has numbers in brackets, such as {bracketed}; they are read as negative")
    if one:
        said.append(f"holds whole numbers of more than 16 digits, such as {one}; they are rounded")
    return "number", style, "; it ".join(said)


def _doubt(different: Collection[str], style: str, decimal: str) -> str:
    """What there is to say where all points might stand between thousands: 1.250 beside 1,5 would be 1250."""
    pointed = [text for text in different if "." in text] if decimal == "," and style == "plain" else []
    if pointed and all(THOUSANDS.fullmatch(text) for text in pointed):
        return f"could have points between thousands, as in {pointed[0]}; they are read as decimal points"
    return ""


def _identifies(table: Table, column: Column, there: list[str]) -> str:
    """Why a column names rows rather than tells something about them; "" where it does not."""
    n, name = len(there), column.name
    if n < FEW or column.different < UNIQUE * n:
        return ""
    if column.kind == "category":
        return "is another word in nearly every row"
    if column.kind != "number" or column.different < n:
        return ""
    values = numbers(without_blanks(table[name]), column.form)[0]
    values = values[~np.isnan(values)]
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(values).all() and (values == np.trunc(values)).all()):
        return ""
    dense = 0 <= low <= 5 + n / 10 and high - low < 2 * n
    return "numbers the rows" if dense or IDENTIFIER.search(name) else ""


def signature(table: Table, column: Column) -> bytes:
    """Equal for columns that tell the same: where they have few values, whatever these are called."""
    cells = cells_of(table, column.name, column.kind)
    if 1 < column.different <= len(cells) / 4:
        order: dict[str, int] = {}
        texts = ["" if cell is None or cell != cell else str(cell) for cell in cells.tolist()]
        return b"few" + np.array([order.setdefault(text, len(order)) for text in texts], np.int64).tobytes()
    if column.kind == "number":
        return b"numbers" + numbers(cells, column.form)[0].tobytes()
    if column.kind == "date":
        return b"dates" + moments(cells, column.form)[0].tobytes()
    return repr(cells.tolist()).encode()


def check_target(table: Table, column: Column) -> None:
    """Whether a column can be predicted."""
    if column.kind in ("date", "text"):
        kind = {"date": "dates", "text": "free text"}[column.kind]
        fix = "Turn it into numbers or classes first."
        raise DataError(f"{table.source}, target {column.name!r}", "classes or numbers", Told(kind), fix)
