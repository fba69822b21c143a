"""Clipping: gradients too long are shortened before the step.
Source: Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", ICML 2013."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from ..arrays import Array, Flat
from .memory import runs


class Clipping(Protocol):
    """At most one of an optimizer's limits."""

    clipvalue: float | None
    clipnorm: float | None
    global_clipnorm: float | None


def clipped(limits: Clipping, g: Array, theta: Flat, names: Sequence[str]) -> Array:
    """The gradient, clipped as an optimizer asks; g itself if it does not."""
    if limits.clipvalue is not None:
        return clip_by_value(g, limits.clipvalue)
    if limits.clipnorm is not None:
        return clip_by_norm(g, limits.clipnorm, [[theta.slices[name]] for name in names])
    if limits.global_clipnorm is not None:
        return clip_by_norm(g, limits.global_clipnorm, [runs(theta, names)])
    return g


def clip_by_value(g: Array, limit: float) -> Array:
    """Each entry cut to ±limit.

    >>> clip_by_value(np.array([-3.0, 0.5]), 1.0)
    array([-1. ,  0.5])
    """
    return np.clip(g, -limit, limit)


def clip_by_norm(g: Array, limit: float, groups: Iterable[Iterable[slice]]) -> Array:
    """g ← g · limit / max(‖g‖, limit), the norm ‖g‖ = √Σg² taken over the slices of each group together.

    >>> clip_by_norm(np.array([3.0, 4.0, 0.5]), 1.0, [[slice(0, 2)], [slice(2, 3)]])
    array([0.6, 0.8, 0.5])
    """
    g = g.copy()
    for group in groups:
        parts = [g[where] for where in group]
        norm = math.sqrt(sum(float(np.vdot(part, part)) for part in parts))
        for part in parts:
            part *= limit / float(np.maximum(norm, limit))  # np.maximum lets a NaN through, max() may not
    return g
