"""Models of tables in ONNX: the columns are the inputs, raw as they are, and outputs are in the target's own units."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from exchange.of_tables import REFUSED, RNG, N, chosen, numbers, of_table, table
from pellucid.errors import FileError, InvalidArgument
from pellucid.exchange.onnx.columns import WRITTEN
from pellucid.models import from_onnx, load_model
from pellucid.tables import TableEncoder
from pellucid.tables.encodings import Category, Number, Truth
from pellucid.tables.table import Table
from pellucid.tables.targets import Targets


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
    [*REFUSED, ([f"town{i % 150}" for i in range(N)], "words of many kinds")],
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
