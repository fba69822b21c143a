"""to_c for models of tables: raw rows as a struct, outputs in the target's own units, CSV in and predictions out."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.c.building import COMPILER, WARNINGS, call, sanitizers, with_compiler
from exchange.of_tables import REFUSED, RNG, N, chosen, numbers, of_table, table
from pellucid.errors import InvalidArgument
from pellucid.exchange.c.columns import WRITTEN
from pellucid.tables.encodings import Category, Number, Truth
from pellucid.tables.table import Table
from pellucid.tables.targets import Targets

HOSTILE = ["*/ int x", 'say "no"', "class", "2nd", "größe", "a\\", "??/", "a b", "a_b", "%s", "", "@CALL@"]


def built(model: Any, folder: Path, **options: Any) -> Path:
    """The program of a model's file."""
    path = model.to_c(folder / "m.c", **options)
    call(COMPILER, "-std=c99", *WARNINGS, *sanitizers(), "-DPELLUCID_MAIN", path, "-o", folder / "m", "-lm")
    return folder / "m"


def as_csv(columns: dict[str, Any], order: list[str] | None = None) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    names = order or list(columns)
    writer.writerow(names)
    for row in zip(*(columns[name] for name in names), strict=True):
        writer.writerow(["" if cell is None or cell != cell else cell for cell in row])
    return file.getvalue().encode()


def predicted(program: Path, given: bytes) -> np.ndarray:
    lines = call(program, input=given).decode().splitlines()
    return np.array([[float(cell) for cell in line.split(",")] for line in lines])


@with_compiler
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("names", [("price",), ("price", "y")])
def test_raw_rows_are_predicted_in_the_target_s_units(tmp_path: Path, dtype: str, names: tuple[str, ...]):
    columns = table()
    columns["town"] = np.array([f"town{i % 150}" for i in range(N)], object)  # so many that rare ones share buckets
    model, encoder = of_table(columns, targets := numbers(*names), dtype)
    assert {c.buckets for c in encoder.columns if isinstance(c, Category)} >= {0, 1, 32}
    columns["colour"][1], columns["place"][2], columns["size"][3] = "never seen", "néver seen", None
    columns["fare"][4], columns["fare"][5], columns["age"][6], columns["age"][7] = 1e9, -5.0, 1e300, -1e300
    columns["member"][8], columns["paid"][9], columns["colour"][10] = "YES", "false", "NA"
    wanted = targets.restored(model.predict(encoder.transform(columns), verbose=0))
    order = ["unused", *reversed(list(columns))]
    given = as_csv({**columns, "unused": [f'"{i}", and\nmore' for i in range(N)]}, order)
    np.testing.assert_allclose(predicted(built(model, tmp_path), given), wanted, rtol=1e-5, atol=1e-4)


@with_compiler
def test_hostile_names_and_words_are_names_and_words(tmp_path: Path):
    words = ["*/", '"', "\\", "??=", "line\nbreak", "naïve", "%d", "@ROWS@"]
    columns: dict[str, Any] = {name: chosen(words[: 2 + i % 7]) for i, name in enumerate(HOSTILE)}
    kinds = Targets.learned(Table.of({"kind": chosen(["*/ x", 'q"', "??/", "\\"])}), ["kind"])
    model, encoder = of_table(columns, kinds)
    program = built(model, tmp_path, header=True)
    wanted = model.predict(encoder.transform(columns), verbose=0)
    np.testing.assert_allclose(predicted(program, as_csv(columns)), wanted, rtol=1e-5, atol=1e-6)
    assert (tmp_path / "m.c").read_text("ascii").isascii()


CALLER = r"""
#include "m.h"
#include <stdio.h>
#include <math.h>
int main()
{
    model_row row = {};
    float y[MODEL_OUTPUTS];
    row.age = 40.0;
    row.member = NAN;
    row.colour = "red";
    if (model_predict_row(&row, y) == 0)
        printf("0 %.9g %s\n", (double)y[0], model_classes[2]);
    row.member = 0.5;
    printf("%d ", model_predict_row(&row, y));
    row.age = INFINITY;
    printf("%d ", model_predict_row(&row, y));
    printf("%d\n", model_predict_row(NULL, y));
}
"""


@with_compiler
def test_a_program_in_cpp_calls_it_by_its_header(tmp_path: Path):
    columns = {name: table()[name] for name in ("age", "member", "colour")}
    kinds = Targets.learned(Table.of({"kind": chosen(["lily", "rose", "tulip"])}), ["kind"])
    model, encoder = of_table(columns, kinds)
    path = model.to_c(tmp_path / "m.c", header=True)
    (tmp_path / "main.cpp").write_text(CALLER)
    call(COMPILER, "-std=c99", "-c", *WARNINGS, path, "-o", tmp_path / "m.o")
    call(COMPILER, "-x", "c++", "-std=c++11", "-Wall", "-Werror", tmp_path / "main.cpp", "-x", "none", tmp_path / "m.o",
         "-o", tmp_path / "m", "-lm")  # fmt: skip
    first, second = call(tmp_path / "m").decode().splitlines()
    wanted = model.predict(encoder.transform({"age": [40.0], "member": [None], "colour": ["red"]}), verbose=0)
    rc, y, name = first.split()
    assert (rc, name, second) == ("0", "tulip", "2 1 -1")
    np.testing.assert_allclose(float(y), wanted[0, 0], rtol=1e-5)


PROBLEMS = [
    (b"age,member\n1,yes\n1,perhaps\n", "row 3: a cell is no number, or neither yes nor no"),
    (b"age,member\nx,yes\n", "row 2: a cell is no number"),
    (b"age,member\n1\n", "row 2: expected as many cells as there are names"),
    (b"age,member\n1,yes,2\n", "row 2: expected as many cells as there are names"),
    (b"age,members\n1,yes\n", "row 1: member"),
    (b"age,age,member\n1,1,yes\n", "row 1: age"),
    (b"", "row 1: age"),
    (b"age,member\ninf,yes\n", "row 2: the model takes no such cells"),
    (b"age,member\n" + b"1" * 5000 + b",yes\n", "row 2: a cell is too long"),
    (b"a," * 5000 + b"\n", "row 1: a cell is too long, or there are too many"),
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model, _ = of_table({"age": RNG.normal(40, 9, N), "member": chosen(["yes", "no"], 9)}, numbers("price"))
    return built(model, tmp_path_factory.mktemp("small"))


@with_compiler
@pytest.mark.parametrize(("given", "told"), PROBLEMS)
def test_the_program_tells_what_it_cannot_read(given: bytes, told: str, small: Path):
    with pytest.raises(AssertionError, match=told):
        call(small, input=given)


@with_compiler
def test_the_program_takes_csv_as_it_comes(small: Path):
    plain = predicted(small, b"age,member\n40,yes\n,no\n41,\n")
    odd = predicted(small, b' member , "age" \r\n\r\n"yes",40\r\nNo, NA\r\n\r\n?,41')
    np.testing.assert_array_equal(plain, odd)


@pytest.mark.parametrize(
    ("column", "told"),
    REFUSED,
)
def test_what_c_cannot_encode_is_refused_by_the_column_s_name(column: list[Any], told: str, tmp_path: Path):
    model, _ = of_table({"age": RNG.normal(size=N), "when": column}, numbers("price"))
    with pytest.raises(InvalidArgument, match=rf"column 'when': expected numbers, yes and no.*{told}.*--drop"):
        model.to_c(tmp_path / "x.c")


def test_every_encoding_that_is_written_is_shown():
    assert set(WRITTEN) == {Category, Number, Truth}
