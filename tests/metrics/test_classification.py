"""Accuracies, counts at thresholds, areas and F-scores: edges, class numbers as targets, refusals."""

from __future__ import annotations

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from pellucid import metrics
from pellucid.errors import DataError, InvalidArgument, PellucidError, ShapeError
from pellucid.metrics.thresholds import counts, tally, tally_by_label

SCORES = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.1, 0.4], [0.2, 0.2, 0.6]])
CLASSES = np.array([0, 1, 2, 2])
ONE_HOT = np.eye(3)[CLASSES]

unit = hnp.arrays(np.float64, (9, 2), elements=st.integers(0, 20).map(lambda n: n / 20))


@given(y_pred=unit, y_true=hnp.arrays(np.int64, (9, 2), elements=st.integers(0, 1)), T=st.integers(1, 6))
def test_the_tally_counts_what_a_loop_counts(y_pred, y_true, T):
    thresholds = np.linspace(0, 1, T)
    n = counts(tally(y_true, y_pred, thresholds, None))
    by_label = counts(tally_by_label(y_true, y_pred, thresholds, None))
    for i, t in enumerate(thresholds):
        called = y_pred > t
        cells = (called & (y_true == 1), called & (y_true == 0), ~called & (y_true == 0), ~called & (y_true == 1))
        assert [c[i] for c in n] == [c.sum() for c in cells]
        for of_label, cell in zip(by_label, cells, strict=True):
            np.testing.assert_array_equal(of_label[i], cell.sum(axis=0))


@pytest.mark.parametrize(
    "cls", [metrics.Precision, metrics.Recall, metrics.F1Score, metrics.TruePositives, metrics.AUC]
)
@pytest.mark.parametrize("y_true", [CLASSES, CLASSES[:, None], CLASSES.astype("float32"), CLASSES.astype("uint8")])
def test_class_numbers_mean_their_one_hot_rows(cls, y_true):
    np.testing.assert_array_equal(cls()(y_true, SCORES), cls()(ONE_HOT, SCORES))


@pytest.mark.parametrize("cls", [metrics.Precision, metrics.Recall])
def test_class_numbers_with_class_id_and_top_k(cls):
    for options in ({"class_id": 2}, {"top_k": 1}, {"top_k": 2, "class_id": 2}):
        assert cls(**options)(CLASSES, SCORES) == cls(**options)(ONE_HOT, SCORES)


SPARSE = [metrics.SparseCategoricalAccuracy(), metrics.SparseTopKCategoricalAccuracy(k=2), metrics.Precision()]


@pytest.mark.parametrize("metric", SPARSE[:2], ids=lambda m: m.name)
def test_targets_are_not_flattened_to_fit_the_outputs(metric):
    """Keras counts targets (2, 1) against outputs (1, 2, 3)."""
    outputs = SCORES[None, :2]
    with pytest.raises(ShapeError, match=r"expected one class number per row of y_pred \(1, 2, 3\), got \(2, 1\)"):
        metric.update_state(CLASSES[:2, None], outputs)
    assert metric(CLASSES[None, :2], outputs) == 1.0


@pytest.mark.parametrize("metric", [*SPARSE, metrics.F1Score()], ids=lambda m: m.name)
@pytest.mark.parametrize("label", [3, -1, 0.5, np.nan])
def test_class_numbers_out_of_range_are_refused(metric, label):
    y_true = CLASSES.astype(type(label))
    y_true[2] = label
    with pytest.raises(DataError, match=f"{metric.name}, y_true: expected class numbers"):
        metric.update_state(y_true, SCORES)


def test_class_numbers_to_a_metric_of_one_hot_targets_are_told_where_to_go():
    for metric in (metrics.CategoricalAccuracy(), metrics.TopKCategoricalAccuracy(), metrics.BinaryAccuracy()):
        with pytest.raises(ShapeError, match="Sparse"):
            metric.update_state(CLASSES, SCORES)
    with pytest.raises(ShapeError, match="without Sparse"):
        metrics.SparseCategoricalAccuracy().update_state(ONE_HOT, SCORES)


def test_equal_scores_all_are_in_the_top_k_and_nan_is_not():
    scores = np.array([[0.4, 0.4, 0.2], [np.nan, 0.5, 0.5]])
    np.testing.assert_array_equal(metrics.sparse_top_k_categorical_accuracy([1, 0], scores, k=1), [True, False])


def test_k_may_exceed_the_classes():
    assert metrics.SparseTopKCategoricalAccuracy(k=5)(CLASSES, SCORES) == 1.0
    assert metrics.Recall(top_k=5)(CLASSES, SCORES) == 1.0


def test_a_threshold_itself_is_not_above_it():
    for dtype in ("float32", "float64"):
        y_pred = np.array([0.1, 0.5, 0.7], dtype)
        assert metrics.TruePositives(thresholds=[0.1, 0.5, 0.7])([1, 1, 1], y_pred).tolist() == [2, 1, 0]
        assert metrics.BinaryAccuracy()([1, 0, 1], y_pred) == pytest.approx(2 / 3)


def test_nan_is_called_negative_at_every_threshold():
    assert metrics.FalseNegatives(thresholds=[0.0, 0.5])([1], [np.nan]).tolist() == [1, 1]


def test_thresholds_keep_the_order_given():
    y_true, y_pred = [0, 1, 1], [0.2, 0.4, 0.9]
    assert metrics.Recall(thresholds=[0.8, 0.1, 0.8])(y_true, y_pred).tolist() == [0.5, 1.0, 0.5]


def test_logits_through_a_sigmoid_and_scores_beyond_the_unit():
    y_true, z = np.array([0, 0, 1, 1]), np.array([-1000.0, 0.3, -0.2, 1000.0])
    assert metrics.AUC(from_logits=True)(y_true, z) == pytest.approx(0.75, abs=1e-2)
    assert metrics.AUC()(y_true, z) == metrics.AUC()(y_true, np.clip(z, 0, 1))


def test_auc_of_perfect_and_worst_rankings():
    y_true, y_pred = np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9])
    for curve in ("ROC", "PR", "PRGAIN"):
        assert metrics.AUC(curve=curve)(y_true, y_pred) == pytest.approx(1.0, abs=1e-2)
    assert metrics.AUC()(1 - y_true, y_pred) == 0.0
    assert metrics.AUC(curve="roc", summation_method="Majoring")(y_true, y_pred) == 1.0


@given(y_pred=hnp.arrays(np.float64, 20, elements=st.integers(0, 100).map(lambda n: n / 100)))
def test_auc_approaches_the_share_of_pairs_in_order(y_pred):
    y_true = np.arange(20) % 3 == 0
    pairs = y_pred[y_true][:, None] - y_pred[~y_true]
    share = ((pairs > 0) + (pairs == 0) / 2).mean()
    assert metrics.AUC(num_thresholds=1000)(y_true, y_pred) == pytest.approx(share, abs=1e-12)


def test_a_rate_that_is_reached_but_for_rounding_counts():
    weights = np.full(10, 0.1)
    y_true, y_pred = np.array([0] * 10 + [1] * 10), np.array([0.1] * 7 + [0.9] * 3 + [0.5] * 10)
    metric = metrics.SensitivityAtSpecificity(0.7)
    for i in range(20):
        metric.update_state(y_true[i : i + 1], y_pred[i : i + 1], weights[:1])
    assert metric.result() == 1.0


def test_f1_with_one_output_and_no_threshold_warns():
    with pytest.warns(UserWarning, match=r"threshold=0.5"):
        metrics.F1Score()([[1], [0]], [[0.9], [0.1]])
    assert metrics.F1Score(threshold=0.5)([1, 0], [[0.9], [0.1]]).tolist() == [1.0]


def test_f1_of_a_class_never_there_and_never_called_is_0():
    scores = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    assert metrics.F1Score()([0, 1], scores).tolist() == [1.0, 1.0, 0.0]


REFUSED = [
    (metrics.Precision, {"thresholds": 1.5}),
    (metrics.Precision, {"thresholds": [0.5, -0.1]}),
    (metrics.Precision, {"thresholds": []}),
    (metrics.Precision, {"thresholds": "0.5"}),
    (metrics.Precision, {"thresholds": [[0.5]]}),
    (metrics.Recall, {"top_k": 0}),
    (metrics.Recall, {"class_id": -1}),
    (metrics.TruePositives, {"thresholds": np.nan}),
    (metrics.AUC, {"curve": "RCO"}),
    (metrics.AUC, {"curve": None}),
    (metrics.AUC, {"summation_method": "trapezium"}),
    (metrics.AUC, {"num_thresholds": 1}),
    (metrics.AUC, {"thresholds": [0.5, 2]}),
    (metrics.AUC, {"num_labels": 3}),
    (metrics.AUC, {"label_weights": [-1, 1]}),
    (metrics.SensitivityAtSpecificity, {"specificity": 1.1}),
    (metrics.SpecificityAtSensitivity, {"sensitivity": -0.1}),
    (metrics.PrecisionAtRecall, {"recall": "a"}),
    (metrics.RecallAtPrecision, {"precision": 0.5, "num_thresholds": 0}),
    (metrics.BinaryAccuracy, {"threshold": None}),
    (metrics.TopKCategoricalAccuracy, {"k": 0}),
    (metrics.SparseTopKCategoricalAccuracy, {"k": 1.5}),
    (metrics.F1Score, {"average": "samples"}),
    (metrics.F1Score, {"threshold": 0.0}),
    (metrics.FBetaScore, {"beta": 0.0}),
    (metrics.Accuracy, {"dtype": "int8"}),
    (metrics.R2Score, {"class_aggregation": "mean"}),
    (metrics.R2Score, {"num_regressors": -1}),
    (metrics.PearsonCorrelation, {"axis": 0.5}),
    (metrics.BinaryCrossentropy, {"label_smoothing": 2}),
    (metrics.MeanMetricWrapper, {"fn": 3}),
    (metrics.MeanIoU, {"num_classes": 0}),
    (metrics.IoU, {"num_classes": 2, "target_class_ids": [2]}),
    (metrics.IoU, {"num_classes": 2, "target_class_ids": []}),
    (metrics.OneHotIoU, {"num_classes": 2, "target_class_ids": 1}),
    (metrics.BinaryIoU, {"threshold": None}),
    (metrics.MeanMetricWrapper, {"fn": "no_such_function"}),
]


@pytest.mark.parametrize(("cls", "options"), REFUSED, ids=lambda v: getattr(v, "__name__", str(v)))
def test_bad_arguments_are_refused_at_once(cls, options):
    with pytest.raises(PellucidError, match=f"{cls.__name__}, argument {list(options)[-1]}"):
        cls(**options)


@pytest.mark.parametrize(
    ("metric", "y_true", "y_pred", "error", "words"),
    [
        (metrics.MeanIoU(3), [0, 3], [0, 1], DataError, ["y_true", "from 0 to 2", "3 at row 1", "ignore_class"]),
        (metrics.MeanIoU(3), [0, 1], [0.2, 0.8], DataError, ["y_pred", "0.2 at row 0", "sparse_y_pred=False"]),
        (metrics.MeanIoU(3), CLASSES, SCORES, ShapeError, ["y_true", "(4,)", "sparse_y_pred=False"]),
        (metrics.OneHotMeanIoU(3), CLASSES[:, None], SCORES, ShapeError, ["y_true", "3 numbers", "sparse_y_true=True"]),
        (metrics.OneHotMeanIoU(4), ONE_HOT, SCORES, ShapeError, ["y_true", "4 numbers", "(4, 3)"]),
        (metrics.BinaryIoU(), [0, 0.5], [0.2, 0.8], DataError, ["y_true", "0.5 at row 1"]),
    ],
)
def test_overlaps_refuse_what_is_no_class(metric, y_true, y_pred, error, words):
    with pytest.raises(error) as caught:
        metric.update_state(y_true, y_pred)
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_misspelt_curve_tells_the_nearest():
    with pytest.raises(InvalidArgument, match="Did you mean 'ROC'"):
        metrics.AUC(curve="rocc")


@pytest.mark.parametrize(
    ("metric", "y_pred"),
    [
        (metrics.Precision(class_id=3), SCORES),
        (metrics.Precision(class_id=0), SCORES[:, 0]),
        (metrics.AUC(multi_label=True), SCORES[:, 0]),
        (metrics.AUC(multi_label=True, num_labels=4), SCORES),
        (metrics.AUC(label_weights=[1.0, 2.0]), SCORES),
        (metrics.F1Score(), SCORES[None]),
        (metrics.R2Score(), SCORES[None]),
    ],
)
def test_outputs_of_a_shape_that_does_not_fit_are_refused(metric, y_pred):
    with pytest.raises(ShapeError, match=f"{metric.name}, y_pred"):
        metric.update_state((y_pred > 0.3).astype(int), y_pred)
