"""Pixels mixed with those around them: y = x * G within each channel.     x (B, height, width, C)   y as x"""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from .depthwise import depthwise
from .sliding import window_over


def bell(n: int, sigma: float) -> Array:
    """A normal density at n places around its middle, their sum 1."""
    z = (np.arange(n) - (n - 1) / 2) / sigma
    g: Array = np.exp(-0.5 * z**2)
    g /= g.sum()
    return g


def mixed_with_neighbours(name: str, x: Array, G: Array) -> Array:
    """x * G within each channel, zeros beyond the borders; G is the same on all sides, so that this goes back, too."""
    window = window_over(name, x.shape[1:-1], G.shape, (1, 1), (1, 1), "same")
    K = np.repeat(G.astype(x.dtype)[..., None, None], x.shape[-1], axis=2)
    return depthwise(window.with_border(x), K, window)
