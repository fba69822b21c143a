"""A table in memory: columns by name, and for each row the place it has in its file, which errors name."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from numbers import Integral, Real
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, Told, nearest
from .cells import EXACT, as_text

SHOWN = 12  # names of columns in a sentence
OTHER_SIGN = "Is another sign between the cells than a comma, a semicolon or a tab?"
EACH = "Make a column of each of its values."


@dataclass(frozen=True)
class Table:
    """Columns of one length. Each is an array (N,) of numbers (float64, NaN: missing), of moments (datetime64[us], NaT:
    missing), or of texts (objects, None: missing).

    >>> table = Table.of({"age": [22, None], "sex": ["male", "female"]})
    >>> table.names, len(table), table["age"]
    (['age', 'sex'], 2, array([22., nan]))
    """

    columns: Mapping[str, Array]
    rows: Array  # (N,): where each row stands in its source, from 0
    source: str = "table"  # what errors call it
    lines: Array | None = None  # (N,): of the file, from 1
    remarks: tuple[str, ...] = ()  # what the reader noticed
    decimal: str = field(default=".", compare=False)  # what numbers are likely to be written with

    @classmethod
    def of(cls, columns: Mapping[str, Any], source: str = "table", **about: Any) -> Table:
        """The table of these columns, each a sequence of values of any kind."""
        arrays = {str(name): as_column(values, source, str(name)) for name, values in columns.items()}
        lengths = {len(array) for array in arrays.values()}
        if len(lengths) > 1:
            raise DataError(source, "columns of one length", Told(", ".join(map(str, sorted(lengths)))))
        return cls(arrays, np.arange(max(lengths, default=0)), source, **about)

    @property
    def names(self) -> list[str]:
        """The columns' names, in their order."""
        return list(self.columns)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> Array:
        if name not in self.columns:
            raise self.lacks(name)
        return self.columns[name]

    def lacks(self, name: str) -> DataError:
        """The error where a column is not there."""
        near = nearest(name, self.names)
        names = [*self.names[:SHOWN], "..."] if len(self.names) > SHOWN else self.names
        fix = f"Did you mean {near!r}?" if near else " ".join(self.remarks)
        if len(names) == 1 and self.lines is not None:
            fix = OTHER_SIGN
        return DataError(self.source, f"a column {name!r}", Told(f"the columns {', '.join(names)}"), fix)

    def named(self, names: str | int | Sequence[str | int]) -> list[str]:
        """Names of columns, each once, a text such as "age,fare" for several; each must be there.

        >>> Table.of({"age": [22], "fare": [7], "sex": ["male"]}).named("age, fare")
        ['age', 'fare']
        """
        given = [str(name) for name in ([names] if isinstance(names, str | int) else names)]
        parts = [[name] if name in self.columns else name.split(",") for name in given]
        found = list(dict.fromkeys(part.strip() if len(each) > 1 else part for each in parts for part in each))
        for name in found:
            if name not in self.columns:
                raise self.lacks(name)
        return found

    def take(self, rows: Array) -> Table:
        """The given rows (numbers, or a boolean for each)."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        lines = None if self.lines is None else self.lines[rows]
        return replace(self, columns=columns, rows=self.rows[rows], lines=lines)

    @classmethod
    def joined(cls, tables: Sequence[Table]) -> Table:
        """The rows of tables with the same columns, such as blocks of one file.

        >>> Table.joined([Table.of({"age": [22]}), Table.of({"age": [38]})])["age"]
        array([22., 38.])
        """
        first = tables[0]
        columns = {name: np.concatenate([table[name] for table in tables]) for name in first.names}
        lines = None if first.lines is None else np.concatenate([table.lines for table in tables])
        return replace(first, columns=columns, rows=np.concatenate([table.rows for table in tables]), lines=lines)

    def without(self, names: Collection[str]) -> Table:
        """The table less some columns."""
        return replace(self, columns={name: v for name, v in self.columns.items() if name not in names})

    def place(self, row: int, name: str) -> str:
        """Where a cell stands.

        >>> Table.of({"age": [22]}, "people.csv", lines=np.array([2])).place(0, "age")
        "people.csv, line 2, column 'age'"
        """
        return f"{self.source}, {self.spot(row)}, column {name!r}"

    def spot(self, row: int) -> str:
        """Where a row stands: by its line, as an editor shows it, or where the source has none, counted from 0."""
        return f"row {self.rows[row]}" if self.lines is None else f"line {self.lines[row]}"


def as_column(values: Any, source: str = "table", name: str = "") -> Array:
    """Values of any kind as numbers, moments or texts; truth values are texts. source, name: what errors say.

    >>> as_column([1, None]), as_column([True, None]), as_column(["a", 1])
    (array([ 1., nan]), array(['True', None], dtype=object), array(['a', '1'], dtype=object))
    """
    if isinstance(values, np.ma.MaskedArray):
        masked = np.ma.getmaskarray(values).tolist()
        values = [None if none else value for value, none in zip(values.data.tolist(), masked, strict=True)]
    array = values if isinstance(values, np.ndarray) else _array(values)
    kind = array.dtype.kind
    if array.ndim != 1:
        told = Told(f"several: values of the shape {array.shape}")
        raise DataError(f"{source}, column {name!r}", "one value for each row", told, EACH)
    if kind in "iuf":
        numbers = array.astype(np.float64)
        whole = kind in "iu" or "int" in str(getattr(values, "dtype", getattr(values, "type", ""))).lower()
        if not whole or not (np.abs(numbers) >= EXACT).any():
            return numbers
        return _from_objects(array.tolist() if kind in "iu" else _listed(values), {"number"})
    if kind == "M":
        return array.astype("datetime64[us]")
    if kind == "m":
        return np.where(np.isnat(array), np.nan, array.astype("timedelta64[us]").astype(np.float64) / 1e6)
    found = array.tolist()
    kinds = [_kind(value) for value in found]
    if "several" in kinds:
        row = kinds.index("several")
        raise DataError(f"{source}, row {row}, column {name!r}", "one value", found[row], EACH)
    return _from_objects(found, set(kinds) - {"none"})


def _array(values: Any) -> Array:
    """A sequence as an array that keeps each value as it is."""
    if hasattr(values, "__array__") or hasattr(values, "to_numpy"):
        return np.asarray(values.to_numpy() if hasattr(values, "to_numpy") else values)
    listed = list(values)
    array: Array = np.empty(len(listed), object)
    array[:] = listed
    return array


def _from_objects(values: Sequence[Any], kinds: set[str]) -> Array:
    if kinds == {"number"} and not any(map(_is_rounded, values)):
        return np.array([np.nan if _kind(v) == "none" else float(v) for v in values], np.float64)
    if kinds == {"moment"}:
        plain = [np.datetime64("NaT") if _kind(v) == "none" else _moment(v) for v in values]
        return np.array(plain, "datetime64[us]")
    array: Array = np.empty(len(values), object)
    array[:] = [as_text(value) for value in values]
    return array


def _listed(values: Any) -> list[Any]:
    """A column of whole numbers with gaps, which its library's own arrays have as floats."""
    found: list[Any] = values.to_list() if hasattr(values, "to_list") else values.to_pylist()
    return found


def _is_rounded(value: Any) -> bool:
    """Whether this is a number of more digits than a float holds: they are a text."""
    if isinstance(value, Integral):
        whole = int(value)
        return abs(whole) > EXACT and (abs(whole) > sys.float_info.max or float(whole) != whole)
    digits = type(value).__name__ == "Decimal" and value.is_finite() and abs(value) > EXACT
    return bool(digits and value != float(value))


def _kind(value: Any) -> str:
    if value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value):
        return "none"
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool | np.bool_):
        return "truth"
    if isinstance(value, Real) or type(value).__name__ == "Decimal":
        return "number"
    if isinstance(value, date):
        return "moment"
    return "several" if hasattr(value, "__len__") and not isinstance(value, bytes) else "text"


def _moment(value: date) -> Any:
    if not isinstance(value, datetime):
        return value
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
