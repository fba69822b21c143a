"""Noise on the compiled engine: drawn by a kernel into memory of its own, stretched to the input's shape, applied.

The numbers are those that `noise_key(rng, seed)` gives in `forward`: the kernels fold the same path, from the model's
key for noise, or that of the layer's own seed, over the step to the layer.
"""

from __future__ import annotations

import math

import numpy as np

from ..activations.axes import stretched
from ..arrays import Shape
from ..errors import ShapeError
from ..program import Buffer, CannotLower, Operand, Program
from ..rng import Key, number_of
from .shapes import noise_shape_for

DEEPEST = 16  # steps of a path that an operation has room for

NoiseShape = tuple[int | None, ...] | None


def noise_key(rng: Key, seed: int | None) -> Key:
    """Where a layer draws its noise: from the key of the step and its place, or from its own `seed` and the step alone:
    the same numbers then wherever the layer stands, and others at every step."""
    return rng if seed is None else Key(seed).noise(rng.step)


def lower_kept(
    code: Program,
    layer: str,
    noise_shape: NoiseShape,
    shape: Shape,
    rate: float,
    scale: float,
    seed: int | None,
    *under: int | str,
) -> Buffer:
    """Emit the mask of dropout: `scale` where a uniform number is at least `rate`, else 0; for each number of a sample
    of this shape. `under`: the rest of the path to its key, below the layer's.

    A float32 number of 24 random bits is at least `rate` where the word it comes from is at least a whole number.
    """
    least = math.ceil(float(np.float32(rate)) * 2**24) << 8
    drawn = _noise_shape(layer, noise_shape, shape)
    each = drawn[0] != 1
    m = code.buffer(drawn[1:]) if each else code.block(drawn[1:])
    code.emit("noise.kept", m, m.size, int(each), least, scale, *noise_path(code, layer, seed, *under))
    return _spread(code, m, shape)


def lower_normal(code: Program, layer: str, shape: Shape, mean: float, stddev: float, seed: int | None) -> Buffer:
    """Emit normal numbers, of this shape for each sample."""
    return _lower_drawn("noise.normal", code, layer, shape, mean, stddev, seed)


def lower_truncated_normal(
    code: Program, layer: str, shape: Shape, mean: float, stddev: float, seed: int | None
) -> Buffer:
    """Emit normal numbers within two standard deviations, of this shape for each sample."""
    return _lower_drawn("noise.truncated_normal", code, layer, shape, mean, stddev, seed)


def lower_uniform(
    code: Program, layer: str, shape: Shape, low: float, high: float, seed: int | None, *under: int | str
) -> Buffer:
    """Emit numbers that are uniform on [low, high), of this shape for each sample. `under`: as in `lower_kept`."""
    return _lower_drawn("noise.uniform", code, layer, shape, low, high - low, seed, *under)


def _lower_drawn(
    kernel: str,
    code: Program,
    layer: str,
    shape: Shape,
    start: float,
    scale: float,
    seed: int | None,
    *under: int | str,
) -> Buffer:
    m = code.buffer(shape)
    code.emit(kernel, m, m.size, start, scale, *noise_path(code, layer, seed, *under))
    return m


def apply(code: Program, kernel: str, x: Buffer, m: Buffer, *options: float) -> Buffer:
    """Emit y = f(x, m), number by number."""
    y = code.buffer(x.shape)
    code.emit(kernel, x, m, y, y.size, *options)
    return y


def noise_path(code: Program, layer: str, seed: int | None, *under: int | str) -> list[Operand]:
    """How a kernel finds the layer's key at a step: the base key, how many numbers to fold behind the step, these."""
    below = [number_of(step) for step in under]
    if seed is not None:
        return [Key(seed).fold("noise").seed, len(below), *below]
    if len(code.noise) + len(below) > DEEPEST:
        raise CannotLower(f"layer {layer!r}, so deep in models within models,")
    return [code.noise_key, len(code.noise) + len(below), *code.noise, *below]


def _noise_shape(layer: str, noise_shape: NoiseShape, shape: Shape) -> Shape:
    """The noise's shape with the batch in front: 1 where all samples share it, else 2 for any number of them."""
    any_number = 2
    try:
        if noise_shape and noise_shape[0] not in (None, 1):
            raise CannotLower(f"layer {layer!r} with noise for {noise_shape[0]} samples")
        return noise_shape_for(layer, noise_shape, (any_number, *shape))
    except ShapeError:  # which the definition tells
        raise CannotLower(f"layer {layer!r} with noise of shape {noise_shape}") from None


def _spread(code: Program, m: Buffer, shape: Shape) -> Buffer:
    """Emit the stretching of noise to a sample's shape, then over the batch."""
    m = stretched(code, m, shape)
    if m.each:
        return m
    y = code.buffer(shape)
    every_sample, apart = 1, 0
    code.emit("strided", m, y, every_sample, apart, 1, m.size, 1)
    return y
