"""Transposed convolution: each number of x lays the filters, times itself, around its place: what a convolution sends
back from its output to its input.     z[o·stride + t·dilation] = b + Σ x[o]·W[t]ᵀ over all o and taps t, y = f(z)
x (B, *D, I)   W (*kernel, O, I)   b (O,)   y (B, *D′, O)
Source: Zeiler, Krishnan, Taylor & Fergus, "Deconvolutional networks", CVPR (2010)."""

from __future__ import annotations

from collections.abc import Sequence
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

OutputPadding = int | Sequence[int] | None


def conv_transpose(x: Array, W: Array, window: Window) -> Array:
    """z without the bias; the window slides over that."""
    z = np.zeros((len(x), *window.bordered, W.shape[-2]), x.dtype)
    for tap, at in window.taps():
        z[at] += x @ W[tap].T
    return window.without_border(z)


def conv_transpose_grad(dz: Array, x: Array, W: Array, window: Window) -> tuple[Array, Array]:
    dx, dW, dz = np.zeros_like(x), np.zeros_like(W), window.with_border(dz)
    for tap, at in window.taps():
        dx += dz[at] @ W[tap]  # dL/dx, from wherever it was laid
        dW[tap] = rows(dz[at]).T @ rows(x)  # dL/dW, summed over places and batch
    return dx, dW


def crops(span: int, stride: int, padding: str, output_padding: int | None) -> tuple[int, int]:
    """(before, after): what is cut off of the (n − 1)·stride + span numbers along an axis; below 0 for what is added.

    "valid" cuts nothing off, and leaves no fewer than n·stride; "same" leaves n·stride. With `output_padding` there are
    (n − 1)·stride + span numbers and that many more; with "same" 1 in the place of span where that is odd, else 0.

    >>> crops(3, 2, "same", None), crops(3, 2, "valid", None), crops(3, 2, "valid", 1)
    ((0, 1), (0, 0), (0, -1))
    """
    if padding == "valid":
        return 0, -(max(span, stride) - span if output_padding is None else output_padding)
    spread = stride + span - 2 if output_padding is None else span + span % 2 - 2 + output_padding
    before = min(spread // 2 + spread % 2, span - 1)
    return span - 1 - before, span - 1 - (spread - before)


class ConvTranspose(Windowed, Ending):
    """What transposed convolutions over one, two and three axes have in common."""

    formula = "z = x laid out by W, + b, y = f(z)"
    formula_back = "dz = dy·f′(z), dx = dz * W, dW = dz * x, db = Σ dz"
    letters: ClassVar = {"kernel": "W", "bias": "b"}
    switches: ClassVar = {"bias": "use_bias"}
    cached = ("x", "z", "y")

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        output_padding: OutputPadding = None,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
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
        self.output_padding = self._output_padding(output_padding)
        self.keep_ending(activation, use_bias)
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def _output_padding(self, value: OutputPadding) -> Shape | None:
        if value is None:
            return None
        where = self.where("output_padding")
        given = [value] * self.axes if isinstance(value, int) else value
        if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != self.axes:
            raise InvalidArgument(where, f"a whole number, {self.axes} of them, or None", value)
        found = tuple(checks.integer(where, n, minimum=0) for n in given)
        if any(n >= stride for n, stride in zip(found, self.strides, strict=True)):
            raise InvalidArgument(where, f"numbers below the strides {self.strides}", value)
        return found

    def window(self, size: Shape) -> Window:
        """How the kernel slides over what comes out of a sample of this size: its places are the numbers of x."""
        spans = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True)]
        added = self.output_padding or [None] * self.axes
        cut = [crops(*axis[:2], self.padding, axis[2]) for axis in zip(spans, self.strides, added, strict=True)]
        whole = [(n - 1) * s + span for n, s, span in zip(size, self.strides, spans, strict=True)]
        left = tuple(n - b - a for n, (b, a) in zip(whole, cut, strict=True))
        if min(left) < 1:
            raise ShapeError(
                f"layer {self.name!r}, input", "more numbers, so that some are left when the borders are cut off",
                Told(" x ".join(map(str, size))), "Leave output_padding out, or use padding='valid'.",
            )  # fmt: skip
        before, after = tuple(b for b, _ in cut), tuple(max(0, a) for _, a in cut)
        return Window(left, self.kernel_size, self.strides, self.dilation_rate, before, after)

    def output_shape_for(self, shape: Shape) -> Shape:
        size, _ = self.split(shape)
        return self.joined(self.window(size).size, self.filters)

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        _, channels = self.split(shape)
        kernel = self.described("kernel", (*self.kernel_size, self.filters, channels))
        return [kernel, self.described("bias", (self.filters,))] if self.use_bias else [kernel]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        x = self.last(x)
        z = conv_transpose(x, p["kernel"], self.window(x.shape[1:-1]))
        z = self.as_given(z + p["bias"] if self.use_bias else z)
        y = self.activation(z)
        return y, (x, z, y)

    def backward_from_logits(self, p: Arrays, cache: Any, dz: Array) -> tuple[Array, dict[str, Array]]:
        x, _, _ = cache
        dz = self.last(dz)
        dx, dW = conv_transpose_grad(dz, x, p["kernel"], self.window(x.shape[1:-1]))
        return self.as_given(dx), self.with_bias({"kernel": dW}, rows(dz).sum(axis=0))

    def lower(self, code: Program, x: Buffer) -> Buffer:
        x = self.lower_last(code, x)
        window = self.window(x.shape[:-1])
        W, b = code.parameter("kernel"), code.parameter("bias") if self.use_bias else None
        dW, db = code.gradient("kernel"), code.gradient("bias") if self.use_bias else None
        z = emit_inputs(code, x, W, window, 1, b, self.lower_mode(code))

        def undo(dz: Buffer, wanted: bool) -> Buffer | None:
            if db is not None:
                code.emit("dense.bias", dz, db, self.filters, dz.size // self.filters)
            around = bordered(code, dz, window.before, window.after)
            if dW is not None:
                emit_weights(code, around, x, dW, window, 1)
            return emit_product(code, around, W, None, window, 1, 0) if wanted else None

        code.back(undo)
        return self.lower_end(code, z)


@layers.add("Convolution1DTranspose")
class Conv1DTranspose(ConvTranspose):
    """Lay the filters around each step: x (B, steps, C), y (B, steps′, filters), y = activation(z),
    z[o·strides + t] = b + Σ x[o]·W[t]ᵀ.

    W (kernel_size, filters, C), b (filters,). padding: "valid", with steps′ = (steps − 1)·strides + kernel_size, or
    steps·strides where that is more; "same", with steps·strides. output_padding: how many more than (steps − 1)·strides
    + kernel_size, or with "same" than (steps − 1)·strides, and one where kernel_size is odd.

    >>> layer = Conv1DTranspose(1, 2, strides=2, kernel_initializer="ones")
    >>> layer([[[3.0], [4.0]]]).ravel()
    array([3., 3., 4., 4.], dtype=float32)
    """

    axes = 1


@layers.add("Convolution2DTranspose")
class Conv2DTranspose(ConvTranspose):
    """Lay the filters around each pixel: x (B, height, width, C), y (B, height′, width′, filters), y = activation(z),
    z[o·strides + t] = b + Σ x[o]·W[t]ᵀ, sizes as in `Conv1DTranspose`.

    W (*kernel_size, filters, C), b (filters,). Keras's sizes and borders, which are not PyTorch's.

    >>> layer = Conv2DTranspose(1, (1, 2), kernel_initializer="ones")
    >>> layer([[[[3.0], [4.0]]]]).ravel()
    array([3., 7., 4.], dtype=float32)
    """

    axes = 2


@layers.add("Convolution3DTranspose")
class Conv3DTranspose(ConvTranspose):
    """Lay the filters around each voxel: x (B, depth, height, width, C), y (B, depth′, height′, width′, filters), as
    `Conv2DTranspose` around pixels: y = activation(z), z[o·strides + t] = b + Σ x[o]·W[t]ᵀ.

    >>> Conv3DTranspose(1, (1, 1, 2), kernel_initializer="ones")([[[[[3.0], [4.0]]]]]).ravel()
    array([3., 7., 4.], dtype=float32)
    """

    axes = 3

    def __init__(  # in Keras's order, which differs from that of the others
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: OutputPadding = None,
        dilation_rate: int | Sequence[int] = 1,
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
        super().__init__(
            filters, kernel_size, strides, padding, output_padding, data_format, dilation_rate, activation, use_bias,
            kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, kernel_constraint,
            bias_constraint, **options,
        )  # fmt: skip
