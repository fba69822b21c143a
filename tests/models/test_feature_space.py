"""FeatureSpace: Keras's numbers, in its files and in ours, beside a model and within one."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pellucid import layers as L
from pellucid.errors import FileError, InvalidArgument, NotReady, PellucidError
from pellucid.models import Model
from pellucid.saving import load_model
from pellucid.utils import FeatureSpace

GOLDEN = Path(__file__).parents[1] / "golden"
WANTED = json.loads((GOLDEN / "features.json").read_text("utf-8"))
described = importlib.util.spec_from_file_location("make_features", GOLDEN / "make_features.py")
assert described
assert described.loader
cases = importlib.util.module_from_spec(described)
described.loader.exec_module(cases)
ROWS, FRESH = cases.ROWS, cases.FRESH
each_case = pytest.mark.parametrize(("case", "wanted"), list(zip(cases.CASES, WANTED, strict=True)), ids=range(3))


def adapted(case: Any = cases.CASES[0], rows: Any = ROWS) -> Any:
    space = cases.made(FeatureSpace, *case)
    space.adapt(rows)
    return space


def agrees(got: Any, wanted: Any) -> None:
    if isinstance(wanted, dict):
        assert list(got) == list(wanted)
        for name, one in wanted.items():
            agrees(got[name], one)
    else:
        assert np.shape(got) == np.shape(wanted)
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-6)


@each_case
def test_the_numbers_are_keras_s(case: Any, wanted: Any, tmp_path: Path) -> None:
    """Also of a space that was saved and loaded, and of one made from a config."""
    space = adapted(case)
    space.save(tmp_path / "space.keras")
    again = FeatureSpace.from_config(json.loads(json.dumps(cases.made(FeatureSpace, *case).get_config())))
    again.adapt(ROWS)
    for one in (space, load_model(tmp_path / "space.keras"), again):
        agrees(one(FRESH), wanted["fresh"])
        agrees(one(cases.ONE), wanted["one"])


def test_a_file_of_keras_is_read() -> None:
    space = load_model(GOLDEN / "features.keras")
    agrees(space(FRESH), WANTED[0]["fresh"])
    assert space.preprocessors["colour"].get_vocabulary() == ["[UNK]", "red", "blue", "green"]
    with pytest.raises(InvalidArgument, match=r"FeatureSpace.adapt: expected a space that was made here, got one that"):
        space.adapt(ROWS)


def test_data_come_in_every_form() -> None:
    """A data frame, batches, batches with targets that can be read once only, row by row: all the same rows. Learnt
    again, what was learnt before is forgotten."""
    halves = [{name: np.array(column)[part] for name, column in ROWS.items()} for part in (slice(0, 4), slice(4, 6))]
    single = [{name: column[i] for name, column in ROWS.items()} for i in range(6)]
    frame = pl.DataFrame(ROWS)
    for rows in (frame, halves, iter([(half, np.zeros(3)) for half in halves]), single):
        space = adapted(rows=rows)
        agrees(space(pl.DataFrame(FRESH)), WANTED[0]["fresh"])
    small = {name: column[:2] for name, column in ROWS.items()}
    space.adapt(small)
    np.testing.assert_array_equal(space(FRESH), adapted(rows=small)(FRESH))
    assert space(FRESH).shape[1] < len(WANTED[0]["fresh"][0])


def test_a_model_takes_rows_as_they_are(tmp_path: Path) -> None:
    """It learns, is saved, and is the network behind the space."""
    space, y = adapted(), np.arange(6.0)
    assert [(name, one.dtype, one.shape) for name, one in space.get_inputs().items()][2] == (
        "colour",
        "string",
        (None, 1),
    )
    model = Model(space.get_inputs(), L.Dense(1, name="last")(space.get_encoded_features()), seed=0)
    model.compile("sgd", "mse")
    before = model.evaluate(ROWS, y, verbose=0)
    model.fit(ROWS, y, epochs=20, verbose=0)
    assert model.evaluate(ROWS, y, verbose=0) < before / 2
    model.save(tmp_path / "model.keras")
    for one in (model, load_model(tmp_path / "model.keras")):
        np.testing.assert_allclose(one.predict(FRESH, verbose=0), model.get_layer("last")(space(FRESH)), rtol=1e-5)
    agrees(space(FRESH), WANTED[0]["fresh"])  # whose layers the model has


def test_batches_are_made_ready_on_the_way() -> None:
    space = adapted()
    model = Model(x := L.Input(space(FRESH).shape[1:]), L.Dense(1)(x), seed=0)
    model.compile("sgd", "mse")
    y = np.arange(6.0)
    model.fit(((space(rows), target) for rows, target in [(ROWS, y)] * 20), verbose=0)
    assert model.evaluate(space(ROWS), y, verbose=0) < np.mean(y**2) / 2


def test_a_space_is_a_step_of_a_graph() -> None:
    space = adapted()
    inputs = {name: L.Input((1,), dtype=one.dtype, name=f"raw_{name}") for name, one in space.get_inputs().items()}
    model = Model(inputs, space(inputs))
    agrees(model({name: np.array(column)[:, None] for name, column in FRESH.items()}), WANTED[0]["fresh"])


def test_layers_of_one_s_own_keep_what_they_know() -> None:
    texts = L.TextVectorization(output_mode="count")
    known = L.StringLookup(vocabulary=["x", "red"])
    space = FeatureSpace({
        "text": FeatureSpace.feature("string", texts, "float"),
        "colour": FeatureSpace.feature("string", known, "one_hot"),
        "width": FeatureSpace.float_discretized(None, [1.0, 2.0]),
    })  # fmt: skip
    rows = {"text": ["a b", "b b"], "colour": ["blue", "red"], "width": [0.0, 1.5]}
    space.adapt(rows)
    assert known.get_vocabulary() == ["[UNK]", "x", "red"]
    np.testing.assert_array_equal(space(rows), [[1, 0, 0, 0, 1, 1, 1, 0, 0], [0, 0, 1, 0, 2, 0, 0, 1, 0]])


A = {"a": [1.0, 2.0]}
WRONG: list[tuple[Any, str]] = [
    (lambda: FeatureSpace({}), "argument features: expected a dict of at least one feature, got {}"),
    (lambda: FeatureSpace({"a": "flaot"}), r"features, 'a': expected one of .*Did you mean 'float'"),
    (lambda: FeatureSpace({"a": 3}), "features, 'a': expected a kind of feature"),
    (lambda: FeatureSpace({"a": "float"}, "list"), "argument output_mode"),
    (lambda: FeatureSpace({"a": "float"}, crosses=[("a", "b")]), "argument crosses: expected one of a, got 'b'"),
    (lambda: FeatureSpace({"a": "float"}, crosses=["ab"]), "Cross, argument feature_names"),
    (lambda: FeatureSpace.cross(("a", "b"), 0), "Cross, argument crossing_dim"),
    (lambda: FeatureSpace.integer_hashed(3, "float32"), "Feature, argument output_mode"),
    (lambda: FeatureSpace({"a": "float"}).adapt(3), "FeatureSpace.adapt: expected a dict of columns"),
    (lambda: FeatureSpace({"a": "float"})([[1.0]]), "input: expected a dict of columns, or a data frame"),
    (lambda: FeatureSpace({"a": "float", "b": "float"})(A), "expected a column 'b', got 'a'"),
    (lambda: FeatureSpace({"a": "float_normalized"}).adapt({"b": [1.0]}), "expected a column 'a', got 'b'"),
    (lambda: FeatureSpace({"a": "integer_hashed", "b": FeatureSpace.integer_hashed(3, "int")})(A),
     "feature 'b': expected numbers that can stand beside others, got int64"),
    (lambda: FeatureSpace({"a": FeatureSpace.feature("float32", L.Identity(), "one_hot")})(A),
     "feature 'a': expected a lookup, .* got Identity of float32"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_what_is_refused(wrong: Any, told: str) -> None:
    with pytest.raises(PellucidError, match=told):
        wrong()


def test_one_that_has_seen_nothing_is_not_ready(tmp_path: Path) -> None:
    space = FeatureSpace({"a": "float_normalized", "b": "float"})
    for use in (
        lambda: space({"a": 1.0, "b": 1.0}),
        space.get_encoded_features,
        lambda: space.save(tmp_path / "a.keras"),
    ):
        with pytest.raises(NotReady, match=r"one that has still to learn of 'a'\. Call adapt"):
            use()
    assert space.encoded_features is None
    space.adapt({"a": [1.0, 3.0]})
    with pytest.raises(FileError, match=r"a path that ends in \.keras"):
        space.save(tmp_path / "space.txt")
    space.save(tmp_path / "a.keras")
    assert load_model(tmp_path / "a.keras")({"a": 3.0, "b": 1.0}).tolist() == [1.0, 1.0]
