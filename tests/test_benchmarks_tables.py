"""The comparison on tables: its rows are split as it says, and its page says what was measured."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # benchmarks/ lies beside src/ and is never installed

from benchmarks import tables
from benchmarks.table_sets import SETS, Columns

IRIS = next(one for one in SETS if one.title == "iris")


def results(**offsets: float) -> dict[str, Any]:
    """Scores of 0.9 and a little noise that all models share; some are better or worse by so much."""
    return {
        "iris": {
            name: {
                str(seed): {"score": 0.9 + seed / 100 + offsets.get(name[:3], 0.0), "loss": 0.5, "seconds": 1.0}
                for seed in tables.SEEDS
            }
            for name in tables.MODELS
        }
    }


def test_a_quarter_is_judged_on_and_classes_are_in_proportion():
    one, other = IRIS.split(0), IRIS.split(1)
    assert (len(one.y), len(one.y_test)) == (112, 38)
    assert set(np.bincount(one.y_test)) <= {12, 13}
    assert (one.x_test != other.x_test).any()
    assert len(np.unique(np.concatenate([one.x, one.x_test]), axis=0)) == len(np.unique(IRIS.make(0)[0], axis=0))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_table_gives_each_model_the_columns_it_takes():
    x = Columns(age=np.array([20.0, np.nan, 40.0] * 8), town=np.array(["Bern", None, "Oslo"] * 8, object))
    y = np.array([0, 1, 1] * 8)
    for name in tables.MODELS:
        if name != tables.OURS:
            model = tables.model_for(name, True, 0, x).fit(tables.given(name, x), y)
            assert model.predict_proba(tables.given(name, x)).shape == (24, 2)
    frame = tables.given(tables.OURS, x)
    assert frame["age"].null_count() == frame["town"].null_count() == 8


@pytest.mark.parametrize(
    ("offsets", "first", "after", "after_mlp"),
    [
        ({"Pel": 0.01}, ["iris"], [], []),
        ({"ran": 0.01}, [], ["iris (random forest)"], []),
        ({"MLP": 0.01}, [], ["iris (MLP)"], ["iris (MLP)", "iris (MLP, scaled)"]),
    ],
)
def test_the_page_says_who_is_first(offsets: Any, first: Any, after: Any, after_mlp: Any):
    assert tables.places(results(**offsets), "score", 1.0) == (1, first, after, after_mlp)


def test_what_not_all_models_have_measured_is_left_out():
    found = results(Pel=0.05)
    del found["iris"]["random forest"]["4"]
    line = tables.comparison(found, "score", [IRIS]).splitlines()[-1]
    assert line.startswith("| iris | 4 | **0.965** ± 0.006 | 0.915 ± 0.006 |")
    assert tables.comparison({}, "score", [IRIS]).splitlines()[-1].startswith("| iris | 0 |  |  |")


def test_differences_within_noise_are_not_behind():
    theirs = np.array([0.8, 0.9, 0.85, 0.95, 0.9])
    assert not tables.behind(theirs - [0.1, -0.1, 0.05, -0.04, 0.0], theirs, 1.0)
    assert tables.behind(theirs - [0.1, 0.1, 0.05, 0.04, 0.08], theirs, 1.0)
    assert not tables.behind(theirs - [0.1, 0.1, 0.05, 0.04, 0.08], theirs, -1.0)
