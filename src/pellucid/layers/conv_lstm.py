"""ConvLSTM: an LSTM whose products are convolutions, so that its states are pictures.

    i, f, o = σ(x * W + h * U + b)    k = tanh(x * W + h * U + b)    c′ = f∘c + i∘k    h′ = o∘tanh(c′)

x (B, T, *D, I)   h, c (B, *D′, O)   W (*kernel, I, 4·O)   U (*kernel, O, 4·O)   b (4·O,)   with one to three axes D
Source: Shi et al., "Convolutional LSTM network: a machine learning approach for precipitation nowcasting", NeurIPS
2015.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..activations import activations
from ..activations.axes import inverse, reordered
from ..arrays import Array, Arrays, Shape
from ..errors import ShapeError
from ..program import Buffer, Program
from ..rng import Key
from .base import layers
from .channels import LAST
from .conv import conv, conv_grad
from .conv_recurring import ConvRecurrence
from .gated import Kept, drawn
from .holding import Parameter
from .lstm import UnitForget, lstm_step, lstm_step_grad
from .noise import noise_key
from .recurrent import Gradients, Recurrent, RecurrentOptions, States, Unrolled
from .sliding import Window, window_over
from .windowed import Windowed


def gates_conv(x: Array, W: Array, window: Window, kept: Kept) -> Array:
    """x * W, with dropout of x by which each gate has its own columns of W: a group of channels for each."""
    if kept is None:
        return conv(window.with_border(x), W, window)
    each = np.concatenate([x * m for m in kept], axis=-1)
    return conv(window.with_border(each), W, window, len(kept))


def gates_conv_grad(dz: Array, x: Array, W: Array, window: Window, kept: Kept) -> tuple[Array, Array]:
    """(dx, dW)"""
    if kept is None:
        dx, dW = conv_grad(dz, window.with_border(x), W, window)
        return window.without_border(dx), dW
    each = np.concatenate([x * m for m in kept], axis=-1)
    dx, dW = conv_grad(dz, window.with_border(each), W, window, len(kept))
    of_gates = np.split(window.without_border(dx), len(kept), axis=-1)
    return np.add.reduce([d * m for d, m in zip(of_gates, kept, strict=True)]), dW


def each(move: Callable[[Buffer], Buffer], found: Any) -> Any:
    """What comes of one buffer, or of each in a tuple of buffers and None."""
    if isinstance(found, tuple):
        return tuple(each(move, one) for one in found)
    return None if found is None else move(found)


class ConvLSTM(Windowed, Recurrent):
    """What ConvLSTM over one, two and three axes have in common."""

    gates, carried = 4, 2
    formula = "i, f, o = σ(x * W + h * U + b), k = g(x * W + h * U + b), c = f∘c + i∘k, h = o∘g(c)"
    formula_back = "dc += dh∘o∘g′(c), dz of i, f, k, o, dW = x * dz, dU = h * dz, db = Σ dz"

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        **options: Unpack[RecurrentOptions],
    ) -> None:
        super().__init__(**options)
        self.filters = checks.integer(self.where("filters"), filters, minimum=1)
        self.keep_units(filters, activation, use_bias, dropout, recurrent_dropout, seed)
        self.recurrent_activation = activations.get(recurrent_activation, self.where("recurrent_activation"))
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("recurrent", recurrent_initializer, recurrent_regularizer, recurrent_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.unit_forget_bias = bool(unit_forget_bias)
        self.keep_window(kernel_size, strides, padding, data_format, dilation_rate)

    # Shapes and parameters ---------------------------------------------------------------------------------------

    def window_of_states(self, size: Shape) -> Window:
        """How the kernel slides over the states, which stay of one size; over the pictures that come in: `window`."""
        return window_over(self.name, size, self.kernel_size, (1,) * self.axes, (1,) * self.axes, "same")

    def output_shape_for(self, shape: Shape, *states: Shape) -> Any:
        if len(shape) != self.axes + 2:
            size = ", ".join(["height", "width", "depth"][: self.axes] if self.axes > 1 else ["places"])
            picture = f"{size}, channels" if self.data_format == LAST else f"channels, {size}"
            raise ShapeError(f"layer {self.name!r}, input", f"shape (batch, steps, {picture})", (None, *shape))
        return self.given_shapes(shape[0], self.state_shape(shape[1:]), states)

    def state_shape(self, picture: Shape) -> Shape:
        """The shape of the states, of a sample, for pictures of this shape."""
        size, _ = self.split(picture)
        return self.joined(self.window(size).places, self.filters)

    def parameters(self, shape: Shape, *states: Shape) -> Sequence[Parameter]:
        (_, I), O = self.split(shape[1:]), self.filters
        kernel = self.described("kernel", (*self.kernel_size, I, 4 * O))
        recurrent = self.described("recurrent_kernel", (*self.kernel_size, O, 4 * O), "recurrent")
        return [kernel, recurrent, self.described_bias()] if self.use_bias else [kernel, recurrent]

    def described_bias(self) -> Parameter:
        bias = super().described_bias()
        return replace(bias, initializer=UnitForget(bias.initializer)) if self.unit_forget_bias else bias

    # Through time, where channels are last ------------------------------------------------------------------------

    def forward(
        self, p: Arrays, x: Array, *initial: Array, training: bool, rng: Key, mask: Any = None
    ) -> tuple[Any, Unrolled]:
        states = map(self.last, initial)
        y, cache = super().forward(p, self.last(x), *states, training=training, rng=rng, mask=mask)
        return tuple(map(self.as_given, y)) if self.return_state else self.as_given(y), cache

    def backward(self, p: Arrays, cache: Unrolled, *back: Any) -> tuple[Any, Gradients]:
        dx, gradients = super().backward(p, cache, *(None if d is None else self.last(d) for d in back))
        return tuple(map(self.as_given, dx)) if cache.given else self.as_given(dx), gradients

    def of_inputs(self, p: Arrays, x: Array, kept: Kept) -> Array:
        a = [gates_conv(x[:, t], p["kernel"], self.window(x.shape[2:-1]), kept) for t in range(x.shape[1])]
        return np.stack(a, axis=1) + p["bias"] if self.use_bias else np.stack(a, axis=1)

    def of_inputs_grad(self, p: Arrays, da: Array, x: Array, kept: Kept) -> tuple[Array, Array]:
        window, dx, dW = self.window(x.shape[2:-1]), np.zeros_like(x), np.zeros_like(p["kernel"])
        for t in range(x.shape[1]):
            dx[:, t], of_step = gates_conv_grad(da[:, t], x[:, t], p["kernel"], window, kept)
            dW += of_step
        return dx, dW

    def step(self, p: Arrays, a: Array, states: States, kept: Kept) -> tuple[States, Any]:
        h, c = states
        z = a + gates_conv(h, p["recurrent_kernel"], self.window_of_states(h.shape[1:-1]), kept)
        h1, c1, cache = lstm_step(z, c, self.activation, self.recurrent_activation)
        return (h1, c1), (h, cache)

    def step_grad(self, p: Arrays, dstates: States, cache: Any, kept: Kept) -> tuple[Array, States, Gradients]:
        h, of_step = cache
        dz, dc = lstm_step_grad(dstates[0], dstates[1], of_step, self.activation, self.recurrent_activation)
        window = self.window_of_states(h.shape[1:-1])
        dh, dU = gates_conv_grad(dz, h, p["recurrent_kernel"], window, kept)
        return dz, (dh, dc), {"recurrent_kernel": dU}

    def _kept(self, x: Array, rng: Key) -> tuple[Kept, Kept]:
        """Dropout of x and of h, the same at every step, for each gate its own."""
        key, dtype = noise_key(rng, self.seed), x.dtype.name
        state = (*self.window(x.shape[2:-1]).places, self.filters)
        found = []
        for name, rate, shape in (("inputs", self.dropout, x.shape[2:]), ("states", self.recurrent_dropout, state)):
            keys = [key.fold(name, g) for g in range(self.gates)]
            found.append(drawn(keys, (len(x), *shape), rate, dtype) if 0 < rate < 1 else None)
        return found[0], found[1]

    def lower(self, code: Program, x: Buffer, *given: Buffer, mask: Any = None) -> Any:
        def last(one: Buffer) -> Buffer:
            return reordered(code, one, self.order(len(one.shape)))

        def as_given(one: Buffer) -> Buffer:
            return reordered(code, one, inverse(self.order(len(one.shape))))

        x, *states = map(last, (x, *given))
        code.back(lambda dx, wanted: each(as_given, dx))
        found = ConvRecurrence(self, code, x, states, mask).lower()
        code.back(lambda dy, wanted: each(last, dy))
        return each(as_given, found)


@layers.add()
class ConvLSTM1D(ConvLSTM):
    """Go through a sequence of series: x (B, T, places, channels), y (B, places′, filters), or with return_sequences
    (B, T, places′, filters); all else as in `LSTM`, with convolutions as its products.

    >>> ConvLSTM1D(2, 3, padding="same")([[[[1.0], [2.0]], [[3.0], [4.0]]]]).shape
    (1, 2, 2)
    """

    axes = 1


@layers.add()
class ConvLSTM2D(ConvLSTM):
    """Go through a sequence of pictures: x (B, T, height, width, channels), y (B, height′, width′, filters), or with
    return_sequences (B, T, height′, width′, filters); all else as in `LSTM`, with convolutions as its products: x * W
    as in `Conv2D`, h * U with zeros around h and steps of 1. With data_format="channels_first" all of them have their
    channels in front of the height: x (B, T, channels, height, width), h and c (B, filters, height′, width′).

    >>> ConvLSTM2D(2, 3)([[[[[1.0]] * 4] * 5] * 3]).shape
    (1, 3, 2, 2)
    """

    axes = 2


@layers.add()
class ConvLSTM3D(ConvLSTM):
    """Go through a sequence of volumes: x (B, T, depth, height, width, channels), as `ConvLSTM2D` of pictures.

    >>> ConvLSTM3D(2, 1)([[[[[[1.0]]]]]]).shape
    (1, 1, 1, 1, 2)
    """

    axes = 3
