"""Attention in one op, in C: its products, its scores, its shares. All scores of a sample are held."""

from __future__ import annotations

import numpy as np

from ...ops.attending import HIDDEN, settled
from .activations import WRITTEN
from .loops import contracted, elementwise
from .ops import operands, writes
from .writer import At, Value, reshaped


@writes
def dot_product_attention(at: At, scale: float | None = None, is_causal: bool = False) -> Value | None:
    q, k, v, *mask = operands(at)
    (T, H, K), (S, h, V) = q.shape[1:], (*k.shape[1:3], v.shape[3])
    factor = settled((T, H, K), (S, h, K), scale, is_causal)["factor"]
    q = reshaped(q, (1, T, h, H // h, K))  # several heads of the query to one of the keys
    scores = contracted(at, [q, k], ["bthgk", "bshk"], "bhgts")
    scores = elementwise(at, [reshaped(scores, (1, H, T, S))], f"{{0}} * {at.number(factor)}")
    if is_causal:
        mask = [at.known((np.tri(T, S) > 0).reshape(1, 1, T, S).astype("float32")), *mask]
    for seen in mask:
        seen = reshaped(seen, (1,) * (4 - len(seen.shape)) + tuple(seen.shape))
        scores = elementwise(at, [scores, seen], f"{{1}} != 0.0f ? {{0}} : {at.number(HIDDEN)}")
    weights = reshaped(WRITTEN["softmax"](at, scores), (1, h, H // h, T, S))
    return reshaped(contracted(at, [weights, v], ["bhgts", "bshv"], "bthgv"), (1, T, H, V))
