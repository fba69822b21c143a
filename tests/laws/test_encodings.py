"""What layers keep that number categories: TextVectorization, the lookups, hashes and encodings. A row for each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Model, models
from pellucid import layers as L
from pellucid.errors import NotReady, PellucidError, WrongType
from pellucid.layers.base import layers
from pellucid.layers.encoding import Encoding
from pellucid.layers.index_lookup import IndexLookup

WORDS, IDF = ["a", "b", "c"], [0.5, 1.0, 2.0]
Row = tuple[Callable[[], L.Layer], list[Any], str]

TEXT = [["b"], ["a"], ["z"]]
MANY = [["b", "b"], ["a", ""], ["z", "c"]]
NUMBERS = [[2, 2], [1, 5], [9, 1]]
SENTENCES = ["A b!", "c c z", ""]
ROWS: list[Row] = [
    (lambda: L.TextVectorization(vocabulary=WORDS), SENTENCES, "string"),
    (lambda: L.TextVectorization(vocabulary=WORDS, output_sequence_length=2, encoding="latin-1"), SENTENCES, "string"),
    (lambda: L.TextVectorization(vocabulary=WORDS, split="character", ngrams=(1, 2)), SENTENCES, "string"),
    (lambda: L.TextVectorization(vocabulary=WORDS, split=None, standardize="lower"), MANY, "string"),
    (lambda: L.TextVectorization(vocabulary=WORDS, output_mode="multi_hot"), SENTENCES, "string"),
    (lambda: L.TextVectorization(6, vocabulary=WORDS, output_mode="count", pad_to_max_tokens=True), TEXT, "string"),
    (lambda: L.TextVectorization(vocabulary=WORDS, idf_weights=IDF, output_mode="tf_idf"), TEXT, "string"),
    (lambda: L.StringLookup(vocabulary=WORDS), TEXT, "string"),
    (lambda: L.StringLookup(vocabulary=WORDS, mask_token="", num_oov_indices=2, salt=7), MANY, "string"),
    (lambda: L.StringLookup(vocabulary=WORDS, output_mode="one_hot"), TEXT, "string"),
    (lambda: L.StringLookup(vocabulary=WORDS, output_mode="tf_idf", idf_weights=IDF), MANY, "string"),
    (lambda: L.StringLookup(vocabulary=WORDS, invert=True), NUMBERS, "int64"),
    (lambda: L.IntegerLookup(vocabulary=[5, 2]), NUMBERS, "int32"),
    (lambda: L.IntegerLookup(vocabulary=[5, 2], num_oov_indices=3, oov_method="farmhash"), NUMBERS, "int64"),
    (lambda: L.IntegerLookup(vocabulary=[5, 2], mask_token=9, output_mode="count"), NUMBERS, "float32"),
    (lambda: L.IntegerLookup(vocabulary=[5, 2], invert=True), NUMBERS, "int64"),
    (lambda: L.Hashing(4), MANY, "string"),
    (lambda: L.Hashing(4, mask_value=1, salt=[3, 4], output_mode="multi_hot"), NUMBERS, "int32"),
    (lambda: L.Hashing(4, mask_value="", dtype="int32"), MANY, "string"),
    (lambda: L.Discretization([1.0, 2.0]), NUMBERS, "float32"),
    (lambda: L.Discretization([1.0, 2.0], output_mode="one_hot"), NUMBERS, "float32"),
    (lambda: L.CategoryEncoding(10), NUMBERS, "int32"),
    (lambda: L.CategoryEncoding(10, output_mode="one_hot"), NUMBERS, "float32"),
]
TWO: list[tuple[Callable[[], L.Layer], list[Any], str]] = [  # with two inputs
    (lambda: L.HashedCrossing(5), [TEXT, [[1], [2], [1]]], "string int64"),
    (lambda: L.HashedCrossing(5, output_mode="one_hot"), [["a", "b", "a"], [1, 2, 2]], "string int64"),
]


def told(row: Row) -> str:
    return f"{row[0]().name}-{row[2]}"


each = pytest.mark.parametrize(("make", "data", "dtype"), ROWS, ids=map(told, ROWS))
each_of_all = pytest.mark.parametrize(("make", "data", "dtype"), [*ROWS, *TWO], ids=map(told, [*ROWS, *TWO]))


def graph(layer: L.Layer, data: list[Any], dtype: str) -> Any:
    """The model of one layer."""
    if not layer.takes_many:
        x: Any = L.Input(np.shape(data)[1:], dtype=dtype)
    else:
        x = [L.Input(np.shape(one)[1:], dtype=kind) for one, kind in zip(data, dtype.split(), strict=True)]
    return Model(x, layer(x))


def test_every_such_layer_has_a_row() -> None:
    kinds = {name for name, cls in layers.parts.items() if issubclass(cls, Encoding)}
    assert {type(make()).__name__ for make, _, _ in [*ROWS, *TWO]} == kinds


@each_of_all
def test_a_graph_gives_what_a_call_gives_of_the_shape_and_kind_foretold(make: Any, data: Any, dtype: str) -> None:
    layer = make()
    wanted, model = layer(data), graph(make(), data, dtype)
    found = model.predict(data, verbose=0)
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == wanted.dtype == np.dtype({"string": object}.get(layer.gives_dtype, layer.gives_dtype))
    shape = model.output_shape
    assert all(n in (None, m) for n, m in zip(shape, (3, *wanted.shape[1:]), strict=True))
    assert model.outputs[0].dtype == layer.gives_dtype


@each
def test_every_kind_of_array_is_read_alike_and_rows_stand_alone(make: Any, data: Any, dtype: str) -> None:
    layer = make()
    array = np.array(data, None if dtype == "string" else dtype)
    kept, wanted = array.copy(), layer(data)
    kinds = [array, array.astype(object), *([array.astype("S")] if dtype == "string" else [array.astype("float64")])]
    for given in kinds:
        np.testing.assert_array_equal(layer(given), wanted)
    np.testing.assert_array_equal(array, kept)
    for i, row in enumerate(data):
        alone = layer([row])[0]
        np.testing.assert_array_equal(alone, wanted[i][: len(alone)] if alone.ndim else wanted[i])


@each_of_all
def test_the_saved_form_makes_the_same_layer(make: Any, data: Any, dtype: str, tmp_path: Path) -> None:
    layer = make()
    again = layers.deserialize(json.loads(json.dumps(layers.serialize(layer))))
    assert layers.serialize(again) == layers.serialize(layer)
    np.testing.assert_array_equal(again(data), layer(data))
    model = graph(layer, data, dtype)
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded.predict(data, verbose=0), model.predict(data, verbose=0))


@each
def test_no_rows_have_no_places(make: Any, data: Any, dtype: str) -> None:
    nothing = np.array(data, object)[:0]
    assert make()(nothing).shape[0] == 0


@each
def test_what_it_does_not_read_is_refused(make: Any, data: Any, dtype: str) -> None:
    layer = make()
    for bad in (None, "word", [["a", 1]], [1 + 2j], [None], [[1.5]]):
        try:
            layer(bad)
        except PellucidError:
            continue
        assert type(layer) is L.Discretization  # NaN lies in its last bin
        assert bad in ([None], [[1.5]])


@pytest.mark.parametrize("make", [L.TextVectorization, L.StringLookup, L.IntegerLookup])
def test_a_vocabulary_is_needed_and_text_where_text_is_read(make: Callable[[], IndexLookup]) -> None:
    with pytest.raises(NotReady, match=r"knows its vocabulary.*adapt"):
        make()([[1]] if make is L.IntegerLookup else [["a"]])
    layer = make()
    if layer.reads == "string":
        with pytest.raises(WrongType, match="expected text, got a tensor of float32"):
            layer(L.Input((1,)))
    else:
        with pytest.raises(WrongType, match="expected numbers, got text"):
            layer(L.Input((1,), dtype="string"))
