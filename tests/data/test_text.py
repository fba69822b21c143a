"""Files of text: told from tables, read in any encoding, cut into windows."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from pellucid import errors
from pellucid.data import text
from pellucid.data.datasets import austen
from pellucid.tables import is_table

PROSE = "It was late, and nobody came.\nThe lamp burned; the dog slept, as dogs do.\n\n'Well,' said she.\n"


@pytest.mark.parametrize(
    ("content", "prose"),
    [
        (PROSE, True), (PROSE * 50, True), ("def f(x):\n    return x\n\nprint(f(1), 2)\n", True),
        ("roses,\nviolets,\nand so on\nand on", True), ("a,b\n1,2\n3,4\n", False), ("a;b\n1;2\n", False),
        ("x\ty\n1\t2\n", False), ("a\n1\n2\n3\n", False), ("1 2 3\n4 5 6\n", False), ("", False),
        ("one line", True), ("a,b", False),
        ('name,said\n"Ann","yes, no"\n"Bob","no"\n', False),
    ],
)  # fmt: skip
def test_prose_is_told_from_a_table(tmp_path: Path, content: str, prose: bool):
    path = tmp_path / "a.txt"
    path.write_text(content)
    assert text.is_text(str(path)) is prose
    assert is_table(str(path)) is not prose
    path.rename(tmp_path / "a.csv")
    assert not text.is_text(str(tmp_path / "a.csv"))


@pytest.mark.parametrize(
    ("content", "found", "remark"),
    [
        ("é\r\nb\rc".encode(), "é\nb\nc", False), ("é b".encode("utf-8-sig"), "é b", False),
        ("é b".encode("utf-16"), "é b", False), ("é b".encode("cp1252"), "é b", True),
        (gzip.compress("é b".encode(), mtime=0), "é b", False),
    ],
)  # fmt: skip
def test_it_is_read_in_any_encoding(tmp_path: Path, content: bytes, found: str, remark: bool):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    read, remarks = text.read_text(path)
    assert read == found
    assert bool(remarks) is remark


def test_what_is_no_text_is_said(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\0b\n")
    with pytest.raises(errors.FileError, match="expected text, got a file with NUL bytes"):
        text.read_text(path)
    path.write_bytes(gzip.compress(b"some words\n" * 99)[:-20])
    with pytest.raises(errors.FileError, match="damaged"):
        text.read_text(path)
    with pytest.raises(errors.DataError, match="different characters"):
        text.alphabet("text", "".join(map(chr, range(0x4E00, 0x4E00 + 10_001))))


@pytest.mark.parametrize("name", ["small.txt", "small.txt.gz"])
def test_a_small_text_takes_little_memory(tmp_path: Path, name: str):
    content = b"Not much. " * 300_000
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    tracemalloc.start()
    try:
        assert text.read_text(tmp_path / name)[0] == content.decode()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30e6


def test_the_novel_is_whole():
    novel = austen.read()
    assert len(novel) == 684_707
    assert novel.startswith("PRIDE AND PREJUDICE\n\nBy Jane Austen\n")
    assert novel.endswith("had been the means of uniting them.\n")
    assert novel.count("\nChapter ") == 61
    assert novel.isascii()
    assert "Gutenberg" not in novel
    (x, y), (x_test, _) = austen.load_data(100)
    names = austen.characters()
    assert "".join(names[i] for i in x[:2].ravel()) == novel[:200]
    assert "".join(names[i] for i in y[0]) == novel[1:101]
    assert len(x_test) == 685
