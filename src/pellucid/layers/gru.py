"""GRU: gated recurrent unit. One step, from a = xW + b and the state h:

    z, r = σ(a + hU)    k = tanh(a + r∘(hU + b′)) or, with reset_after=False, tanh(a + (r∘h)U)    h′ = z∘h + (1 − z)∘k

x (B, T, I)   h, z, r, k (B, H)   W (I, 3H)   U (H, 3H)   b, b′ (3H,), each with the columns of z, r, k
Source: Cho et al., "Learning phrase representations using RNN encoder–decoder for statistical machine translation",
EMNLP 2014; the form with reset_after is that of cuDNN.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Unpack

import numpy as np

from ..activations import Activation, activations
from ..arrays import Array, Arrays
from ..program import Buffer, Program
from .base import layers
from .gated import Kept, product, product_grad
from .holding import Parameter
from .recurrent import Gradients, Recurrent, RecurrentOptions, States
from .recurring import Recurrence

Cache = tuple[Array, ...]


def gru_step(
    a: Array, h: Array, U: Array, b: Array | None, g: Activation, s: Activation, kept: Kept = None
) -> tuple[Array, Cache]:
    """(h′, cache), with r applied to hU + b; g and s are the activations, tanh and σ."""
    u = product(h, U, kept) if b is None else product(h, U, kept) + b
    (az, ar, ak), (uz, ur, uk) = np.split(a, 3, axis=-1), np.split(u, 3, axis=-1)
    zz, zr = az + uz, ar + ur
    z, r = s(zz), s(zr)
    zk = ak + r * uk
    k = g(zk)
    return z * h + (1 - z) * k, (h, uk, zz, zr, zk, z, r, k)


def gru_step_grad(
    dh: Array, cache: Cache, U: Array, g: Activation, s: Activation, kept: Kept = None
) -> tuple[Array, Array, Array, Array]:
    """(da, dL/dh, dU, db) from dL/dh′."""
    h, uk, zz, zr, zk, z, r, k = cache
    dzz = s.grad(dh * (h - k), zz, z)
    dzk = g.grad(dh * (1 - z), zk, k)
    dzr = s.grad(dzk * uk, zr, r)
    da = np.concatenate([dzz, dzr, dzk], axis=-1)
    du = np.concatenate([dzz, dzr, dzk * r], axis=-1)
    through_U, dU = product_grad(du, h, U, kept)
    return da, dh * z + through_U, dU, du.sum(axis=0)


def gru_step_before(
    a: Array, h: Array, U: Array, g: Activation, s: Activation, kept: Kept = None
) -> tuple[Array, Cache]:
    """(h′, cache), with r applied to h, before it is multiplied."""
    H = U.shape[0]
    of_gates, of_k = _of_gates(kept)
    u = product(h, U[:, : 2 * H], of_gates)
    zz, zr = np.split(a[:, : 2 * H] + u, 2, axis=-1)
    z, r = s(zz), s(zr)
    rh = r * h
    zk = a[:, 2 * H :] + product(rh, U[:, 2 * H :], of_k)
    k = g(zk)
    return z * h + (1 - z) * k, (h, rh, zz, zr, zk, z, r, k)


def gru_step_before_grad(
    dh: Array, cache: Cache, U: Array, g: Activation, s: Activation, kept: Kept = None
) -> tuple[Array, Array, Array]:
    """(da, dL/dh, dU) from dL/dh′."""
    h, rh, zz, zr, zk, z, r, k = cache
    H = U.shape[0]
    of_gates, of_k = _of_gates(kept)
    dzk = g.grad(dh * (1 - z), zk, k)
    drh, dUk = product_grad(dzk, rh, U[:, 2 * H :], of_k)
    dz = np.concatenate([s.grad(dh * (h - k), zz, z), s.grad(drh * h, zr, r)], axis=-1)
    through_U, dU = product_grad(dz, h, U[:, : 2 * H], of_gates)
    return np.concatenate([dz, dzk], axis=-1), dh * z + drh * r + through_U, np.concatenate([dU, dUk], axis=1)


def _of_gates(kept: Kept) -> tuple[Kept, Kept]:
    """Dropout for z and r, and for k."""
    return (None, None) if kept is None else (kept[:2], kept[2:])


@layers.add()
class GRU(Recurrent):
    """Go through a sequence with a state h, of which the gate z keeps a share and r says how much the new one sees:
    z, r = σ(xW + hU + b), k = tanh(xW + b + r∘(hU + b′)), h = z∘h + (1 − z)∘k.

    Shapes: x (B, T, I), kernel W (I, 3·units), recurrent_kernel U (units, 3·units), in the order z, r, k, bias
    (2, 3·units), b and b′; y (B, units), the last h, or with return_sequences (B, T, units). With reset_after=False,
    k = tanh(xW + (r∘h)U + b), and the bias is (3·units,). All else is as in `LSTM`, with h as the one state.

    >>> layer = GRU(1, kernel_initializer="ones", recurrent_initializer="ones")
    >>> layer([[[0.0], [1.0]]]).round(4)
    array([[0.2048]], dtype=float32)

    PyTorch's nn.GRU is that with reset_after, with the gates in the order r, z, n, and its matrices transposed.
    """

    formula = "z, r = σ(xW + hU + b), k = g(xW + b + r∘(hU + b′)), h = z∘h + (1 − z)∘k"
    formula_back = "dz of z = dh∘(h − k)∘σ′, k = dh∘(1 − z)∘g′, r; dW = xᵀ·dz, dU = hᵀ·dz, db = Σ dz, dx = dz·Wᵀ"
    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        **options: Unpack[RecurrentOptions],
    ) -> None:
        super().__init__(**options)
        self.keep_units(units, activation, use_bias, dropout, recurrent_dropout, seed)
        self.recurrent_activation = activations.get(recurrent_activation, self.where("recurrent_activation"))
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("recurrent", recurrent_initializer, recurrent_regularizer, recurrent_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.reset_after, self.use_cudnn = bool(reset_after), use_cudnn

    def described_bias(self) -> Parameter:
        bias = super().described_bias()
        return replace(bias, shape=(2, *bias.shape)) if self.reset_after else bias

    def input_bias(self, p: Arrays) -> Array | None:
        b = p.get("bias")
        return b[0] if b is not None and self.reset_after else b

    def bias_gradient(self, db: Array, of_steps: Gradients) -> Array:
        return np.stack([db, of_steps.get("bias", np.zeros_like(db))]) if self.reset_after else db

    def step(self, p: Arrays, a: Array, states: States, kept: Kept) -> tuple[States, Any]:
        U, g, s = p["recurrent_kernel"], self.activation, self.recurrent_activation
        if not self.reset_after:
            h, cache = gru_step_before(a, states[0], U, g, s, kept)
        else:
            h, cache = gru_step(a, states[0], U, p["bias"][1] if self.use_bias else None, g, s, kept)
        return (h,), cache

    def step_grad(self, p: Arrays, dstates: States, cache: Any, kept: Kept) -> tuple[Array, States, Gradients]:
        U, g, s = p["recurrent_kernel"], self.activation, self.recurrent_activation
        if not self.reset_after:
            da, dh, dU = gru_step_before_grad(dstates[0], cache, U, g, s, kept)
            return da, (dh,), {"recurrent_kernel": dU}
        da, dh, dU, db = gru_step_grad(dstates[0], cache, U, g, s, kept)
        return da, (dh,), {"recurrent_kernel": dU, "bias": db}

    def lower(self, code: Program, x: Buffer, *states: Buffer, mask: Any = None) -> Any:
        if not self.reset_after:
            return Recurrence(self, code, x, states, mask, before=True).lower("gru.before")
        return Recurrence(self, code, x, states, mask, twice=True).lower("gru")
