from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.errors import DataError, InvalidArgument, ShapeError
from pellucid.layers import Normalization, Rescaling
from pellucid.layers.normalization import CHUNK, to_scale

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "layers.json").read_text())["adapted"]
DATA = np.array(GOLDEN["data"])


@pytest.mark.parametrize("case", GOLDEN["found"], ids=[f"axis={c['axis']}" for c in GOLDEN["found"]])
def test_adapt_finds_what_keras_finds(case: dict[str, Any]) -> None:
    layer = Normalization(axis=case["axis"], dtype="float64")
    layer.adapt(DATA)
    mean, variance, count = layer.get_weights()
    np.testing.assert_allclose(mean, case["weights"][0], rtol=1e-12)
    np.testing.assert_allclose(variance, case["weights"][1], rtol=1e-12)
    assert count == 0
    np.testing.assert_allclose(layer(DATA), case["y"], rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(
    "data",
    [[DATA[:2], DATA[2:3], DATA[3:]], ((x, None) for x in (DATA[:5], DATA[5:])), DATA.tolist(), DATA.astype("float32")],
    ids=["list of batches", "pairs", "nested lists", "float32"],
)
def test_batches_lists_and_arrays_give_the_same(data: Any) -> None:
    whole, parts = Normalization(dtype="float64"), Normalization(dtype="float64")
    whole.adapt(DATA)
    parts.adapt(data)
    for a, b in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_many_bytes_far_from_zero_are_measured_exactly() -> None:
    x = np.random.default_rng(0).integers(0, 256, (2 * CHUNK + 7, 3)).astype("uint8")
    layer = Normalization()
    layer.adapt(x)
    np.testing.assert_allclose(layer.mean, x.mean(axis=0)[None], rtol=1e-6)
    np.testing.assert_allclose(layer.variance, x.var(axis=0)[None], rtol=1e-6)
    shifted = Normalization(dtype="float64")
    shifted.adapt(x + 1e7)
    np.testing.assert_allclose(shifted.variance, x.var(axis=0)[None], rtol=1e-9)


def test_invert_is_the_way_back() -> None:
    there, back = Normalization(dtype="float64"), Normalization(invert=True, dtype="float64")
    there.adapt(DATA)
    back.adapt(DATA)
    np.testing.assert_allclose(back(there(DATA)), DATA)


def test_a_constant_feature_becomes_zero() -> None:
    layer = Normalization()
    layer.adapt(np.full((5, 2), 3.0))
    assert layer(np.full((5, 2), 3.0)).tolist() == [[0.0, 0.0]] * 5


@pytest.mark.parametrize(
    ("unit", "kind"), [(1e-30, Rescaling), (1e-8, Rescaling), (1.0, Normalization), (1e30, Rescaling)]
)
def test_columns_of_any_unit_are_brought_to_one_scale(unit: float, kind: type) -> None:
    x = np.random.default_rng(0).normal(3.0, 2.0, (50, 3)) * [unit, 1.0, 0.0]
    layer = to_scale(x.mean(axis=0), x.var(axis=0))
    assert type(layer) is kind
    np.testing.assert_allclose(np.mean(layer(x), axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(np.std(layer(x), axis=0), [1.0, 1.0, 0.0], rtol=1e-5)


def test_what_rounding_leaves_of_a_constant_is_not_made_large() -> None:
    layer = to_scale(np.array([0.1, 0.0]), np.array([2e-34, 1e-24]))
    assert layer([[0.1, 1e-12]]).tolist() == [[0.0, 1.0]]


def test_a_variance_that_float32_has_not_is_refused() -> None:
    layer = Normalization()
    with pytest.raises(
        DataError, match=r"adapt: expected a variance that float32 can hold, got 1e\+40. Divide the data"
    ):
        layer.adapt(np.array([[1e20], [-1e20]]))
    with pytest.raises(InvalidArgument, match=r"argument variance: expected numbers that float32 can hold, got 1e\+40"):
        Normalization(mean=0.0, variance=1e40)
    assert Normalization(mean=0.0, variance=1e40, dtype="float64")([[1e20]]).tolist() == [[1.0]]


def test_scalars_need_axis_none() -> None:
    layer = Normalization(axis=None)
    layer.adapt(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    np.testing.assert_allclose(layer([1.0, 3.0]), [-(2**0.5), 0.0], rtol=1e-6)
    with pytest.raises(ShapeError, match="behind the batch"):
        Normalization().adapt(np.array([1.0, 2.0]))


def test_given_statistics_are_no_weights_and_are_kept_in_the_config() -> None:
    layer = Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0])
    np.testing.assert_allclose(layer([[3.0, 5.0]]), [[1.0, 1.0]])
    assert layer.get_weights() == []
    assert (layer.get_config()["mean"], layer.get_config()["axis"]) == ([1.0, 2.0], [-1])
    with pytest.raises(InvalidArgument, match="a mean of its own"):
        layer.adapt([[1.0, 2.0]])


def test_adapt_is_kept_among_the_weights_not_in_the_config() -> None:
    layer = Normalization()
    assert layer.mean is None
    layer.adapt(DATA)
    assert layer.get_config()["mean"] is None
    assert layer.mean is not None
    assert layer.mean.shape == (1, 1, 3)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (np.array([[1.0, np.nan]]), DataError, "NaN or infinity"),
        (np.array([["a", "b"]]), DataError, "numbers"),
        (np.zeros((0, 2)), DataError, "at least one sample"),
        ([], DataError, "at least one sample"),
        (3.0, DataError, "batches"),
        ([np.zeros((2, 2)), np.zeros((2, 3))], ShapeError, r"\(None, 2\), got \(2, 3\)"),
    ],
)
def test_data_that_cannot_be_measured_is_refused(data: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Normalization().adapt(data)


def test_adapt_writes_into_the_views_that_a_model_gave() -> None:
    layer = Normalization()
    layer.build((None, 2))
    theirs = {name: value.copy() for name, value in layer.p.items()}
    layer.bind((2,), theirs, "a model")
    layer.adapt([[1.0, 2.0], [3.0, 4.0]])
    assert theirs["mean"].tolist() == [2.0, 3.0]
    assert layer.owner == "a model"
