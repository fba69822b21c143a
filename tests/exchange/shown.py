"""What every form is shown beside networks of layers: ops, layers that join, a layer and a model of one's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from laws.graphs import JOINING
from pellucid import layers as L
from pellucid import ops
from pellucid.models import Model
from pellucid.rng import Key

X3 = Key(8).normal((5, 3, 4))
WIDE_K, WIDE_V, WIDE_W = Key(1).normal((2, 4, 3)), Key(2).normal((2, 4, 2)), Key(3).normal((1, 8, 3))


def regular(x: Any) -> Any:
    """Matrices (B, 3, 3) that have inverses."""
    return x[..., :3] + 5.0 * np.eye(3)


def definite(x: Any) -> Any:
    """Matrices (B, 3, 3) that are positive definite."""
    return ops.matmul(x, ops.transpose(x, (0, 2, 1))) + np.eye(3)


# Likewise, what C lacks.
WIDE: dict[str, Any] = {
    "conv": lambda x: ops.conv(x, WIDE_K), "conv with a border": lambda x: ops.conv(x, WIDE_K, 2, "same"),
    "conv of groups": lambda x: ops.conv(x, WIDE_K[:, :2, :2], dilation_rate=2),
    "conv of channels first": lambda x: ops.conv(x, WIDE_V[:, :3], 1, "same", "channels_first"),
    "depthwise_conv": lambda x: ops.depthwise_conv(x, WIDE_V, padding="same"),
    "separable_conv": lambda x: ops.separable_conv(x, WIDE_V, WIDE_W),
    "conv_transpose": lambda x: ops.conv_transpose(x, WIDE_K.transpose(0, 2, 1), 2, "same"),
    "conv_transpose of gaps": lambda x: ops.conv_transpose(x, WIDE_K.transpose(0, 2, 1), 3),
    "max_pool": lambda x: ops.max_pool(x, 2, 1, "same"), "average_pool": lambda x: ops.average_pool(x, 2, 1, "same"),
    "adaptive_max_pool": lambda x: ops.adaptive_max_pool(x, 2),
    "adaptive_average_pool": lambda x: ops.adaptive_average_pool(x, 2, "channels_first"),
    "det": lambda x: ops.det(regular(x)),
}  # fmt: skip
ALGEBRA: dict[str, Any] = {  # and ONNX
    "inv": lambda x: ops.inv(regular(x)), "solve": lambda x: ops.solve(regular(x), x),
    "solve of vectors": lambda x: ops.solve(regular(x), x[:, :, 3]),
    "solve of a matrix": lambda x: ops.solve(regular(X3[0]), x),
    "cholesky": lambda x: ops.cholesky(definite(x)), "cholesky above": lambda x: ops.cholesky(definite(x), True),
    "singular_values": lambda x: ops.norm(x, "nuc", (1, 2)),
}  # fmt: skip
# By the op's name: it on a tensor x (B, 3, 4).
PLAIN = (
    "absolute", "arcsinh", "arctan", "ceil", "cos", "cosh", "erf", "exp", "expm1", "floor", "gelu", "isfinite", "isinf",
    "isnan", "negative", "ones_like", "reciprocal", "round", "sign", "sin", "sinh", "square", "stop_gradient", "tan",
    "zeros_like",
)  # fmt: skip
POSITIVE = ("log", "log10", "log1p", "log2", "rsqrt", "sqrt")
REDUCING = ("all", "any", "logsumexp", "max", "mean", "min", "prod", "std", "sum", "var")
OPS_SHOWN: dict[str, Any] = {
    **{name: getattr(ops, name) for name in PLAIN},
    **{name: lambda x, name=name: getattr(ops, name)(abs(x)) for name in POSITIVE},
    **{name: lambda x, name=name: getattr(ops, name)(x, axis=-1) for name in REDUCING},
    **{f"{name} kept": lambda x, name=name: getattr(ops, name)(x, axis=[1, 2], keepdims=True) for name in REDUCING},
    "add": lambda x: x + np.arange(4),
    "subtract": lambda x: 1 - x,
    "multiply": lambda x: x * 2,
    "divide": lambda x: x / 3,
    "power": lambda x: abs(x) ** 1.5,
    "maximum": lambda x: ops.maximum(x, 0.5),
    "minimum": lambda x: ops.minimum(x, X3[0, 0]),
    "floor_divide": lambda x: x // 0.3,
    "mod": lambda x: x % 0.7,
    "clip": lambda x: ops.clip(x, -0.5, 0.7),
    "round to 1": lambda x: ops.round(x, 1),
    "equal": lambda x: ops.equal(ops.floor(x), 0),
    "not_equal": lambda x: ops.not_equal(ops.floor(x), 0.0),
    "greater": lambda x: x > 0.1,
    "greater_equal": lambda x: x >= X3[0],
    "less": lambda x: x < 0,
    "less_equal": lambda x: x <= 0,
    "logical_and": lambda x: (x > 0) & np.array([True, False, True, False]),
    "logical_or": lambda x: (x > 0) | np.array([True, False, True, False]),
    "logical_xor": lambda x: ops.logical_xor(x > 0, np.array([True, False, True, False])),
    "logical_not": lambda x: ~(x > 0),
    "where": lambda x: ops.where(x > 0, 3.0, 7.0),
    "argmax": lambda x: ops.argmax(x, 1),
    "arccos": lambda x: ops.arccos(ops.sin(x) / 2),
    "arccosh": lambda x: ops.arccosh(abs(x) + 1.1),
    "arcsin": lambda x: ops.arcsin(ops.sin(x) / 2),
    "arctanh": lambda x: ops.arctanh(ops.sin(x) / 2),
    "argmin": lambda x: ops.argmin(x, -1, keepdims=True),
    "sort": lambda x: ops.sort(x, 1),
    "cumsum": lambda x: ops.cumsum(x, 2),
    "matmul": lambda x: x @ np.ones((4, 2)),
    "einsum": lambda x: ops.einsum("bij,jk->bki", x, np.ones((4, 2))),
    "reshape": lambda x: ops.reshape(x, (-1, 2, 6)),
    "expand_dims": lambda x: ops.expand_dims(x, 1),
    "squeeze": lambda x: ops.squeeze(x[:, :1], 1),
    "transpose": lambda x: ops.transpose(x, (0, 2, 1)),
    "swapaxes": lambda x: ops.swapaxes(x, -1, 1),
    "moveaxis": lambda x: ops.moveaxis(x, -1, 1),
    "flip": lambda x: ops.flip(x, (1, -1)),
    "flip of one": lambda x: ops.flip(x, 1),
    "take": lambda x: ops.take(x, [2, -1, 0], 1),
    "repeat": lambda x: ops.repeat(x, 2, 1),
    "tile": lambda x: ops.tile(x, (1, 2, 1)),
    "one_hot": lambda x: ops.one_hot(ops.argmax(x, 1), 3, axis=1),
    "get_item": lambda x: x[:, ::-1, None, 1:3],
    "get_item of one": lambda x: x[..., -1],
    "get_item to the end": lambda x: x[:, -2:, -1],
}


# Layers that join, by what they join ----------------------------------------------------------------------------------

JOINS = [
    *(
        (kind, s)
        for kind in sorted(JOINING - {"Dot", "Concatenate", "Subtract"})
        for s in ([(4,)] * 3, [(3, 4), (4,), (1,)])
    ),
    ("Subtract", [(3, 1), (1, 4)]), ("Concatenate", [(3, 4), (3, 2)]),
]  # fmt: skip
DOTS = [([(4,), (4,)], 1), ([(3, 4), (4,)], [2, -1]), ([(3, 4), (4, 2)], (2, 1)), ([(4, 3, 2), (5, 4)], [1, 2])]


def joined(make: Callable[[], L.Layer], shapes: list[tuple[int, ...]]) -> Model:
    tensors = [L.Input(shape) for shape in shapes]
    return Model(tensors, make()(tensors), seed=0)


JOINED: dict[str, Callable[[], Model]] = {
    **{f"{kind} {shapes}": partial(joined, getattr(L, kind), shapes) for kind, shapes in JOINS},
    **{f"Dot {i} {n}": partial(joined, partial(L.Dot, axes, n), shapes)
       for i, (shapes, axes) in enumerate(DOTS) for n in (False, True)},
}  # fmt: skip


def rows_for(model: Model) -> list[np.ndarray]:
    """Inputs of a network that joins."""
    return [Key(i).normal((5, *shape)) for i, shape in enumerate(model.sample_shapes)]


# A layer and a model of one's own -------------------------------------------------------------------------------------


class Gated(L.Layer):
    """A layer of one's own, as Keras users write it: its `call` has become steps of the graph."""

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units, self.inner, self.drop = units, L.Dense(units), L.Dropout(0.5)

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight((input_shape[-1], self.units), name="scale")
        self.shift = self.add_weight((self.units,), "ones", name="shift")

    def call(self, x: Any, training: bool = False) -> Any:
        gate = ops.sigmoid(ops.matmul(x, self.scale) + self.shift)
        gate = self.drop(gate) * 2.0 if training else gate
        return gate * self.inner(x)


class OwnNet(Model):
    def __init__(self) -> None:
        super().__init__(name="own")
        self.gated, self.out = Gated(5), L.Dense(2)

    def build(self, input_shape: Any) -> None:
        self.offset = self.add_weight((2,), "ones", name="offset")

    def call(self, x: Any) -> Any:
        return self.out(self.gated(x)) + self.offset
