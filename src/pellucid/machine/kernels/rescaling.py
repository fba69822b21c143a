"""Rescaling: y = x·scale + offset, with one number for all or one for each place of a sample."""

from __future__ import annotations

from typing import Any

from ..intrinsics import floats, ints
from ..layout import B
from .base import kernel
from .elementwise import forward
from .gather import share


@forward("rescaling")
def rescaling(x: Any, scale: Any, offset: Any) -> Any:
    return x * scale + offset


@kernel("rescaling.each")
def each(op: int, ctx: int, tid: int, nt: int) -> None:
    """op: x, scale, offset, y, numbers per sample."""
    o, c = ints(op, 8), ints(ctx, 64)
    n = o[4]
    scale, offset = floats(o[1], n), floats(o[2], n)
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        x, y = floats(o[0] + 4 * b * n, n), floats(o[3] + 4 * b * n, n)
        for i in range(n):
            y[i] = x[i] * scale[i] + offset[i]
