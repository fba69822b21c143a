"""What words mean in compile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pellucid import losses, metrics
from pellucid.errors import UnknownName

KINDS = json.loads((Path(__file__).parents[1] / "golden" / "metrics.json").read_text("utf-8"))["kinds"]


@pytest.mark.parametrize("case", KINDS, ids=lambda c: f"{c['y_true']}-{c['y_pred']}")
@pytest.mark.parametrize("word", ["accuracy", "acc", "Accuracy"])
def test_accuracy_as_keras(case, word):
    metric = metrics.resolve(word, case["y_true"], case["y_pred"])
    assert (type(metric).__name__, metric.name) == (case["is"], word)


@pytest.mark.parametrize("word", ["crossentropy", "ce"])
@pytest.mark.parametrize(
    ("y_true", "y_pred", "kind"),
    [
        ((None, 1), (None, 1), metrics.BinaryCrossentropy),
        ((None,), (None, 1), metrics.BinaryCrossentropy),
        ((None,), (None,), metrics.BinaryCrossentropy),
        ((None, 3), (None, 3), metrics.CategoricalCrossentropy),
        ((None,), (None, 3), metrics.SparseCategoricalCrossentropy),
        ((None, 1), (None, 3), metrics.SparseCategoricalCrossentropy),
    ],
)
def test_crossentropy(word, y_true, y_pred, kind):
    metric = metrics.resolve(word, y_true, y_pred)
    assert (type(metric), metric.name) == (kind, word)


def test_other_words_keep_their_name():
    metric = metrics.resolve("mse", (8, 1), (8, 1))
    assert (type(metric), metric.name) == (metrics.MeanSquaredError, "mse")


def test_objects_stay_themselves():
    mine = metrics.Precision(name="mine")
    assert metrics.resolve(mine, (8, 1), (8, 1)) is mine
    assert metrics.resolve(metrics.Recall, (8, 1), (8, 1)).name == "recall"
    assert metrics.resolve(max, (8,), (8,)).name == "max"
    huber = metrics.resolve(losses.Huber(), (8, 1), (8, 1))
    assert (huber.name, huber([0.0], [0.5])) == ("huber_loss", 0.125)
    assert metrics.resolve({"class_name": "Recall", "config": {"name": "r"}}, (8, 1), (8, 1)).name == "r"


def test_unknown_words():
    with pytest.raises(UnknownName, match=r"compile, argument metrics.*Did you mean 'accuracy'"):
        metrics.resolve("acuracy", (8, 1), (8, 1))
