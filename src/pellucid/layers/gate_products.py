"""Products of recurrent layers, each gate by itself, for the compiled engine: where each has dropout of its own, or the
last one another left side.     x (B, T, K)   W (K, G·H)   z (B, T, G·H)
"""

from __future__ import annotations

from collections.abc import Sequence

from ..activations.axes import reordered
from ..program import Buffer, Program
from .noise import apply


def gates_product(code: Program, xs: Sequence[Buffer], W: Buffer, b: Buffer | None, gates: int) -> Buffer:
    """Emit z = xW + b: of one x for all gates, or of one for each."""
    (T, K), width = xs[0].shape, W.shape[-1]
    z, H = code.buffer((T, width)), width // gates
    if len(xs) == 1:
        code.emit("dense", xs[0], W, b, z, K, width, T, 0)
        return z
    of_gates, biases = _of_gates(code, W, gates), b and b.shaped((gates, H))
    for g, x in enumerate(xs):
        part = code.buffer((T, H))
        code.emit("dense", x, _part(of_gates, g), biases and _part(biases, g), part, K, H, T, 0)
        code.emit("merge.block", part, z, T, H, H, 0, width, g * H)
    return z


def gates_inputs(code: Program, dz: Buffer, W: Buffer, kept: Sequence[Buffer], gates: int) -> Buffer:
    """Emit dx = dz·Wᵀ, times what x was multiplied by: nothing, one thing for all gates, or one for each."""
    (T, width), K = dz.shape, W.shape[0]
    H, dx = width // gates, code.buffer((T, K))
    if len(kept) < 2:
        code.emit("dense.inputs", dz, W, dx, K, width, T, None)
        return apply(code, "noise.mask", dx, kept[0]) if kept else dx
    of_gates, found = _of_gates(code, W, gates), []
    for g, m in enumerate(kept):
        dx = code.buffer((T, K))
        code.emit("dense.inputs", _columns(code, dz, g, H), _part(of_gates, g), dx, K, H, T, None)
        found.append(apply(code, "noise.mask", dx, m))
    return code.summed(found)


def gates_weights(code: Program, xs: Sequence[Buffer], dz: Buffer, dW: Buffer) -> None:
    """Emit dW = xᵀ·dz."""
    (T, width), K = dz.shape, xs[0].shape[-1]
    if len(xs) == 1:
        code.emit("dense.weights", xs[0], dz, dW, K, width, T)
        return
    gates, H = len(xs), width // len(xs)
    found = code.block((gates, K, H))
    for g, x in enumerate(xs):
        code.emit("dense.weights", x, _columns(code, dz, g, H), _part(found, g), K, H, T)
    code.emit("strided", found, dW, 0, found.size, 3, K, H, gates, K * H, H, 1)


def _of_gates(code: Program, W: Buffer, gates: int) -> Buffer:
    """Emit W (K, G·H) as (G, K, H)."""
    return reordered(code, W.shaped((W.shape[0], gates, W.shape[1] // gates)), [1, 0, 2])


def _columns(code: Program, z: Buffer, gate: int, H: int) -> Buffer:
    """Emit those of one gate."""
    (T, width), found = z.shape, code.buffer((z.shape[0], H))
    code.emit("merge.block", z, found, T, H, width, gate * H, H, 0)
    return found


def _part(of: Buffer, i: int) -> Buffer:
    """Part i of what lies there once, along its first axis."""
    shape = of.shape[1:]
    size = of.size // of.shape[0]
    return Buffer(of.space, of.offset + i * size, shape, 0)
