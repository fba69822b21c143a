"""Pictures of a search: what is drawn is what was tried."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.errors import DataError
from pellucid.plots import Tries, importances, parallel_coordinates, search_front, search_history, slices

TRIES = Tries(
    [0, 1, 3], [0.5, 0.1, 0.2],
    {"rate": [0.1, 1e-4, 1e-2], "kind": ["b", "a", "b"], "only": [None, 5, 7], "flag": [True, False, True]}, "loss",
)  # fmt: skip


def test_history_shows_each_trial_and_the_best_so_far():
    (axes,) = search_history(TRIES).axes
    best, trials = axes.lines
    assert best.get_ydata().tolist() == [0.5, 0.1, 0.1]
    assert trials.get_xdata().tolist() == [0, 1, 3]
    more = Tries(TRIES.numbers, TRIES.scores, TRIES.values, "accuracy", more=True)
    assert search_history(more).axes[0].lines[0].get_ydata().tolist() == [0.5, 0.5, 0.5]


def test_slices_have_a_panel_for_each_name_with_the_trials_that_have_it():
    figure = slices(TRIES)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["rate", "kind", "only", "flag"]
    rate, kind, only, flag = figure.axes
    assert (rate.get_xscale(), only.get_xscale()) == ("log", "linear")
    assert [label.get_text() for label in kind.get_xticklabels()] == ["a", "b"]
    assert [label.get_text() for label in flag.get_xticklabels()] == ["False", "True"]
    assert only.collections[0].get_offsets().tolist() == [[5.0, 0.1], [7.0, 0.2]]


def test_whole_numbers_have_whole_ticks():
    (axes,) = slices(Tries([0, 1, 2], [0.5, 0.1, 0.2], {"layers": [1, 2, 2]})).axes
    assert all(tick == round(tick) for tick in axes.get_xticks())


def test_lines_go_from_values_to_scores():
    (axes,) = parallel_coordinates(TRIES).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["rate", "kind", "flag", "loss"]
    best = axes.lines[-1]  # drawn last, above the others
    assert list(best.get_ydata()) == [0.0, 0.0, 0.0, 0.0]


def test_a_front_is_joined_in_order():
    points = np.array([[0.9, 100.0], [0.8, 50.0], [0.7, 70.0]])
    (axes,) = search_front(points, [0, 1], ("accuracy", "parameters")).axes
    assert axes.lines[1].get_xydata().tolist() == [[0.8, 50.0], [0.9, 100.0]]


def test_nothing_to_draw_is_told():
    with pytest.raises(DataError, match="at least one"):
        search_history(Tries([], [], {}))
    with pytest.raises(DataError, match="at least one"):
        importances({})
