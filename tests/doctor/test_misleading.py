"""An accuracy that is no measure of the task is remarked, never more."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, losses, metrics
from pellucid.doctor import Case, before_training, examine
from pellucid.doctor.misleading import misleading_metric
from pellucid.layers import Dense

X = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")
YES = (X[:, :1] + X[:, 1:2] > 0).astype("float32")
LABELS = (X[:, :3] + X[:, 1:] > 0).astype("float32")
THREE = (X[:, 0] > 0.4).astype(int) + (X[:, 1] > 0)
LINE = X @ np.array([[1.0], [-0.5], [0.3], [0.0]], "float32")
LOGITS = losses.BinaryCrossentropy(from_logits=True)


def case(y: np.ndarray, out: int, end: str | None, loss: Any, *told: Any, epochs: int = 0) -> Case:
    model = Sequential([Dense(8, "relu", input_shape=(4,)), Dense(out, end)], seed=0)
    model.compile("adam", loss, metrics=list(told))
    if epochs:
        model.fit(X, y, epochs=epochs, verbose=0)
    history = model.history.history if epochs else {}
    return Case(model, X, y, epochs=max(epochs, 1), history=history)


MISLEADS = {
    "numbers": (lambda: case(LINE, 1, None, "mse", "accuracy"), "different numbers", "R2Score"),
    "numbers, another accuracy": (lambda: case(LINE, 1, None, "mae", "mae", metrics.Accuracy()), "Accuracy", "mae"),
    "several labels": (
        lambda: case(LABELS, 3, "sigmoid", "binary_crossentropy", "categorical_accuracy"), "labels", "BinaryAccuracy",
    ),
    "several labels, top 2": (
        lambda: case(LABELS, 3, "sigmoid", "binary_crossentropy", metrics.TopKCategoricalAccuracy(2)), "labels", "F1",
    ),
    "logits": (lambda: case(YES, 1, None, LOGITS, "binary_accuracy"), "logits", r"threshold=0\b"),
    "logits of several labels": (lambda: case(LABELS, 3, None, LOGITS, metrics.BinaryAccuracy()), "logit", "threshold"),
    "signs": (lambda: case(2 * YES - 1, 1, "tanh", "hinge", "binary_accuracy"), "are -1", "0 and 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISLEADS)
def test_what_misleads_is_remarked(name: str):
    make, seen, remedy = MISLEADS[name]
    found = misleading_metric(make())
    assert found is not None
    assert (found.rule, found.kind, found.confidence) == ("misleading_metric", "remark", None)
    assert re.search(seen, found.evidence)
    assert re.search(remedy, found.remedy)


RIGHT = {
    "no metric": lambda: case(LINE, 1, None, "mse"),
    "numbers": lambda: case(LINE, 1, None, "mse", "mae"),
    "0 and 1, squared error": lambda: case(YES, 1, None, "mse", "accuracy"),
    "a word, for logits": lambda: case(YES, 1, None, LOGITS, "accuracy"),
    "a word, for several labels": lambda: case(LABELS, 3, "sigmoid", "binary_crossentropy", "acc"),
    "a word, for signs": lambda: case(2 * YES - 1, 1, "tanh", "hinge", "accuracy"),
    "one label": lambda: case(YES, 1, "sigmoid", "binary_crossentropy", "accuracy"),
    "logits, as they are": lambda: case(YES, 1, None, LOGITS, metrics.BinaryAccuracy(threshold=0)),
    "several labels": lambda: case(LABELS, 3, "sigmoid", "binary_crossentropy", "binary_accuracy"),
    "classes": lambda: case(THREE, 3, "softmax", "sparse_categorical_crossentropy", "accuracy"),
    "logits of classes": lambda: case(
        THREE, 3, None, losses.SparseCategoricalCrossentropy(from_logits=True), "accuracy"
    ),
    "one-hot": lambda: case(np.eye(3)[THREE], 3, "softmax", "categorical_crossentropy", "accuracy"),
    "0 and 1, hinge": lambda: case(YES, 1, "tanh", "hinge", "accuracy"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_passed_over(name: str):
    assert misleading_metric(RIGHT[name]()) is None


def test_the_numbers_told_are_those_of_the_metric():
    one = case(YES, 1, None, LOGITS, "binary_accuracy", epochs=5)
    found = misleading_metric(one)
    assert found is not None
    z = one.model.predict(X, verbose=0)
    told = [float(number) for number in re.findall(r"0\.\d{3}", found.evidence)]
    expected = [((z > level) == YES).mean() for level in (0.5, 0)]
    np.testing.assert_allclose(told, expected, atol=5e-4)
    np.testing.assert_allclose(told[0], one.model.evaluate(X, YES, verbose=0)[1], atol=5e-4)
    assert told[0] != told[1]


def test_it_comes_after_all_faults_and_needs_no_training():
    bad = case(LINE, 1, "relu", "mse", "accuracy")
    assert [(f.rule, f.kind) for f in before_training(bad.model, X, LINE)] == [
        ("unreachable_targets", "fault"), ("misleading_metric", "remark"),
    ]  # fmt: skip
    with pytest.warns(UserWarning, match="accuracy counts hits among classes"):
        good = case(LINE, 1, None, "mse", "accuracy", epochs=200)
    assert [(f.rule, f.kind) for f in examine(good)] == [("misleading_metric", "remark")]
