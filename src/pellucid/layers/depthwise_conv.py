"""Depthwise convolution: z = x * W + b within each channel, y = f(z).
x (B, *D, C)   W (*kernel, C, M)   b (C·M,)   y (B, *D′, C·M)
Source: Chollet, "Xception: deep learning with depthwise separable convolutions", arXiv:1610.02357 (2017)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

from .. import checks
from ..arrays import Array, Arrays, Shape, rows
from ..program import Buffer, Program
from ..rng import Key
from .base import LayerOptions, layers
from .depthwise import Depthwise, depthwise, depthwise_grad
from .ending import Ending
from .holding import Parameter


class DepthwiseConv(Depthwise, Ending):
    """What depthwise convolutions over one and two axes have in common."""

    formula = "z = x * W + b within each channel, y = f(z)"
    formula_back = "dz = dy·f′(z), dW = x * dz, db = Σ dz, dx = dz * W turned around"
    letters: ClassVar = {"kernel": "W", "bias": "b"}
    switches: ClassVar = {"bias": "use_bias"}
    cached = ("x", "z", "y")

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.keep_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.depth_multiplier = checks.integer(self.where("depth_multiplier"), depth_multiplier, minimum=1)
        self.keep_ending(activation, use_bias)
        self.keep_options("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def output_shape_for(self, shape: Shape) -> Shape:
        size, channels = self.split(shape)
        return self.joined(self.window(size).places, channels * self.depth_multiplier)

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        _, C = self.split(shape)
        M = self.depth_multiplier
        kernel = self.described("kernel", (*self.kernel_size, C, M), of="depthwise")
        return [kernel, self.described("bias", (C * M,))] if self.use_bias else [kernel]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        x = self.last(x)
        window = self.window(x.shape[1:-1])
        z = depthwise(window.with_border(x), p["kernel"], window)
        z = self.as_given(z + p["bias"] if self.use_bias else z)
        y = self.activation(z)
        return y, (x, z, y)

    def backward_from_logits(self, p: Arrays, cache: Any, dz: Array) -> tuple[Array, dict[str, Array]]:
        x, _, _ = cache
        window, dz = self.window(x.shape[1:-1]), self.last(dz)
        dx, dW = depthwise_grad(dz, window.with_border(x), p["kernel"], window)
        db = rows(dz).sum(axis=0)
        return self.as_given(window.without_border(dx)), self.with_bias({"kernel": dW}, db)

    def lower(self, code: Program, x: Buffer) -> Buffer:
        W, b = code.parameter("kernel"), code.parameter("bias") if self.use_bias else None
        dW, db = code.gradient("kernel"), code.gradient("bias") if self.use_bias else None
        x = self.lower_last(code, x)
        z = self.lower_depthwise(code, x, W, dW, b, db, self.lower_mode(code))
        return self.lower_end(code, z)


@layers.add()
class DepthwiseConv1D(DepthwiseConv):
    """Slide filters over each channel by itself: x (B, steps, C), y (B, steps′, C·depth_multiplier),
    y = activation(x * W + b).

    W (kernel_size, C, depth_multiplier), b (C·depth_multiplier,). padding: "valid" or "same", as in `Conv1D`; strides
    and dilation_rate may both be above 1.

    >>> layer = DepthwiseConv1D(2, depthwise_initializer="ones")
    >>> layer([[[1.0, 5.0], [2.0, 6.0], [4.0, 8.0]]])
    array([[[ 3., 11.],
            [ 6., 14.]]], dtype=float32)
    """

    axes = 1


@layers.add()
class DepthwiseConv2D(DepthwiseConv):
    """Slide filters over each channel of a picture by itself: x (B, height, width, C), y (B, height′, width′,
    C·depth_multiplier), y = activation(x * W + b).

    W (*kernel_size, C, depth_multiplier), b (C·depth_multiplier,). The channels that come of one stand together.

    >>> layer = DepthwiseConv2D((1, 2), depth_multiplier=2, depthwise_initializer="ones")
    >>> layer([[[[1.0], [2.0], [4.0]]]])
    array([[[[3., 3.],
             [6., 6.]]]], dtype=float32)
    """

    axes = 2
