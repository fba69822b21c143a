"""Activations with a kink: relu and its kin. At the kink itself the gradient is that of the lower side."""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from .base import activation


@activation()
def relu(x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    """Rectified linear unit: y = max(x, 0).     x (...)   y (...)

    With options: y = min(x, max_value) where x > threshold, and negative_slope * (x - threshold) elsewhere.

    >>> relu([-1.0, 0.0, 2.0])
    array([0., 0., 2.], dtype=float32)
    >>> relu([-10.0, 5.0, 10.0], negative_slope=0.5, max_value=6.0, threshold=5.0)
    array([-7.5,  0. ,  6. ], dtype=float32)

    Source: Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.
    The gradient at 0 is 0, as in PyTorch and Keras; PyTorch's ReLU has no options.
    """
    above = x if max_value is None else np.clip(x, 0, max_value)
    below = 0 if negative_slope == 0 else negative_slope * (x - threshold)
    return np.where(x <= threshold, below, above)  # in this order a NaN stays a NaN


@relu.gradient
def relu_grad(
    dy: Array,
    x: Array,
    y: Array,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Array:
    above = 1 if max_value is None else (x > 0) & (x < max_value)
    dx: Array = dy * np.where(x > threshold, above, negative_slope).astype(dy.dtype)
    return dx


@activation()
def relu6(x: Array) -> Array:
    """relu held at 6: y = min(max(x, 0), 6).     x (...)   y (...)

    >>> relu6([-1.0, 2.0, 8.0])
    array([0., 2., 6.], dtype=float32)

    Source: Krizhevsky, "Convolutional deep belief networks on CIFAR-10" (2010).
    """
    return np.clip(x, 0, 6)


@relu6.gradient
def relu6_grad(dy: Array, x: Array, y: Array) -> Array:
    return dy * ((x > 0) & (x < 6))


@activation()
def leaky_relu(x: Array, negative_slope: float = 0.2) -> Array:
    """relu with a slope left below zero: y = x where x > 0, negative_slope · x elsewhere.     x (...)   y (...)

    >>> leaky_relu([-1.0, 2.0])
    array([-0.2,  2. ], dtype=float32)

    Source: Maas, Hannun & Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.
    The slope is 0.2 by default, as in Keras's function; Keras's layer has 0.3, PyTorch 0.01.
    """
    return np.where(x > 0, x, negative_slope * x)


@leaky_relu.gradient
def leaky_relu_grad(dy: Array, x: Array, y: Array, negative_slope: float = 0.2) -> Array:
    dx: Array = dy * np.where(x > 0, 1, negative_slope).astype(dy.dtype)
    return dx


@activation()
def threshold(x: Array, threshold: float, default_value: float) -> Array:
    """What passes a threshold: y = x where x > threshold, default_value elsewhere.     x (...)   y (...)

    >>> threshold([1.0, 3.0], threshold=2.0, default_value=-1.0)
    array([-1.,  3.], dtype=float32)

    Source: Konda, Memisevic & Krueger, "Zero-bias autoencoders and the benefits of co-adapting features", ICLR 2015.
    """
    return np.where(x <= threshold, default_value, x)


@threshold.gradient
def threshold_grad(dy: Array, x: Array, y: Array, threshold: float, default_value: float) -> Array:
    return dy * (x > threshold)


@activation()
def hard_shrink(x: Array, threshold: float = 0.5) -> Array:
    """Small values become zero: y = x where |x| > threshold, 0 elsewhere.     x (...)   y (...)

    >>> hard_shrink([-1.0, 0.3, 2.0])
    array([-1.,  0.,  2.], dtype=float32)

    Source: Donoho & Johnstone, "Ideal spatial adaptation by wavelet shrinkage", Biometrika 81 (1994).
    """
    return np.where(np.abs(x) <= threshold, 0, x)


@hard_shrink.gradient
def hard_shrink_grad(dy: Array, x: Array, y: Array, threshold: float = 0.5) -> Array:
    return dy * (np.abs(x) > threshold)


@activation()
def soft_shrink(x: Array, threshold: float = 0.5) -> Array:
    """Every value moves towards zero: y = sign(x) · max(|x| - threshold, 0).     x (...)   y (...)

    >>> soft_shrink([-1.0, 0.3, 2.0])
    array([-0.5,  0. ,  1.5], dtype=float32)

    Source: Donoho, "De-noising by soft-thresholding", IEEE Transactions on Information Theory 41 (1995).
    """
    return np.sign(x) * np.maximum(np.abs(x) - threshold, 0)


@soft_shrink.gradient
def soft_shrink_grad(dy: Array, x: Array, y: Array, threshold: float = 0.5) -> Array:
    return dy * (np.abs(x) > threshold)
