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
from pellucid.tables import load_table, read_table
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
    with pytest.raises(PellucidError, match="row 0, column 'age': expected one value, got a list"):
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
