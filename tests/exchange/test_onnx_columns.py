"""Models of tables in ONNX: the columns are the inputs, raw as they are, and outputs are in the target's own units."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from pellucid import Sequential
from pellucid import layers as L
from pellucid.errors import FileError, InvalidArgument
from pellucid.exchange.onnx.columns import WRITTEN
from pellucid.models import from_onnx, load_model
from pellucid.tables import TableEncoder, attach
from pellucid.tables.encodings import Category, Number, Truth
from pellucid.tables.table import Table
from pellucid.tables.targets import Targets

N = 400
RNG = np.random.default_rng(0)


def chosen(words: list[Any], every: int = 0) -> np.ndarray:
    """Words at random; each so-and-so-manyth is missing."""
    found = np.array(words, object)[RNG.integers(0, len(words), N)]
    if every:
        found[::every] = None
    return found


def table() -> dict[str, Any]:
    """Columns of every kind that ONNX encodes, with and without missing cells."""
    fare, age = np.exp(RNG.normal(0, 2, N)), RNG.normal(40, 10, N)
    fare[::17], age[::9] = np.nan, np.nan
    often = chosen(["north", "south"])
    rare = np.where(RNG.random(N) < 0.9, often, chosen([f"village {i}" for i in range(20)]))
    return {
        "age": age, "fare": fare, "count": RNG.integers(0, 5, N), "colour": chosen(["red", "blue", "green"], 11),
        "size": chosen(["small", "large"]), "place": rare, "member": chosen(["yes", "no"], 13),
        "paid": chosen(["True", "False"]),
    }  # fmt: skip


def of_table(columns: dict[str, Any], targets: Targets, dtype: str = "float32") -> tuple[Any, TableEncoder]:
    encoder = TableEncoder().fit(columns)
    outputs = len(targets.classes) or len(targets.names)
    stack = [L.Dense(8, "tanh", dtype=dtype), L.Dense(outputs, dtype=dtype, name="y")]
    model = Sequential([L.Input((encoder.width,)), *stack], seed=0)
    attach(model, encoder, targets)
    return model, encoder


def numbers(*names: str) -> Targets:
    return Targets.learned(Table.of({name: RNG.normal(100, 20, N) for name in names}), list(names), "regression")


def cells(columns: dict[str, Any], encoder: TableEncoder) -> dict[str, np.ndarray]:
    """What ONNX Runtime is given."""
    found = {}
    for column in encoder.columns:
        raw = columns[column.name]
        words = np.array(["" if cell is None else str(cell) for cell in raw], object)
        found[column.name] = (np.asarray(raw, float) if isinstance(column, Number) else words)[:, None]
    return found


def run(path: Path, given: dict[str, np.ndarray]) -> np.ndarray:
    return onnxruntime.InferenceSession(path).run(None, given)[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("names", [("price",), ("price", "y")])
def test_raw_rows_are_predicted_in_the_target_s_units(tmp_path: Path, dtype: str, names: tuple[str, ...]):
    columns = table()
    model, encoder = of_table(columns, targets := numbers(*names), dtype)
    kinds = {(type(c).__name__, bool(getattr(c, "knots", ())), getattr(c, "buckets", 0)) for c in encoder.columns}
    assert kinds == {("Number", True, 0), ("Number", False, 0), ("Category", False, 0), ("Category", False, 1),
                     ("Truth", False, 0)}  # fmt: skip
    model.save(tmp_path / "model.keras")  # the columns are in the file
    path = load_model(tmp_path / "model.keras").to_onnx(tmp_path / "x.onnx")
    columns["colour"][1], columns["place"][2], columns["size"][3] = "never seen", "never seen", None
    columns["fare"][4], columns["fare"][5], columns["age"][6], columns["age"][7] = 1e9, -5.0, 1e300, -1e300
    columns["member"][8], columns["paid"][9], columns["colour"][10] = "YES", "false", "NA"
    wanted = targets.restored(model.predict(encoder.transform(columns), verbose=0))
    given = cells(columns, encoder)
    y = run(path, given)
    assert (y.dtype, y.shape) == ("float64", wanted.shape)
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-4)
    alone = run(path, {name: values[7:8] for name, values in given.items()})
    np.testing.assert_allclose(alone, y[7:8], rtol=1e-6, atol=1e-7)
    assert run(path, {name: values[:0] for name, values in given.items()}).shape == (0, len(names))


def test_classes_go_along(tmp_path: Path):
    columns = table()
    kinds = Targets.learned(Table.of({"kind": chosen(["lily", "rose", "tulip"])}), ["kind"])
    model, encoder = of_table(columns, kinds)
    path = model.to_onnx(tmp_path / "x.onnx")
    assert json.loads(onnx.load(path).metadata_props[0].value) == ["lily", "rose", "tulip"]
    y = run(path, cells(columns, encoder))
    np.testing.assert_allclose(y, model.predict(encoder.transform(columns), verbose=0), rtol=1e-5, atol=1e-6)


def test_a_cell_that_training_would_refuse_makes_nan(tmp_path: Path):
    columns = table()
    model, encoder = of_table(columns, numbers("price"))
    path, given = model.to_onnx(tmp_path / "x.onnx"), cells(columns, encoder)
    given["age"][0], given["member"][1] = np.inf, "perhaps"
    np.testing.assert_array_equal(np.isnan(run(path, given)[:, 0]).nonzero()[0], [0, 1])


def test_a_column_may_bear_the_name_of_an_output(tmp_path: Path):
    model, encoder = of_table({"y": RNG.normal(size=N), "x": RNG.normal(size=N)}, numbers("price"))
    proto = onnx.load(model.to_onnx(tmp_path / "x.onnx"))
    assert [x.name for x in proto.graph.input] == ["y", "x"]
    assert [y.name for y in proto.graph.output] == ["y_1"]
    given = {"y": np.zeros((2, 1)), "x": np.ones((2, 1))}
    wanted = numbers_of(model, encoder, {"y": [0.0, 0.0], "x": [1.0, 1.0]})
    np.testing.assert_allclose(run(tmp_path / "x.onnx", given), wanted, rtol=1e-5)


def numbers_of(model: Any, encoder: TableEncoder, columns: dict[str, Any]) -> np.ndarray:
    targets = Targets(**model.__dict__["_table"]["targets"]["config"])
    return targets.restored(model.predict(encoder.transform(columns), verbose=0))


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ([datetime(2025, 1, 1) + timedelta(days=i) for i in range(N)], "kind date"),
        ([f"{a} {b} and a word" for a, b in RNG.integers(0, 99, (N, 2))], "kind text"),
        ([f"town{i % 150}" for i in range(N)], "words of many kinds"),
    ],
)
def test_what_onnx_cannot_encode_is_refused_by_the_column_s_name(column: list[Any], told: str, tmp_path: Path):
    model, _ = of_table({"age": RNG.normal(size=N), "when": column}, numbers("price"))
    with pytest.raises(InvalidArgument, match=rf"column 'when': expected numbers, yes and no.*{told}.*--drop"):
        model.to_onnx(tmp_path / "x.onnx")


def test_every_encoding_that_is_written_is_shown():
    assert set(WRITTEN) == {Category, Number, Truth}


def test_a_network_of_texts_is_not_read(tmp_path: Path):
    model, _ = of_table(table(), numbers("price"))
    with pytest.raises(FileError, match="expected numbers, got texts"):
        from_onnx(model.to_onnx(tmp_path / "x.onnx"))
