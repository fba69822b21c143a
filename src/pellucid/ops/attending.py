"""Attention as one op: every step of a sequence takes of all steps of another what they are worth to it.

Keys and values may have fewer heads h than queries H: each then serves H / h of those.
Source: Vaswani et al., "Attention is all you need", NeurIPS (2017); Ainslie et al., "GQA", EMNLP (2023).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array, Shape
from .base import op

HIDDEN = -1e9  # the score of what a mask hides, as in Keras: where it hides all, the shares are even


@op(0, keras="DotProductAttention", module="keras.src.ops.nn", spread=True, name="dot_product_attention")
def attended(operands: Any, scale: float | None = None, is_causal: bool = False) -> Any:
    """y = softmax(q·kᵀ·scale)·v: query (B, T, H, K), key (B, S, h, K), value (B, S, h, V), y (B, T, H, V), in a list,
    behind them a mask that stretches to (B, H, T, S), where there is one."""
    return attention(**told(operands, scale, is_causal))


@attended.gradient("dxᵢ = ds·k/√K, dsᵀ·q/√K or Aᵀ·dy, with ds = A·(dy·vᵀ − Σ A·(dy·vᵀ))")
def attended_grad(dy: Array, y: Array, operands: Any, scale: float | None = None, is_causal: bool = False) -> list[Any]:
    return [*attention_grad(dy, **told(operands, scale, is_causal)), *(None for _ in operands[3:])]


def attended_shape(query: Shape, key: Shape, value: Shape, *masks: Shape, **options: Any) -> Shape | None:
    """(T, H, V) of shapes that fit together, each with its batch; what does not fit is tried, and refused there."""
    if not len(query) == len(key) == len(value) == 4 or query[-1] != key[-1] or key[:3] != value[:3]:
        return None
    (B, T, H, _), (_, S, h, V) = query, value
    try:
        fits = all(np.broadcast_shapes(mask, (B, H, T, S)) == (B, H, T, S) for mask in masks)
    except ValueError:
        return None
    return (T, H, V) if fits and H % h == 0 and key[0] == B else None


attended.foretold = attended_shape


def told(operands: Sequence[Any], scale: float | None, is_causal: bool) -> dict[str, Any]:
    """What the functions below take."""
    query, key, value, *mask = operands
    seen = np.asarray(mask[0]).astype(bool) if mask else None
    return {
        "query": query,
        "key": key,
        "value": value,
        "mask": seen,
        **settled(query.shape, key.shape, scale, is_causal),
    }


def settled(query: Shape, key: Shape, scale: float | None, is_causal: bool) -> dict[str, Any]:
    """What they take beside arrays: the scale, how many heads share a key, whether causal."""
    factor = 1 / math.sqrt(query[-1]) if scale is None else float(scale)
    return {"factor": factor, "group": query[-2] // key[-2], "causal": bool(is_causal)}


def attention(query: Any, key: Any, value: Any, mask: Any, factor: float, group: int, causal: bool) -> Any:
    A = shares(query, key, mask, factor, group, causal)
    return np.swapaxes(A @ of_heads(value, group), 1, 2)  # y = A·v


def attention_grad(
    dy: Any, query: Any, key: Any, value: Any, mask: Any, factor: float, group: int, causal: bool
) -> tuple[Any, Any, Any]:
    A = shares(query, key, mask, factor, group, causal)
    dy = of_heads(dy)
    dv = np.swapaxes(A, 2, 3) @ dy
    dA = dy @ np.swapaxes(of_heads(value, group), 2, 3)
    ds = A * (dA - (dA * A).sum(axis=-1, keepdims=True)) * factor
    if mask is not None or causal:
        ds = np.where(seen(mask, ds, causal), ds, 0)
    dq = ds @ of_heads(key, group)
    dk = np.swapaxes(ds, 2, 3) @ of_heads(query)
    B, S, h = key.shape[:3]
    dk, dv = (np.swapaxes(d.reshape(B, h, group, S, -1).sum(axis=2), 1, 2) for d in (dk, dv))
    return np.swapaxes(dq, 1, 2), dk, dv


def of_heads(x: Any, group: int = 1) -> Any:
    """(B, H, S, K) from (B, S, h, K), each head for as many as share it."""
    return np.repeat(np.swapaxes(x, 1, 2), group, axis=1) if group > 1 else np.swapaxes(x, 1, 2)


def shares(query: Any, key: Any, mask: Any, factor: float, group: int, causal: bool) -> Any:
    """A (B, H, T, S) = softmax(q·kᵀ·factor) over what is seen."""
    s = of_heads(query) @ np.swapaxes(of_heads(key, group), 2, 3) * factor
    if mask is not None or causal:
        s = np.where(seen(mask, s, causal), s, HIDDEN)
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def seen(mask: Any, s: Any, causal: bool) -> Any:
    """Where to look, of a shape that stretches to that of the scores."""
    if not causal:
        return mask
    before = np.tri(s.shape[-2], s.shape[-1]) > 0
    return before if mask is None else mask & before
