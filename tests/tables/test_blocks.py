"""A file read in blocks is the file read whole: cell for cell, place for place, and error for error."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import PellucidError
from pellucid.tables import Table, delimited, load_table, reading, stream_table
from pellucid.tables.delimited import delimited_blocks, from_text

CELLS = st.sampled_from(
    [
        "",
        "NA",
        "1",
        "1,5",
        "1e400",
        "-0",
        "a b",
        'say "no"',
        "two\nlines",
        "x;y",
        "ü",
        "none",
        " 7 ",
        "\t",
        "🙂",
        "1_000",
    ]
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
MARKS = st.sampled_from([("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16", b""), ("cp1252", b"")])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def text_of(rows: list[list[str]], end: str) -> str:
    file = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL  # which knows of no line within a cell then
    csv.writer(file, delimiter=";", lineterminator=end, quoting=quoting).writerows([["left", "middle", "right"], *rows])
    return file.getvalue()


def same(one: Table, other: Table) -> None:
    assert one.names == other.names
    assert one.rows.tolist() == other.rows.tolist()
    assert one.lines is not None
    assert other.lines is not None
    assert one.lines.tolist() == other.lines.tolist()
    for name in one.names:
        assert one[name].tolist() == other[name].tolist()
    assert (one.remarks, one.decimal) == (other.remarks, other.decimal)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=30), ENDS, MARKS, st.integers(1, 40))
def test_blocks_are_the_whole(rows: list[list[str]], end: str, mark: tuple[str, bytes], cells: int):
    encoding, begin = mark
    content = begin + text_of(rows, end).encode(encoding, "replace")
    Path("t.csv").write_bytes(content)
    blocks = list(delimited_blocks("t.csv", ";", cells))
    same(Table.joined(blocks), from_text(content, "t.csv", ";"))
    assert all(len(block) == max(1, cells // 3) for block in blocks[:-1])


LONG = "a;b\n" + "1;2\n" * 2000
BROKEN = {
    "ragged": (LONG + "1;2;3\n", r"line 2002: expected 2 cells, one for each column, got 3"),
    "a quotation mark": (LONG + '1;"2' + "\n" * 10, r"within a cell \(line 2002\)\. Is there a quotation mark"),
    "a huge cell": (LONG + "1;" + "x" * 2_000_000 + "\n", r"larger than field limit"),
    "nothing": ("", "an empty file"),
    "blank lines": ("\n\n \n", "an empty file"),
    "twice": ("a;a\n1;2\n", "'a' twice"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_said_alike(name: str, monkeypatch: pytest.MonkeyPatch):
    text, message = BROKEN[name]
    monkeypatch.setattr(reading, "BLOCK", 200)
    Path("t.csv").write_text(text)
    with pytest.raises(PellucidError, match=message) as in_blocks:
        list(reading.read_blocks("t.csv"))
    with pytest.raises(PellucidError, match=message) as whole:
        reading.read_table("t.csv")
    assert str(in_blocks.value) == str(whole.value)


def test_bytes_far_down_count(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(delimited, "READ", 64)
    monkeypatch.setattr(reading, "BLOCK", 100)
    Path("t.csv").write_bytes(LONG.encode() + "ä;ü\n".encode("cp1252"))
    blocks = list(reading.read_blocks("t.csv"))
    assert blocks[0].remarks == ("The file is not in UTF-8; it was read as Windows-1252.",)
    assert blocks[-1]["a"].tolist() == ["ä"]
    Path("t.csv").write_bytes(LONG.encode() + b"1;\x00\n")
    with pytest.raises(PellucidError, match="expected text, got a file with NUL bytes"):
        next(reading.read_blocks("t.csv"))
    Path("t.csv").write_bytes(b"a;b\n" + "ä;üo\n".encode() * 700)  # a letter's two bytes fall into two pieces
    assert not next(reading.read_blocks("t.csv")).remarks
    Path("t.csv").write_bytes(LONG.encode() + "ä".encode()[:1])
    assert next(reading.read_blocks("t.csv")).remarks


def test_a_hundred_thousand_columns():
    names = ",".join(f"c{i}" for i in range(100_000))
    lines = [names, *(",".join(str((i * 7919 + j) % 5) for i in range(100_000)) for j in range(6))]
    Path("wide.csv").write_text("\n".join(lines) + "\n")
    blocks = list(reading.read_blocks("wide.csv"))
    assert [len(block) for block in blocks] == [2, 2, 2]
    assert blocks[2]["c99999"].tolist() == [str((99_999 * 7919 + j) % 5) for j in (4, 5)]


@pytest.mark.parametrize("cell", ["1e400", "x", "inf", "1e-400x"])
@pytest.mark.parametrize("load", [load_table, stream_table])
def test_a_cell_that_is_no_number(load: object, cell: str):
    rows = [f"{i * 37 % 101 / 8},{'yes' if i % 3 else 'no'}" for i in range(200)]
    Path("t.csv").write_text("\n".join(["x,bought", *rows, f"{cell},no"]) + "\n")
    with pytest.raises(PellucidError, match=r"t\.csv, line 202, column 'x': expected a (finite )?number"):
        load("t.csv", "bought")  # type: ignore[operator]
