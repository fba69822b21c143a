"""Text as data to learn from: windows of characters, each a number, and the characters that follow."""

from __future__ import annotations

import codecs
import csv
import gzip
from itertools import islice
from pathlib import Path

import numpy as np

from ..arrays import Array
from ..errors import DataError, FileError, InvalidArgument, Told
from ..files import reading
from .labels import listed

SUFFIXES = (".txt", ".txt.gz")
LOOKED_AT = 1 << 16  # bytes by which a file is judged
LINES = 200  # that are judged in them
DELIMITERS = ",;\t|"
WORDS, SENTENCE_ENDS = 4, ".!?;:"  # in a column's name at most; and what ends none
LIKE_A_TABLE = 0.9  # share of lines of as many cells as the first
MOST_CHARACTERS = 10_000  # different ones: more are no script's
MOST_BYTES = 1 << 28
READ = 1 << 20  # bytes in one go
GZIP = b"\x1f\x8b"


def is_text(name: str) -> bool:
    """Whether this names a .txt file that holds prose, verse or code; a table in such a file is none.

    >>> is_text("book.csv"), is_text("nosuch.txt")
    (False, False)
    """
    if not name.lower().endswith(SUFFIXES) or not Path(name).is_file():
        return False
    with reading(f"reading {name}", "a file of text"):
        content = _content(Path(name), LOOKED_AT)
    text = content.decode(
        "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8", "replace"
    )
    return not _like_a_table([line for line in text.splitlines() if line.strip()][:LINES])


def _like_a_table(lines: list[str]) -> bool:
    """Whether the lines have as many cells each, or but for the first are numbers. Of none nobody knows."""
    rest = lines[1:]
    if not lines or (rest and sum(map(_is_number, rest)) >= LIKE_A_TABLE * len(rest)):
        return True
    for delimiter in DELIMITERS:
        try:
            rows = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
        except csv.Error:
            continue
        share = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        if len(rows[0]) > 1 and share >= LIKE_A_TABLE and all(map(_is_name, rows[0])):
            return True
    return False


def _is_name(cell: str) -> bool:
    """Whether a column might be called so, or a number stands in the place of names."""
    return 1 <= len(cell.split()) <= WORDS and cell.strip()[-1] not in SENTENCE_ENDS


def _is_number(line: str) -> bool:
    try:
        return bool([float(word) for word in line.replace(",", ".").split()])
    except ValueError:
        return False


def _content(path: Path, most: int) -> bytes:
    with open(path, "rb") as raw:
        zipped = raw.read(len(GZIP)) == GZIP
        raw.seek(0)
        with gzip.open(raw) if zipped else raw as file:
            parts = iter(lambda: file.read(READ), b"")  # asked for all at once, it takes the memory of the largest text
            return b"".join(islice(parts, -(-most // READ)))[:most]


def read_text(path: Path) -> tuple[str, tuple[str, ...]]:
    """(the text in a file, its lines ended by one character each; what there is to say about it)."""
    where = f"reading {path}"
    with reading(where, "a file of text"):
        content = _content(path, MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        told = Told("a larger one")
        raise FileError(where, f"a text of at most {MOST_BYTES >> 20} MB", told, "Take a part of it.")
    remarks: tuple[str, ...] = ()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", "replace")
    elif b"\0" in content:
        raise FileError(where, "text", Told("a file with NUL bytes"), "Save it as text in UTF-8.")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
            remarks = ("The file is not in UTF-8; it was read as Windows-1252.",)
    return text.replace("\r\n", "\n").replace("\r", "\n"), remarks


def alphabet(where: str, text: str) -> tuple[str, ...]:
    """The characters that occur, in the order of their code points.

    >>> alphabet("text", "abba")
    ('a', 'b')
    """
    found = tuple(sorted(set(text)))
    if len(found) > MOST_CHARACTERS:
        told = Told(f"{len(found):,}")
        raise DataError(where, f"at most {MOST_CHARACTERS:,} different characters", told, "Is it a text?")
    if len(found) < 2:
        raise DataError(where, "a text of different characters", Told(repr(text[:20])))
    return found


def encoded(text: str, characters: tuple[str, ...]) -> tuple[Array, tuple[str, ...]]:
    """(the number of each character (N,) int32, those that are none of `characters` and are left out).

    >>> encoded("abca", ("a", "b"))
    (array([0, 1, 0], dtype=int32), ('c',))
    """
    numbers = {character: i for i, character in enumerate(characters)}
    strange = tuple(sorted(set(text) - numbers.keys()))
    found = np.fromiter((numbers[c] for c in text if c in numbers), np.int32)
    return found, strange


def read_whole(where: str, text: str, characters: tuple[str, ...]) -> Array:
    """The number of each character (N,) int32 of a text, one at least, that has none but these.

    >>> read_whole("text", "aba", ("a", "b"))
    array([0, 1, 0], dtype=int32)
    """
    if not text:
        raise InvalidArgument(where, "one character at least", text)
    numbers, strange = encoded(text, characters)
    if strange:
        told, fix = Told(listed(strange)), f"It knows {listed(characters)}."
        raise InvalidArgument(where, "characters of the text that it was trained on", told, fix)
    return numbers


def windows(numbers: Array, length: int) -> tuple[Array, Array]:
    """x (N, length), one window behind the other, and y (N, length), the characters that follow each; a rest that is
    shorter is left out.

    >>> windows(np.arange(6), 2)[1].tolist()
    [[1, 2], [3, 4]]
    """
    n = max(0, (len(numbers) - 1) // length)
    whole = numbers[: n * length].reshape(n, length), numbers[1 : n * length + 1].reshape(n, length)
    return whole if n else (np.empty((0, length), np.int32), np.empty((0, length), np.int32))
