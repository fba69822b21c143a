"""The decision boundary: the plane is what the network says, the points are the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pellucid import errors
from pellucid.plots import decision_boundary
from pellucid.plots.boundary import DEEPEST, FAINTEST, GRID

X = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [4.0, 2.0]])


def halves(x: np.ndarray) -> np.ndarray:
    """Class 1 right of 2, ever surer away from it."""
    p = 1 / (1 + np.exp(-(x[:, :1] - 2) * 4))
    return np.concatenate([1 - p, p], axis=1)


def test_the_plane_is_what_is_predicted():
    axes = decision_boundary(halves, X, [0, 1, 0, 1]).axes[0]
    image = axes.images[0]
    cells = image.get_array()
    left, right, bottom, top = image.get_extent()
    assert (left, right) == pytest.approx((-0.24, 4.24))
    assert (bottom, top) == pytest.approx((-0.12, 2.12))
    assert (cells[:, : GRID // 2, :3] == cells[0, 0, :3]).all()
    assert (cells[:, GRID // 2 :, :3] == cells[0, -1, :3]).all()
    p = halves(np.array([[right, 0.0]]))[0, 1]
    assert cells[0, -1, 3] == pytest.approx(FAINTEST + (DEEPEST - FAINTEST) * (2 * p - 1))
    line = np.concatenate([path.vertices for path in axes.collections[0].get_paths()])
    assert np.allclose(line[:, 0], 2, atol=0.05)  # where both are equally likely


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_one_probability_is_that_of_class_1(shape: tuple[int, ...]):
    two = decision_boundary(halves, X, [0, 1, 0, 1]).axes[0].images[0].get_array()
    one = decision_boundary(lambda x: halves(x)[:, 1].reshape(shape), X, [0, 1, 0, 1]).axes[0].images[0].get_array()
    assert np.allclose(one, two)


def test_mistakes_are_ringed():
    labels = decision_boundary(halves, X, [1, 1, 0, 1]).axes[0].get_legend_handles_labels()[1]
    assert labels == ["class 0", "class 1", "wrong: 1 of 4"]
    labels = decision_boundary(halves, X, [0, 1, 0, 1]).axes[0].get_legend_handles_labels()[1]
    assert labels == ["class 0", "class 1"]


@pytest.mark.parametrize("C", [3, 8, 30])
def test_many_classes(C: int):
    def sectors(x: np.ndarray) -> np.ndarray:
        return np.eye(C)[np.clip((x[:, 0] / 4 * C).astype(int), 0, C - 1)]

    figure = decision_boundary(sectors, X, [0, C - 1, 1, 2])
    assert len(np.unique(figure.axes[0].images[0].get_array().reshape(-1, 4)[:, :3], axis=0)) == C


def test_numbers_are_a_surface():
    image = decision_boundary(lambda x: x[:, 0] * x[:, 1], X, [0.5, 0.0, 0.0, 9.0]).axes[0].images[0]
    assert image.get_clim()[1] == 9
    assert image.get_array().max() == pytest.approx(4.24 * 2.12, rel=1e-5)


def test_points_on_a_line_still_have_a_plane():
    assert decision_boundary(halves, X * [1, 0], [0, 1, 0, 1]).axes


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((3, 3)), [0, 1, 0], "points"),
        (np.zeros((0, 2)), [], "points"),
        (np.zeros((3, 2)), [0, 1], "one target for each of the 3"),
        (np.full((2, 2), np.nan), [0, 1], "finite"),
    ],
)
def test_what_is_no_plane_is_told(x: Any, y: Any, message: str):
    with pytest.raises(errors.PellucidError, match=message):
        decision_boundary(halves, x, y)


def test_what_are_no_probabilities_is_told():
    with pytest.raises(errors.ShapeError, match="probabilities"):
        decision_boundary(lambda x: np.zeros((len(x), 2, 2)), X, [0, 1, 0, 1])
