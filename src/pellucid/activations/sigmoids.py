"""Activations that level off at both ends, and two made from them: log_sigmoid and tanh_shrink."""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from .base import activation
from .stable import log1pexp, logistic


@activation()
def sigmoid(x: Array) -> Array:
    """The logistic function: y = 1 / (1 + e⁻ˣ), between 0 and 1.     x (...)   y (...)

    >>> sigmoid([-2.0, 0.0, 2.0]).round(4)
    array([0.1192, 0.5   , 0.8808], dtype=float32)

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 4.2.
    """
    return logistic(x)


@sigmoid.gradient
def sigmoid_grad(dy: Array, x: Array, y: Array) -> Array:
    dx: Array = dy * y * (1 - y)
    return dx


@activation()
def log_sigmoid(x: Array) -> Array:
    """The sigmoid's logarithm: y = -log(1 + e⁻ˣ), finite where the sigmoid itself has become 0.     x (...)   y (...)

    >>> log_sigmoid([-100.0, 0.0]).round(4)
    array([-100.    ,   -0.6931], dtype=float32)

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2.
    """
    return -log1pexp(-x)


@log_sigmoid.gradient
def log_sigmoid_grad(dy: Array, x: Array, y: Array) -> Array:
    return dy * logistic(-x)


@activation()
def tanh(x: Array) -> Array:
    """Hyperbolic tangent: y = (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ), between -1 and 1.     x (...)   y (...)

    >>> tanh([-1.0, 0.0, 1.0]).round(4)
    array([-0.7616,  0.    ,  0.7616], dtype=float32)

    Source: LeCun, Bottou, Orr & Müller, "Efficient BackProp" (1998), section 4.4.
    """
    return np.tanh(x)


@tanh.gradient
def tanh_grad(dy: Array, x: Array, y: Array) -> Array:
    dx: Array = dy * (1 - y * y)
    return dx


@activation()
def tanh_shrink(x: Array) -> Array:
    """What tanh takes away: y = x - tanh(x).     x (...)   y (...)

    >>> tanh_shrink([-2.0, 0.0, 2.0]).round(4)
    array([-1.036,  0.   ,  1.036], dtype=float32)

    Source: none known; the name and the formula are PyTorch's and Keras's.
    """
    return x - np.tanh(x)


@tanh_shrink.gradient
def tanh_shrink_grad(dy: Array, x: Array, y: Array) -> Array:
    dx: Array = dy * np.tanh(x) ** 2
    return dx


@activation()
def softsign(x: Array) -> Array:
    """tanh's slower cousin: y = x / (1 + |x|), between -1 and 1.     x (...)   y (...)

    >>> softsign([-1.0, 3.0])
    array([-0.5 ,  0.75], dtype=float32)

    Source: Bergstra, Desjardins, Lamblin & Bengio, "Quadratic polynomials learn better image features" (2009).
    """
    y: Array = x / (1 + np.abs(x))
    return y


@softsign.gradient
def softsign_grad(dy: Array, x: Array, y: Array) -> Array:
    size = 1 + np.abs(x)
    dx: Array = dy / size / size  # one after the other: the square could overflow
    return dx


@activation()
def hard_sigmoid(x: Array) -> Array:
    """The sigmoid in three straight lines: y = min(max(x/6 + 1/2, 0), 1).     x (...)   y (...)

    >>> hard_sigmoid([-3.0, 0.0, 6.0]).round(4)
    array([0. , 0.5, 1. ], dtype=float32)

    Source: Courbariaux, Bengio & David, "BinaryConnect", NeurIPS 2015, with another slope: Keras 2 took 0.2, Keras 3
    and PyTorch take 1/6.
    """
    return np.clip(x / 6 + 0.5, 0, 1)


@hard_sigmoid.gradient
def hard_sigmoid_grad(dy: Array, x: Array, y: Array) -> Array:
    return dy * (np.abs(x) < 3) / 6


@activation()
def hard_tanh(x: Array) -> Array:
    """tanh in three straight lines: y = min(max(x, -1), 1).     x (...)   y (...)

    >>> hard_tanh([-3.0, 0.5, 6.0])
    array([-1. ,  0.5,  1. ], dtype=float32)

    Source: Collobert, "Large scale machine learning", thesis, Université Paris 6 (2004).
    """
    return np.clip(x, -1, 1)


@hard_tanh.gradient
def hard_tanh_grad(dy: Array, x: Array, y: Array) -> Array:
    return dy * (np.abs(x) < 1)


@activation()
def sparse_sigmoid(x: Array) -> Array:
    """A sigmoid that reaches 0 and 1: y = min(max((x + 1)/2, 0), 1).     x (...)   y (...)

    >>> sparse_sigmoid([-1.0, 0.0, 2.0])
    array([0. , 0.5, 1. ], dtype=float32)

    It is to sparsemax what the sigmoid is to softmax: the first of two entries, for the scores (x, 0).

    Source: Blondel, Martins & Niculae, "Learning with Fenchel-Young losses", JMLR 21 (2020).
    """
    return np.clip((x + 1) / 2, 0, 1)


@sparse_sigmoid.gradient
def sparse_sigmoid_grad(dy: Array, x: Array, y: Array) -> Array:
    return dy * (np.abs(x) < 1) / 2
