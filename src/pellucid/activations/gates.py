"""Activations that multiply by a gate between 0 and 1: silu, mish, gelu, hard_silu, glu."""

from __future__ import annotations

import math

import numpy as np

from ..arrays import Array
from ..errors import ShapeError
from .base import activation
from .stable import axes_of, log1pexp, logistic, normal_cdf, normal_pdf


@activation("swish")
def silu(x: Array) -> Array:
    """Sigmoid linear unit, or swish: y = x · σ(x).     x (...)   y (...)

    >>> silu([-1.0, 0.0, 2.0]).round(4)
    array([-0.2689,  0.    ,  1.7616], dtype=float32)

    Source: Ramachandran, Zoph & Le, "Searching for activation functions", arXiv:1710.05941 (2017).
    """
    return x * logistic(x)


@silu.gradient
def silu_grad(dy: Array, x: Array, y: Array) -> Array:
    s = logistic(x)
    dx: Array = dy * s * (1 + x * logistic(-x))
    return dx


@activation()
def mish(x: Array) -> Array:
    """A smooth gate: y = x · tanh(log(1 + eˣ)).     x (...)   y (...)

    >>> mish([-1.0, 0.0, 2.0]).round(4)
    array([-0.3034,  0.    ,  1.944 ], dtype=float32)

    Source: Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020.
    """
    return x * np.tanh(log1pexp(x))


@mish.gradient
def mish_grad(dy: Array, x: Array, y: Array) -> Array:
    t = np.tanh(log1pexp(x))
    dx: Array = dy * (t + x * (1 - t * t) * logistic(x))
    return dx


@activation()
def gelu(x: Array, approximate: bool = False) -> Array:
    """Gaussian error linear unit: y = x · Φ(x), with Φ the standard normal's distribution.     x (...)   y (...)

    With `approximate`, y = x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))).

    >>> gelu([-1.0, 0.0, 2.0]).round(4)
    array([-0.1587,  0.    ,  1.9545], dtype=float32)
    >>> gelu([-1.0, 0.0, 2.0], approximate=True).round(4)
    array([-0.1588,  0.    ,  1.9546], dtype=float32)

    Source: Hendrycks & Gimpel, "Gaussian error linear units", arXiv:1606.08415 (2016). Exact by default, as in Keras
    and PyTorch; JAX's is approximate by default.
    """
    return x * (_tanh_gate(x)[0] if approximate else normal_cdf(x))


@gelu.gradient
def gelu_grad(dy: Array, x: Array, y: Array, approximate: bool = False) -> Array:
    gate, slope = _tanh_gate(x) if approximate else (normal_cdf(x), normal_pdf(x))
    dx: Array = dy * (gate + x * slope)
    return dx


def _tanh_gate(x: Array) -> tuple[Array, Array]:
    """gelu's approximate gate, logistic(2u) = (1 + tanh u)/2 with u = √(2/π)(x + 0.044715x³), and its slope."""
    c = math.sqrt(2 / math.pi)
    x = np.clip(x, -30, 30)  # where the gate has long been 0 or 1, and x³ cannot overflow
    u, du = c * (x + 0.044715 * x**3), c * (1 + 3 * 0.044715 * x**2)
    gate = logistic(2 * u)
    return gate, gate * logistic(-2 * u) * 2 * du


@activation("hard_swish")
def hard_silu(x: Array) -> Array:
    """silu in simple pieces: y = x · min(max(x/6 + 1/2, 0), 1).     x (...)   y (...)

    >>> hard_silu([-3.0, 1.0, 4.0]).round(4)
    array([-0.    ,  0.6667,  4.    ], dtype=float32)

    Source: Howard et al., "Searching for MobileNetV3", ICCV 2019.
    """
    return x * np.clip(x / 6 + 0.5, 0, 1)


@hard_silu.gradient
def hard_silu_grad(dy: Array, x: Array, y: Array) -> Array:
    return dy * (np.clip(x / 6 + 0.5, 0, 1) + x / 6 * (np.abs(x) < 3))


@activation()
def glu(x: Array, axis: int = -1) -> Array:
    """Gated linear unit: x in two halves a, b along an axis, y = a · σ(b).     x (..., 2N)   y (..., N)

    >>> glu([[1.0, 2.0, 0.0, 0.0]])
    array([[0.5, 1. ]], dtype=float32)

    Source: Dauphin, Fan, Auli & Grangier, "Language modeling with gated convolutional networks", ICML 2017.
    """
    a, b = _halves(x, axis)
    return a * logistic(b)


@glu.gradient
def glu_grad(dy: Array, x: Array, y: Array, axis: int = -1) -> Array:
    a, b = _halves(x, axis)
    s = logistic(b)
    return np.concatenate([dy * s, dy * a * s * (1 - s)], axis=axis)


def _halves(x: Array, axis: int) -> tuple[Array, Array]:
    (along,) = axes_of("glu", x, axis)
    if x.shape[along] % 2:
        raise ShapeError("activation 'glu'", f"an even size along axis {axis}", x.shape)
    a, b = np.split(x, 2, axis=along)
    return a, b
