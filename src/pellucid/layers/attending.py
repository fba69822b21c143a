"""What attentions have in common: which places may be looked at, and how scores become shares.

A = softmax(scores, where the mask lets look),   y = A·V
"""

from __future__ import annotations

from typing import Any

import numpy as np

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


def band(query: Any, value: Any, *, causal: bool, width: int | None = None, axis: int = 1) -> Any:
    """(1 or B, T, S): which of S places each of T may look at: none behind its own, or fewer than `width` away."""
    T, S = (op("expand_dims", places(x, axis), at) for x, at in ((query, -1), (value, -2)))
    apart = T - S
    return both(apart >= 0 if causal else None, None if width is None else abs(apart) < width)


def places(x: Any, axis: int) -> Any:
    """(1, T), or (B, T) where their number is open: which step is the first, the second and so on."""
    if x.shape[axis] is not None:
        return np.arange(x.shape[axis])[None]
    steps = op("get_item", x, tuple(slice(None) if a in (0, axis) else 0 for a in range(len(x.shape))))
    return op("cumsum", op("ones_like", steps), 1)


def shares(scores: Any, mask: Any, axes: int = 1) -> Any:
    """Scores as shares that sum to 1 over the last axes, those that the mask hides 0."""
    if mask is not None:
        scores = op("where", mask, scores, MASKED)
    return Softmax(tuple(range(-axes, 0)) if axes > 1 else -1, dtype=scores.dtype)(scores)
