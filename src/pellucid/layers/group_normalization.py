"""GroupNormalization: x̂ = (x − μ) / sqrt(σ² + ε), y = γ·x̂ + β, with μ and σ² of each sample and group of channels.
x (B, ..., C)   γ, β (C,)   y (B, ..., C)
Source: Wu & He, "Group normalization", arXiv:1803.08494 (2018)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

import numpy as np

from .. import checks
from ..activations.axes import inverse, reordered, to_the_end
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, ShapeError, Told
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .holding import Parameter
from .shapes import axes_of

OF_GROUP = (1, 3)  # the axes of x (B, P, G, C / G) over which a group has its numbers
WIDEST = 1 << 15  # channels that the kernels have room for


def group_norm(x: Array, gamma: Array | float, beta: Array | float, epsilon: float) -> tuple[Array, Array, Array]:
    """(y, x̂, r) of x (B, P, G, C / G): the output, the standardized input, and r = 1/sqrt(σ² + ε)."""
    r = 1 / np.sqrt(x.var(axis=OF_GROUP, keepdims=True) + epsilon)
    xhat = (x - x.mean(axis=OF_GROUP, keepdims=True)) * r
    return gamma * xhat + beta, xhat, r


def group_norm_grad(dy: Array, xhat: Array, r: Array, gamma: Array | float) -> tuple[Array, Array, Array]:
    """(dx, dγ, dβ), with g = dL/dx̂ = dL/dy·γ. μ and σ² move with x, as in `layer_norm_grad`."""
    dgamma = (dy * xhat).sum(axis=(0, 1))
    dbeta = dy.sum(axis=(0, 1))
    g = dy * gamma
    dx = r * (g - g.mean(axis=OF_GROUP, keepdims=True) - xhat * (g * xhat).mean(axis=OF_GROUP, keepdims=True))
    return dx, dgamma, dbeta


@layers.add()
class GroupNormalization(Layer):
    """Standardize each sample over each group of neighbouring channels and all pixels, then scale and shift each
    channel: y = γ·(x − μ)/sqrt(σ² + ε) + β.

    groups: how many; -1: one for each channel, which is instance normalization. axis: that of the channels, the batch
    being axis 0. γ, β (C,).

    >>> GroupNormalization(groups=2, epsilon=1e-12)([[1.0, 3.0, 10.0, 30.0]])
    array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    supports_masking = True
    formula = "r = 1 / √(σ² + ε), x̂ = (x − μ)·r, y = γ·x̂ + β"
    formula_back = "g = dy·γ, dx = r·(g − mean(g) − x̂·mean(g·x̂)), dγ = Σ dy·x̂, dβ = Σ dy"
    letters: ClassVar = {"gamma": "γ", "beta": "β"}
    switches: ClassVar = {"gamma": "scale", "beta": "center"}
    cached = ("x̂", "r")

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.groups = checks.integer(self.where("groups"), groups, minimum=-1)
        if self.groups == 0:
            raise InvalidArgument(self.where("groups"), "a whole number at least 1, or -1 for one of each channel", 0)
        self.axis = checks.integer(self.where("axis"), axis)
        self.epsilon = checks.number(self.where("epsilon"), epsilon, above=0)
        self.center, self.scale = bool(center), bool(scale)
        self.keep_options("beta", beta_initializer, beta_regularizer, beta_constraint)
        self.keep_options("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)

    def output_shape_for(self, shape: Shape) -> Shape:
        self._groups(shape)
        return shape

    def _groups(self, shape: Shape) -> tuple[int, int, int]:
        """(axis of the channels, how many channels, how many groups) in a sample of this shape."""
        (axis,) = axes_of(self.name, self.axis, shape)
        C = shape[axis - 1]
        G = C if self.groups == -1 else self.groups
        if C % G:
            fix = "Choose groups that divides the channels, or -1."
            raise ShapeError(
                f"layer {self.name!r}, input", f"channels in {G} groups of one size", Told(f"{C} channels"), fix
            )
        return axis, C, G

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        _, C, _ = self._groups(shape)
        gamma, beta = self.described("gamma", (C,)), self.described("beta", (C,))
        return [*([gamma] if self.scale else []), *([beta] if self.center else [])]

    def _grouped(self, x: Array) -> Array:
        """x as (B, P, G, C / G)."""
        axis, C, G = self._groups(x.shape[1:])
        return np.moveaxis(x, axis, -1).reshape(len(x), int(np.prod(x.shape[1:])) // C, G, C // G)

    def _as_given(self, y: Array, shape: Shape) -> Array:
        """y (B, P, G, C / G) in the shape of x."""
        axis, _, _ = self._groups(shape[1:])
        moved = [n for i, n in enumerate(shape) if i != axis] + [shape[axis]]
        return np.moveaxis(y.reshape(moved), -1, axis)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        grouped = self._grouped(x)
        gamma, beta = (
            p[name].reshape(grouped.shape[2:]) if name in p else n for name, n in (("gamma", 1), ("beta", 0))
        )
        y, xhat, r = group_norm(grouped, gamma, beta, self.epsilon)
        return self._as_given(y, x.shape), (xhat, r)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        xhat, r = cache
        gamma = p["gamma"].reshape(xhat.shape[2:]) if self.scale else 1.0
        dx, dgamma, dbeta = group_norm_grad(self._grouped(dy), xhat, r, gamma)
        found = {"gamma": dgamma.ravel(), "beta": dbeta.ravel()}
        return self._as_given(dx, dy.shape), {name: g for name, g in found.items() if name in p}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        axis, C, G = self._groups(x.shape)
        if C > WIDEST:
            raise self.cannot_lower(f" of {C} channels")
        order = to_the_end(x.shape, [axis])
        rows = reordered(code, x, order)
        gamma = code.parameter("gamma") if self.scale else code.constant(np.ones(C))
        beta = code.parameter("beta") if self.center else code.constant(np.zeros(C))
        mean, r, y = code.buffer((G,)), code.buffer((G,)), code.buffer(rows.shape)
        code.emit("group_norm", rows, gamma, beta, mean, r, y, x.size // C, C, G, self.epsilon)
        code.tap(r=r, **{"μ": mean})
        gradients = [code.gradient(name) if name in self._names() else None for name in ("gamma", "beta")]

        def undo(dy: Buffer, wanted: bool) -> Buffer | None:
            dy, dx = reordered(code, dy, order), code.buffer(rows.shape) if wanted else None
            slopes, sums = code.buffer((C,)), code.buffer((C,))  # Σ dy·x̂ and Σ dy of each sample
            code.emit("group_norm.grad", dy, rows, gamma, mean, r, dx, slopes, sums, x.size // C, C, G)
            for gradient, of_samples in zip(gradients, (slopes, sums), strict=True):
                if gradient is not None:
                    code.emit("dense.bias", of_samples, gradient, C, 1)
            return None if dx is None else reordered(code, dx, inverse(order))

        code.back(undo)
        return reordered(code, y, inverse(order))

    def _names(self) -> list[str]:
        return [*(["gamma"] if self.scale else []), *(["beta"] if self.center else [])]
