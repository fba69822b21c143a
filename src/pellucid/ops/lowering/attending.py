"""Attention, a panel of queries at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ...activations.axes import strides
from ...layers.operands import like, placed, sends_back
from ...program import Buffer, CannotLower, Program
from .. import attending as ops

ROOM = 4_093  # rows of a panel's numbers that a thread has room for: queries, gradients, what they took, keys
MOST = 512  # keys at once, so that a nearer cache holds their scores and the gradients of these


@ops.attended.lowers
def lower_attended(code: Program, operands: Sequence[Any], scale: float | None = None, is_causal: bool = False) -> Any:
    query, key, value, *mask = (placed(code, one) for one in operands)
    if not (query.each and key.each and value.each):
        raise CannotLower("op 'dot_product_attention' of the same sequence for all samples")
    (T, H, K), (S, h, _), V = query.shape, key.shape, value.shape[-1]
    some = min(MOST, (ROOM - K - 2 * V) // 2)  # keys that there is room for
    if some < 1:
        raise CannotLower(f"op 'dot_product_attention' of {max(K, V)} numbers a head")
    y, stats = like(code, query, (T, H, V)), code.buffer((T, H, 2))
    factor = ops.settled(query.shape, key.shape, scale, is_causal)["factor"]
    how = T, S, H, h, K, V, factor, int(is_causal), *_mask_steps(mask, H, T, S), some
    seen = mask[0] if mask else None
    code.emit("attention", query, key, value, seen, y, stats, *how)

    def undo(dy: Buffer) -> list[Buffer]:
        dq, dk, dv = (code.buffer(x.shape) for x in (query, key, value))
        code.emit("attention.grad", dy, query, key, value, seen, y, stats, dq, dk, dv, *how)
        return [dq, dk, dv]

    found: list[Buffer] = []  # all three are emitted when the first is asked for

    def slope(i: int) -> Callable[[Buffer], Buffer]:
        def emitted(dy: Buffer) -> Buffer:
            found.extend([] if found else undo(dy))
            return found[i]

        return emitted

    sends_back(code, list(operands), [slope(0), slope(1), slope(2), *(lambda dy: None for _ in mask)])
    return y


def _mask_steps(mask: Sequence[Buffer], H: int, T: int, S: int) -> tuple[int, ...]:
    """How far apart the mask's numbers lie from sample to sample, head to head, row to row, step to step."""
    if not mask:
        return 0, 0, 0, 0
    (seen,) = mask
    shape = seen.shape if seen.each or len(seen.shape) < 4 else seen.shape[1:]
    if len(shape) != 3 and (seen.each or len(shape) > 3):
        raise CannotLower("op 'dot_product_attention' with a mask of other axes")
    shape = (1,) * (3 - len(shape)) + tuple(shape)
    if not seen.each and seen.size != math.prod(shape):
        raise CannotLower("op 'dot_product_attention' with a mask for each of a known batch")
    return (seen.size if seen.each else 0, *strides(shape))


ops.attended.truths = True
