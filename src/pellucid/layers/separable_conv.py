"""Separable convolution: u = x * V within each channel, then z = uW + b at each place, y = f(z).
x (B, *D, C)   V (*kernel, C, M)   u (B, *D′, C·M)   W (1, ..., C·M, O)   b (O,)   y (B, *D′, O)
Source: Chollet, "Xception: deep learning with depthwise separable convolutions", arXiv:1610.02357 (2017)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..program import Buffer, Program
from ..rng import Key
from .base import LayerOptions, layers
from .dense import dense, dense_grad
from .depthwise import Depthwise, depthwise, depthwise_grad
from .ending import Ending
from .holding import Parameter


class SeparableConv(Depthwise, Ending):
    """What separable convolutions over one and two axes have in common."""

    formula = "u = x * V within each channel, z = uW + b, y = f(z)"
    formula_back = "dz = dy·f′(z), dW = uᵀ·dz, db = Σ dz, du = dz·Wᵀ, dV = x * du, dx = du * V turned around"
    letters: ClassVar = {"depthwise_kernel": "V", "pointwise_kernel": "W", "bias": "b"}
    switches: ClassVar = {"bias": "use_bias"}
    cached = ("x", "u", "z", "y")

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.filters = checks.integer(self.where("filters"), filters, minimum=1)
        self.keep_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.depth_multiplier = checks.integer(self.where("depth_multiplier"), depth_multiplier, minimum=1)
        self.keep_ending(activation, use_bias)
        self.keep_options("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)
        self.keep_options("pointwise", pointwise_initializer, pointwise_regularizer, pointwise_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def output_shape_for(self, shape: Shape) -> Shape:
        size, _ = self.split(shape)
        return self.joined(self.window(size).places, self.filters)

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        _, C = self.split(shape)
        M = self.depth_multiplier
        V = self.described("depthwise_kernel", (*self.kernel_size, C, M), of="depthwise")
        W = self.described("pointwise_kernel", (*[1] * self.axes, C * M, self.filters), of="pointwise")
        return [V, W, self.described("bias", (self.filters,))] if self.use_bias else [V, W]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        x = self.last(x)
        window = self.window(x.shape[1:-1])
        u = depthwise(window.with_border(x), p["depthwise_kernel"], window)
        z = self.as_given(dense(u, self._matrix(p), p.get("bias")))
        y = self.activation(z)
        return y, (x, u, z, y)

    def _matrix(self, p: Arrays) -> Array:
        """W (C·M, O)."""
        W = p["pointwise_kernel"]
        return W.reshape(W.shape[-2:])

    def backward_from_logits(self, p: Arrays, cache: Any, dz: Array) -> tuple[Array, dict[str, Array]]:
        x, u, _, _ = cache
        window = self.window(x.shape[1:-1])
        du, dW, db = dense_grad(self.last(dz), u, self._matrix(p))
        dx, dV = depthwise_grad(du, window.with_border(x), p["depthwise_kernel"], window)
        found = {"depthwise_kernel": dV, "pointwise_kernel": dW.reshape(p["pointwise_kernel"].shape)}
        return self.as_given(window.without_border(dx)), self.with_bias(found, db)

    def lower(self, code: Program, x: Buffer) -> Buffer:
        V, dV = code.parameter("depthwise_kernel"), code.gradient("depthwise_kernel")
        u = self.lower_depthwise(code, self.lower_last(code, x), V, dV, None, None, 0)
        code.tap(u=u)
        z = self._lower_pointwise(code, u, self.lower_mode(code))
        return self.lower_end(code, z)

    def _lower_pointwise(self, code: Program, u: Buffer, mode: int) -> Buffer:
        W, b = code.parameter("pointwise_kernel"), code.parameter("bias") if self.use_bias else None
        dW, db = code.gradient("pointwise_kernel"), code.gradient("bias") if self.use_bias else None
        I, O = u.shape[-1], self.filters
        places = u.size // I
        z = code.buffer((*u.shape[:-1], O))
        code.emit("dense", u, W, b, z, I, O, places, mode)

        def undo(dz: Buffer, wanted: bool) -> Buffer:
            if db is not None:
                code.emit("dense.bias", dz, db, O, places)
            if dW is not None:
                code.emit("dense.weights", u, dz, dW, I, O, places)
            du = code.buffer(u.shape)
            code.emit("dense.inputs", dz, W, du, I, O, places, None)
            return du

        code.back(undo)
        return z


@layers.add("SeparableConvolution1D")
class SeparableConv1D(SeparableConv):
    """Slide filters over each channel, then mix the channels: x (B, steps, C), y (B, steps′, filters),
    y = activation((x * V)·W + b).

    V (kernel_size, C, depth_multiplier), W (1, C·depth_multiplier, filters), b (filters,).

    >>> layer = SeparableConv1D(1, 2, depthwise_initializer="ones", pointwise_initializer="ones")
    >>> layer([[[1.0, 5.0], [2.0, 6.0], [4.0, 8.0]]]).ravel()
    array([14., 20.], dtype=float32)
    """

    axes = 1


@layers.add("SeparableConvolution2D")
class SeparableConv2D(SeparableConv):
    """Slide filters over each channel of a picture, then mix the channels: x (B, height, width, C), y (B, height′,
    width′, filters), y = activation((x * V)·W + b).

    V (*kernel_size, C, depth_multiplier), W (1, 1, C·depth_multiplier, filters), b (filters,).

    >>> layer = SeparableConv2D(1, (1, 2), depthwise_initializer="ones", pointwise_initializer="ones")
    >>> layer([[[[1.0], [2.0], [4.0]]]]).ravel()
    array([3., 6.], dtype=float32)
    """

    axes = 2
