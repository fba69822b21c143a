"""The confusion matrix and the report, against scikit-learn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pellucid.errors import DataError, InvalidArgument, ShapeError
from pellucid.metrics import classification_report, confusion_matrix

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "metrics.json").read_text("utf-8"))
TRUE, SCORES, WEIGHTS = (np.array(GOLDEN["data"][name]) for name in ("classes", "scores", "weights"))
MATRICES, TEXTS = GOLDEN["reports"]["matrices"], GOLDEN["reports"]["texts"]


@pytest.mark.parametrize("case", MATRICES, ids=lambda c: f"{c['normalize']}-{c['weighted']}")
def test_matrix_as_scikit_learn(case):
    weights = WEIGHTS if case["weighted"] else None
    matrix = confusion_matrix(TRUE, SCORES, sample_weight=weights, normalize=case["normalize"])
    np.testing.assert_allclose(matrix, case["matrix"], rtol=1e-12)
    assert (matrix.dtype.kind == "i") == (case["normalize"] is None and not case["weighted"])


@pytest.mark.parametrize("case", TEXTS, ids=lambda c: str(c["options"]))
def test_report_as_scikit_learn(case):
    y_true, y_pred, options = np.array(case["y_true"]), np.array(case["y_pred"]), case["options"]
    assert classification_report(y_true, y_pred, **options) == case["text"]
    report = classification_report(y_true, y_pred, output_dict=True, **options)
    assert list(report) == list(case["dict"])
    for name, row in case["dict"].items():
        assert report[name] == pytest.approx(row, rel=1e-12)


def test_weighted_report_as_scikit_learn():
    report = classification_report(TRUE, SCORES, output_dict=True, sample_weight=WEIGHTS)
    for name, row in GOLDEN["reports"]["weighted"].items():
        assert report[name] == pytest.approx(row, rel=1e-12)


@pytest.mark.parametrize(
    ("y_true", "y_pred"),
    [
        (TRUE, SCORES.argmax(axis=1)),
        (TRUE[:, None], SCORES.argmax(axis=1)[:, None].astype(float)),
        (np.eye(4)[TRUE], SCORES),
        (TRUE.tolist(), SCORES.tolist()),
    ],
)
def test_forms_of_the_same_data(y_true, y_pred):
    np.testing.assert_array_equal(confusion_matrix(y_true, y_pred), confusion_matrix(TRUE, SCORES))
    assert classification_report(y_true, y_pred) == classification_report(TRUE, SCORES)


def test_probabilities_of_one_output_are_cut_in_the_middle():
    matrix = confusion_matrix([0, 1, 1, 0], [[0.2], [0.9], [0.4], [0.5]])
    np.testing.assert_array_equal(matrix, [[2, 0], [1, 1]])


def test_size_of_the_matrix():
    assert confusion_matrix([0, 1], [0, 1], num_classes=5).shape == (5, 5)
    assert confusion_matrix([0, 2], [0, 2]).shape == (3, 3)
    assert confusion_matrix([], []).shape == (0, 0)
    np.testing.assert_array_equal(confusion_matrix([0, 2], [0, 2], normalize="true"), np.diag([1, 0, 1]))


def test_names_for_classes_that_never_occur_bring_them_in():
    report = classification_report([0, 2], [0, 2], target_names=["a", "b", "c"], output_dict=True)
    assert report["b"] == {"precision": 0, "recall": 0, "f1-score": 0, "support": 0}
    assert report["macro avg"]["recall"] == report["weighted avg"]["recall"] == 1


def test_averages_are_over_the_classes_that_occur_in_truth_or_prediction():
    report = classification_report([0, 0, 2], [0, 3, 2], target_names=list("abcde"), output_dict=True)
    assert report["macro avg"]["precision"] == pytest.approx((1 + 1 + 0) / 3)
    assert report["macro avg"]["f1-score"] == pytest.approx((2 / 3 + 1 + 0) / 3)


@pytest.mark.parametrize(
    ("error", "arguments", "message"),
    [
        (DataError, {"y_true": [0, 5], "y_pred": [0, 1], "num_classes": 3}, "from 0 to 2"),
        (DataError, {"y_true": [0, -1], "y_pred": [0, 1]}, "from 0 to 1"),
        (DataError, {"y_true": [0, 0.5], "y_pred": [0, 1]}, "class numbers"),
        (DataError, {"y_true": ["a", "b"], "y_pred": ["a", "b"]}, "class numbers"),
        (DataError, {"y_true": ["a", "b"], "y_pred": [0, 1]}, "one kind"),
        (ShapeError, {"y_true": [0, 1, 2], "y_pred": [0, 1]}, "one label per prediction"),
        (ShapeError, {"y_true": np.zeros((2, 2, 2)), "y_pred": [0, 1]}, "labels"),
        (ShapeError, {"y_true": [0, 1], "y_pred": [0, 1], "sample_weight": [1, 2, 3]}, "sample_weight"),
        (InvalidArgument, {"y_true": [0], "y_pred": [0], "normalize": "rows"}, "normalize"),
        (InvalidArgument, {"y_true": [0], "y_pred": [0], "num_classes": 0}, "num_classes"),
    ],
)
def test_matrix_refuses(error, arguments, message):
    with pytest.raises(error, match=message):
        confusion_matrix(**arguments)


def test_report_refuses():
    with pytest.raises(DataError, match="at least one sample"):
        classification_report([], [])
    with pytest.raises(InvalidArgument, match="target_names"):
        classification_report([0, 1, 2], [0, 1, 2], target_names=["a", "b"])
