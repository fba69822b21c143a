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


LOGITS = {"from_logits": True}


@pytest.mark.parametrize(
    ("loss", "y_true", "y_pred", "kind", "options"),
    [
        (losses.BinaryCrossentropy(), (8, 1), (8, 1), metrics.BinaryAccuracy, {"threshold": 0.5}),
        (losses.BinaryCrossentropy(**LOGITS), (8,), (8, 1), metrics.BinaryAccuracy, {"threshold": 0.0}),
        (losses.BinaryFocalCrossentropy(**LOGITS), (8, 1), (8, 1), metrics.BinaryAccuracy, {"threshold": 0.0}),
        (losses.BinaryCrossentropy(), (8, 3), (8, 3), metrics.BinaryAccuracy, {"threshold": 0.5}),
        (losses.BinaryFocalCrossentropy(**LOGITS), (8, 3), (8, 3), metrics.BinaryAccuracy, {"threshold": 0.0}),
        (losses.CategoricalCrossentropy(**LOGITS), (8, 3), (8, 3), metrics.CategoricalAccuracy, {}),
        (losses.MeanSquaredError(), (8, 3), (8, 3), metrics.CategoricalAccuracy, {}),
        (losses.SparseCategoricalCrossentropy(**LOGITS), (8,), (8, 3), metrics.SparseCategoricalAccuracy, {}),
    ],
)
def test_the_loss_says_what_outputs_are(loss, y_true, y_pred, kind, options):
    metric = metrics.resolve("acc", y_true, y_pred, loss)
    assert (type(metric), metric.name) == (kind, "acc")
    assert {name: metric.get_config()[name] for name in options} == options
    crossentropy = metrics.resolve("ce", y_true, y_pred, loss)
    assert crossentropy.from_logits == getattr(loss, "from_logits", False)
    assert type(crossentropy).__name__ == kind.__name__.replace("Accuracy", "Crossentropy")


@pytest.mark.parametrize("loss", [losses.Hinge(), losses.SquaredHinge()])
def test_under_a_hinge_loss_signs_are_compared(loss):
    for labels in ([[-1], [1], [-1]], [[0], [1], [0]]):
        assert metrics.resolve("accuracy", (3, 1), (3, 1), loss)(labels, [[-0.2], [0.3], [0.4]]) == pytest.approx(2 / 3)
