"""A product with a matrix of weights: in the model's precision, or in bytes.

In bytes, an input x is q = round(x / s) + z with one s and z for all of it, from the smallest and the largest that it
was on the data given; each unit's weights are round(w / t), with a t of their own and no z. The sums Σ (q − z) · w are
whole numbers of 32 bits, and y = s · t · sum + b is a float again, one multiplication for each output.

Source: Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only inference",
CVPR 2018, sections 2.1 to 2.3. They go on from one layer to the next in whole numbers, by a fixed-point multiplication;
here what lies between products is computed in floats, so that every activation and layer stays exact.
"""

from __future__ import annotations

import numpy as np

from ...arrays import Array
from .writer import FORM, At, Buffer, Step, Value

WIDEST = (1 << 31) // (2 * 128 * 128)  # inputs whose products' sum 32 bits hold for certain


def matrix_product(at: At, x: Value, kernel: Array, bias: Array | None = None) -> Value:
    """y = x W + b along the last axis; W (I, O), b (O,)."""
    return (in_bytes if at.writing.int8 else in_floats)(at, x, kernel, bias)


def in_floats(at: At, x: Value, kernel: Array, bias: Array | None) -> Value:
    inputs, units = kernel.shape
    y = at.new((*x.shape[:-1], units))
    W = at.constant(kernel.T, "kernel")
    b = "NULL" if bias is None else at.constant(bias, "bias")
    arguments = at.named(x), W, b, y.memory.name, x.size // inputs, inputs, units
    return at.step([f"dense({', '.join(map(str, arguments))});"], [x], y)


def in_bytes(at: At, x: Value, kernel: Array, bias: Array | None) -> Value:
    inputs, units = kernel.shape
    q, weights, start, scales = quantized(at, x, kernel)
    y = at.new((*x.shape[:-1], units))
    arguments = (
        q.name, at.constant(weights.T, "kernel", "int8"), at.constant(start, "start", "int32"),
        at.constant(scales, "scale"), "NULL" if bias is None else at.constant(bias, "bias"), y.memory.name,
        x.size // inputs, inputs, units,
    )  # fmt: skip
    at.writing.steps.append(Step([f"dense_int8({', '.join(map(str, arguments))});"], [q], y.memory))
    return y


def quantized(at: At, x: Value, kernel: Array) -> tuple[Buffer, Array, Array, Array]:
    """(q, w, −z · Σ w, s · t) of a product with kernel (I, O): q is x in bytes, which is written; the rest is known."""
    inputs, _ = kernel.shape
    if inputs > WIDEST:
        raise FORM.refused(at.path, f"at most {WIDEST:,} inputs of a unit in int8", f"{inputs:,}")
    if not np.isfinite(x.bounds).all():
        raise FORM.refused(at.path, "finite inputs on the data given", f"numbers from {x.bounds[0]} to {x.bounds[1]}")
    scale, zero = scale_of(*x.bounds)
    steps = np.abs(kernel.astype("float64")).max(axis=0) / 127
    steps[steps == 0] = 1.0
    weights = np.round(kernel / steps).astype("int8")
    with np.errstate(over="ignore"):
        scales = (scale * steps).astype("float32")
    if not (np.isfinite(scales) & (scales >= np.finfo("float32").tiny)).all():
        raise FORM.refused(
            at.path, "weights and inputs whose steps a float holds", f"steps from {scales.min()} to {scales.max()}"
        )
    q = at.writing.buffer(f"{at.label}_bytes", x.size, "int8_t")
    line = f"bad |= quantize({at.named(x)}, {q.name}, {x.size}, {at.number(scale)}, {zero});"
    at.writing.steps.append(Step([line], [x.memory], q, title=at.title))
    at.title = ""
    return q, weights, -zero * weights.astype("int32").sum(axis=0), scales


def scale_of(low: float, high: float) -> tuple[float, int]:
    """(s, z) by which numbers from low to high, and 0 exactly, are bytes: q = round(x / s) + z.

    >>> scale_of(0.0, 255.0), scale_of(-127.0, 128.0)
    ((1.0, -128), (1.0, -1))
    """
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255 or 1.0
    return float(scale), int(np.clip(round(-128 - low / scale), -128, 127))
