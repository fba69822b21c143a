"""Convolution within each channel: z[o, c, m] = Σ_t x[o·stride + t·dilation, c]·W[t, c, m], its own filters for each.
x (B, *D, C)   W (*kernel, C, M)   z (B, *D′, C·M)

Source: Chollet, "Xception: deep learning with depthwise separable convolutions", arXiv:1610.02357 (2017).
"""

from __future__ import annotations

import math

import numpy as np

from ..activations.axes import strided
from ..arrays import Array
from ..program import Buffer, Program
from .base import Layer
from .convolving import bordered, must_have_room, table
from .sliding import Window, phases, reach
from .windowed import Windowed


def depthwise(x: Array, W: Array, window: Window) -> Array:
    """z from x with its borders."""
    *_, C, M = W.shape
    z = np.zeros((len(x), *window.places, C, M), x.dtype)
    for tap, at in window.taps():
        z += x[at][..., None] * W[tap]
    return z.reshape(*z.shape[:-2], C * M)


def depthwise_grad(dz: Array, x: Array, W: Array, window: Window) -> tuple[Array, Array]:
    dx, dW = np.zeros_like(x), np.zeros_like(W)
    dz = dz.reshape(*dz.shape[:-1], *W.shape[-2:])
    for tap, at in window.taps():
        dx[at] += (dz * W[tap]).sum(axis=-1)  # dL/dx, wherever the tap met it
        dW[tap] = (x[at][..., None] * dz).sum(axis=tuple(range(dz.ndim - 2)))  # dL/dW, summed over places and batch
    return dx, dW


class Depthwise(Windowed, Layer):
    """What layers have whose filters slide over each channel by itself."""

    may_stride_and_dilate = True
    depth_multiplier: int

    def lower_depthwise(
        self, code: Program, x: Buffer, W: Buffer, dW: Buffer | None, b: Buffer | None, db: Buffer | None, mode: int
    ) -> Buffer:
        """Emit z (*places, C·M) from x (*size, C), and the way back, which needs the layer's parameters."""
        M, C = self.depth_multiplier, x.shape[-1]
        window = self.window(x.shape[:-1])
        around = _spread(code, bordered(code, x, window.before, window.after), M)
        z = emit_depthwise(code, around, W, b, window, mode)

        def undo(dz: Buffer, wanted: bool) -> Buffer | None:
            if db is not None:
                code.emit("dense.bias", dz, db, C * M, dz.size // (C * M))
            if dW is not None:
                emit_depthwise_weights(code, around, dz, dW, window)
            return _gathered(code, emit_depthwise_inputs(code, dz, W, window), M) if wanted else None

        code.back(undo)
        return z


def _spread(code: Program, x: Buffer, M: int) -> Buffer:
    """Emit x (..., C·M), each number M times over."""
    if M == 1:
        return x
    *size, C = x.shape
    y = strided(code, x, (math.prod(size), C, M), (C, 1, 0))
    return y.shaped((*size, C * M))


def _gathered(code: Program, dx: Buffer, M: int) -> Buffer:
    """Emit dx (..., C), the sums over the M copies."""
    if M == 1:
        return dx
    *size, wide = dx.shape
    total = code.buffer((*size, wide // M))
    code.emit("op.sum", dx, total, total.size, M, 1)
    return total


def emit_depthwise(code: Program, x: Buffer, W: Buffer, b: Buffer | None, window: Window, mode: int) -> Buffer:
    """z (*places, C), from x with its borders and W (*kernel, C)."""
    C, begins = x.shape[-1], window.place_offsets()
    behind = window.tap_offsets()
    must_have_room(len(behind))
    z = code.buffer((*window.places, C))
    places = table(code, begins * C, np.arange(len(begins)) * C)
    taps = table(code, behind * C, np.arange(len(behind)) * C)
    code.emit("depthwise", x, W, b, z, mode, places, len(begins), x.size, z.size, taps, len(behind), C)
    return z


def emit_depthwise_weights(code: Program, x: Buffer, dz: Buffer, dW: Buffer, window: Window) -> None:
    """dW, from x with its borders and dz (*places, C)."""
    C, begins = x.shape[-1], window.place_offsets()
    behind = window.tap_offsets()
    taps = table(code, behind * C, np.arange(len(behind)) * C)
    pairs = np.stack([begins, np.arange(len(begins))], axis=-1) * 4 * C
    places = code.constant(np.ascontiguousarray(pairs, "int64").view("float32"))
    code.emit("depthwise.weights", x, dz, dW, taps, len(behind), C, places, len(begins), x.size, dz.size)


def emit_depthwise_inputs(code: Program, dz: Buffer, W: Buffer, window: Window) -> Buffer:
    """dx (*size, C), without borders."""
    C = dz.shape[-1]
    around = bordered(code, dz, *reach(window))
    dx = code.buffer((*window.size, C))
    for phase in phases(window):
        places = table(code, phase.outputs * C, phase.inputs * C)
        taps = table(code, phase.behind * C, phase.taps * C)
        n, T = len(phase.inputs), len(phase.taps)
        code.emit("depthwise", around, W, None, dx, 0, places, n, around.size, dx.size, taps, T, C)
    return dx
