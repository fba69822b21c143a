"""Dense: y = f(xW + b).     x (B, ..., I)   W (I, O)   b (O,)   y (B, ..., O)
Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

from .. import checks
from ..activations import activations, relu
from ..arrays import Array, Arrays, Shape, rows
from ..errors import ShapeError
from ..program import Buffer, Program
from ..rng import Key
from .activation_layer import logits_of
from .base import Layer, LayerOptions, layers
from .holding import Parameter

RECTIFY = 2  # what the kernel is told, to end with max(z, 0)


def dense(x: Array, W: Array, b: Array | None) -> Array:
    return x @ W if b is None else x @ W + b


def dense_grad(dz: Array, x: Array, W: Array) -> tuple[Array, Array, Array]:
    dx = dz @ W.T  # dL/dx = dL/dz · Wᵀ
    dW = rows(x).T @ rows(dz)  # dL/dW = xᵀ · dL/dz, summed over the batch
    db = rows(dz).sum(axis=0)  # dL/db = dL/dz, summed over the batch
    return dx, dW, db


@layers.add()
class Dense(Layer):
    """Join every input to every output: z = xW + b, y = activation(z).

    Shapes: x (B, ..., I), kernel W (I, units), bias b (units,), y (B, ..., units).

    >>> layer = Dense(2, activation="relu", kernel_initializer="ones")
    >>> layer([[1.0, 2.0, 3.0]])
    array([[6., 6.]], dtype=float32)
    """

    supports_masking = True
    formula = "z = xW + b, y = f(z)"
    formula_back = "dz = dy·f′(z), dW = xᵀ·dz, db = Σ dz, dx = dz·Wᵀ"
    letters: ClassVar = {"kernel": "W", "bias": "b"}
    switches: ClassVar = {"bias": "use_bias"}
    cached = ("x", "z", "y")

    def __init__(
        self,
        units: int,
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
        self.units = checks.integer(self.where("units"), units, minimum=1)
        self.activation = activations.get(activation, self.where("activation"))
        self.use_bias = bool(use_bias)
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def output_shape_for(self, shape: Shape) -> Shape:
        if not shape:
            raise ShapeError(
                f"layer {self.name!r}, input", "at least one axis after the batch", (None,), "Reshape x to (B, 1)."
            )
        return (*shape[:-1], self.units)

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        I, O = shape[-1], self.units
        kernel, bias = self.described("kernel", (I, O)), self.described("bias", (O,))
        return [kernel, bias] if self.use_bias else [kernel]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        z = dense(x, p["kernel"], p.get("bias"))
        y = self.activation(z)
        return y, (x, z, y)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        _, z, y = cache
        return self.backward_from_logits(p, cache, self.activation.grad(dy, z, y))

    def backward_from_logits(self, p: Arrays, cache: Any, dz: Array) -> tuple[Array, dict[str, Array]]:
        x, _, _ = cache
        dx, dW, db = dense_grad(dz, x, p["kernel"])
        return dx, {"kernel": dW, "bias": db} if self.use_bias else {"kernel": dW}

    def logits(self, cache: Any) -> tuple[str, Array] | None:
        _, z, _ = cache
        return logits_of(self.activation, z)

    def lower(self, code: Program, x: Buffer) -> Buffer:
        I, O = x.shape[-1], self.units
        rows = x.size // I
        W, b = code.parameter("kernel"), code.parameter("bias") if self.use_bias else None
        dW, db = code.gradient("kernel"), code.gradient("bias") if self.use_bias else None
        rectified = self.activation == relu and not code.keeps  # while the numbers are still in registers
        z = code.buffer((*x.shape[:-1], O))
        code.emit("dense", x, W, b, z, I, O, rows, RECTIFY if rectified else 0)
        code.tap(z=z)

        def undo(dz: Buffer, wanted: bool) -> Buffer | None:
            code.tap(dz=dz)
            if db is not None:
                code.emit("dense.bias", dz, db, O, rows)
            if dW is not None:
                code.emit("dense.weights", x, dz, dW, I, O, rows)
            if not wanted:
                return None
            dx = code.buffer(x.shape)
            code.emit("dense.inputs", dz, W, dx, I, O, rows, None)
            return dx

        code.back(undo)
        if not rectified:
            return self.activation.lower(code, z)

        code.back(lambda dy, wanted: code.through("dense.relu.grad", dy, z, z, z.size, 0.0, 0.0, 0.0))
        return z
