"""exp, log and their kin against NumPy in float64: within so many units in the last place, over the whole range."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba as nb
import numpy as np
import pytest

from pellucid.machine.kernels import functions
from pellucid.machine.kernels.ops import arithmetic, elementwise
from pellucid.rng import Key

EXTREME = [0.0, 1e-45, 1e-39, 1e-30, 0.625, 88.0, 88.7, 89.0, 103.0, 104.0, 1e4, 3e38, np.inf]
RANGE = np.concatenate([EXTREME, -np.array(EXTREME), [np.nan], np.linspace(-110, 90, 40001), np.linspace(-2, 2, 40001)])
POSITIVE = np.concatenate([EXTREME, [-1.0, np.nan], np.exp(np.linspace(-103, 88, 40001)), np.linspace(0.3, 3, 40001)])
ABOVE_MINUS_1 = np.concatenate([[-1.0, -2.0, -1e-30, -1e-3], -np.linspace(0, 0.99, 9999), POSITIVE])

DECAYING = np.concatenate([-np.geomspace(1e-30, 87.3, 40001), [0.0, -0.0, -104.0, -1e9, -np.inf, np.nan]])
TURNS = np.concatenate([RANGE[np.abs(RANGE) < 1e9], np.linspace(-5e8, 5e8, 40001), np.pi / 2 * np.arange(-999, 999)])
INSIDE = np.concatenate([np.linspace(-1, 1, 40001), [0.0, 1e-30, -1e-3, 1.5, np.nan]])


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


@functions.precise
def log2(x: Any) -> Any:
    return elementwise.log_to(x, elementwise.LN2)


@functions.precise
def log10(x: Any) -> Any:
    return elementwise.log_to(x, elementwise.LN10)


@pytest.mark.parametrize(("function", "wanted", "x", "units"), [
    (functions.exp, np.exp, RANGE, 1.5),
    (functions.decayed, np.exp, DECAYING, 1.5),
    (functions.expm1, np.expm1, RANGE, 2),
    (functions.log, np.log, POSITIVE, 1.5),
    (functions.log1p, np.log1p, ABOVE_MINUS_1, 2),
    (functions.softplus, lambda x: np.logaddexp(0, x), RANGE, 2.5),
    (functions.sigmoid, lambda x: 1 / (1 + np.exp(-x)), RANGE, 2.5),
    (functions.tanh, np.tanh, RANGE, 2),
    (elementwise.exp2, np.exp2, RANGE, 1),
    (log2, np.log2, POSITIVE, 1),
    (log10, np.log10, POSITIVE, 1),
    (elementwise.sin, np.sin, TURNS, 1),
    (elementwise.cos, np.cos, TURNS, 1),
    (elementwise.tan, np.tan, TURNS, 1),
    (elementwise.arctan, np.arctan, RANGE, 3),
    (elementwise.arcsin, np.arcsin, INSIDE, 4),
    (elementwise.arccos, np.arccos, INSIDE, 4),
    (elementwise.sinh, np.sinh, RANGE, 1.5),
    (elementwise.cosh, np.cosh, RANGE, 1),
    (elementwise.arcsinh, np.arcsinh, RANGE, 1.5),
    (elementwise.arccosh, np.arccosh, POSITIVE, 1),
    (elementwise.arctanh, np.arctanh, INSIDE, 1.5),
    (elementwise.cbrt, np.cbrt, RANGE, 1),
    (elementwise.erf, lambda x: np.array([math.erf(v) for v in x]), RANGE, 2),
    (normal_distribution, distribution, RANGE, 8),
    (normal_density, density, RANGE, 8),
], ids=["exp", "decayed", "expm1", "log", "log1p", "softplus", "sigmoid", "tanh", "exp2", "log2", "log10", "sin", "cos",
        "tan", "arctan", "arcsin", "arccos", "sinh", "cosh", "arcsinh", "arccosh", "arctanh", "cbrt", "erf",
        "distribution", "density"])  # fmt: skip
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


def test_powers() -> None:
    """Within one unit in the last place, and NumPy's at the edges: 0, infinities, NaN, negative numbers."""

    @nb.njit(error_model="numpy")
    def each(x: Any, y: Any, to: Any) -> None:
        for i in range(x.size):
            to[i] = arithmetic.power(x[i], y[i])

    edges = np.array([0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, 0.5, -0.5, np.inf, -np.inf, np.nan, 1e30, 16777217.0])
    drawn = np.exp(20 * Key(1).normal((20000,))), 2 * Key(2).normal((20000,))
    pairs = [np.ravel(one) for one in np.meshgrid(edges, edges)]
    x, y = (np.concatenate(both).astype("float32") for both in zip(pairs, drawn, strict=True))
    got = np.empty_like(x)
    each(x, y, got)
    with np.errstate(all="ignore"):
        exact = np.power(x.astype("float64"), y.astype("float64"))
        nearest = exact.astype("float32")
    plain = np.isfinite(nearest) & (np.abs(nearest) > 1e-38)
    np.testing.assert_array_equal(got[~plain], nearest[~plain])
    assert (np.abs(got[plain] - exact[plain]) / np.spacing(np.abs(nearest[plain]))).max() <= 1
