"""The confusion matrix as a picture: its colours are the shares of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pellucid import errors
from pellucid.plots import confusion_matrix
from pellucid.plots.confusion import DEEPEST, FAINTEST


def test_counts_and_shares():
    counts = np.array([[8, 2, 0], [0, 5, 0], [0, 0, 0]])
    axes = confusion_matrix(counts).axes[0]
    written = {tuple(map(int, text.get_position()))[::-1]: text.get_text() for text in axes.texts}
    assert written == {(0, 0): "8", (0, 1): "2", (1, 1): "5"}
    opacity = axes.images[0].get_array()[..., 3]
    for (row, column), share in {(0, 0): 0.8, (0, 1): 0.2, (1, 1): 1.0}.items():
        assert opacity[row, column] == pytest.approx(DEEPEST * (FAINTEST + (1 - FAINTEST) * share**0.5))
    assert opacity[1, 0] == opacity[2, 2] == 0
    assert (axes.images[0].get_array()[0, 0, :3] != axes.images[0].get_array()[0, 1, :3]).any()


@pytest.mark.parametrize("C", [1, 2, 20, 21, 100])
def test_any_number_of_classes_is_labelled(C: int):
    figure = confusion_matrix(np.eye(C, dtype=int) * 7, [f"c{i}" for i in range(C)])
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [f"c{i}" for i in range(C)]
    assert len(axes.texts) == (C if C <= 20 else 0)
    height = figure.get_size_inches()[1] * 72 * 0.9 / C  # of a row, in points
    assert axes.get_yticklabels()[0].get_fontsize() <= height


@pytest.mark.parametrize(
    ("matrix", "error"),
    [
        ([[1, 2, 3], [4, 5, 6]], errors.ShapeError),
        ([1, 2], errors.ShapeError),
        (np.zeros((0, 0)), errors.ShapeError),
        ([[1, -1], [0, 1]], errors.DataError),
        ([[1.0, np.nan], [0, 1]], errors.DataError),
        ([["a", "b"], ["c", "d"]], errors.DataError),
    ],
)
def test_what_is_no_confusion_matrix_is_told(matrix: Any, error: type[Exception]):
    with pytest.raises(error, match=r"plots\.confusion_matrix"):
        confusion_matrix(matrix)


def test_too_few_names_are_told():
    with pytest.raises(errors.InvalidArgument, match="2 names"):
        confusion_matrix([[1, 0], [0, 1]], ["cat"])
