"""Recurrent layers: one kernel that goes through time, and one that goes back.   a (B, T, G·H)   h (B, H)   U (H, G·H)

What the inputs give to the gates, a = xW + b, `dense` has computed for all steps; what goes back to W, U and b, the
kernels of `dense` compute from what is left here for all steps. Between them stand the kernels below: samples do not
meet in time, so that threads share them out. A thread takes some samples at a time through all steps: hU by tiles, with
U packed in panels, then the gates, row by row, in loops over numbers that lie next to each other.

    forward op: a, which becomes the gates; packed U; bias of hU or 0; h before each step; the memory (T + 1, H): c
    before each step and after the last, or what a gate is multiplied by; y; last h, last c or 0; mask or 0; first h,
    first c or 0; T; H; the activations g + 8·s; how: BACKWARDS, SEQUENCES, ZEROS
    back op: gates, which become da; what goes back to hU where that differs, or 0; U turned; h before each step; the
    memory; dy, dL/d of the last h, of the last c, or 0; mask or 0; dL/d of the first h, of the first c, or 0; T to how

Source: of the products of all steps at once, Appleyard, Kočiský & Blunsom, "Optimizing performance of recurrent neural
networks on GPUs", arXiv:1604.01946 (2016).
"""

from __future__ import annotations

from typing import Any

from ..intrinsics import Word, floats, ints
from ..layout import SCRATCH, SCRATCH_FLOATS, B
from ..tile import ADD, ROWS
from .base import inline, kernel
from .functions import ZERO
from .gather import share
from .matmul import PANEL, pack, pack_transposed, panel
from .recurrent_steps import (
    add,
    copy,
    gru_step,
    gru_step_grad,
    lstm_step,
    lstm_step_grad,
    simple_step,
    simple_step_grad,
)  # fmt: skip

SOME = 4 * ROWS  # samples that go through time together
BACKWARDS, SEQUENCES, ZEROS = 1, 2, 4  # the last step first; y has all steps; 0 where a step does not count


@kernel("recurrent.packed")
def packed(op: int, ctx: int, tid: int, nt: int) -> None:
    """U (K, N) in panels. op: U, to, K, N."""
    o = ints(op, 4)
    K, N = o[2], o[3]
    lo, hi = share((N + PANEL - 1) // PANEL, tid, nt)
    for j in range(lo * PANEL, min(N, hi * PANEL), PANEL):
        pack(o[0] + 4 * j, N, K, min(PANEL, N - j), o[1] + 4 * j * K)


@kernel("recurrent.turned")
def turned(op: int, ctx: int, tid: int, nt: int) -> None:
    """Uᵀ (K, N) in panels. op: U (N, K), to, K, N."""
    o = ints(op, 4)
    K, N = o[2], o[3]
    lo, hi = share((N + PANEL - 1) // PANEL, tid, nt)
    for j in range(lo * PANEL, min(N, hi * PANEL), PANEL):
        pack_transposed(o[0] + 4 * j * K, K, K, min(PANEL, N - j), o[1] + 4 * j * K)


# Through time, and back ---------------------------------------------------------------------------------------------


@inline
def multiplied(a: Word, U: Word, c: Word, m: int, N: int, K: int, start: Word, mode: int) -> None:
    """C (m, N) = A (m, K)·U, U in panels."""
    for j in range(0, N, PANEL):
        here = start + 4 * j if start else start
        panel(a, K, 1, U + 4 * j * K, PANEL, c + 4 * j, N, m, N - j, K, here, mode)


@inline
def at_once(H: int, G: int) -> int:
    """How many samples go through time together: as the scratch memory has room for."""
    return max(1, min(SOME, SCRATCH_FLOATS // ((G + 4) * H)))


@inline
def counts(mask: Word, place: int) -> bool:
    """Whether a step counts."""
    return mask == 0 or floats(mask + 4 * place, 1)[0] != ZERO


def _forward(step: Any, G: int, carries: bool) -> Any:
    """The kernel of a layer with G gates. carries: whether the memory is a state."""

    def forward(op: int, ctx: int, tid: int, nt: int) -> None:
        o, c = ints(op, 15), ints(ctx, 64)
        T, H, g, k, how = o[11], o[12], o[13] & 7, o[13] >> 3, o[14]
        lo, hi = share(c[B], tid, nt)
        some = at_once(H, G)
        h, s = c[SCRATCH], c[SCRATCH] + 4 * some * H
        for first in range(lo, hi, some):
            m = min(some, hi - first)
            for r in range(m):
                copy(o[9] + 4 * (first + r) * H if o[9] else 0, h + 4 * r * H, H)
                if carries:
                    copy(o[10] + 4 * (first + r) * H if o[10] else 0, o[4] + 4 * (first + r) * (T + 1) * H, H)
            for n in range(T):
                t = T - 1 - n if how & BACKWARDS else n
                multiplied(h, o[1], s, m, G * H, H, o[2], 0)
                for r in range(m):
                    at, mine = (first + r) * T + t, h + 4 * r * H
                    copy(mine, o[3] + 4 * at * H, H)
                    c0 = o[4] + 4 * ((first + r) * (T + 1) + n) * H
                    there = counts(o[8], at)
                    if there:
                        step(o[0] + 4 * at * G * H, s + 4 * r * G * H, mine, c0, c0 + 4 * H, H, g, k)
                    elif carries:
                        copy(c0, c0 + 4 * H, H)
                    if how & SEQUENCES:
                        gives = there or not how & ZEROS
                        copy(mine if gives else 0, o[5] + 4 * ((first + r) * T + n) * H, H)
                    elif n == T - 1:
                        gives = there or not how & ZEROS
                        copy(mine if gives else 0, o[5] + 4 * (first + r) * H, H)
            for r in range(m):
                if o[6]:
                    copy(h + 4 * r * H, o[6] + 4 * (first + r) * H, H)
                if o[7]:
                    copy(o[4] + 4 * ((first + r) * (T + 1) + T) * H, o[7] + 4 * (first + r) * H, H)

    return forward


def _backward(step_grad: Any, G: int) -> Any:
    """The kernel of the way back."""

    def backward(op: int, ctx: int, tid: int, nt: int) -> None:
        o, c = ints(op, 15), ints(ctx, 64)
        T, H, g, k, how = o[11], o[12], o[13] & 7, o[13] >> 3, o[14]
        lo, hi = share(c[B], tid, nt)
        some = at_once(H, G)
        dh, dc, w = c[SCRATCH], c[SCRATCH] + 4 * some * H, c[SCRATCH] + 8 * some * H
        s = w + 4 * some * H
        for first in range(lo, hi, some):
            m = min(some, hi - first)
            for r in range(m):
                copy(o[6] + 4 * (first + r) * H if o[6] else 0, dh + 4 * r * H, H)
                copy(o[7] + 4 * (first + r) * H if o[7] else 0, dc + 4 * r * H, H)
            for n in range(T - 1, -1, -1):
                t = T - 1 - n if how & BACKWARDS else n
                for r in range(m):
                    at = (first + r) * T + t
                    a, mine, d = o[0] + 4 * at * G * H, s + 4 * r * G * H, dh + 4 * r * H
                    there = counts(o[8], at)
                    if o[5] and (there or not how & ZEROS):
                        if how & SEQUENCES:
                            add(o[5] + 4 * ((first + r) * T + n) * H, d, H)
                        elif n == T - 1:
                            add(o[5] + 4 * (first + r) * H, d, H)
                    if there:
                        c0 = o[4] + 4 * ((first + r) * (T + 1) + n) * H
                        before = o[3] + 4 * at * H
                        step_grad(a, mine, before, c0, c0 + 4 * H, d, dc + 4 * r * H, w, H, g, k)
                    else:
                        copy(0, a, G * H)
                        copy(0, mine, G * H)
                    if o[1]:
                        copy(mine, o[1] + 4 * at * G * H, G * H)
                multiplied(s, o[2], dh, m, H, G * H, 0, ADD)
            for r in range(m):
                if o[9]:
                    copy(dh + 4 * r * H, o[9] + 4 * (first + r) * H, H)
                if o[10]:
                    copy(dc + 4 * r * H, o[10] + 4 * (first + r) * H, H)

    return backward


for _name, _step, _step_grad, _gates, _carries in (
    ("simple_rnn", simple_step, simple_step_grad, 1, False),
    ("lstm", lstm_step, lstm_step_grad, 4, True),
    ("gru", gru_step, gru_step_grad, 3, False),
):
    kernel(_name)(_forward(_step, _gates, _carries))
    kernel(f"{_name}.grad")(_backward(_step_grad, _gates))
