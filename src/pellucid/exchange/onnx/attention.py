"""Attention in one op, as ONNX has it: its products, its scores, its shares."""

from __future__ import annotations

import numpy as np

from ...ops.attending import HIDDEN, settled
from .ops import operands, writes
from .writer import At


@writes
def dot_product_attention(at: At, scale: float | None = None, is_causal: bool = False) -> str | None:
    if {0, 1, 2} & set(at.layer.held):
        return None
    (T, H, _), (S, h, _) = at.shapes[:2]
    factor = settled(at.shapes[0], at.shapes[1], scale, is_causal)["factor"]
    q, k, v = (at.op("Transpose", x, perm=[0, 2, 1, 3]) for x in operands(at)[:3])
    if h < H:
        each = at.whole(*np.repeat(np.arange(h), H // h))
        k, v = (at.op("Gather", x, each, axis=1) for x in (k, v))
    scores = at.op("MatMul", q, at.op("Transpose", k, perm=[0, 1, 3, 2]))
    scores = at.op("Mul", scores, at.number(factor))
    if is_causal:
        seen = at.writing.array(np.tri(T, S) > 0, f"{at.label}/causal", "bool")
        scores = at.op("Where", seen, scores, at.number(HIDDEN))
    if at.layer.places > 3:
        scores = at.op("Where", operands(at, "bool")[3], scores, at.number(HIDDEN))
    y = at.op("MatMul", at.op("Softmax", scores, axis=-1), v)
    return at.op("Transpose", y, perm=[0, 2, 1, 3])
