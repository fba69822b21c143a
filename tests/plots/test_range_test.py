"""The picture of a range test shows its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.errors import InvalidArgument
from pellucid.inspection.range_test import judged
from pellucid.plots.range_test import range_test

RATES = np.geomspace(1e-4, 10, 60)
STILL = np.full((3, 60), 2.0)
RISING = STILL - np.exp(-((np.log10(RATES) + 1) ** 2)) * np.array([[0.9], [1.0], [1.1]])


def test_the_lines_are_the_numbers():
    figure = range_test(RATES, RISING, RISING.mean(axis=0), 0.03, "A sentence.")
    (axes,) = figure.axes
    *batches, smoothed, suggested = axes.get_lines()
    np.testing.assert_array_equal([line.get_ydata() for line in batches], RISING)
    np.testing.assert_allclose(smoothed.get_ydata(), RISING.mean(axis=0))
    assert list(suggested.get_xdata()) == [0.03, 0.03]
    assert axes.get_title(loc="left") == "A sentence."
    bottom, top = axes.get_ylim()
    assert bottom < RISING.mean(axis=0).min()
    assert top > 2.0


def test_a_curve_that_ended_and_one_that_never_began_are_drawn():
    ended = np.where(np.arange(60) > 40, np.nan, RISING)
    assert len(range_test(RATES, ended, ended[0]).axes[0].get_lines()) == 4
    assert len(range_test(RATES, ended * np.nan, ended[0] * np.nan).axes[0].get_lines()) == 4


def test_it_is_written_whole_or_refused(tmp_path):
    found = judged(RATES, RISING, STILL)
    assert found.suggestion is not None
    found.plot(tmp_path / "curve.svg")
    assert (tmp_path / "curve.svg").read_text().count("suggestion, ") == 1
    with pytest.raises(InvalidArgument, match="ends with"):
        found.plot(tmp_path / "curve.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["curve.svg"]
