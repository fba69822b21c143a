"""Cells that are no numbers, or no dates, where nearly all others of their column are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pellucid.cli.app import app
from pellucid.errors import DataError, FileError
from pellucid.tables import Table, load_table, read_table, stream_table
from pellucid.tables.cells import numbers
from pellucid.tables.columns import understand

SIZES = [str(1 + i % 11) for i in range(400)]
PRICES = [f"{i * 7 % 397 / 4}" for i in range(397)]
DAYS = [f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(400)]


def write(path: Path, cells: list[str], **others: list[str]) -> str:
    columns = {"x": cells, "y": ["yes" if i % 3 else "no" for i in range(len(cells))], **others}
    path.write_text("\n".join([",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]))
    return str(path)


def test_few_different_numbers_with_mistakes_are_words_which_is_said_whatever_part_they_are_in(tmp_path: Path):
    for at in range(0, 400, 50):
        cells = [*SIZES]
        cells[at], cells[at + 9] = "n/a?", "1,2,3x".replace(",", ".")
        data = load_table(write(tmp_path / "sizes.csv", cells), "y")
        assert [(c.name, c.kind) for c in data.columns] == [("x", "category")]
        said = f"'n/a?' (line {at + 2}) and '1.2.3x' (line {at + 11})."
        assert f"x is read as words for 2 of its 400 cells, which are no numbers: {said}" in data.remarks


@pytest.mark.parametrize(
    ("cells", "kind"), [(PRICES, "number"), ([str(i % 25) for i in range(100)], "number"), (DAYS, "date")]
)
def test_where_nearly_all_are_numbers_or_dates_each_mistake_is_told_at_once(
    tmp_path: Path, cells: list[str], kind: str
):
    odd = {7: "12.5 EUR", 30: "abc", 31: "2024-13-45", 99: "so so", 98: "abc"}
    table = write(tmp_path / "t.csv", [odd.get(i, cell) for i, cell in enumerate(cells)])
    told = (
        rf"t\.csv, line 9, column 'x': expected a {kind}, as elsewhere in the column, got '12\.5 EUR'\. Likewise 'abc' "
        r"\(line 32\), '2024-13-45' \(line 33\) and 'so so' \(line 101\)\. Correct each cell, or leave it empty where "
        rf"the {kind} is missing; or leave the column out: --drop x\."
    )
    with pytest.raises(DataError, match=told):
        load_table(table, "y")
    shown = CliRunner().invoke(app, ["data", "show", table], env={"COLUMNS": "400"})
    assert shown.exit_code == 0
    assert "unclear" in shown.output
    assert "line 9, column 'x': expected" in shown.output
    assert load_table(write(tmp_path / "u.csv", cells, z=SIZES[: len(cells)]), "y", drop=["x"]).x_train.shape[1] == 1


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["1.5", "2,5", "7"] * 20, "is read as words, as its numbers are not written in one way: '1.5' (row 0) and "),
        (["a", "b", "1"] * 20, ""),
        (["1", "2", "A", "3"] * 20, ""),
        ([*["1", "2"] * 30, "A", "B", "C", "D", "E"], "'A' (row 60), 'B' (row 61), 'C' (row 62) and 2 others"),
        ([*["2024-01-05", "2024-01-06"] * 30, "soon"], "for 1 of its 61 cells, which is no date: 'soon' (row 60)"),
        (
            ["12 kg", "13", "14"] * 20,
            "as 20 of its 60 cells have a unit and 40 have none: '12 kg' (row 0) and '13' (row 1)",
        ),
        (
            ["12 kg", "12 lb", "$3"] * 20,
            "as its numbers have different units: '12 kg' (row 0), '12 lb' (row 1) and '$3' (row 2)",
        ),
        (["room 3a", "room 3b"] * 20, ""),
    ],
)
def test_why_a_column_is_one_of_words(cells: list[str], said: str):
    (column,) = understand(Table.of({"x": cells}))
    assert column.kind == "category"
    assert said in column.remark
    assert bool(said) == bool(column.remark)


@pytest.mark.parametrize(("unit", "bare"), [("{} kg", "13.5"), ("${}", "(13.5)"), ("{}%", "13.5")])
def test_numbers_that_lack_the_unit_of_nearly_all_others_are_read_which_is_said(tmp_path: Path, unit: str, bare: str):
    cells = [unit.format(i * 7 % 97) for i in range(100)]
    cells[40] = cells[60] = bare
    for load in (load_table, stream_table):
        data = load(write(tmp_path / "t.csv", cells), "y")
        mark = unit.replace("{}", "").strip()
        said = f"x has {mark} at 98 of its 100 numbers, and the others are read as if they had it: '{bare}' (line 42)"
        (told,) = [remark for remark in data.remarks if " at 98" in remark]
        assert told.startswith(said)
        assert [c.kind for c in data.columns if c.name == "x"] == ["number"]
    (column,) = understand(Table.of({"x": cells}))
    value = float(bare.strip("()")) * (-1 if "(" in bare else 1)
    assert numbers(np.array(cells, object), column.form)[0][[40, 41]].tolist() == [value, 41 * 7 % 97]


@pytest.mark.parametrize("odd", ["heavy", "12 lb"])
def test_where_nearly_all_have_a_unit_what_is_no_such_number_is_a_mistake(odd: str):
    with pytest.raises(DataError, match=rf"row 60, column 'x': expected a number with kg, as .*, got '{odd}'"):
        understand(Table.of({"x": [f"{i} kg" if i != 60 else odd for i in range(100)]}))


def test_a_column_of_numbers_left_out_for_its_mistakes_is_told_so(tmp_path: Path):
    cells = [f"{i / 7:.3f}" if i % 16 else f"x{i}" for i in range(100)]
    data = load_table(write(tmp_path / "t.csv", cells, z=SIZES[:100]), "y")
    (told,) = [remark for remark in data.remarks if "left out" in remark]
    assert told.startswith("x is read as words for 7 of its 100 cells, which are no numbers: 'x0' (line 2), ")
    assert told.endswith("; it is another word in nearly every row; it is left out.")


def test_a_target_that_is_words_for_some_cells_is_told_so():
    table = Table.of({"x": [i * i for i in range(60)], "y": [*["1", "2", "3"] * 19, "1", "2", "2?"]})
    data = load_table(table, "y")
    assert "y is read as words for 1 of its 60 cells, which is no number: '2?' (row 59)." in data.remarks


def test_one_row_has_no_target():
    data = load_table({"x": [i * 37 % 101 for i in range(40)], "y": [None, *["a", "b"] * 19, "a"]}, "y")
    assert "1 row has no target and is left out." in data.remarks


def test_a_place_is_a_line_of_a_file_and_else_counts_from_0(tmp_path: Path):
    (tmp_path / "t.csv").write_text('a,b\n"two\nlines",1\n\nx,2\n')
    table = read_table(tmp_path / "t.csv")
    assert [table.spot(i) for i in range(2)] == ["line 2", "line 5"]
    assert table.place(1, "b") == f"{tmp_path}/t.csv, line 5, column 'b'"
    assert Table.of({"a": [1, 2]}).place(1, "a") == "table, row 1, column 'a'"


def test_rows_without_a_target_are_counted_in_a_large_file_too(tmp_path: Path):
    y = [["yes", "no", "", "no"][i % 4] for i in range(400)]
    path = write(tmp_path / "t.csv", SIZES, z=y)
    data = stream_table(path, "z", drop=["y"])
    assert "100 rows have no target and are left out." in data.remarks
    assert len(data.x_train) + len(data.y_test) + len(data.validation[1] if data.validation else []) == 300


@pytest.mark.parametrize(
    ("words", "said"), [(["yes", "No", "Yes", "no"], "such as No and no"), (["Oslo", "Bern", "OSLO"], "Oslo and OSLO")]
)
def test_words_that_differ_in_capitals_alone_are_told(words: list[str], said: str):
    rows = {"x": [i * i % 89 for i in range(120)], "y": [words[i % len(words)] for i in range(120)]}
    (told,) = [one for one in load_table(rows, "y").remarks if "capitals" in one]
    assert told.startswith("y holds words that differ in capitals alone, such as ")
    assert said in told
    of_a_feature = [one for one in load_table({**rows, "z": ["a", "b"] * 60}, "z").remarks if "capitals" in one]
    assert len(of_a_feature) == (words[0] == "Oslo")  # to an input, Yes and yes say the same


def test_what_stands_above_the_names_and_lacking_names_are_told(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("# of May\na,b,y\n" + "1,2,yes\n" * 9)
    with pytest.raises(
        FileError, match=r"line 2: expected 1 cell, one for each column, got 3\. Take out the lines above"
    ):
        read_table(path)
    path.write_text("3,x,yes\n1,y,no\n3,x,yes\n")
    (said,) = read_table(path).remarks
    assert (
        said
        == "The first line is read as the columns' names, but below it stand '3', 'x' and 'yes', too: are they lacking?"
    )
    path.write_text("a b y\n1 2 yes\n")
    with pytest.raises(DataError, match=r"expected a column 'y', got the columns a b y\. Is another sign between"):
        load_table(path, "y")
