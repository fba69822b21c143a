"""LSTM: long short-term memory. One step, from a = xW + b and the states h and c:

    i, f, o = σ(a + hU)    k = tanh(a + hU)    c′ = f∘c + i∘k    h′ = o∘tanh(c′)

x (B, T, I)   h, c, i, f, k, o (B, H)   W (I, 4H)   U (H, 4H)   b (4H,), each with the columns of i, f, k, o
Source: Hochreiter & Schmidhuber, "Long short-term memory", Neural Computation 9 (1997); with the forget gate f of Gers,
Schmidhuber & Cummins, "Learning to forget: continual prediction with LSTM", Neural Computation 12 (2000).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from ..activations import Activation, activations
from ..arrays import Array, Arrays, Shape
from ..initializers import Initializer
from ..program import Buffer, Program
from ..rng import Key
from .base import layers
from .gated import Kept, product, product_grad
from .holding import Parameter
from .recurrent import Gradients, Recurrent, RecurrentOptions, States
from .recurring import Recurrence

Cache = tuple[Array, ...]


def lstm_step(z: Array, c: Array, g: Activation, s: Activation) -> tuple[Array, Array, Cache]:
    """(h′, c′, cache) from z = a + hU; g and s are the activations, tanh and σ."""
    zi, zf, zk, zo = np.split(z, 4, axis=-1)
    i, f, k, o = s(zi), s(zf), g(zk), s(zo)
    c1 = f * c + i * k  # forget some of the memory, and write some new
    q = g(c1)
    return o * q, c1, (c, zi, zf, zk, zo, i, f, k, o, c1, q)


def lstm_step_grad(dh: Array, dc: Array, cache: Cache, g: Activation, s: Activation) -> tuple[Array, Array]:
    """(dz, dL/dc) from dL/dh′ and dL/dc′."""
    c, zi, zf, zk, zo, i, f, k, o, c1, q = cache
    dc = dc + g.grad(dh * o, c1, q)  # c′ acts through h′, too
    dz = [s.grad(dc * k, zi, i), s.grad(dc * c, zf, f), g.grad(dc * i, zk, k), s.grad(dh * q, zo, o)]
    return np.concatenate(dz, axis=-1), dc * f


class UnitForget(Initializer):
    """What another initializer draws, and 1 for the forget gate: at first, memory stays.

    Source: Jozefowicz, Zaremba & Sutskever, "An empirical exploration of recurrent network architectures" (2015)."""

    def __init__(self, of: Initializer) -> None:
        self.of = of

    def draw(self, shape: Shape, dtype: npt.DTypeLike, key: Key) -> Array:
        H = shape[0] // 4
        found = np.asarray(self.of(shape, dtype, key)).copy()
        found[H : 2 * H] = 1
        return found


@layers.add()
class LSTM(Recurrent):
    """Go through a sequence with a memory c that gates write to, keep and read:
    i, f, o = σ(xW + hU + b), k = tanh(xW + hU + b), c = f∘c + i∘k, h = o∘tanh(c).

    Shapes: x (B, T, I), kernel W (I, 4·units), recurrent_kernel U (units, 4·units), bias b (4·units,), in the order i,
    f, k, o; y (B, units), the last h, or with return_sequences (B, T, units). With return_state the last h and c
    (B, units) come behind it; a call is given such with initial_state=[h, c]. go_backwards: the last step first, and so
    are the outputs. A step that a mask says does not count leaves the states as they are; its output is that of the
    step before, or 0 with zero_output_for_mask.

    dropout drops inputs, recurrent_dropout states, in training and the same ones at all steps of a sequence; with
    the latter, for each gate by itself. unit_forget_bias: the forget gate's bias begins at 1. unroll and use_cudnn are
    taken for Keras's sake, and change nothing.

    stateful: sample i of a batch goes on with the states at which sample i of the batch before ended, until
    `reset_state()`. Batches are then of one size. The states are no weights: no file has them.

    >>> layer = LSTM(1, kernel_initializer="ones", recurrent_initializer="ones", unit_forget_bias=False)
    >>> layer([[[0.0], [1.0]]]).round(4)
    array([[0.3696]], dtype=float32)

    Keras goes by the mask of a call that is given states only where that names it, mask=...; here it always counts.
    PyTorch's nn.LSTM has the gates in the order i, f, g, o, its matrices transposed, and a second bias that is added.
    """

    formula = "i, f, o = σ(xW + hU + b), k = g(xW + hU + b), c = f∘c + i∘k, h = o∘g(c)"
    formula_back = "dc += dh∘o∘g′(c), dz of i, f, k, o, dW = xᵀ·dz, dU = hᵀ·dz, db = Σ dz, dx = dz·Wᵀ, dh = dz·Uᵀ"
    gates, carried = 4, 2

    def __init__(
        self,
        units: int,
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
        use_cudnn: Any = "auto",
        **options: Unpack[RecurrentOptions],
    ) -> None:
        super().__init__(**options)
        self.keep_units(units, activation, use_bias, dropout, recurrent_dropout, seed)
        self.recurrent_activation = activations.get(recurrent_activation, self.where("recurrent_activation"))
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("recurrent", recurrent_initializer, recurrent_regularizer, recurrent_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.unit_forget_bias, self.use_cudnn = bool(unit_forget_bias), use_cudnn

    def described_bias(self) -> Parameter:
        bias = super().described_bias()
        return replace(bias, initializer=UnitForget(bias.initializer)) if self.unit_forget_bias else bias

    def step(self, p: Arrays, a: Array, states: States, kept: Kept) -> tuple[States, Any]:
        h, c = states
        z = a + product(h, p["recurrent_kernel"], kept)
        h1, c1, cache = lstm_step(z, c, self.activation, self.recurrent_activation)
        return (h1, c1), (h, cache)

    def step_grad(self, p: Arrays, dstates: States, cache: Any, kept: Kept) -> tuple[Array, States, Gradients]:
        h, of_step = cache
        dz, dc = lstm_step_grad(dstates[0], dstates[1], of_step, self.activation, self.recurrent_activation)
        dh, dU = product_grad(dz, h, p["recurrent_kernel"], kept)
        return dz, (dh, dc), {"recurrent_kernel": dU}

    def lower(self, code: Program, x: Buffer, *states: Buffer, mask: Any = None) -> Any:
        return Recurrence(self, code, x, states, mask).lower("lstm")
