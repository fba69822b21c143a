"""Files and frames as tables: what is read, and what is told of what cannot be."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import PellucidError
from pellucid.tables import Table, TableEncoder, load_table, read_table
from pellucid.tables.cells import numbers
from pellucid.tables.columns import understand
from pellucid.tables.delimited import from_text

PEOPLE = [("age", "city"), ("22,5", "Köln"), ("", "Bern"), ("38", "a;b")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_any_csv_is_the_same_table(tmp_path: Path, delimiter: str, encoding: str, ends: str, packed: bool):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=ends).writerows(PEOPLE)
    content = text.getvalue().encode(encoding)
    path = tmp_path / ("people.csv.gz" if packed else "people.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    table = read_table(path)
    assert table.names == ["age", "city"]
    assert table["city"].tolist() == ["Köln", "Bern", "a;b"]
    assert table["age"].tolist() == ["22,5", None, "38"]
    assert [(c.kind, c.form) for c in understand(table)] == [("number", "comma"), ("category", "")]
    assert bool(table.remarks) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"a,b\n1,2\n3\n", "line 3: expected 2 cells"),
        (b"a,b\n1,2,3\n", "line 2: expected 2 cells"),
        (b"a,a\nx,2\n", "'a' twice"),
        (b"a\0,b\n1,2\n", "NUL"),
        (b"\x1f\x8babc", "damaged"),
        (b'a,b\n"' + b"x" * (1 << 21), "quotation mark"),
        (b'a,b\n1,"yes\n2,no\n', "the end of the file within a cell \\(line 2\\).*quotation mark"),
        (b"\xff\xfea", "damaged"),
    ],
)
def test_bad_csv_is_one_sentence(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(PellucidError, match=message):
        read_table(tmp_path / "bad.csv")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_one_of_our_errors(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    with contextlib.suppress(PellucidError):
        assert len(read_table(path).names) > 0


@pytest.mark.parametrize(
    ("form", "of"),
    [("age.jsonl", lambda rows: "\n".join(map(json.dumps, rows))), ("age.json", json.dumps)],
)
def test_json(tmp_path: Path, form: str, of: Any):
    (tmp_path / form).write_text(of([{"age": 22, "alone": True}, {"age": None, "sex": "male"}]))
    table = read_table(tmp_path / form)
    np.testing.assert_array_equal(table["age"], [22.0, np.nan])
    assert table["alone"].tolist() == ["True", None]
    assert table["sex"].tolist() == [None, "male"]
    (tmp_path / form).write_text(of([{"age": [22]}]))
    with pytest.raises(PellucidError, match=r"row 0, column 'age': expected one value, got \[22\]. Make"):
        read_table(tmp_path / form)


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".xlsx"])
def test_binary_files(tmp_path: Path, suffix: str):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"age": [22, None], "sex": ["male", "female"]})
    path = tmp_path / f"people{suffix}"
    if suffix == ".xlsx":
        pytest.importorskip("xlsxwriter")
        pytest.importorskip("fastexcel")
    {".parquet": frame.write_parquet, ".feather": frame.write_ipc, ".xlsx": frame.write_excel}[suffix](path)
    for table in (read_table(path), read_table(frame)):
        np.testing.assert_array_equal(table["age"], [22.0, np.nan])
        assert table["sex"].tolist() == ["male", "female"]


def test_what_is_lacking_is_told(tmp_path: Path):
    with pytest.raises(PellucidError, match="no such file"):
        read_table("nosuch.csv")
    with pytest.raises(PellucidError, match="a data frame"):
        read_table(3)
    with pytest.raises(PellucidError, match="Did you mean 'fare'"):
        load_table({"age": [1.0, 2.0], "fare": [1.0, 2.0]}, "far")


def test_threads_that_read_at_once_all_take_long_cells() -> None:
    """The csv module has one limit for all of them, and it is the caller's own again afterwards."""
    text = b"name,n\n" + b"x" * 300_000 + b",1\n"
    before = csv.field_size_limit()
    with ThreadPoolExecutor(8) as threads:
        for table in threads.map(lambda i: from_text(text, f"request {i}"), range(64)):
            assert len(table["name"][0]) == 300_000
    assert csv.field_size_limit() == before


class Frame:
    """A data frame of no library, with cells as they come."""

    def __init__(self, **columns: Any) -> None:
        self.columns = list(columns)
        self._of = columns

    def __getitem__(self, name: str) -> Any:
        return self._of[name]


class Lazy:
    def collect(self) -> Frame:
        return Frame()

    @property
    def columns(self) -> list[str]:
        raise AssertionError("it was computed")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Frame(x=[1.0, 2.0], tags=["a", ["b"]]), r"^table, row 1, column 'tags': expected one value, got \['b'\]"),
        (Frame(tags=np.array([np.zeros(2), None], object)), "row 0, column 'tags': expected one value"),
        (Frame(x=[1.0], place=[{"lat": 1}]), "row 0, column 'place': expected one value"),
        (Frame(x=np.zeros((4, 2))), r"^table, column 'x': expected one value for each row, got several: .*\(4, 2\)"),
        (Lazy(), r"rows are there, got Lazy. Call its collect\(\)"),
        (Frame(), "columns with names, got none"),
    ],
)
def test_frames_without_one_value_in_a_cell_are_told(source: Frame, message: str):
    with pytest.raises(PellucidError, match=message):
        read_table(source)


def test_of_excel_the_first_sheet_is_read_and_said(tmp_path: Path):
    xlsxwriter, _ = pytest.importorskip("xlsxwriter"), pytest.importorskip("fastexcel")
    for name, sheets in (("two", 2), ("empty", 1)):
        with xlsxwriter.Workbook(tmp_path / f"{name}.xlsx") as book:
            made = [book.add_worksheet() for _ in range(sheets)]
            if sheets > 1:
                made[0].write_column("A1", ["age", 22, 38])
    two = read_table(tmp_path / "two.xlsx")
    assert two["age"].tolist() == [22, 38]
    assert two.remarks == ("Of its 2 sheets the first is read, Sheet1.",)
    with pytest.raises(PellucidError, match=r"empty\.xlsx: expected columns with names, got none"):
        read_table(tmp_path / "empty.xlsx")


def test_columns_are_named_as_the_frame_names_them():
    frame = {0: [1.0, 2.0, 3.0, 4.0, 6.0] * 4, 1: ["a", "b"] * 10}
    by_number, by_word = load_table(frame, 1), load_table(frame, "1,1")
    assert by_number.targets.names == by_word.targets.names == ["1"]


def test_why_a_column_is_not_there_or_tells_nothing_is_said():
    years = from_text(b"2020,2021\n1,2\n", "years.csv")
    with pytest.raises(
        PellucidError, match=r"'2021', got the columns column_0, column_1\. The first row holds numbers"
    ):
        load_table(years, "2021")
    numbered = {"row": range(40), "none": [None] * 40, "y": ["a", "b"] * 20}
    with pytest.raises(PellucidError, match="tells anything: row numbers the rows; none holds nothing"):
        load_table(numbered, "y")
    with pytest.raises(PellucidError, match="tells anything: x says the same as the target y"):
        load_table({"x": [1, 0] * 20, "y": ["a", "b"] * 20}, "y")
    with pytest.raises(PellucidError, match="a finite number, got inf"):
        load_table({"x": [1.0, np.inf, 2.0, 3.0] * 10, "y": ["a", "b"] * 20}, "y")


def test_the_first_line_may_tell_what_is_between_cells():
    table = from_text(b"sep=|\r\na|b,c\r\n1|x\r\n2|y\r\n", "request")
    assert table.names == ["a", "b,c"]
    assert table["b,c"].tolist() == ["x", "y"]
    with pytest.raises(PellucidError, match="line 3: expected 2 cells"):
        from_text(b"sep=;\na;b\n1\n", "request")


@pytest.mark.parametrize(
    ("cells", "form", "first"),
    [
        (["$5", "-$1,200.50", "$7"], "grouped $", 5.0),
        (["12,5 %", "7 %", "none"], "comma %", 12.5),
        (["3€", "4€", "5€"], "plain €", 3.0),
    ],
)
def test_numbers_may_have_a_sign_at_one_end(cells: list[str], form: str, first: float):
    table = Table.of({"a": cells * 9})
    (column,) = understand(table)
    assert (column.kind, column.form) == ("number", form)
    encoder = TableEncoder().fit(table)
    assert numbers(table["a"][:1], form)[0].tolist() == [first]
    np.testing.assert_array_equal(encoder.transform({"a": [first]}), encoder.transform({"a": cells[:1]}))
    with pytest.raises(PellucidError, match="a finite number, as in training, got '¥5'"):
        encoder.transform({"a": ["¥5"]})


def test_signs_that_differ_make_no_numbers():
    assert [c.kind for c in understand(Table.of({"a": ["$5", "€5", "$6"] * 9, "b": ["5%", "5", "6%"] * 9}))] == [
        "category", "category",
    ]  # fmt: skip


def test_points_that_may_stand_between_thousands_are_said():
    said = understand(from_text(b"a;b\n999;1.5\n1.250;2.250\n17.125;3.125\n", "table"))
    assert [bool(c.remark) for c in said] == [True, False]
    assert "could have points between thousands, as in 1.250" in said[0].remark
    assert not understand(from_text(b"a,b\n1.250,x\n17.125,y\n", "table"))[0].remark
