"""Convolutions and pools as ops: what the layers compute, with kernels that are operands instead of weights.

x (B, *D, C), with data_format="channels_first" x (B, C, *D), with D one, two or three axes

Each op calls on its layer, which it makes for the shapes that it meets: the mathematics, the gradients and the kernels
stand in `pellucid.layers`, once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import checks
from .. import layers as L
from ..arrays import Array, Arrays, Shape
from ..errors import ShapeError, Told
from ..layers import Layer
from ..layers.channels import FIRST
from ..rng import Key
from .activations import NN
from .base import Operation, op

Shell = Callable[..., Layer]  # (shapes of the operands with their batch, **options) -> the layer
Sizes = int | Sequence[int]
NOT_DRAWN = Key(0)  # none of these layers draws random numbers


@functools.cache
def _named(name: str, kind: type[Layer]) -> type[Layer]:
    """A layer that speaks of itself as an op."""
    return type(name, (kind,), {"__doc__": kind.__doc__, "__module__": __name__})


def _made(name: str, kinds: str, shape: Shape, *args: Any, **options: Any) -> Layer:
    """The layer of as many axes as x has between batch and channels. kinds: its name, {} for how many."""
    axes = len(shape) - 2
    if axes not in (1, 2, 3):
        raise ShapeError(f"ops.{name}, inputs", "one to three axes between batch and channels", shape)
    return _named(f"ops.{name}", getattr(L, kinds.format(axes)))(*args, **options, name=f"ops.{name}")


def _channels(shape: Shape, data_format: str | None) -> int:
    return shape[1] if data_format == FIRST else shape[-1]


def _met(name: str, shape: Shape, kernel: Shape, data_format: str | None, i: int, divides: bool = False) -> int:
    """How many channels x has, of which the kernel (axis i) must meet all, or a part that divides them."""
    if len(kernel) != len(shape):
        raise ShapeError(f"ops.{name}, kernel", f"{len(shape)} axes, as the inputs have", kernel)
    C, met = _channels(shape, data_format), kernel[i]
    if not met or (C % met if divides else met != C):
        wanted = f"a kernel for {C} channels" + (", or for a part that divides them" if divides else "")
        raise ShapeError(f"ops.{name}, kernel", wanted, Told(f"shape {kernel}"))
    return C


def applied(shell: Shell, weights: Sequence[str], operands: Sequence[Any], options: dict[str, Any]) -> Array:
    """y, as the layer computes it with these operands for its weights."""
    x, *given = map(np.asarray, operands)
    layer = shell(x.shape, *(w.shape for w in given), **options)
    layer.output_shape_for(x.shape[1:])  # refuses what does not fit
    y, _ = layer.forward(dict(zip(weights, given, strict=True)), x, training=False, rng=NOT_DRAWN)
    return y


def as_layer(operation: Operation, formula: str, shell: Shell, *weights: str) -> None:
    """Give an op the layer whose gradient it has: of its first operand, and of those that are the layer's weights."""
    operation.shell, operation.weights = shell, weights
    operation.foretold = lambda x, *given, **options: shell(x, *given, **options).output_shape_for(x[1:])

    @operation.gradient(formula)
    def backward(dy: Array, y: Array, x: Array, *given: Array, **options: Any) -> tuple[Array, ...]:
        layer = shell(x.shape, *(w.shape for w in given), **options)
        p: Arrays = dict(zip(weights, given, strict=True))
        _, cache = layer.forward(p, x, training=True, rng=NOT_DRAWN)
        dx, gradients = layer.backward(p, cache, dy)
        return dx, *(gradients[name] for name in weights)


# Convolutions ---------------------------------------------------------------------------------------------------------


def _conv(
    x: Shape, W: Shape, strides: Sizes = 1, padding: str = "valid", data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Layer:  # fmt: skip
    C = _met("conv", x, W, data_format, -2, divides=True)
    *size, met, filters = W
    checks.one_of("ops.conv, argument padding", padding, ("valid", "same"))
    options = {"dilation_rate": dilation_rate, "groups": C // met, "use_bias": False}
    return _made("conv", "Conv{}D", x, filters, tuple(size), strides, padding, data_format, **options)


@op(2, module=NN)
def conv(
    inputs: Any, kernel: Any, strides: Sizes = 1, padding: str = "valid", data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Any:  # fmt: skip
    """y[o] = Σ_t x[o·stride + t·dilation]·W[t]: filters slid over steps, pictures or volumes, as in `layers.Conv2D`.

    inputs (B, *D, C), kernel (*K, C / groups, O), y (B, *D′, O). padding: "valid" or "same".
    A kernel for fewer channels than there are is one of groups.

    >>> conv([[[1.0], [2.0], [4.0]]], [[[1.0]], [[1.0]]]).ravel()
    array([3., 6.], dtype=float32)
    """
    options = {"strides": strides, "padding": padding, "data_format": data_format, "dilation_rate": dilation_rate}
    return applied(_conv, ("kernel",), (inputs, kernel), options)


as_layer(conv, "dinputs = dy * kernel turned around, dkernel = inputs * dy", _conv, "kernel")


def _depthwise(
    x: Shape, W: Shape, strides: Sizes = 1, padding: str = "valid", data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Layer:  # fmt: skip
    _met("depthwise_conv", x, W, data_format, -2)
    *size, _, multiplier = W
    options = {"data_format": data_format, "dilation_rate": dilation_rate, "use_bias": False}
    return _made("depthwise_conv", "DepthwiseConv{}D", x, tuple(size), strides, padding, multiplier, **options)


@op(2, module=NN)
def depthwise_conv(
    inputs: Any, kernel: Any, strides: Sizes = 1, padding: str = "valid", data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Any:  # fmt: skip
    """y[o, c, m] = Σ_t x[o·stride + t·dilation, c]·W[t, c, m]: filters slid over each channel by itself, along steps
    or over pictures, as in `layers.DepthwiseConv2D`.

    inputs (B, *D, C), kernel (*K, C, M), y (B, *D′, C·M)

    >>> depthwise_conv([[[1.0, 5.0], [2.0, 6.0]]], [[[1.0], [1.0]], [[1.0], [0.0]]]).ravel()
    array([3., 5.], dtype=float32)
    """
    options = {"strides": strides, "padding": padding, "data_format": data_format, "dilation_rate": dilation_rate}
    return applied(_depthwise, ("kernel",), (inputs, kernel), options)


as_layer(depthwise_conv, "dinputs = dy * kernel turned around, dkernel = inputs * dy", _depthwise, "kernel")


def _separable(
    x: Shape, V: Shape, W: Shape, strides: Sizes = 1, padding: str = "valid", data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Layer:  # fmt: skip
    C = _met("separable_conv", x, V, data_format, -2)
    *size, _, M = V
    if len(W) != len(V) or any(n != 1 for n in W[:-2]) or W[-2] != C * M:
        wanted = f"shape {(*[1] * len(size), C * M, 'O')}"
        raise ShapeError("ops.separable_conv, pointwise_kernel", wanted, Told(f"shape {W}"))
    options = {"dilation_rate": dilation_rate, "depth_multiplier": M, "use_bias": False}
    return _made("separable_conv", "SeparableConv{}D", x, W[-1], tuple(size), strides, padding, data_format, **options)


@op(3, module=NN)
def separable_conv(
    inputs: Any, depthwise_kernel: Any, pointwise_kernel: Any, strides: Sizes = 1, padding: str = "valid",
    data_format: str | None = None, dilation_rate: Sizes = 1,
) -> Any:  # fmt: skip
    """u = x * V within each channel, then y = u·W at each place, as in `layers.SeparableConv2D`.

    inputs (B, *D, C), depthwise_kernel V (*K, C, M), pointwise_kernel W (1, ..., C·M, O), y (B, *D′, O)

    >>> separable_conv([[[1.0, 5.0], [2.0, 6.0]]], [[[1.0], [1.0]], [[1.0], [0.0]]], [[[1.0], [1.0]]]).ravel()
    array([8.], dtype=float32)
    """
    options = {"strides": strides, "padding": padding, "data_format": data_format, "dilation_rate": dilation_rate}
    given = inputs, depthwise_kernel, pointwise_kernel
    return applied(_separable, ("depthwise_kernel", "pointwise_kernel"), given, options)


as_layer(
    separable_conv,
    "dinputs = (dy·Wᵀ) * V turned around, ddepthwise_kernel = inputs * dy·Wᵀ, dpointwise_kernel = uᵀ·dy",
    _separable, "depthwise_kernel", "pointwise_kernel",
)  # fmt: skip


def _transposed(
    x: Shape, W: Shape, strides: Sizes = 1, padding: str = "valid", output_padding: Sizes | None = None,
    data_format: str | None = None, dilation_rate: Sizes = 1,
) -> Layer:  # fmt: skip
    _met("conv_transpose", x, W, data_format, -1)
    *size, filters, _ = W
    options = {"output_padding": output_padding, "data_format": data_format, "dilation_rate": dilation_rate}
    given = filters, tuple(size), strides, padding
    return _made("conv_transpose", "Conv{}DTranspose", x, *given, **options, use_bias=False)


@op(2, module=NN)
def conv_transpose(
    inputs: Any, kernel: Any, strides: Sizes = 1, padding: str = "valid", output_padding: Sizes | None = None,
    data_format: str | None = None, dilation_rate: Sizes = 1,
) -> Any:  # fmt: skip
    """y[o·stride + t·dilation] = Σ x[o]·W[t]ᵀ: each number lays the filters around its place, as in
    `layers.Conv2DTranspose`.

    inputs (B, *D, C), kernel (*K, O, C), y (B, *D′, O)

    >>> conv_transpose([[[3.0], [4.0]]], [[[1.0]], [[1.0]]], strides=2).ravel()
    array([3., 3., 4., 4.], dtype=float32)
    """
    options = {
        "strides": strides, "padding": padding, "output_padding": output_padding, "data_format": data_format,
        "dilation_rate": dilation_rate,
    }  # fmt: skip
    return applied(_transposed, ("kernel",), (inputs, kernel), options)


as_layer(conv_transpose, "dinputs = dy * kernel, dkernel = dy * inputs", _transposed, "kernel")


# Pools ----------------------------------------------------------------------------------------------------------------


def _max(x: Shape, pool_size: Sizes, **options: Any) -> Layer:
    return _made("max_pool", "MaxPooling{}D", x, pool_size, **options)


@op(1, module=NN)
def max_pool(
    inputs: Any, pool_size: Sizes, strides: Sizes | None = None, padding: str = "valid",
    data_format: str | None = None,
) -> Any:  # fmt: skip
    """y = the largest x of each window, as in `layers.MaxPooling2D`.     inputs (B, *D, C), y (B, *D′, C)

    >>> max_pool([[[1.0], [3.0], [2.0], [0.0]]], 2).ravel()
    array([3., 2.], dtype=float32)
    """
    options = {"pool_size": pool_size, "strides": strides, "padding": padding, "data_format": data_format}
    return applied(_max, (), (inputs,), options)


as_layer(max_pool, "dinputs = dy where x is the first largest of the window, else 0", _max)


def _average(x: Shape, pool_size: Sizes, **options: Any) -> Layer:
    return _made("average_pool", "AveragePooling{}D", x, pool_size, **options)


@op(1, module=NN)
def average_pool(
    inputs: Any, pool_size: Sizes, strides: Sizes | None = None, padding: str = "valid",
    data_format: str | None = None,
) -> Any:  # fmt: skip
    """y = the mean x of each window, as in `layers.AveragePooling2D`.     inputs (B, *D, C), y (B, *D′, C)

    >>> average_pool([[[1.0], [3.0], [2.0], [0.0]]], 2).ravel()
    array([2., 1.], dtype=float32)
    """
    options = {"pool_size": pool_size, "strides": strides, "padding": padding, "data_format": data_format}
    return applied(_average, (), (inputs,), options)


as_layer(average_pool, "dinputs = Σ dy / n over the windows that meet x, of n numbers each", _average)


def _adaptive_max(x: Shape, output_size: Sizes, data_format: str | None = None) -> Layer:
    return _made("adaptive_max_pool", "AdaptiveMaxPooling{}D", x, output_size, data_format)


@op(1, module=NN)
def adaptive_max_pool(inputs: Any, output_size: Sizes, data_format: str | None = None) -> Any:
    """y = the largest x of each of `output_size` parts, as in `layers.AdaptiveMaxPooling2D`.

    >>> adaptive_max_pool([[[1.0], [5.0], [3.0], [2.0]]], 2).ravel()
    array([5., 3.], dtype=float32)
    """
    return applied(_adaptive_max, (), (inputs,), {"output_size": output_size, "data_format": data_format})


as_layer(adaptive_max_pool, "dinputs = dy where x is the first largest of the part, else 0", _adaptive_max)


def _adaptive_average(x: Shape, output_size: Sizes, data_format: str | None = None) -> Layer:
    return _made("adaptive_average_pool", "AdaptiveAveragePooling{}D", x, output_size, data_format)


@op(1, module=NN)
def adaptive_average_pool(inputs: Any, output_size: Sizes, data_format: str | None = None) -> Any:
    """y = the mean x of each of `output_size` parts, as in `layers.AdaptiveAveragePooling2D`.

    >>> adaptive_average_pool([[[1.0], [5.0], [3.0], [2.0]]], 2).ravel()
    array([3. , 2.5], dtype=float32)
    """
    return applied(_adaptive_average, (), (inputs,), {"output_size": output_size, "data_format": data_format})


as_layer(adaptive_average_pool, "dinputs = Σ dy / n over the parts that meet x, of n numbers each", _adaptive_average)
