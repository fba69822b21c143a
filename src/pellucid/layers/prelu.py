"""PReLU: y = x above zero, alpha · x below, with alpha learned.     x (B, ...)   alpha (...)   y (B, ...)
Source: He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..activations.axes import stretched, summed
from ..arrays import Array, Arrays, Shape, sum_to
from ..errors import ShapeError
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .holding import Parameter


def prelu(x: Array, alpha: Array) -> Array:
    y: Array = np.maximum(x, 0) + alpha * np.minimum(x, 0)
    return y


def prelu_grad(dy: Array, x: Array, alpha: Array) -> tuple[Array, Array]:
    dx = dy * ((x > 0) + alpha * (x < 0))  # the slope: 1 above zero, alpha below
    dalpha = sum_to(dy * np.minimum(x, 0), (1, *alpha.shape))[0]  # over the batch and the shared axes
    return dx, dalpha


@layers.add()
class PReLU(Layer):
    """Rectify with a learned slope below zero: y = max(x, 0) + alpha · min(x, 0).

    Shapes: alpha has the shape of one sample, with 1 on every shared axis.

    >>> PReLU(alpha_initializer="ones")([[-2.0, 3.0]])
    array([[-2.,  3.]], dtype=float32)

    shared_axes: axes along which one alpha serves all, the batch being axis 0: [1, 2] for one alpha per channel.
    At x = 0 the slope is 0, as in Keras; PyTorch takes alpha there, and starts it at 0.25, not at 0.
    """

    supports_masking = True
    formula = "y = max(x, 0) + alpha·min(x, 0)"
    formula_back = "dalpha = Σ dy·min(x, 0), dx = dy where x > 0, else alpha·dy"
    cached = ("x",)

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.keep_options("alpha", alpha_initializer, alpha_regularizer, alpha_constraint)
        axes = (shared_axes,) if isinstance(shared_axes, int) else shared_axes
        self.shared_axes = (
            None if axes is None else [checks.integer(self.where("shared_axes"), a, minimum=1) for a in axes]
        )

    def output_shape_for(self, shape: Shape) -> Shape:
        if any(a > len(shape) for a in self.shared_axes or ()):
            raise ShapeError(f"layer {self.name!r}, input", f"a shape with the axes {self.shared_axes}", (None, *shape))
        return shape

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        shape = tuple(1 if i in (self.shared_axes or ()) else n for i, n in enumerate(shape, start=1))
        return [self.described("alpha", shape)]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return prelu(x, p["alpha"]), x

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        dx, dalpha = prelu_grad(dy, cache, p["alpha"])
        return dx, {"alpha": dalpha}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        alpha, dalpha = stretched(code, code.parameter("alpha"), x.shape), code.gradient("alpha")
        y = code.buffer(x.shape)
        code.emit("prelu", x, alpha, y, x.size)

        def undo(dy: Buffer, wanted: bool) -> Buffer | None:
            if dalpha is not None:
                own = dalpha.size == x.size
                each = dalpha if own else code.block(x.shape)
                code.emit("prelu.slopes", dy, x, each, x.size)
                if not own:
                    summed(code, each, dalpha)
            if not wanted:
                return None
            dx = code.buffer(x.shape)
            code.emit("prelu.grad", dy, x, alpha, dx, x.size)
            return dx

        code.back(undo)
        return y
