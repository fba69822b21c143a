"""hU, gate by gate or for several gates at once, and the way back.   h (m, H)   U (H, G·H), each gate with H columns

U is packed in panels, which gates with the same left side share: all of them, where nothing is dropped; z and r, where
a GRU's r is applied before the product of the third; none, where each has its own share of h dropped. Whichever share,
the first of them begins `gate_floats` for each gate before it.
"""

from __future__ import annotations

from ..intrinsics import Word, floats, ints
from ..layout import ADD
from ..tile import PANEL
from .base import inline, kernel
from .functions import ZERO
from .gather import share
from .matmul import pack, pack_transposed, panel

WIDE = 64  # floats, of which a panel has a part: as layers/recurring.py makes room


@kernel("recurrent.packed")
def packed(op: int, ctx: int, tid: int, nt: int) -> None:
    """U in panels, for hU. op: U, to, H, G, gates in a group."""
    o = ints(op, 5)
    H, G, together = o[2], o[3], o[4]
    for i in range((G + together - 1) // together):
        g = i * together
        n = min(together, G - g) * H
        U, to = o[0] + 4 * g * H, o[1] + 4 * g * gate_floats(H)
        lo, hi = share((n + PANEL - 1) // PANEL, tid, nt)
        for j in range(lo * PANEL, min(n, hi * PANEL), PANEL):
            pack(U + 4 * j, G * H, H, min(PANEL, n - j), to + 4 * j * H)


@kernel("recurrent.turned")
def turned(op: int, ctx: int, tid: int, nt: int) -> None:
    """Uᵀ in panels, for the way back. op: as of recurrent.packed."""
    o = ints(op, 5)
    H, G, together = o[2], o[3], o[4]
    lo, hi = share((H + PANEL - 1) // PANEL, tid, nt)
    for i in range((G + together - 1) // together):
        g = i * together
        n = min(together, G - g) * H
        U, to = o[0] + 4 * g * H, o[1] + 4 * g * gate_floats(H)
        for j in range(lo * PANEL, min(H, hi * PANEL), PANEL):
            pack_transposed(U + 4 * j * G * H, G * H, n, min(PANEL, H - j), to + 4 * j * n)


@inline
def gate_floats(H: int) -> int:
    """Floats between the panels of one gate and those of the next."""
    return (H + WIDE - 1) // WIDE * WIDE * H


@inline
def multiplied(
    a: Word, a_row: int, U: Word, c: Word, c_row: int, m: int, N: int, K: int, start: Word, mode: int
) -> None:
    """C (m, N) = A (m, K)·U, U in panels."""
    for j in range(0, N, PANEL):
        here = start + 4 * j if start else start
        panel(a, a_row, 1, U + 4 * j * K, PANEL, c + 4 * j, c_row, m, N - j, K, here, mode)


@inline
def through(
    h: Word, U: Word, kept: Word, s: Word, w: Word, m: int, H: int, G: int, first: int, gates: int, start: Word
) -> None:
    """s = hU for some gates from the first on, in the rows (m, G·H); kept (m, G, H) or 0: what h is multiplied by for
    each gate. start: the bias, or 0. w: room for (m, H). Without U what h gives is in the gates already: s = 0."""
    if U == 0:
        floats(s, m * G * H)[:] = ZERO
        return
    together = 1 if kept else gates
    for i in range(gates // together):
        g = first + i * together
        left = w if kept else h
        for r in range(m if kept else 0):
            x, k, y = floats(h + 4 * r * H, H), floats(kept + 4 * (r * G + g) * H, H), floats(w + 4 * r * H, H)
            for j in range(H):
                y[j] = x[j] * k[j]
        here = start + 4 * g * H if start else start
        multiplied(left, H, U + 4 * g * gate_floats(H), s + 4 * g * H, G * H, m, together * H, H, here, 0)


@inline
def through_grad(
    s: Word, U: Word, kept: Word, dh: Word, w: Word, m: int, H: int, G: int, first: int, gates: int
) -> None:
    """dh += s·Uᵀ for some gates, U turned; nothing without U."""
    if U == 0:
        return
    together = 1 if kept else gates
    for i in range(gates // together):
        g = first + i * together
        to, mode = (w, 0) if kept else (dh, ADD)
        multiplied(s + 4 * g * H, G * H, U + 4 * g * gate_floats(H), to, H, m, H, together * H, 0, mode)
        for r in range(m if kept else 0):
            x, k, y = floats(w + 4 * r * H, H), floats(kept + 4 * (r * G + g) * H, H), floats(dh + 4 * r * H, H)
            for j in range(H):
                y[j] += x[j] * k[j]
