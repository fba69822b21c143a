"""Losses agree with Keras 3.15: values, reductions, weights, gradients, saved forms (tests/golden/make_*losses.py)."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import losses
from pellucid.losses.circle import circle_grad

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/losses.json").read_text())
BATCH = json.loads((Path(__file__).parents[1] / "golden/batch_losses.json").read_text())
ROWS = GOLDEN["rows"] + GOLDEN["ranks"] + BATCH["rows"]
ARGUMENTS = GOLDEN["arguments"] | BATCH["arguments"]
BUILT_IN = {
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy", "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy", "CategoricalHinge", "CosineSimilarity", "Hinge", "Huber", "KLDivergence",
    "LogCosh", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError", "MeanSquaredLogarithmicError",
    "Poisson", "SparseCategoricalCrossentropy", "SquaredHinge", "Dice", "Tversky", "Circle",
    "CTC",
}  # fmt: skip


def label(row: dict[str, Any]) -> str:
    options = ",".join(f"{k}={v}" for k, v in row.get("options", {}).items())
    return f"{row['name']}({options})-{np.ndim(row['y_pred'])}d"


def test_every_loss_is_held_to_keras():
    assert {row["name"] for row in ROWS} == set(losses.losses.parts) == BUILT_IN


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_reductions(row):
    y_true, y_pred, weights = (np.array(row[key]) for key in ("y_true", "y_pred", "weights"))
    for reduction, expected in row["reductions"].items():
        loss = getattr(losses, row["name"])(**row["options"], reduction=reduction)
        np.testing.assert_allclose(loss(y_true, y_pred), expected["plain"], rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(loss(y_true, y_pred, weights), expected["weighted"], rtol=1e-6, atol=1e-7)
        if "gradient" in expected:
            value, dy = loss.value_and_gradient(y_true, y_pred, weights)
            assert value == pytest.approx(expected["weighted"], rel=1e-6)
            np.testing.assert_allclose(dy, expected["gradient"], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_float32_is_kept_and_close(row):
    y_true, y_pred = np.array(row["y_true"]), np.array(row["y_pred"], dtype="float32")
    loss = getattr(losses, row["name"])(**row["options"])
    value, dy = loss.value_and_gradient(y_true, y_pred, np.array(row["weights"]))
    assert dy.dtype == loss(y_true, y_pred).dtype == np.float32
    assert isinstance(value, float)
    expected = row["reductions"]["sum_over_batch_size"]
    np.testing.assert_allclose(value, expected["weighted"], rtol=2e-5)
    np.testing.assert_allclose(dy, expected["gradient"], rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize("row", GOLDEN["extremes"], ids=label)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_probabilities_of_0_and_1_are_clipped_as_in_keras(row, dtype):
    loss = getattr(losses, row["name"])(reduction="none")
    y_true, y_pred = np.array(row["y_true"]), np.array(row["y_pred"], dtype)
    np.testing.assert_allclose(
        loss(y_true, y_pred), row["values"], rtol=0.02 if dtype == "float32" else 1e-6, atol=1e-6
    )
    assert np.isfinite(loss.value_and_gradient(y_true, y_pred)[1]).all()


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_keras_saved_forms_load(row):
    saved = row["saved"]
    loss = losses.deserialize(saved)
    config = loss.get_config()
    assert config | saved["config"] == config
    mine = losses.serialize(loss)
    assert {k: mine[k] for k in ("module", "class_name", "registered_name")} == {
        k: saved[k] for k in ("module", "class_name", "registered_name")
    }
    assert set(mine["config"]) <= set(ARGUMENTS[row["name"]])  # so that Keras loads ours


@pytest.mark.parametrize("row", BATCH["whole"], ids=label)
def test_one_value_for_the_whole_batch(row):
    y_true, y_pred = np.array(row["y_true"]), np.array(row["y_pred"])
    for reduction, expected in row["reductions"].items():
        loss = getattr(losses, row["name"])(**row["options"], reduction=reduction)
        np.testing.assert_allclose(loss(y_true, y_pred), expected["plain"], rtol=1e-6)
        if "gradient" in expected:
            np.testing.assert_allclose(loss.value_and_gradient(y_true, y_pred)[1], expected["gradient"], atol=1e-8)


def test_functions_take_what_those_of_keras_take():
    for name, arguments in BATCH["functions"].items():
        assert list(inspect.signature(getattr(losses, name)).parameters) == arguments


def test_circle_beside_other_embeddings():
    given = BATCH["references"]
    arrays = [np.array(given[name]) for name in ("y_true", "y_pred", "ref_labels", "ref_embeddings")]
    np.testing.assert_allclose(losses.circle(*arrays, **given["options"]), given["values"], rtol=1e-7)
    np.testing.assert_allclose(circle_grad(*arrays, **given["options"]), given["gradient"], rtol=1e-6, atol=1e-8)
