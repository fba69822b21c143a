"""exp, log and their kin against NumPy in float64: within so many units in the last place, over the whole range."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba as nb
import numpy as np
import pytest

from pellucid.machine.kernels import functions
from pellucid.rng import Key

EXTREME = [0.0, 1e-45, 1e-39, 1e-30, 0.625, 88.0, 88.7, 89.0, 103.0, 104.0, 1e4, 3e38, np.inf]
RANGE = np.concatenate([EXTREME, -np.array(EXTREME), [np.nan], np.linspace(-110, 90, 40001), np.linspace(-2, 2, 40001)])
POSITIVE = np.concatenate([EXTREME, [-1.0, np.nan], np.exp(np.linspace(-103, 88, 40001)), np.linspace(0.3, 3, 40001)])
ABOVE_MINUS_1 = np.concatenate([[-1.0, -2.0, -1e-30, -1e-3], -np.linspace(0, 0.99, 9999), POSITIVE])


def density(x: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def distribution(x: np.ndarray) -> np.ndarray:
    return np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x])


@functions.precise
def normal_distribution(x: Any) -> Any:
    return functions.normal(x)[0]


@functions.precise
def normal_density(x: Any) -> Any:
    return functions.normal(x)[1]


@pytest.mark.parametrize(("function", "wanted", "x", "units"), [
    (functions.exp, np.exp, RANGE, 1.5),
    (functions.expm1, np.expm1, RANGE, 2),
    (functions.log, np.log, POSITIVE, 1.5),
    (functions.log1p, np.log1p, ABOVE_MINUS_1, 2),
    (functions.softplus, lambda x: np.logaddexp(0, x), RANGE, 2.5),
    (functions.sigmoid, lambda x: 1 / (1 + np.exp(-x)), RANGE, 2.5),
    (functions.tanh, np.tanh, RANGE, 2),
    (normal_distribution, distribution, RANGE, 8),
    (normal_density, density, RANGE, 8),
], ids=["exp", "expm1", "log", "log1p", "softplus", "sigmoid", "tanh", "distribution", "density"])  # fmt: skip
def test_within_units_in_the_last_place(function: Any, wanted: Callable, x: np.ndarray, units: float) -> None:
    @nb.njit(error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})
    def each(x: Any, y: Any) -> None:
        for i in range(x.size):
            y[i] = function(x[i])

    x = x.astype("float32")
    got = np.empty_like(x)
    each(x, got)
    with np.errstate(all="ignore"):
        exact = wanted(x.astype("float64"))
        nearest = exact.astype("float32")
    finite = np.isfinite(nearest)
    np.testing.assert_array_equal(got[~finite], nearest[~finite])
    unit = np.spacing(np.abs(nearest[finite])).astype("float64")
    assert (np.abs(got[finite] - exact[finite]) / unit).max() <= units


def test_highest() -> None:
    @nb.njit
    def of(x: Any) -> Any:
        return functions.highest(x, x.size)

    for x in (Key(1).normal((1001,)), -np.abs(Key(2).normal((7,))), np.array([-np.inf, -3.0, -0.0], "float32")):
        assert of(x) == x.max()
    assert of(np.array([1.0, np.inf, -np.inf], "float32")) == np.inf
