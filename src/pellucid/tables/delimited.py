"""CSV and its kin: any delimiter, encoding and quoting, compressed with gzip or not.

Rows end where Python's `csv` says that they do, and errors name the line. Nothing is guessed in silence: a file that is
not UTF-8, and one without names of columns, make a remark.
"""

from __future__ import annotations

import csv
import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import FileError, Told
from ..files import reading
from .cells import as_text, style_of
from .table import Table

DELIMITERS = ",;\t|"
SNIFFED = 1 << 16  # characters that the delimiter is judged by
LONGEST_CELL = 1 << 20  # characters
MARKS = [(b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")]  # at a file's beginning
FALLBACK = "cp1252"  # Windows' own, of Western Europe
GZIP = b"\x1f\x8b"
_one_at_a_time = threading.Lock()


def read_delimited(path: str | os.PathLike[str], delimiter: str | None = None) -> Table:
    """The table in a text file with one row on each line; the delimiter is the one of , ; tab | that fits."""
    with reading(f"reading {path}", "a table of text, one row on each line"):
        content = _bytes_of(Path(path))
    return from_text(content, str(path), delimiter)


def from_text(content: bytes, source: str, delimiter: str | None = None) -> Table:
    """The table in such a file's content; `source` is what errors call it.

    >>> from_text(b"age;fare\\n22;7,25\\n", "request")["fare"]
    array(['7,25'], dtype=object)
    """
    where = f"reading {source}"
    with reading(where, "a table of text, one row on each line"):
        text, remarks = as_unicode(where, content)
        delimiter = delimiter or sniffed(text)
        rows, lines = _records(where, text, delimiter)
    if not rows:
        raise FileError(where, "a line with the names of the columns, and rows under it", Told("an empty file"))
    names, remark = _names(where, rows[0])
    if remark:
        remarks.append(remark)
    else:
        rows, lines = rows[1:], lines[1:]
    _check_lengths(where, rows, lines, len(names))
    columns = {name: _texts([row[i] for row in rows]) for i, name in enumerate(names)}
    decimal = "." if delimiter == "," else ","
    return Table(columns, np.arange(len(rows)), source, np.array(lines, np.int64), tuple(remarks), decimal)


def _bytes_of(path: Path) -> bytes:
    content = path.read_bytes()
    if not content.startswith(GZIP):
        return content
    import gzip  # here, so that importing the library stays quick

    return gzip.decompress(content)


def as_unicode(where: str, content: bytes) -> tuple[str, list[str]]:
    """The text of a file, and what there is to say about it. A mark at its beginning tells the encoding; without one it
    is UTF-8, or else Windows-1252."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content.decode(encoding), []
    if b"\0" in content:
        raise FileError(where, "text", Told("a file with NUL bytes"), "Save it as text in UTF-8.")
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError:
        text = content.decode(FALLBACK, "replace")
    return text, ["The file is not in UTF-8; it was read as Windows-1252."]


def sniffed(text: str) -> str:
    """The delimiter that cuts the first lines into most cells, as many on each.

    >>> sniffed("a;b\\n1,5;2\\n"), sniffed("a\\tb\\n1\\t2\\n"), sniffed("a\\n1\\n")
    (';', '\\t', ',')
    """
    sample = text[:SNIFFED]
    cut = len(sample) < len(text)

    def fit(delimiter: str) -> tuple[float, int]:
        """(share of rows with as many cells as the first, their number); (0, 1) for one that cuts nothing."""
        try:
            counts = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            return 0, 1
        counts = counts[:-1] if cut and len(counts) > 1 else counts
        if not counts or counts[0] < 2:
            return 0, 1
        return sum(n == counts[0] for n in counts) / len(counts), counts[0]

    return max(DELIMITERS, key=fit)


def _records(where: str, text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """(rows, the line on which each begins); empty lines are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows, lines, last = [], [], 0
    with _long_cells():
        try:
            for row in reader:
                if row and (len(row) > 1 or row[0].strip()):
                    rows.append(row)
                    lines.append(last + 1)
                last = reader.line_num
        except csv.Error as problem:
            told = Told(f"{problem} (line {last + 1})")
            raise FileError(where, "rows of cells", told, "Is there a quotation mark that nothing closes?") from problem
    return rows, lines


@contextmanager
def _long_cells() -> Iterator[None]:
    """Within the block, the csv module takes cells of any length that is taken here. Its limit is one for all threads,
    which take turns, and it is the caller's own again afterwards."""
    with _one_at_a_time:
        limit = csv.field_size_limit(LONGEST_CELL)
        try:
            yield
        finally:
            csv.field_size_limit(limit)


def _names(where: str, row: list[str]) -> tuple[list[str], str]:
    """The columns' names, and a remark where the first row has none but is data: all of its cells are numbers."""
    names = [name.strip() for name in row]
    if all(as_text(name) is not None and style_of([name])[1] for name in names):
        return [f"column_{i}" for i in range(len(names))], "The first row holds numbers: the columns have no names."
    names = [name or f"unnamed_{i}" for i, name in enumerate(names)]
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise FileError(f"{where}, line 1", "names of columns that differ", Told(f"{twice!r} twice"), "Rename one.")
    return names, ""


def _check_lengths(where: str, rows: list[list[str]], lines: list[int], n: int) -> None:
    for row, line in zip(rows, lines, strict=True):
        if len(row) != n:
            fix = "Is a delimiter within a cell that has no quotation marks?" if len(row) > n else "Complete the row."
            raise FileError(f"{where}, line {line}", f"{n} cells, one for each column", Told(str(len(row))), fix)


def _texts(cells: list[Any]) -> Array:
    """Cells as texts; None for what is missing."""
    table = {cell: as_text(cell) for cell in set(cells)}
    array: Array = np.empty(len(cells), object)
    array[:] = [table[cell] for cell in cells]
    return array
