"""Attention in one op, for PyTorch: its products, its scores, its shares. Its own op makes NaN of a row of which a
mask hides all."""

from __future__ import annotations

import numpy as np

from ...ops.attending import HIDDEN, settled
from .ops import operand, writes
from .writer import At, Value


@writes
def dot_product_attention(at: At, scale: float | None = None, is_causal: bool = False) -> Value | None:
    if {0, 1, 2} & set(at.layer.held):
        return None
    (T, H, _), (S, h, _) = at.shapes[:2]
    factor = settled(at.shapes[0], at.shapes[1], scale, is_causal)["factor"]
    q, k, v = (operand(at, place) for place in range(3))
    if h < H:
        k, v = (at.op("torch.repeat_interleave", x, H // h, 2) for x in (k, v))
    scores = at.op("operator.mul", at.op("torch.einsum", "bthk,bshk->bhts", q, k), factor)
    seen = [at.constant(np.tri(T, S) > 0, "bool")] if is_causal else []
    if at.layer.places > 3:
        seen.append(operand(at, 3, "bool"))
    for mask in seen:
        scores = at.op("torch.where", mask, scores, at.constant(HIDDEN, at.kind))
    return at.op("torch.einsum", "bhts,bshv->bthv", at.op("torch.softmax", scores, -1), v)
