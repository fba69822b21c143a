"""What columns are taken for, by how their cells are written."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pellucid.errors import DataError, FileError
from pellucid.tables import Table, TableEncoder, load_table, read_table
from pellucid.tables.columns import understand
from pellucid.tables.encodings import Moment, Number

LARGE = 2**53  # two whole numbers from here on may be the same float


def one(cells: Any, **about: Any) -> Any:
    (column,) = understand(Table.of({"x": cells}, **about))
    return column


def values(cells: list[str], form: str) -> list[float]:
    """What an encoder reads in these cells: 0 is in its middle, and up to there it bends little."""
    z = TableEncoder(columns=[Number("x", form, 0.0, 1e6)]).transform({"x": cells})[:, 0].astype(np.float64)
    return (1e6 * z / np.sqrt(1 - (z / 3) ** 2)).tolist()


@pytest.mark.parametrize(
    ("cells", "form", "read"),
    [
        (["−5", "3.5", "–2.25", "+1"], "plain", [-5, 3.5, -2.25, 1]),
        (["−1,200.5", "3", "1,000"], "grouped", [-1200.5, 3, 1000]),
        (["−1.200,5", "3", "1e−2"], "comma", [-1200.5, 3, 0.01]),
        (["−5 %", "7%"], "plain %", [-5, 7]),
        (["(3.5)", "2", "(1)"], "plain ()", [-3.5, 2, -1]),
        (["($1,200.50)", "$3", "−$7"], "grouped () $", [-1200.5, 3, -7]),
        (["$(3)", "$4", "$5"], "plain () $", [-3, 4, 5]),
        (["(3,5)", "1,5", "2"], "comma ()", [-3.5, 1.5, 2]),
        (["−1,200.5 kg", "3kg", "1,000 kg"], "grouped kg", [-1200.5, 3, 1000]),
        (["−40 °C", "21.5 °C"], "plain °C", [-40, 21.5]),
    ],
)
def test_negative_numbers_however_they_are_written(cells: list[str], form: str, read: list[float]):
    column = one(cells, decimal="," if form.startswith("comma") else ".")
    assert (column.kind, column.form) == ("number", form)
    np.testing.assert_allclose(values(cells, form), read, rtol=1e-4)
    bracketed = f"has numbers in brackets, such as {cells[0]}; they are read as negative"
    assert column.remark == (bracketed if "()" in form else "")


def test_what_is_in_brackets_everywhere_is_a_word():
    assert one(["(1)", "(2)", "(1)", "(2)"]).kind == "category"
    with pytest.raises(DataError, match=r"row 1, column 'x': expected a finite number, as in training, got '\(3\)'"):
        TableEncoder(columns=[Number("x")]).transform({"x": ["3", "(3)"]})
    with pytest.raises(DataError, match=r"got '\(-3\)'"):
        TableEncoder(columns=[Number("x", "plain ()")]).transform({"x": ["(3)", "(-3)"]})


@pytest.mark.parametrize(
    ("form", "cell", "wanted"),
    [
        ("comma", "48.1", "a number with a decimal comma"),
        ("plain", "48,1", "a number with a decimal point"),
        ("grouped", "1.048,1", "a number with a decimal point"),
        ("comma", "tall", "a finite number"),
        ("plain", "inf", "a finite number"),
    ],
)
def test_a_number_with_the_other_decimal_mark_is_told_which_is_wanted(form: str, cell: str, wanted: str):
    with pytest.raises(DataError, match=f"expected {wanted}, as in training, got '{cell}'"):
        TableEncoder(columns=[Number("x", form)]).transform({"x": [cell]})


def test_a_dash_alone_says_that_nothing_is_there():
    assert (one(["3", "−", "–", "—", "4"]).kind, one(["3", "−", "–", "—", "4"]).missing) == ("number", 3)


@pytest.mark.parametrize(
    ("cells", "form", "hours"),
    [
        (["1:05 PM", "12:00 am", "3:30 pm"], "%I:%M %p", [13 + 5 / 60, 0, 15.5]),
        (["1:05PM", "12:30PM"], "%I:%M%p", [13 + 5 / 60, 12.5]),
        (["01:05:00 AM", "11:59:30 PM"], "%I:%M:%S %p", [1 + 5 / 60, 24 - 1 / 120]),
        (["1 PM", "12 AM"], "%I %p", [13, 0]),
        (["1PM", "11AM"], "%I%p", [13, 11]),
        (["01/31/2025 1:05PM", "01/31/2025 2:05AM"], "%m/%d/%Y %I:%M%p", [13 + 5 / 60, 2 + 5 / 60]),
    ],
)
def test_times_of_twelve_hours(cells: list[str], form: str, hours: list[float]):
    assert (one(cells).kind, one(cells).form) == ("date", form)
    sine, cosine = TableEncoder(columns=[Moment("x", form)]).transform({"x": cells})[:, 5:7].T
    np.testing.assert_allclose(np.arctan2(sine, cosine) % (2 * np.pi) * 12 / np.pi, hours, atol=1e-3)


@pytest.mark.parametrize(
    "cells",
    [
        [str(LARGE), str(LARGE + 1)] * 6,
        [LARGE, LARGE + 1] * 6,
        np.array([LARGE, LARGE + 1] * 6),
        np.array([2**64 - 1, 2**64 - 2] * 6, np.uint64),
        [Decimal(LARGE), Decimal(LARGE + 1), None] * 4,
        pl.Series([LARGE, LARGE + 1, None] * 4),
        [f"{LARGE:,}", f"{LARGE + 1:,}"] * 6,
    ],
    ids=["text", "whole", "array", "unsigned", "decimal", "gaps", "grouped"],
)
def test_whole_numbers_that_no_float_tells_apart_are_words(cells: Any):
    column = one(cells)
    assert (column.kind, column.different) == ("category", 2)
    x = TableEncoder().fit({"x": cells, "y": list(range(12))}).transform({"x": cells, "y": list(range(12))})
    assert (x[0] != x[1]).any()
    told = load_table({"x": cells, "y": [0.5, 1.5, 2.25] * 4}, "y", validation_split=0).remarks
    assert any("x holds whole numbers that only more than 16 digits tell apart" in one for one in told)


def test_other_large_numbers_stay_numbers_and_are_said():
    moments = [1_700_000_000_000_000_001 + 10**15 * i for i in range(12)]
    column = one(moments)
    assert column.kind == "number"
    assert column.remark == f"holds whole numbers of more than 16 digits, such as {moments[0]}; they are rounded"
    assert one([2**60, 2**61, 7]).remark == ""  # floats, too
    assert one([0.1234567890123456789, 0.25]).remark == ""
    classes = load_table({"x": list(range(12)), "y": [LARGE, LARGE + 1] * 6}, "y", validation_split=0).targets.classes
    assert classes == [str(LARGE), str(LARGE + 1)]


def test_names_that_occur_twice_are_refused_in_every_kind_of_file(tmp_path: Path):
    xlsxwriter, _ = pytest.importorskip("xlsxwriter"), pytest.importorskip("fastexcel")
    with xlsxwriter.Workbook(tmp_path / "twice.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["a", "b", "a "])
        sheet.write_row("A2", [1, 2, 3])
    (tmp_path / "twice.jsonl").write_text('{"a": 1, "b": 2}\n{"a": 1, "b": 2, "a": 3}\n')
    (tmp_path / "twice.json").write_text('[{"a": 1, "b": 2, "a": 3}]')
    (tmp_path / "twice.csv").write_text("a,b,a\n1,2,3\n")
    for suffix, place in ((".xlsx", ""), (".jsonl", ", line 2"), (".json", ""), (".csv", ", line 1")):
        with pytest.raises(
            FileError, match=f"twice{suffix}{place}: expected names of columns that differ, got 'a' twice"
        ):
            read_table(tmp_path / f"twice{suffix}")


def test_a_sheet_that_has_a_name_with_a_number_is_read(tmp_path: Path):
    xlsxwriter, _ = pytest.importorskip("xlsxwriter"), pytest.importorskip("fastexcel")
    with xlsxwriter.Workbook(tmp_path / "one.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["a", "a_1", 2025])
        sheet.write_row("A2", [1, 2, 3])
    assert read_table(tmp_path / "one.xlsx").names == ["a", "a_1", "2025"]


def test_why_a_column_is_left_out_is_told_in_one_short_sentence():
    assert one(["word " * 20_000] * 12).dropped == f"is always '{('word ' * 20)[:97]} …"
    assert one([str(10**40 + i) for i in range(40)]).dropped.endswith(
        "read as words; it is another word in nearly every row"
    )
