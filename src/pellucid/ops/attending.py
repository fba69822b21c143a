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


@op(0, keras="DotProductAttention", spread=True, name="dot_product_attention")
def attended(operands: Any, scale: float | None = None, is_causal: bool = False) -> Any:
    """y = softmax(q·kᵀ·scale)·v: query (B, T, H, K), key (B, S, h, K), value (B, S, h, V), y (B, T, H, V), in a list,
    behind them a mask that stretches to (B, H, T, S), where there is one."""
    _, _, value, *_ = operands
    A, _ = shares(operands, scale, is_causal)
    heads = A.shape[1]
    return np.einsum("bhts,bshv->bthv", A, each_head(value, heads))  # y = A·v


@attended.gradient("dv = Aᵀ·dy, dA = dy·vᵀ, ds = A·(dA − Σ dA·A), dq = ds·k/√K, dk = dsᵀ·q/√K")
def attended_grad(dy: Array, y: Array, operands: Any, scale: float | None = None, is_causal: bool = False) -> list[Any]:
    query, key, value, *mask = operands
    heads, fewer = query.shape[2], key.shape[2]
    A, seen = shares(operands, scale, is_causal)
    dv = np.einsum("bhts,bthv->bshv", A, dy)
    dA = np.einsum("bthv,bshv->bhts", dy, each_head(value, heads))
    ds = A * (dA - (dA * A).sum(axis=-1, keepdims=True)) * scale_of(scale, query)
    ds = ds if seen is None else np.where(seen, ds, 0)
    dq = np.einsum("bhts,bshk->bthk", ds, each_head(key, heads))
    dk = np.einsum("bhts,bthk->bshk", ds, query)
    return [dq, summed_heads(dk, fewer), summed_heads(dv, fewer), *(None for _ in mask)]


def shares(operands: Sequence[Any], scale: float | None, is_causal: bool) -> tuple[Array, Array | None]:
    """(A (B, H, T, S), where the mask lets look or None): A = softmax(q·kᵀ·scale) over what is seen."""
    query, key, _, *mask = operands
    s = np.einsum("bthk,bshk->bhts", query, each_head(key, query.shape[2])) * scale_of(scale, query)
    s, seen = s.astype(np.asarray(query).dtype), seen_of(mask, s.shape[-2:], is_causal)
    s = s if seen is None else np.where(seen, s, s.dtype.type(HIDDEN))
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True), seen


def seen_of(mask: Sequence[Any], lengths: Shape, is_causal: bool) -> Array | None:
    """Where to look, of shape (..., T, S); None if everywhere."""
    causal = np.tri(*lengths, dtype=bool) if is_causal else None
    if not mask:
        return causal
    seen = np.asarray(mask[0]).astype(bool)
    return seen if causal is None else seen & causal


def scale_of(scale: float | None, query: Any) -> float:
    """What scores are multiplied by: 1/√K unless told."""
    return 1 / math.sqrt(query.shape[-1]) if scale is None else float(scale)


def each_head(x: Array, heads: int) -> Array:
    """x (B, S, fewer heads, ...) with each of its heads repeated, so that there are so many."""
    return x if x.shape[2] == heads else np.repeat(x, heads // x.shape[2], axis=2)


def summed_heads(dx: Array, heads: int) -> Array:
    """The way back from `each_head`."""
    B, S, many, n = dx.shape
    return dx if many == heads else dx.reshape(B, S, heads, many // heads, n).sum(axis=3)
