"""Convolution: z[o] = b + Σ_t x[o·stride + t·dilation]·W[t] over the window's taps t, y = f(z).
x (B, *D, I)   W (*kernel, I / groups, O)   b (O,)   y (B, *D′, O)   with D one, two or three axes
Source: LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86 (1998).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape, rows
from ..errors import InvalidArgument, ShapeError, Told
from ..program import Buffer, Program
from ..rng import Key
from .base import LayerOptions, layers
from .convolving import bordered, emit_inputs, emit_product, emit_weights
from .ending import Ending
from .holding import Parameter
from .sliding import Window
from .windowed import Windowed


def conv(x: Array, W: Array, window: Window, groups: int = 1) -> Array:
    """z without the bias, from x with its borders."""
    O = W.shape[-1]
    z = np.zeros((len(x) * math.prod(window.places), O), x.dtype)
    for tap, at in window.taps():
        for i, o in shares(groups, x.shape[-1], O):
            z[:, o] += rows(x[at][..., i]) @ W[tap][:, o]
    return z.reshape(len(x), *window.places, O)


def conv_grad(dz: Array, x: Array, W: Array, window: Window, groups: int = 1) -> tuple[Array, Array]:
    dx, dW = np.zeros_like(x), np.zeros_like(W)
    for tap, at in window.taps():
        for i, o in shares(groups, x.shape[-1], W.shape[-1]):
            dx[at][..., i] += dz[..., o] @ W[tap][:, o].T  # dL/dx, wherever the tap met it
            dW[tap][:, o] = rows(x[at][..., i]).T @ rows(dz[..., o])  # dL/dW, summed over places and batch
    return dx, dW


def shares(groups: int, I: int, O: int) -> Iterator[tuple[slice, slice]]:
    """Which input channels meet which output channels."""
    for g in range(groups):
        yield slice(g * I // groups, (g + 1) * I // groups), slice(g * O // groups, (g + 1) * O // groups)


class Conv(Windowed, Ending):
    """What convolutions over one, two and three axes have in common."""

    formula = "z = x * W + b, y = f(z)"
    formula_back = "dz = dy·f′(z), dW = x * dz, db = Σ dz, dx = dz * W turned around"
    letters: ClassVar = {"kernel": "W", "bias": "b"}
    switches: ClassVar = {"bias": "use_bias"}
    cached = ("x", "z", "y")

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.filters = checks.integer(self.where("filters"), filters, minimum=1)
        self.keep_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.groups = checks.integer(self.where("groups"), groups, minimum=1)
        if self.filters % self.groups:
            raise InvalidArgument(self.where("groups"), f"a number that divides the {self.filters} filters", groups)
        self.keep_ending(activation, use_bias)
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def output_shape_for(self, shape: Shape) -> Shape:
        size, channels = self.split(shape)
        if channels % self.groups:
            wanted = f"channels in {self.groups} groups of one size"
            raise ShapeError(f"layer {self.name!r}, input", wanted, Told(f"{channels} channels"))
        return self.joined(self.window(size).places, self.filters)

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        _, channels = self.split(shape)
        kernel = self.described("kernel", (*self.kernel_size, channels // self.groups, self.filters))
        return [kernel, self.described("bias", (self.filters,))] if self.use_bias else [kernel]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        x = self.last(x)
        window = self.window(x.shape[1:-1])
        z = conv(window.with_border(x), p["kernel"], window, self.groups)
        z = z + p["bias"] if self.use_bias else z
        z = self.as_given(z)
        y = self.activation(z)
        return y, (x, z, y)

    def backward_from_logits(self, p: Arrays, cache: Any, dz: Array) -> tuple[Array, dict[str, Array]]:
        x, _, _ = cache
        window, dz = self.window(x.shape[1:-1]), self.last(dz)
        dx, dW = conv_grad(dz, window.with_border(x), p["kernel"], window, self.groups)
        db = rows(dz).sum(axis=0)
        return self.as_given(window.without_border(dx)), self.with_bias({"kernel": dW}, db)

    def lower(self, code: Program, x: Buffer) -> Buffer:
        x = self.lower_last(code, x)
        window = self.window(x.shape[:-1])
        W, b = code.parameter("kernel"), code.parameter("bias") if self.use_bias else None
        dW, db = code.gradient("kernel"), code.gradient("bias") if self.use_bias else None
        around = bordered(code, x, window.before, window.after)
        z = emit_product(code, around, W, b, window, self.groups, self.lower_mode(code))

        def undo(dz: Buffer, wanted: bool) -> Buffer | None:
            if db is not None:
                code.emit("dense.bias", dz, db, self.filters, dz.size // self.filters)
            if dW is not None:
                emit_weights(code, around, dz, dW, window, self.groups)
            return emit_inputs(code, dz, W, window, self.groups) if wanted else None

        code.back(undo)
        return self.lower_end(code, z)


@layers.add("Convolution1D")
class Conv1D(Conv):
    """Slide filters along steps: x (B, steps, channels), y (B, steps′, filters), y = activation(x * W + b).

    W (kernel_size, channels / groups, filters), b (filters,). padding: "valid", "same", or "causal", where no output
    sees a later step.

    >>> layer = Conv1D(1, 2, kernel_initializer="ones", use_bias=False)
    >>> layer([[[1.0], [2.0], [4.0]]])
    array([[[3.],
            [6.]]], dtype=float32)
    """

    axes = 1
    paddings = ("valid", "same", "causal")


@layers.add("Convolution2D")
class Conv2D(Conv):
    """Slide filters over pictures: x (B, height, width, channels), y (B, height′, width′, filters),
    y = activation(x * W + b).

    W (*kernel_size, channels / groups, filters), b (filters,). padding: "valid", where the window stays within the
    picture, or "same", with zeros around it, so that y has size / strides places, rounded up. With strides and "same",
    TensorFlow and Keras lay the odd zero after the picture, PyTorch, which has no "same" then, wherever it is told.

    >>> layer = Conv2D(1, (1, 2), kernel_initializer="ones", use_bias=False)
    >>> layer([[[[1.0], [2.0], [4.0]]]]).ravel()
    array([3., 6.], dtype=float32)
    """

    axes = 2


@layers.add("Convolution3D")
class Conv3D(Conv):
    """Slide filters over volumes: x (B, depth, height, width, channels), y (B, depth′, height′, width′, filters),
    y = activation(x * W + b), as `Conv2D` over pictures.

    >>> layer = Conv3D(1, 2, kernel_initializer="ones")
    >>> float(layer([[[[[1.0], [2.0]], [[3.0], [4.0]]], [[[5.0], [6.0]], [[7.0], [8.0]]]]]).sum())
    36.0
    """

    axes = 3
