"""RMSNormalization: x̂ = x / sqrt(mean(x²) + ε), y = scale·x̂.     x (B, ..., C)   scale (C,)   y (B, ..., C)
Source: Zhang & Sennrich, "Root mean square layer normalization", NeurIPS 2019."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..initializers import initializers
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .holding import Parameter
from .layer_normalization import lower_norm
from .shapes import along, axes_of, axis_argument


def rms_norm(x: Array, scale: Array, axes: tuple[int, ...], epsilon: float) -> tuple[Array, Array, Array]:
    """(y, x̂, r): the output, the input of root mean square 1, and r = 1/sqrt(mean(x²) + ε)."""
    r = 1 / np.sqrt((x * x).mean(axis=axes, keepdims=True) + epsilon)
    xhat = x * r
    return scale * xhat, xhat, r


def rms_norm_grad(dy: Array, xhat: Array, r: Array, scale: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """(dx, dscale), with g = dL/dx̂ = dL/dy·scale.

    dr/dx = −r³·x/N, so that x̂ = x·r takes from g its component along x̂: dL/dx = r · (g − x̂·mean(g·x̂)).
    """
    dscale = (dy * xhat).sum(axis=tuple(i for i in range(dy.ndim) if i not in axes))
    g = dy * scale
    return r * (g - xhat * (g * xhat).mean(axis=axes, keepdims=True)), dscale


@layers.add()
class RMSNormalization(Layer):
    """Divide each sample by its root mean square over `axis`, then scale: y = scale · x / sqrt(mean(x²) + ε).

    axis: one axis or several, the batch being axis 0. Shapes: scale as x along those axes, starting at 1.

    >>> RMSNormalization()([[3.0, -3.0]]).round(3)
    array([[ 1., -1.]], dtype=float32)

    ε is 1e-6, as in Keras; PyTorch's is the dtype's resolution (1.2e-7 in float32).
    """

    formula = "r = 1 / √(mean(x²) + ε), x̂ = x·r, y = scale·x̂"
    formula_back = "g = dy·scale, dx = r·(g − x̂·mean(g·x̂)), dscale = Σ dy·x̂"
    cached = ("x̂", "r")

    def __init__(self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.axis = axis_argument(self.where("axis"), axis)
        self.epsilon = checks.number(self.where("epsilon"), epsilon, above=0)

    def output_shape_for(self, shape: Shape) -> Shape:
        axes_of(self.name, self.axis, shape)
        return shape

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        size = tuple(shape[a - 1] for a in axes_of(self.name, self.axis, shape))
        return [Parameter("scale", size, initializers.get("ones"))]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        axes = axes_of(self.name, self.axis, x.shape[1:])
        y, xhat, r = rms_norm(x, along(p["scale"], axes, x.ndim), axes, self.epsilon)
        return y, (xhat, r)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        xhat, r = cache
        axes = axes_of(self.name, self.axis, dy.shape[1:])
        dx, dscale = rms_norm_grad(dy, xhat, r, along(p["scale"], axes, dy.ndim), axes)
        return dx, {"scale": dscale}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        axes = axes_of(self.name, self.axis, x.shape)
        return lower_norm(code, x, axes, "scale", "", self.epsilon, centred=False)
