"""SimpleRNN: h′ = tanh(a + hU), from a = xW + b.     x (B, T, I)   h (B, H)   W (I, H)   U (H, H)   b (H,)
Source: Elman, "Finding structure in time", Cognitive Science 14 (1990)."""

from __future__ import annotations

from typing import Any, Unpack

from ..activations import Activation
from ..arrays import Array, Arrays
from ..program import Buffer, Program
from .base import layers
from .gated import Kept, product, product_grad
from .recurrent import Gradients, Recurrent, RecurrentOptions, States
from .recurring import Recurrence

Cache = tuple[Array, ...]


def simple_step(a: Array, h: Array, U: Array, g: Activation, kept: Kept = None) -> tuple[Array, Cache]:
    """(h′, cache); g is the activation, tanh."""
    z = a + product(h, U, kept)
    h1 = g(z)
    return h1, (h, z, h1)


def simple_step_grad(dh: Array, cache: Cache, U: Array, g: Activation, kept: Kept = None) -> tuple[Array, Array, Array]:
    """(da, dL/dh, dU) from dL/dh′."""
    h, z, h1 = cache
    dz = g.grad(dh, z, h1)
    return dz, *product_grad(dz, h, U, kept)


@layers.add()
class SimpleRNN(Recurrent):
    """Go through a sequence with a state that is the output of the step before: h = tanh(xW + hU + b).

    Shapes: x (B, T, I), kernel W (I, units), recurrent_kernel U (units, units), bias b (units,); y (B, units), the last
    h, or with return_sequences (B, T, units). All else is as in `LSTM`, with h as the one state.

    >>> layer = SimpleRNN(1, activation="linear", kernel_initializer="ones", recurrent_initializer="ones")
    >>> layer([[[1.0], [2.0], [3.0]]])
    array([[6.]], dtype=float32)

    Keras 3.15 overlooks the activity_regularizer that it documents; here it counts.
    """

    formula = "h = g(xW + hU + b)"
    formula_back = "dz = dh∘g′, dW = xᵀ·dz, dU = hᵀ·dz, db = Σ dz, dx = dz·Wᵀ, dh = dz·Uᵀ"
    gates = 1

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
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
        self.keep_units(units, activation, use_bias, dropout, recurrent_dropout, seed)
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("recurrent", recurrent_initializer, recurrent_regularizer, recurrent_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def step(self, p: Arrays, a: Array, states: States, kept: Kept) -> tuple[States, Any]:
        h, cache = simple_step(a, states[0], p["recurrent_kernel"], self.activation, kept)
        return (h,), cache

    def step_grad(self, p: Arrays, dstates: States, cache: Any, kept: Kept) -> tuple[Array, States, Gradients]:
        da, dh, dU = simple_step_grad(dstates[0], cache, p["recurrent_kernel"], self.activation, kept)
        return da, (dh,), {"recurrent_kernel": dU}

    def lower(self, code: Program, x: Buffer, *states: Buffer, mask: Any = None) -> Any:
        return Recurrence(self, code, x, states, mask).lower("simple_rnn")
