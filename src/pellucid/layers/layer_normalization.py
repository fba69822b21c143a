"""LayerNormalization: x̂ = (x − μ) / sqrt(σ² + ε), y = γ·x̂ + β, with μ and σ² of each sample over its own axes.
x (B, ..., C)   γ, β (C,)   y (B, ..., C)
Source: Ba, Kiros & Hinton, "Layer normalization", arXiv:1607.06450 (2016)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

import numpy as np

from .. import checks
from ..activations.axes import inverse, reordered, to_the_end
from ..arrays import Array, Arrays, Shape
from ..program import Buffer, CannotLower, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .holding import Parameter
from .shapes import along, axes_of, axis_argument

RMS_FORMULA = "r = 1 / √(σ² + ε), x̂ = x·r, y = γ·x̂"
RMS_FORMULA_BACK = "g = dy·γ, dx = r·(g − (x̂ − mean(x̂))·mean(g·x̂)), dγ = Σ dy·x̂"


def layer_norm(
    x: Array, gamma: Array | float, beta: Array | float, axes: tuple[int, ...], epsilon: float
) -> tuple[Array, Array, Array]:
    """(y, x̂, r): the output, the standardized input, and r = 1/sqrt(σ² + ε)."""
    r = 1 / np.sqrt(x.var(axis=axes, keepdims=True) + epsilon)
    xhat = (x - x.mean(axis=axes, keepdims=True)) * r
    return gamma * xhat + beta, xhat, r


def layer_norm_grad(
    dy: Array, xhat: Array, r: Array, gamma: Array | float, axes: tuple[int, ...]
) -> tuple[Array, Array, Array]:
    """(dx, dγ, dβ), with g = dL/dx̂ = dL/dy·γ.

    μ and σ² move with x: dμ/dx = 1/N and dσ²/dx = 2(x − μ)/N. Carried through x̂ = (x − μ)·r, the first takes from g
    its mean, the second its component along x̂: dL/dx = r · (g − mean(g) − x̂·mean(g·x̂)).
    """
    others = tuple(i for i in range(dy.ndim) if i not in axes)
    dgamma = (dy * xhat).sum(axis=others)
    dbeta = dy.sum(axis=others)
    g = dy * gamma
    dx = r * (g - g.mean(axis=axes, keepdims=True) - xhat * (g * xhat).mean(axis=axes, keepdims=True))
    return dx, dgamma, dbeta


def scaled_only(x: Array, gamma: Array | float, axes: tuple[int, ...], epsilon: float) -> tuple[Array, Array, Array]:
    """(y, x·r, r) with r = 1/sqrt(σ² + ε): by the deviation from the mean, but the mean stays."""
    r = 1 / np.sqrt(x.var(axis=axes, keepdims=True) + epsilon)
    xr = x * r
    return gamma * xr, xr, r


def scaled_only_grad(
    dy: Array, xr: Array, r: Array, gamma: Array | float, axes: tuple[int, ...]
) -> tuple[Array, Array]:
    """(dx, dγ), with g = dL/dy·γ. dr/dx = −r³·(x − μ)/N, so that dL/dx = r · (g − (x − μ)·r·mean(g·x·r))."""
    dgamma = (dy * xr).sum(axis=tuple(i for i in range(dy.ndim) if i not in axes))
    g = dy * gamma
    xhat = xr - xr.mean(axis=axes, keepdims=True)
    return r * (g - xhat * (g * xr).mean(axis=axes, keepdims=True)), dgamma


def lower_norm(
    code: Program, x: Buffer, axes: tuple[int, ...], gamma: str, beta: str, epsilon: float, *, centred: bool
) -> Buffer:
    """Emit y = γ·(x − μ)·r + β over these axes, and the way back; μ is 0 unless `centred`. γ and β are names of
    parameters, or "" for none."""
    order = to_the_end(x.shape, axes)
    rows = reordered(code, x, order)
    n = math.prod(x.shape[a - 1] for a in axes)
    M = x.size // n
    g = code.parameter(gamma) if gamma else code.constant(np.ones(n))
    b = code.parameter(beta) if beta else code.constant(np.zeros(n))
    mean, r = code.buffer((M,)), code.buffer((M,))
    y = code.buffer(rows.shape)
    code.emit("layer_norm", rows, g, b, mean, r, y, M, n, epsilon, int(centred))
    code.tap(r=r, **({"μ": mean} if centred else {}))
    dgamma, dbeta = (code.gradient(name) if name else None for name in (gamma, beta))

    def undo(dy: Buffer, wanted: bool) -> Buffer | None:
        dy = reordered(code, dy, order)
        if dgamma or dbeta:
            spare = code.block((n,))
            code.emit("layer_norm.parameters", dy, rows, mean, r, dgamma or spare, dbeta or spare, M, n)
        if not wanted:
            return None
        dx = code.buffer(rows.shape)
        code.emit("layer_norm.grad", dy, rows, g, mean, r, dx, M, n, int(centred))
        return reordered(code, dx, inverse(order))

    code.back(undo)
    return reordered(code, y, inverse(order))


@layers.add()
class LayerNormalization(Layer):
    """Standardize each sample over `axis`, then scale and shift: y = γ·(x − μ)/sqrt(σ² + ε) + β.

    axis: one axis or several, the batch being axis 0. Shapes: γ, β as x along those axes.

    >>> LayerNormalization(epsilon=1e-12)([[1.0, 3.0], [10.0, 30.0]])
    array([[-1.,  1.],
           [-1.,  1.]], dtype=float32)

    ε is 1e-3, as in Keras; PyTorch's is 1e-5. With rms_scaling=True it is y = γ·x/sqrt(σ² + ε), without β. Keras keeps
    that for old files and warns of it, for it divides by the deviation and not by the root mean square, which is what
    RMSNormalization does. Networks with it run on the definition.
    """

    supports_masking = True
    formula = "r = 1 / √(σ² + ε), x̂ = (x − μ)·r, y = γ·x̂ + β"
    formula_back = "g = dy·γ, dx = r·(g − mean(g) − x̂·mean(g·x̂)), dγ = Σ dy·x̂, dβ = Σ dy"
    letters: ClassVar = {"gamma": "γ", "beta": "β"}
    switches: ClassVar = {"gamma": "scales", "beta": "shifts"}
    cached = ("x̂", "r")

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        rms_scaling: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if rms_scaling:
            warnings.warn(
                f"{self.where('rms_scaling')}: it divides by the deviation, not by the root mean square, and is there "
                "for old files. Use RMSNormalization.",
                stacklevel=2,
            )
            self.formula, self.formula_back = RMS_FORMULA, RMS_FORMULA_BACK
        self.axis = axis_argument(self.where("axis"), axis)
        self.epsilon = checks.number(self.where("epsilon"), epsilon, above=0)
        self.center, self.scale, self.rms_scaling = bool(center), bool(scale), bool(rms_scaling)
        self.scales, self.shifts = self.scale or self.rms_scaling, self.center and not self.rms_scaling
        self.keep_options("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        self.keep_options("beta", beta_initializer, beta_regularizer, beta_constraint)

    def output_shape_for(self, shape: Shape) -> Shape:
        axes_of(self.name, self.axis, shape)
        return shape

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        size = tuple(shape[a - 1] for a in axes_of(self.name, self.axis, shape))
        there = {"gamma": self.scales, "beta": self.shifts}
        return [self.described(name, size) for name, is_there in there.items() if is_there]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        axes = axes_of(self.name, self.axis, x.shape[1:])
        gamma = along(p["gamma"], axes, x.ndim) if self.scales else 1.0
        beta = along(p["beta"], axes, x.ndim) if self.shifts else 0.0
        if self.rms_scaling:
            y, xhat, r = scaled_only(x, gamma, axes, self.epsilon)
        else:
            y, xhat, r = layer_norm(x, gamma, beta, axes, self.epsilon)
        return y, (xhat, r)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        xhat, r = cache
        axes = axes_of(self.name, self.axis, dy.shape[1:])
        gamma = along(p["gamma"], axes, dy.ndim) if self.scales else 1.0
        if self.rms_scaling:
            dx, dgamma = scaled_only_grad(dy, xhat, r, gamma, axes)
            return dx, {"gamma": dgamma}
        dx, dgamma, dbeta = layer_norm_grad(dy, xhat, r, gamma, axes)
        found = {"gamma": dgamma, "beta": dbeta}
        return dx, {name: g for name, g in found.items() if name in p}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        if self.rms_scaling:
            raise CannotLower(f"layer {self.name!r} (LayerNormalization with rms_scaling)")
        axes = axes_of(self.name, self.axis, x.shape)
        gamma, beta = "gamma" if self.scale else "", "beta" if self.center else ""
        return lower_norm(code, x, axes, gamma, beta, self.epsilon, centred=True)
