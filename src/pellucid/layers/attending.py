"""What attentions have in common: which places may be looked at, and how scores become shares.

A = softmax(scores, where the mask lets look),   y = A·V
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError, Told
from ..wiring import OF_LAYERS, OPERATORS
from .softmax import MASKED, Softmax


def op(name: str, *operands: Any, **options: Any) -> Any:
    """An op on tensors, by its name in `pellucid.ops`."""
    return (OPERATORS if name in OPERATORS else OF_LAYERS)[name](*operands, **options)


def both(*masks: Any) -> Any:
    """Where all of the masks that there are let look; None where there are none."""
    found = None
    for mask in masks:
        if mask is not None:
            found = mask if found is None else op("logical_and", found, mask)
    return found


def band(T: int, S: int, *, causal: bool, width: int | None = None) -> Any:
    """(1, T, S): which of S places each of T may look at: none behind its own, or fewer than `width` away."""
    apart = np.arange(T)[:, None] - np.arange(S)
    seen = (apart >= 0) if causal else np.ones_like(apart, bool)
    return (seen & (abs(apart) < width) if width is not None else seen)[None]


def shares(scores: Any, mask: Any, axes: int = 1) -> Any:
    """Scores as shares that sum to 1 over the last axes, those that the mask hides 0."""
    if mask is not None:
        scores = op("where", mask, scores, MASKED)
    return Softmax(tuple(range(-axes, 0)) if axes > 1 else -1, dtype=scores.dtype)(scores)


def steps_of(layer: str, x: Any) -> int:
    """How many steps a sequence has, where they must be known."""
    n = x.shape[1]
    if n is None:
        wanted, fix = "a known number of steps for a causal mask", "Write the number of steps in the place of None."
        raise ShapeError(f"layer {layer!r}, input", wanted, Told(str(x.shape)), fix)
    return int(n)
