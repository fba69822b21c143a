"""From a file or a data frame to a table."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data.checking import column_names
from ..data.text import is_text
from ..errors import DataError, FileError, MissingExtra, Told, UnknownName, WrongType
from ..files import reading
from .delimited import as_unicode, check_differ, delimited_blocks, read_delimited
from .table import Table

TEXTS = (".csv", ".tsv", ".tab", ".txt", ".psv")
RECORDS = (".jsonl", ".ndjson", ".json")
BINARY = (".parquet", ".arrow", ".feather", ".ipc", ".xlsx", ".xls", ".xlsb", ".ods")
SUFFIXES = (*TEXTS, *(f"{suffix}.gz" for suffix in (*TEXTS, *RECORDS)), *RECORDS, *BINARY)
BLOCK = 200_000  # cells in a block of rows


def is_table(name: str) -> bool:
    """Whether a file's name says that a table is in it; of a .txt file its lines do.

    >>> is_table("people.csv"), is_table("people.CSV.gz"), is_table("people.npz")
    (True, True, False)
    """
    return name.lower().endswith(SUFFIXES) and not is_text(name)


def read_table(source: Any, delimiter: str | None = None) -> Table:
    """The table in a file, or in what holds one in Python.

    source: the path of a CSV file (any delimiter, decimal comma, encoding; .gz), of JSON lines, or of a Parquet, Arrow,
    Feather or Excel file, for which the package polars is needed; or a data frame of any library, a mapping of names to
    columns, or a list of mappings, one for each row.

    >>> read_table([{"age": 22, "sex": "male"}, {"age": 38, "sex": None}]).names
    ['age', 'sex']
    """
    if isinstance(source, Table):
        return source
    if not isinstance(source, str | os.PathLike):
        return from_frame(source)
    path = Path(source)
    if not path.exists():
        raise FileError(f"reading {path}", "a file that exists", Told("no such file"), "Check the path.")
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(TEXTS):
        return read_delimited(path, delimiter or _delimiter(name))
    if name.endswith(RECORDS):
        return _read_records(path)
    if name.endswith(BINARY):
        return _read_binary(path)
    raise UnknownName(f"reading {path}, its ending", path.suffix, SUFFIXES)


def read_blocks(path: str | os.PathLike[str]) -> Iterator[Table]:
    """The table in a file in blocks of rows, one at least; of a file that can only be read whole in a single one."""
    path = Path(path)
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(TEXTS) and path.exists():
        yield from delimited_blocks(path, _delimiter(name), BLOCK)
    elif name.endswith(".parquet") and path.exists():
        yield from _parquet_blocks(path)
    else:
        yield read_table(path)


def _delimiter(name: str) -> str | None:
    """What stands between cells, where a file's name tells it."""
    return "\t" if name.endswith((".tsv", ".tab")) else None


def _parquet_blocks(path: Path) -> Iterator[Table]:
    where = f"reading {path}"
    polars = _polars(where)
    with _whole(where, ".parquet", polars):
        lazy = polars.scan_parquet(path)
        size = max(1, BLOCK // max(1, len(lazy.collect_schema())))
        first = 0
        while True:
            table = from_frame(lazy.slice(first, size).collect(), str(path))
            if first and not len(table):
                return
            yield replace(table, rows=table.rows + first)
            first += size
            if len(table) < size:
                return


@contextmanager
def _whole(where: str, suffix: str, polars: Any) -> Iterator[None]:
    """Within the block such a file is read; what is wrong with it is one sentence."""
    with reading(where, f"a whole {suffix} file"):
        try:
            yield
        except polars.exceptions.DuplicateError as problem:
            fix = "Rename one."
            raise FileError(where, "names of columns that differ", Told(str(problem)), fix) from problem


def from_frame(x: Any, source: str = "table") -> Table:
    """The table in a data frame, a mapping of columns, or a list of rows as mappings."""
    if isinstance(x, Mapping):
        return Table.of(x, source)
    if isinstance(x, Sequence) and x and all(isinstance(row, Mapping) for row in x):
        return _from_records(x, source)
    names = column_names(x)
    if not names and hasattr(x, "columns"):
        raise DataError(source, "columns with names", Told("none"))
    if not names or not hasattr(x, "__getitem__"):
        raise WrongType(source, "a path, a data frame, a mapping of columns, or a list of rows as mappings", x)
    if len({str(name) for name in names}) < len(names):
        raise DataError(source, "names of columns that differ", Told(", ".join(map(str, names))), "Rename one.")
    return Table.of({str(name): x[name] for name in names}, source)


def _from_records(rows: Sequence[Mapping[str, Any]], source: str, **about: Any) -> Table:
    """The table of rows; a name that a row lacks is missing there."""
    names = dict.fromkeys(str(name) for row in rows for name in row)
    return Table.of({name: [row.get(name) for row in rows] for name in names}, source, **about)


def _read_records(path: Path) -> Table:
    """JSON lines, or one JSON list of objects."""
    where = f"reading {path}"
    with reading(where, "JSON lines"):
        content = path.read_bytes()
        if path.name.lower().endswith(".gz"):
            import gzip  # here, so that importing the library stays quick

            content = gzip.decompress(content)
        text, remarks = as_unicode(where, content)
        rows = _parsed(where, text) if text.lstrip().startswith("[") else _lines(where, text)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise FileError(where, "one JSON object for each row, on a line of its own", Told("something else, or nothing"))
    return _from_records(rows, str(path), remarks=tuple(remarks))


def _parsed(where: str, text: str) -> Any:
    """What JSON says, where no object has a name twice; Python's own reader keeps the last of them in silence."""

    def row(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            check_differ(where, [name for name, _ in pairs])
        return found

    return json.loads(text, object_pairs_hook=row)


def _lines(where: str, text: str) -> list[Any]:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                rows.append(_parsed(f"{where}, line {number}", line))
            except FileError:
                raise
            except ValueError as problem:
                raise FileError(f"{where}, line {number}", "a JSON object", Told(str(problem))) from problem
    return rows


def _read_binary(path: Path) -> Table:
    """Parquet, Arrow, Feather, Excel."""
    where = f"reading {path}"
    suffix = path.suffix.lower()
    polars = _polars(where)
    readers: dict[str, Callable[..., Any]]
    readers = {".parquet": polars.read_parquet, ".arrow": polars.read_ipc, ".feather": polars.read_ipc}
    readers |= {".ipc": polars.read_ipc}
    with _whole(where, suffix, polars):
        if suffix in readers:
            return from_frame(readers[suffix](path), str(path))
        try:
            import fastexcel
        except ImportError:
            raise MissingExtra(where, "fastexcel", "tables") from None
        book = fastexcel.read_excel(path)
        first, *others = book.sheet_names
        head = book.load_sheet(0, header_row=None, n_rows=1, dtypes="string").to_polars()
        check_differ(where, [name.strip() for name in (head.row(0) if len(head) else ()) if name])
        frame = polars.read_excel(path, raise_if_empty=False)
    remark = f"Of its {len(others) + 1} sheets the first is read, {first}."
    return replace(from_frame(frame, str(path)), remarks=(remark,) if others else ())


def _polars(where: str) -> Any:
    try:
        import polars
    except ImportError:
        raise MissingExtra(where, "polars", "tables") from None
    return polars
