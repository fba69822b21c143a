"""R², correlations and means at their edges."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import metrics
from pellucid.errors import ShapeError
from pellucid.metrics.r2_score import pooled_r2


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e6 + 0.1])
def test_r2_of_constant_targets_is_1_if_exact_else_0(constant):
    y = np.full((10, 1), constant)
    assert metrics.R2Score()(y, y) == 1.0
    assert metrics.R2Score()(y, y + 1) == 0.0


def test_r2_takes_vectors_and_columns():
    y, p = np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.5, 3.5])
    assert metrics.R2Score()(y, p) == metrics.R2Score()(y, p[:, None]) == metrics.R2Score()(y[:, None], p[:, None])


def test_r2_far_from_zero_keeps_its_digits():
    y = np.arange(100.0)[:, None]
    assert metrics.R2Score()(y + 1e5, y + 1e5 + 1) == pytest.approx(metrics.R2Score()(y, y + 1), rel=1e-9)


def test_pooled_r2_weighs_outputs_by_how_much_they_vary():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(50, 3)) * [1.0, 5.0, 1e-3]
    p = y + rng.normal(size=(50, 3)) * 0.3
    variance_weighted = metrics.R2Score(class_aggregation="variance_weighted_average")(y, p)
    assert pooled_r2(y, p) == pytest.approx(variance_weighted, rel=1e-9)
    assert pooled_r2(y[:, :1], p[:, 0]) == pytest.approx(metrics.R2Score()(y[:, :1], p[:, :1]), rel=1e-9)
    assert metrics.R2Score()(y, p) < 0 < pooled_r2(y, p)
    for constant in (0.0, 0.1, 1e6 + 0.1):
        same = np.full((10, 2), constant)
        assert (pooled_r2(same, same), pooled_r2(same, same + 1)) == (1, 0)


def test_adjusted_r2_needs_more_samples_than_regressors():
    metric = metrics.R2Score(num_regressors=5)
    with pytest.warns(UserWarning, match="plain R²"):
        assert metric([1.0, 2.0, 4.0], [1.0, 2.5, 3.5]) == metrics.R2Score()([1.0, 2.0, 4.0], [1.0, 2.5, 3.5])


@pytest.mark.parametrize("cls", [metrics.PearsonCorrelation, metrics.ConcordanceCorrelation, metrics.CosineSimilarity])
def test_nothing_to_correlate_is_0(cls):
    assert cls()(np.zeros((3, 4)), np.ones((3, 4))) == pytest.approx(0)
    if cls is metrics.PearsonCorrelation:
        assert cls()(np.full((3, 4), 0.1), np.arange(12.0).reshape(3, 4)) == 0
        assert cls()([[1.0], [2.0]], [[1.0], [2.0]]) == 0


@pytest.mark.parametrize("cls", [metrics.PearsonCorrelation, metrics.ConcordanceCorrelation, metrics.CosineSimilarity])
def test_alike_is_1_and_opposite_is_minus_1(cls):
    y = np.array([[1.0, -1.0, 2.0, -2.0], [3.0, 0.0, -3.0, 0.0]])
    assert cls()(y, y) == pytest.approx(1, abs=1e-6)
    assert cls()(y, -y) == pytest.approx(-1, abs=1e-6)


def test_along_the_batch():
    y, p = np.array([[1.0], [2.0], [4.0]]), np.array([[2.0], [4.0], [8.0]])
    assert metrics.PearsonCorrelation(axis=0)(y, p) == pytest.approx(1)


def test_mean_of_scalars_and_of_finer_weights():
    mean = metrics.Mean()
    for value in (1.0, 2.0, 6.0):
        mean.update_state(value)
    assert mean.result() == 3.0
    mean.reset_state()
    assert mean([[1.0, 3.0], [5.0, 7.0]], sample_weight=[[1, 0], [0, 1]]) == 4.0
    assert metrics.Sum()([[1.0, 3.0], [5.0, 7.0]], sample_weight=[1, 2]) == 28.0
    with pytest.raises(ShapeError, match="sample_weight"):
        mean([1.0, 2.0], sample_weight=[1.0, 2.0, 3.0])


def test_whole_numbers_are_numbers():
    assert metrics.RootMeanSquaredError()(np.array([0, 200], "uint8"), np.array([200, 0], "uint8")) == 200
    assert metrics.MeanAbsoluteError()([0, 1], [2, 1]) == 1.0


def test_ignored_classes_do_not_count():
    y_true, y_pred = np.array([0, -1, 1]), np.array([[0.5, 0.5], [0.9, 0.1], [0.75, 0.25]])
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=-1)
    assert metric(y_true, y_pred) == pytest.approx((np.log(2) + np.log(4)) / 2, rel=1e-6)
    metric.reset_state()
    assert metric(y_true[:, None], y_pred, [1.0, 5.0, 3.0]) == pytest.approx((np.log(2) + 3 * np.log(4)) / 4, rel=1e-6)
