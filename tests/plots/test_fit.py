"""The fitted curve, and predictions beside the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pellucid import errors
from pellucid.plots import fitted_curve, predicted_and_true


def test_the_curve_is_what_is_predicted():
    x = np.array([[3.0], [-1.0], [0.5]])
    axes = fitted_curve(lambda x: np.sin(x), x, np.sin(x)).axes[0]
    along, curve = axes.lines[0].get_data()
    assert (along[0], along[-1]) == (-1, 3)
    assert np.allclose(curve, np.sin(along))
    assert np.allclose(axes.collections[0].get_offsets(), np.concatenate([x, np.sin(x)], axis=1))


def test_points_are_predictions_over_truth():
    axes = predicted_and_true([[1.0, 2.0], [3.0, 4.0]], [[1.5, 2.5], [2.0, 6.0]]).axes[0]
    assert axes.collections[0].get_offsets().tolist() == [[1, 1.5], [2, 2.5], [3, 2], [4, 6]]
    assert list(axes.lines[0].get_xdata()) == list(axes.lines[0].get_ydata()) == [1, 6]


@pytest.mark.parametrize(("true", "predicted"), [([1.0], [1.0, 2.0]), ([], []), ([np.nan], [1.0]), ([1.0], [np.inf])])
def test_what_cannot_be_compared_is_told(true: Any, predicted: Any):
    with pytest.raises(errors.PellucidError, match="predicted_and_true"):
        predicted_and_true(true, predicted)


def test_two_inputs_have_no_curve():
    with pytest.raises(errors.ShapeError, match="one number per sample"):
        fitted_curve(np.sin, np.zeros((3, 2)), np.zeros(3))
