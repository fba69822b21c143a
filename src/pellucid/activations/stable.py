"""Pieces that several activations are made of, written so that no x overflows and a NaN stays a NaN."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InvalidArgument, ShapeError

_erfc = np.frompyfunc(math.erfc, 1, 1)  # NumPy has no error function of its own


def logistic(x: Array) -> Array:
    """1 / (1 + e⁻ˣ), with only e^(-|x|) ever computed.

    >>> logistic(np.array([-1e4, 0.0, 1e4]))
    array([0. , 0.5, 1. ])
    """
    z = np.exp(-np.abs(x))
    y: Array = np.where(x >= 0, 1, z) / (1 + z)
    return y


def log1pexp(x: Array) -> Array:
    """log(1 + eˣ) = max(x, 0) + log(1 + e^(-|x|)).

    >>> log1pexp(np.array([-1e4, 1e4]))
    array([    0., 10000.])
    """
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def normal_cdf(x: Array) -> Array:
    """Φ(x) = ½ erfc(-x / √2), the standard normal's distribution, exact to float64 in the lower tail too.

    >>> normal_cdf(np.array([0.0, 1.0])).round(4)
    array([0.5   , 0.8413])
    """
    tail = np.asarray(_erfc(-x.astype(np.float64) / math.sqrt(2)), dtype=np.float64)
    return (0.5 * tail).astype(x.dtype)


def normal_pdf(x: Array) -> Array:
    """φ(x) = e^(-x²/2) / √(2π), the standard normal's density."""
    with np.errstate(over="ignore"):  # x² may reach infinity, where the density is 0
        return np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def axes_of(name: str, x: Array, axis: int | Sequence[int]) -> tuple[int, ...]:
    """One axis, or several, as a tuple of those that x has.

    >>> axes_of("softmax", np.zeros((2, 3)), -1)
    (1,)
    """
    given: Any = axis if isinstance(axis, Sequence) else (axis,)
    if any(isinstance(a, bool) or not isinstance(a, int | np.integer) for a in given):
        raise InvalidArgument(f"activation {name!r}, option axis", "whole numbers", axis)
    if any(not -x.ndim <= a < x.ndim for a in given):
        raise ShapeError(f"activation {name!r}", f"an input that has axis {axis}", x.shape)
    return tuple(a % x.ndim for a in given)
