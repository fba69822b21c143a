"""Recurrent layers: one kernel that goes through time, and one that goes back.   a (B, T, G·H)   h (B, H)   U (H, G·H)

What the inputs give to the gates, a = xW + b, `dense` has computed for all steps; what goes back to W, U and b, the
kernels of `dense` compute from what is left here for all steps. Between them stand the kernels below: samples do not
meet in time, so that threads share them out. A thread takes some samples at a time through all steps: hU by tiles, with
U packed in panels, then the gates, row by row, in loops over numbers that lie next to each other.

    forward op: a, which becomes the gates; packed U, or 0 where a has what h gives already; bias of hU or 0; h before
    each step; the memory (T + 1, H): c before each step and after the last, or what a gate is multiplied by; y; last h,
    last c or 0; mask or 0; first h, first c or 0; what h is multiplied by for each gate (G, H), or 0; T; H; the
    activations g + 8·s; how: BACKWARDS, SEQUENCES, ZEROS
    back op: gates, which become da; what goes back to hU where that differs, or 0; U turned, or 0; h before each step;
    the memory; dy, dL/d of the last h, of the last c, or 0; mask or 0; dL/d of the first h, of the first c, or 0; what
    h is multiplied by, or 0; T to how

Source: of the products of all steps at once, Appleyard, Kočiský & Blunsom, "Optimizing performance of recurrent neural
networks on GPUs", arXiv:1604.01946 (2016).
"""

from __future__ import annotations

from typing import Any

from ..intrinsics import Word, floats, ints
from ..layout import SCRATCH, SCRATCH_FLOATS, B
from ..tile import ROWS
from .base import inline, kernel
from .functions import ZERO
from .gather import share
from .recurrent_products import through, through_grad
from .recurrent_steps import (
    add,
    copy,
    gru_before,
    gru_before_early,
    gru_before_early_grad,
    gru_before_grad,
    gru_step,
    gru_step_grad,
    lstm_step,
    lstm_step_grad,
    no_early,
    no_early_grad,
    simple_step,
    simple_step_grad,
)

SOME = 4 * ROWS  # samples that go through time together
BACKWARDS, SEQUENCES, ZEROS = 1, 2, 4  # the last step first; y has all steps; 0 where a step does not count


# Through time, and back ---------------------------------------------------------------------------------------------


@inline
def at_once(H: int, G: int) -> int:
    """How many samples go through time together: as the scratch memory has room for."""
    return max(1, min(SOME, SCRATCH_FLOATS // ((G + 4) * H)))


@inline
def counts(mask: Word, place: int) -> bool:
    """Whether a step counts."""
    return mask == 0 or floats(mask + 4 * place, 1)[0] != ZERO


@inline
def place_of_y(y: Word, how: int, row: int, n: int, T: int, H: int) -> Word:
    """Where the output of step n stands, of those that are taken; 0 if there is none."""
    if y and how & SEQUENCES:
        return y + 4 * (row * T + n) * H
    return y + 4 * row * H if y and n == T - 1 else 0


def _forward(step: Any, G: int, carries: bool, early: Any) -> Any:
    """The kernel of a layer with G gates. carries: whether the memory is a state. early: what comes before the product
    for the last gate, where that is another's."""
    together = G if early is no_early else G - 1

    def forward(op: int, ctx: int, tid: int, nt: int) -> None:
        o, c = ints(op, 16), ints(ctx, 64)
        T, H, g, k, how = o[12], o[13], o[14] & 7, o[14] >> 3, o[15]
        lo, hi = share(c[B], tid, nt)
        some = at_once(H, G)
        h, w, rh = c[SCRATCH], c[SCRATCH] + 4 * some * H, c[SCRATCH] + 8 * some * H
        s = rh + 4 * some * H
        for first in range(lo, hi, some):
            m, kept = min(some, hi - first), o[11] + 4 * first * G * H if o[11] else 0
            for r in range(m):
                copy(o[9] + 4 * (first + r) * H if o[9] else 0, h + 4 * r * H, H)
                if carries:
                    copy(o[10] + 4 * (first + r) * H if o[10] else 0, o[4] + 4 * (first + r) * (T + 1) * H, H)
            for n in range(T):
                t = T - 1 - n if how & BACKWARDS else n
                through(h, o[1], kept, s, w, m, H, G, 0, together, o[2])
                if together < G:
                    for r in range(m):
                        early(
                            o[0] + 4 * ((first + r) * T + t) * G * H,
                            s + 4 * r * G * H,
                            h + 4 * r * H,
                            rh + 4 * r * H,
                            H,
                            k,
                        )
                    through(rh, o[1], kept, s, w, m, H, G, together, G - together, o[2])
                for r in range(m):
                    at, mine = (first + r) * T + t, h + 4 * r * H
                    copy(mine, o[3] + 4 * at * H, H)
                    c0 = o[4] + 4 * ((first + r) * (T + 1) + n) * H
                    there = counts(o[8], at)
                    if there:
                        step(o[0] + 4 * at * G * H, s + 4 * r * G * H, mine, c0, c0 + 4 * H, H, g, k)
                    elif carries:
                        copy(c0, c0 + 4 * H, H)
                    y = place_of_y(o[5], how, first + r, n, T, H)
                    if y:
                        copy(mine if there or not how & ZEROS else 0, y, H)
            for r in range(m):
                if o[6]:
                    copy(h + 4 * r * H, o[6] + 4 * (first + r) * H, H)
                if o[7]:
                    copy(o[4] + 4 * ((first + r) * (T + 1) + T) * H, o[7] + 4 * (first + r) * H, H)

    return forward


def _backward(step_grad: Any, G: int, early_grad: Any) -> Any:
    """The kernel of the way back."""
    together = G if early_grad is no_early_grad else G - 1

    def backward(op: int, ctx: int, tid: int, nt: int) -> None:
        o, c = ints(op, 16), ints(ctx, 64)
        T, H, g, k, how = o[12], o[13], o[14] & 7, o[14] >> 3, o[15]
        lo, hi = share(c[B], tid, nt)
        some = at_once(H, G)
        dh, dc, w = c[SCRATCH], c[SCRATCH] + 4 * some * H, c[SCRATCH] + 8 * some * H
        s = w + 4 * some * H
        for first in range(lo, hi, some):
            m, kept = min(some, hi - first), o[11] + 4 * first * G * H if o[11] else 0
            for r in range(m):
                copy(o[6] + 4 * (first + r) * H if o[6] else 0, dh + 4 * r * H, H)
                copy(o[7] + 4 * (first + r) * H if o[7] else 0, dc + 4 * r * H, H)
            for n in range(T - 1, -1, -1):
                t = T - 1 - n if how & BACKWARDS else n
                for r in range(m):
                    at, d = (first + r) * T + t, dh + 4 * r * H
                    there = counts(o[8], at)
                    y = place_of_y(o[5], how, first + r, n, T, H)
                    if y and (there or not how & ZEROS):
                        add(y, d, H)
                    if together < G:
                        copy(0, dc + 4 * r * H, H)
                        early_grad(o[0] + 4 * at * G * H, s + 4 * r * G * H, d, H, g, there)
                if together < G:
                    through_grad(s, o[2], kept, dc, w, m, H, G, together, G - together)
                for r in range(m):
                    at = (first + r) * T + t
                    a, mine = o[0] + 4 * at * G * H, s + 4 * r * G * H
                    if counts(o[8], at):
                        c0 = o[4] + 4 * ((first + r) * (T + 1) + n) * H
                        before, d = o[3] + 4 * at * H, dh + 4 * r * H
                        step_grad(a, mine, before, c0, c0 + 4 * H, d, dc + 4 * r * H, w, H, g, k)
                    else:
                        copy(0, a, G * H)
                        copy(0, mine, G * H)
                    if o[1]:
                        copy(mine, o[1] + 4 * at * G * H, G * H)
                through_grad(s, o[2], kept, dh, w, m, H, G, 0, together)
            for r in range(m):
                if o[9]:
                    copy(dh + 4 * r * H, o[9] + 4 * (first + r) * H, H)
                if o[10]:
                    copy(dc + 4 * r * H, o[10] + 4 * (first + r) * H, H)

    return backward


for _name, _gates, _carries, _steps in (
    ("simple_rnn", 1, False, (simple_step, simple_step_grad, no_early, no_early_grad)),
    ("lstm", 4, True, (lstm_step, lstm_step_grad, no_early, no_early_grad)),
    ("gru", 3, False, (gru_step, gru_step_grad, no_early, no_early_grad)),
    ("gru.before", 3, False, (gru_before, gru_before_grad, gru_before_early, gru_before_early_grad)),
):
    kernel(_name)(_forward(_steps[0], _gates, _carries, _steps[2]))
    kernel(f"{_name}.grad")(_backward(_steps[1], _gates, _steps[3]))
