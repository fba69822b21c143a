"""Numbers as people read them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.reports.words import SPACE, Z, number, percent, wilson


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.12344, "0.1234"),
        (-0.5, "−0.5"),
        (-1e-7, "−1e-07"),
        (7, "7"),
        (1234567, "1,234,567"),
        (12345.6, "12,346"),
        (1e20, "1.000e+20"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (0.0, "0"),
    ],
)
def test_numbers(value: float, told: str):
    assert number(value) == told


@pytest.mark.parametrize(
    ("share", "told"),
    [(0, "0 %"), (1, "100 %"), (0.5, "50.0 %"), (0.99949, "99.9 %"), (0.9996, "99.96 %"), (0.00004, "0.00 %")],
)
def test_percents(share: float, told: str):
    assert percent(share) == told.replace(" ", SPACE)


@given(st.integers(1, 5000), st.data())
def test_wilsons_interval_solves_its_equation(n: int, data: st.DataObject):
    """Its ends are the shares p₀ from which the found share p is Z standard errors away: |p − p₀| = Z √(p₀(1−p₀)/n)."""
    right = data.draw(st.integers(0, n))
    p = right / n
    for end in wilson(right, n):
        assert 0 <= end <= 1
        assert abs(p - end) == pytest.approx(Z * math.sqrt(end * (1 - end) / n), abs=1e-7)


def test_wilsons_interval_holds_the_truth_95_times_in_100():
    rng = np.random.default_rng(0)
    found = [wilson(int(k), 200) for k in rng.binomial(200, 0.9, 4000)]
    assert np.mean([low <= 0.9 <= high for low, high in found]) == pytest.approx(0.95, abs=0.015)
