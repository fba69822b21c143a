"""Convolutions for the compiled engine: tables of where the window meets what, and the products along them.

    y = x * W       `emit_product`      also the way back of a transposed convolution
    dx              `emit_inputs`       also a transposed convolution
    dW              `emit_weights`      of both

x (*bordered, I) of a sample   W (*kernel, I / groups, O)   y (*places, O)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arrays import Array, Shape
from ..program import LINE, Buffer, CannotLower, Program
from .sliding import Window, offsets, phases, reach

COPY, ADD = 0, 1  # what op.moved does
ROOM = 1 << 14  # stretches of taps, or rows of places, that a kernel's table has room for


def table(code: Program, *columns: Array) -> Buffer:
    """Whole numbers that kernels look up: one column beside another."""
    pairs = np.stack(np.broadcast_arrays(*columns), axis=-1)
    return code.constant(np.ascontiguousarray(pairs, "uint32").view("float32"))


def must_have_room(n: int) -> None:
    """Refuse a table that a kernel cannot lay out."""
    if n > ROOM:
        raise CannotLower(f"window of {n} taps, or rows of places,")


def bordered(code: Program, x: Buffer, before: Shape, after: Shape) -> Buffer:
    """Emit x (*size, C) with borders of zeros."""
    if not any(before) and not any(after):
        return x
    *size, C = x.shape
    whole = tuple(map(sum, zip(before, size, after, strict=True)))
    y = code.buffer((*whole, C))
    inner, outer = _lines(size, before, whole)
    lines = table(code, inner * C, outer * C)
    code.emit("op.moved", x, y, lines, len(inner), size[-1] * C, x.size, y.size, 1, ADD)
    return y


def cropped(code: Program, x: Buffer, before: Shape, size: Shape) -> Buffer:
    """Emit x (*bordered, C) without its borders."""
    *whole, C = x.shape
    if tuple(whole) == tuple(size):
        return x
    y = code.buffer((*size, C))
    inner, outer = _lines(size, before, whole)
    lines = table(code, outer * C, inner * C)
    code.emit("op.moved", x, y, lines, len(inner), size[-1] * C, x.size, y.size, 1, COPY)
    return y


def _lines(size: Any, before: Shape, whole: Any) -> tuple[Array, Array]:
    """Where the lines of pixels begin without borders, and with them."""
    inner = [np.arange(n) for n in size[:-1]]
    outer = [axis + b for axis, b in zip(inner, before, strict=False)]
    return offsets([*inner, np.zeros(1, int)], tuple(size)), offsets([*outer, np.array(before[-1:])], tuple(whole))


def stretches(of_x: Array, of_w: Array, k: int, row: int) -> tuple[Array, Array, int]:
    """(of_x, of_w, K): taps of k numbers, joined where some in a row lie next to each other both in x and in W."""
    for n in range(len(of_x), 1, -1):
        if len(of_x) % n == 0:
            x, w, along = of_x.reshape(-1, n), of_w.reshape(-1, n), np.arange(n) * k
            if (x == x[:, :1] + along).all() and (w == w[:, :1] + along * row).all():
                return x[:, 0], w[:, 0], n * k
    return of_x, of_w, k


def _of_taps(window: Window, I: int, O: int, groups: int) -> tuple[Array, Array, int]:
    """(where each tap begins in x, where in W, numbers in each)."""
    k = I // groups
    of_w = np.arange(math.prod(window.kernel)) * k * O
    return stretches(window.tap_offsets() * I, of_w, k, O)


def emit_product(
    code: Program, x: Buffer, W: Buffer, b: Buffer | None, window: Window, groups: int, mode: int
) -> Buffer:
    """y (*places, O), from x with its borders."""
    I, O = x.shape[-1], W.shape[-1]
    of_x, of_w, K = _of_taps(window, I, O, groups)
    must_have_room(len(of_x))
    y = code.buffer((*window.places, O))
    begins = window.place_offsets()
    places = table(code, begins * I, np.arange(len(begins)) * O)
    taps = table(code, of_x, of_w)
    n = O // groups
    code.emit(
        "conv", x, W, b, y, mode, places, len(begins), x.size, y.size, taps, len(of_x), K, O, n, groups,
        I // groups, n, n,
    )  # fmt: skip
    return y


def emit_weights(code: Program, x: Buffer, dz: Buffer, dW: Buffer, window: Window, groups: int) -> None:
    """dW, from x with its borders and dz (*places, O)."""
    I, O = x.shape[-1], dz.shape[-1]
    of_x, of_w, K = _of_taps(window, I, O, groups)
    *above, wide = window.places
    starts = [np.arange(n) * s for n, s in zip(above, window.strides, strict=False)]
    lines = offsets([*starts, np.zeros(1, int)], window.bordered) * I
    must_have_room(len(lines))
    n = O // groups
    code.emit(
        "conv.weights", x, dz, dW, table(code, of_x, of_w), len(of_x), K, O, table(code, lines), len(lines), wide,
        window.strides[-1] * I, x.size, O, n, groups, I // groups, n, n,
    )  # fmt: skip


def emit_inputs(
    code: Program, dz: Buffer, W: Buffer, window: Window, groups: int, b: Buffer | None = None, mode: int = 0
) -> Buffer:
    """dx (*size, I), without borders, from dz (*places, O); b is added to it where a layer is the other way round."""
    O, n = dz.shape[-1], W.shape[-2]
    I, taps = n * groups, math.prod(window.kernel)
    row = -(-n // LINE) * LINE
    turned = code.block((*window.kernel, O, row))
    code.emit("conv.turned", W, turned, taps, n, O, row)
    around = bordered(code, dz, *reach(window))
    dx = code.buffer((*window.size, I))
    for phase in phases(window):
        of_z, of_w, K = stretches(phase.behind * O, (taps - 1 - phase.taps) * O * row, O // groups, row)
        must_have_room(len(of_z))
        places = table(code, phase.outputs * O, phase.inputs * I)
        code.emit(
            "conv", around, turned, b, dx, mode, places, len(phase.inputs), around.size, dx.size,
            table(code, of_z, of_w), len(of_z), K, row, n, groups, O // groups, O // groups * row, n,
        )  # fmt: skip
    return dx
