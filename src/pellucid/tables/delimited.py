"""CSV and its kin: any delimiter, encoding and quoting, compressed with gzip or not.

Rows end where Python's `csv` says that they do, and errors name the line. Nothing is guessed in silence: a file that is
not UTF-8, and one without names of columns, make a remark.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, Self, TextIO

import numpy as np

from ..arrays import Array
from ..errors import FileError, Told, count
from ..files import reading
from .cells import ALL_MISSING, is_missing, style_of
from .table import Table

DELIMITERS = ",;\t|"
SNIFFED = 1 << 16  # characters that the delimiter is judged by
READ = 1 << 20  # bytes in one go
TOLD = re.compile(r"sep=(.)[\r\n]*", re.IGNORECASE)  # Excel's own first line
LONGEST_CELL = 1 << 20  # characters
SHOWN = 3  # names in a sentence
MARKS = [(b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")]  # at a file's beginning
FALLBACK = "cp1252"  # Windows' own, of Western Europe
GZIP = b"\x1f\x8b"
_one_at_a_time = threading.Lock()


def read_delimited(path: str | os.PathLike[str], delimiter: str | None = None) -> Table:
    """The table in a text file with one row on each line; the delimiter is the one of , ; tab | that fits."""
    return next(delimited_blocks(path, delimiter))


def delimited_blocks(
    path: str | os.PathLike[str], delimiter: str | None = None, cells: int | None = None
) -> Iterator[Table]:
    """The same table in blocks of about so many cells, read one after another; all in one block unless given. There is
    one at least, with the columns' names, be it without rows."""
    where = f"reading {path}"
    with reading(where, "a table of text, one row on each line"):
        with _opened(path) as content:
            encoding, errors, remarks = _encoding(where, iter(lambda: content.read(READ), b""))
        with _opened(path) as content, io.TextIOWrapper(content, encoding, errors, newline="") as text:
            yield from _tables(where, str(path), text, delimiter, remarks, cells)


def from_text(content: bytes, source: str, delimiter: str | None = None) -> Table:
    """The table in such a file's content; `source` is what errors call it.

    >>> from_text(b"age;fare\\n22;7,25\\n", "request")["fare"]
    array(['7,25'], dtype=object)
    """
    where = f"reading {source}"
    with reading(where, "a table of text, one row on each line"):
        text, remarks = as_unicode(where, content)
        return next(_tables(where, source, io.StringIO(text, newline=""), delimiter, remarks, None))


def _tables(
    where: str, source: str, text: TextIO, delimiter: str | None, remarks: list[str], cells: int | None
) -> Iterator[Table]:
    """The tables in blocks of so many cells; an error tells the first line that is wrong."""
    told = TOLD.fullmatch(text.readline(len("sep=;\r\n")))
    if not told:
        text.seek(0)
    delimiter = delimiter or (told[1] if told else sniffed(text))
    reader = _Reader(text, delimiter, 1 if told else 0)
    head, at, last = _some(where, reader, reader.line_num, 1)
    if not head:
        raise FileError(where, "a line with the names of the columns, and rows under it", Told("an empty file"))
    names, remark = _names(where, head[0])
    about = (*remarks, remark) if remark else tuple(remarks)
    if not remark:
        head, at = [], []
    size = None if cells is None else max(1, cells // len(names))
    first, decimal = 0, "." if delimiter == "," else ","
    while True:
        rows, lines, last = _some(where, reader, last, size)
        rows, lines, head, at = head + rows, at + lines, [], []
        if first and not rows:
            return
        _check_lengths(where, rows, lines, len(names))
        columns = {name: _texts([row[i] for row in rows]) for i, name in enumerate(names)}
        about = about if first else (*about, *_said_of_names(columns))
        places = np.arange(first, first + len(rows))
        first += len(rows)
        del rows
        yield Table(columns, places, source, np.array(lines, np.int64), about, decimal)
        if size is None or not len(places):
            return


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file's bytes, as they were before gzip."""
    with open(path, "rb") as file:
        compressed = file.read(len(GZIP)) == GZIP
        file.seek(0)
        if not compressed:
            yield file
            return
        import gzip  # here, so that importing the library stays quick

        with gzip.open(file) as content:
            yield content  # type: ignore[misc]


def _encoding(where: str, content: Iterable[bytes]) -> tuple[str, str, list[str]]:
    """(encoding, what becomes of bytes that it does not know, what there is to say about it) of a file's content, which
    comes in pieces. A mark at its beginning tells the encoding; without one it is UTF-8, or else Windows-1252."""
    decoder, encoding = codecs.getincrementaldecoder("utf-8")(), "utf-8"
    for number, piece in enumerate(content):
        marked = next((name for mark, name in MARKS if piece.startswith(mark)), None)
        if number == 0 and marked:
            return marked, "strict", []
        if b"\0" in piece:
            raise FileError(where, "text", Told("a file with NUL bytes"), "Save it as text in UTF-8.")
        try:
            if encoding == "utf-8":
                decoder.decode(piece)
        except UnicodeDecodeError:
            encoding = FALLBACK
    try:
        if encoding == "utf-8":
            decoder.decode(b"", True)
    except UnicodeDecodeError:
        encoding = FALLBACK
    if encoding == "utf-8":
        return encoding, "strict", []
    return encoding, "replace", ["The file is not in UTF-8; it was read as Windows-1252."]


def as_unicode(where: str, content: bytes) -> tuple[str, list[str]]:
    """The text of a file, and what there is to say about it."""
    encoding, errors, remarks = _encoding(where, [content])
    return content.decode(encoding, errors), remarks


def sniffed(text: TextIO) -> str:
    """The delimiter that cuts the first lines into most cells, as many on each; the file is at its beginning again.

    >>> [sniffed(io.StringIO(text)) for text in ("a;b\\n1,5;2\\n", "a\\tb\\n1\\t2\\n", "a\\n1\\n")]
    [';', '\\t', ',']
    """
    sample = text.read(SNIFFED)
    cut = bool(text.read(1))
    text.seek(0)

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


class _Reader:
    """csv's reader of rows, for which a quotation mark that nothing closes is an error; csv's own takes all that
    follows it for one cell."""

    def __init__(self, text: Iterable[str], delimiter: str, before: int) -> None:
        self.over, self.before = False, before
        self.rows = csv.reader(self._until_over(text), delimiter=delimiter, skipinitialspace=True)

    def _until_over(self, text: Iterable[str]) -> Iterator[str]:
        yield from text
        self.over = True

    @property
    def line_num(self) -> int:
        """Lines read so far, those before the rows included."""
        return self.before + self.rows.line_num

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> list[str]:
        row = next(self.rows)
        if self.over:  # it asked for one more line in the middle of a row
            raise csv.Error("the end of the file within a cell")
        return row


def _some(where: str, reader: _Reader, last: int, n: int | None) -> tuple[list[list[str]], list[int], int]:
    """(at most n more rows, the line on which each begins, the last line read); empty lines are left out. `last` is the
    last line read before."""
    rows, lines = [], []
    with _long_cells():
        try:
            for row in reader:
                if row and (len(row) > 1 or row[0].strip()):
                    rows.append(row)
                    lines.append(last + 1)
                last = reader.line_num
                if len(rows) == n:
                    break
        except csv.Error as problem:
            told = Told(f"{problem} (line {last + 1})")
            raise FileError(where, "rows of cells", told, "Is there a quotation mark that nothing closes?") from problem
    return rows, lines, last


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
    if all(not is_missing(name) and style_of([name])[1] for name in names):
        return [f"column_{i}" for i in range(len(names))], "The first row holds numbers: the columns have no names."
    names = [name or f"unnamed_{i}" for i, name in enumerate(names)]
    check_differ(f"{where}, line 1", names)
    return names, ""


def _said_of_names(columns: Mapping[str, Array]) -> list[str]:
    """What there is to say where the first line looks like one of data: what stands in it is below it, too.

    >>> _said_of_names({"3": np.array(["1", "3"], object), "yes": np.array(["no", "yes"], object)})
    ["The first line is read as the columns' names, but below it stand '3' and 'yes', too: are they lacking?"]
    >>> _said_of_names({"age": np.array(["1", "3"], object), "yes": np.array(["no", "yes"], object)})
    []
    """
    twice = [repr(name) for name, cells in columns.items() if (cells == name).any()]
    if len(twice) < 2 or len(twice) < len(columns) / 2:
        return []
    stand = f"{', '.join(twice[:-1][:SHOWN])} and {twice[-1]}"
    return [f"The first line is read as the columns' names, but below it stand {stand}, too: are they lacking?"]


def check_differ(where: str, names: Sequence[str]) -> None:
    """Raise where a column's name is another one's, too."""
    twice, times = next(iter(Counter(names).most_common(1)), ("", 0))
    if times > 1:
        raise FileError(where, "names of columns that differ", Told(f"{twice!r} twice"), "Rename one.")


def _check_lengths(where: str, rows: list[list[str]], lines: list[int], n: int) -> None:
    for row, line in zip(rows, lines, strict=True):
        if len(row) != n:
            fix = "Is a delimiter within a cell that has no quotation marks?" if len(row) > n else "Complete the row."
            if n == 1:
                fix = "Take out the lines above the one with the columns' names, or write the cell in quotation marks."
            expected = f"{count(n, 'cell')}, one for each column"
            raise FileError(f"{where}, line {line}", expected, Told(str(len(row))), fix)


def _texts(cells: Sequence[str]) -> Array:
    """Cells as texts, each kept once; None for what is missing."""
    texts = [cell.strip() for cell in cells]
    once: dict[str, Any] = dict(zip(texts, texts, strict=True))
    once |= dict.fromkeys(ALL_MISSING & once.keys())
    array: Array = np.empty(len(texts), object)
    array[:] = [once[text] for text in texts]
    return array
