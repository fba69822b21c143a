"""Discretization, CategoryEncoding, Hashing and HashedCrossing: Keras's numbers, and what is theirs alone."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golden.make_encodings import PLACES, WEIGHTS, numbers, text
from pellucid import Model, Sequential, models, ops
from pellucid import layers as L
from pellucid.errors import DataError, InvalidArgument, NotReady, ShapeError, UnknownName, WrongType
from pellucid.inspection.gradients import check_gradients
from pellucid.layers.base import layers
from pellucid.layers.hashes import fingerprint, siphash

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "encodings.json").read_text())


@pytest.mark.parametrize("row", GOLDEN["layers"], ids=lambda row: f"{row['name']}-{row['arguments']}")
def test_keras_gives_the_same(row: dict[str, Any]) -> None:
    np.testing.assert_array_equal(getattr(L, row["name"])(**row["arguments"])(row["x"]), row["y"])


@pytest.mark.parametrize("row", GOLDEN["adapted"], ids=lambda row: str(row["arguments"]))
def test_adapt_finds_keras_s_boundaries(row: dict[str, Any]) -> None:
    values, size = np.array(numbers(row["n"]), "float32"), row["size"]
    batches = [values[i : i + size] for i in range(0, len(values), size)]
    layer = L.Discretization(**row["arguments"])
    layer.adapt(values if len(batches) == 1 else ((batch, None) for batch in batches))
    np.testing.assert_allclose(layer.bin_boundaries, row["boundaries"], rtol=1e-6)
    again = layers.deserialize(json.loads(json.dumps(layers.serialize(layer))))
    np.testing.assert_array_equal(again(values), layer(values))
    again.adapt(values[:20] * 2)
    assert again.bin_boundaries != layer.bin_boundaries


def test_discretization_refuses_what_it_cannot_do() -> None:
    with pytest.raises(InvalidArgument, match="either bin_boundaries or num_bins"):
        L.Discretization()
    with pytest.raises(InvalidArgument, match="ascending"):
        L.Discretization([1.0, 0.0])
    with pytest.raises(NotReady, match="boundaries"):
        L.Discretization(num_bins=3)([1.0])
    with pytest.raises(InvalidArgument, match="num_bins, without boundaries"):
        L.Discretization([1.0]).adapt([1.0])
    with pytest.raises(DataError, match="finite"):
        L.Discretization(num_bins=3).adapt([1.0, np.nan])
    with pytest.raises(DataError, match="at least one number"):
        L.Discretization(num_bins=3).adapt(iter([]))
    with pytest.raises(InvalidArgument, match="steps"):
        L.Discretization(num_bins=3).adapt([1.0], steps=1)
    layer = L.Discretization(num_bins=2)
    layer.adapt(itertools.repeat(np.arange(8.0)), steps=3)
    assert 2.5 < layer.bin_boundaries[0] < 4.5


def test_categories_may_have_weights(tmp_path: Path) -> None:
    layer = L.CategoryEncoding(4, output_mode="count")
    found = layer(PLACES, count_weights=WEIGHTS)
    np.testing.assert_allclose(found, GOLDEN["weighted"], rtol=1e-6)
    x, w = L.Input((2,), dtype="int32"), L.Input((2,))
    y = L.CategoryEncoding(4, output_mode="count")(x, count_weights=w * 2.0)
    model = Model([x, w], L.Dense(1)(y), seed=0)
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    given = [np.array(PLACES), np.array(WEIGHTS)]
    W, b = loaded.layers[-1].get_weights()
    np.testing.assert_allclose(loaded.predict(given, verbose=0), found * 2 @ W + b, rtol=1e-5, atol=1e-6)


def test_the_gradient_flows_back_to_weights() -> None:
    x, w = L.Input((2,), dtype="int32"), L.Input((2,))
    scaled = L.Dense(2)(w)
    model = Model([x, w], ops.tanh(L.CategoryEncoding(4, output_mode="count")(x, count_weights=scaled)), seed=0)
    model.compile("sgd", "mse")
    report = check_gradients(model, [np.array(PLACES), np.array(WEIGHTS)], np.ones((4, 4)))
    assert report.worst_error < 1e-6
    assert abs(model.gradients([np.array(PLACES), np.array(WEIGHTS)], np.ones((4, 4)))["dense/kernel"]).min() > 0


def test_category_encoding_refuses_what_it_cannot_do() -> None:
    with pytest.raises(DataError, match="from 0 to 3, as num_tokens=4 says, got 4"):
        L.CategoryEncoding(4)([[0, 4]])
    with pytest.raises(DataError, match="got -1"):
        L.CategoryEncoding(4)([[0, -1]])
    with pytest.raises(UnknownName, match="multi_hot"):
        L.CategoryEncoding(4, output_mode="multi_hat")
    with pytest.raises(InvalidArgument, match="sparse"):
        L.CategoryEncoding(4, sparse=True)
    with pytest.raises(ShapeError, match="axis"):
        L.CategoryEncoding(4)([0, 1])
    with pytest.raises(InvalidArgument, match="count_weights"):
        L.CategoryEncoding(4)([[0, 1]], count_weights=[[1, 1]])
    layer = L.CategoryEncoding(4, output_mode="count")
    layer([[0, 1]])
    with pytest.raises(InvalidArgument, match="every call"):
        layer([[0, 1]], count_weights=[[1.0, 2.0]])
    with pytest.raises(ShapeError, match="count_weights"):
        L.CategoryEncoding(4, output_mode="count")([[0, 1]], count_weights=[[1.0]])


def test_fingerprints_are_farmhash_s() -> None:
    assert {n: str(fingerprint(text(int(n)))) for n in GOLDEN["fingerprints"]} == GOLDEN["fingerprints"]


def test_siphash_is_its_authors() -> None:
    key = tuple(int.from_bytes(bytes(range(i, i + 8)), "little") for i in (0, 8))
    assert siphash(bytes(range(15)), key) == 0xA129CA6149BE45E5  # the example of the paper


def test_bins_are_those_of_keras_s_documentation() -> None:
    x = [["A"], ["B"], ["C"], ["D"], ["E"]]
    for arguments, wanted in (
        ({}, [1, 0, 1, 1, 2]), ({"salt": [133, 137]}, [1, 2, 1, 0, 2]), ({"salt": 133}, [0, 0, 2, 1, 0]),
    ):  # fmt: skip
        assert L.Hashing(3, **arguments)(x)[:, 0].tolist() == wanted
    masked = L.Hashing(3, mask_value="")([["A"], ["B"], [""], ["C"], ["D"]])
    assert masked[:, 0].tolist() == [1, 1, 0, 2, 2]
    crossed = L.HashedCrossing(5)([["A", "B", "A", "B", "A"], np.array([101, 101, 101, 102, 102])])
    assert crossed.tolist() == [1, 4, 1, 1, 3]


def test_numbers_are_hashed_by_their_digits_and_kinds_are_kept() -> None:
    np.testing.assert_array_equal(L.Hashing(7)([[12], [-3]]), L.Hashing(7)([["12"], ["-3"]]))
    np.testing.assert_array_equal(L.Hashing(7)([[b"A"]]), L.Hashing(7)([["A"]]))
    assert L.Hashing(7, dtype="int32")([["A"]]).dtype == np.int32
    assert layers.serialize(L.Hashing(7))["config"]["dtype"] == "int64"
    with pytest.raises(InvalidArgument, match="int32 or int64"):
        L.Hashing(7, dtype="float32")
    with pytest.raises(DataError, match=r"whole numbers, got 2\.5"):
        L.Hashing(7)([[2.5]])
    with pytest.raises(ShapeError, match="several inputs"):
        L.HashedCrossing(5)([["a"]])
    with pytest.raises(WrongType, match="salt"):
        L.Hashing(7, salt=[1, 2, 3])


def test_they_stand_before_layers_that_learn() -> None:
    x = np.linspace(-1, 1, 64)[:, None]
    model = Sequential([L.Discretization([-0.5, 0.5], output_mode="one_hot"), L.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    model.fit(x, np.abs(x) > 0.5, epochs=60, batch_size=4, verbose=0)
    said = model.predict([[-0.9], [0.0], [0.9]], verbose=0)[:, 0]
    assert said[1] < 0.4 < 0.6 < min(said[0], said[2])
