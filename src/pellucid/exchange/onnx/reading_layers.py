"""How operators are read that are layers here, with weights or without."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ... import activations as A
from ... import layers as L
from ... import ops
from ...activations.exponential_units import SELU_ALPHA, SELU_SCALE
from ...arrays import Array
from ...wiring import Tensor
from .reader import Use, reads, sample

# Activations -----------------------------------------------------------------------------------------------------

PLAIN = {
    "Exp": A.exponential, "HardSwish": A.hard_silu, "Mish": A.mish, "Relu": A.relu, "Sigmoid": A.sigmoid,
    "Softplus": A.softplus, "Softsign": A.softsign, "Tanh": A.tanh,
}  # fmt: skip


def activated(use: Use, activation: A.Activation) -> Tensor:
    return use.layer(L.Activation, use.tensor(), activation=activation)


@reads(*PLAIN)
def plain(use: Use) -> Tensor:
    return activated(use, PLAIN[use.op])


@reads("Elu")
def elu(use: Use) -> Tensor:
    return activated(use, A.elu.bound(alpha=use.options.get("alpha", 1.0)))


@reads("Celu")
def celu(use: Use) -> Tensor:
    return activated(use, A.celu.bound(alpha=use.options.get("alpha", 1.0)))


@reads("LeakyRelu")
def leaky(use: Use) -> Tensor:
    return activated(use, A.leaky_relu.bound(negative_slope=use.options.get("alpha", 0.01)))


@reads("ThresholdedRelu")
def thresholded(use: Use) -> Tensor:
    return activated(use, A.threshold.bound(threshold=use.options.get("alpha", 1.0), default_value=0.0))


@reads("Selu")
def selu(use: Use) -> Tensor:
    alpha, gamma = use.options.get("alpha", SELU_ALPHA), use.options.get("gamma", SELU_SCALE)
    if not np.allclose([alpha, gamma], [SELU_ALPHA, SELU_SCALE], rtol=1e-6):
        use.refuse(f"alpha = {SELU_ALPHA:.6} and gamma = {SELU_SCALE:.6}", f"{alpha} and {gamma}")
    return activated(use, A.selu)


@reads("Gelu")
def gelu(use: Use) -> Tensor:
    approximate = use.options.get("approximate", b"none") == b"tanh"
    return activated(use, A.gelu.bound(approximate=True) if approximate else A.gelu)


@reads("HardSigmoid")
def hard_sigmoid(use: Use) -> Tensor:
    alpha, beta = use.options.get("alpha", 0.2), use.options.get("beta", 0.5)
    for known, slope in ((A.hard_sigmoid, 1 / 6), (A.sparse_sigmoid, 1 / 2)):
        if np.allclose([alpha, beta], [slope, 0.5], rtol=1e-6):
            return activated(use, known)
    return use.operate(ops.clip, use.layer(L.Rescaling, use.tensor(), scale=alpha, offset=beta), x_min=0.0, x_max=1.0)


@reads("Swish")
def swish(use: Use) -> Tensor:
    x, alpha = use.tensor(), use.options.get("alpha", 1.0)
    if alpha == 1.0:
        return activated(use, A.silu)
    gate = use.layer(L.Activation, use.layer(L.Rescaling, x, scale=alpha), activation="sigmoid")
    return use.layer(L.Multiply, [x, gate])


@reads("Shrink")
def shrink(use: Use) -> Tensor:
    lambd, bias = use.options.get("lambd", 0.5), use.options.get("bias", 0.0)
    if bias not in (0.0, lambd):
        use.refuse("a bias of 0 or lambd", str(bias))
    return activated(use, (A.soft_shrink if bias else A.hard_shrink).bound(threshold=lambd))


@reads("Softmax")
def softmax(use: Use) -> Tensor:
    x = use.tensor()
    return use.layer(L.Softmax, x, axis=use.axis(x, use.options.get("axis", -1)))


@reads("LogSoftmax")
def log_softmax(use: Use) -> Tensor:
    return activated(use, A.log_softmax.bound(axis=use.axis(use.tensor(), use.options.get("axis", -1))))


@reads("Clip")
def clip(use: Use) -> Tensor:
    low, high = use.number(1, -math.inf), use.number(2, math.inf)
    if low == 0:
        return use.layer(L.ReLU, use.tensor(), max_value=None if high >= np.finfo(np.float32).max else high)
    return use.operate(ops.clip, use.tensor(), x_min=low, x_max=high)


@reads("PRelu")
def prelu(use: Use) -> Tensor:
    x = use.tensor()
    slope = use.beside(use.constant(1), x)
    slope = slope.reshape(*[1] * (len(x.sample) - slope.ndim), *slope.shape)
    if any(n not in (1, m) for n, m in zip(slope.shape, x.sample, strict=True)):
        use.refuse(f"slopes that fit samples of shape {x.sample}", f"slopes {slope.shape}")
    shared = [i for i, n in enumerate(slope.shape, start=1) if n == 1]
    return use.weighted(L.PReLU, x, {"alpha": slope}, shared_axes=shared or None)


# Products --------------------------------------------------------------------------------------------------------


def dense(use: Use, x: Tensor, kernel: Array, bias: Array | None) -> Tensor:
    """The layer xW + b."""
    if kernel.ndim != 2 or not x.sample or kernel.shape[0] != x.sample[-1]:
        use.refuse(f"a matrix of {x.sample[-1:]} rows", f"{kernel.shape}")
    weights = {"kernel": kernel} if bias is None else {"kernel": kernel, "bias": bias}
    return use.weighted(L.Dense, x, weights, units=kernel.shape[1], use_bias=bias is not None)


@reads("Gemm")
def gemm(use: Use) -> Tensor:
    x, kernel = use.tensor(), use.constant(1)
    alpha, beta = use.options.get("alpha", 1.0), use.options.get("beta", 1.0)
    if use.options.get("transA") or len(x.sample) != 1:
        use.refuse("rows of samples", "a transposed input, or one of more axes")
    kernel = kernel.T if use.options.get("transB") else kernel
    kernel = kernel if alpha == 1 else kernel * kernel.dtype.type(alpha)
    if use.value(2) is None:
        return dense(use, x, kernel, None)
    bias, size = use.constant(2), kernel.shape[-1]
    if bias.ndim > 2 or (bias.ndim == 2 and bias.shape[0] != 1) or bias.size not in (1, size):
        use.refuse(f"{size} biases, the same for every row", f"{bias.shape}")
    bias = bias if beta == 1 else bias * bias.dtype.type(beta)
    return dense(use, x, kernel, np.broadcast_to(bias.reshape(-1), (size,)))


@reads("MatMul")
def matmul(use: Use) -> Tensor:
    a, b = use.values()
    if isinstance(b, np.ndarray) and b.ndim == 2:
        return dense(use, use.tensor(), b, None)
    if isinstance(a, Tensor) and isinstance(b, Tensor) and len(a.sample) == len(b.sample) == 2:
        return use.layer(L.Dot, [a, b], axes=(2, 1))
    use.fits((*sample(a)[:-1], *sample(b)[:-2], *sample(b)[-1:]))
    return use.operate(ops.matmul, a, b)


def with_bias(use: Use, x: Tensor, array: Array) -> Tensor | None:
    """The layer that gave x, with this array as its bias, if x is a product without one."""
    layer, weights = use.reading.weights.get(id(x.node.layer), (None, {}))
    if not isinstance(layer, L.Dense) or layer.use_bias or array.shape != (layer.units,):
        return None
    return dense(use, x.node.inputs[0], weights["kernel"], array)


# Normalization ---------------------------------------------------------------------------------------------------


@reads("BatchNormalization")
def batch_normalization(use: Use) -> Tensor:
    x, size = use.tensor(), use.tensor().sample[:1]
    if use.options.get("training_mode") or use.outputs > 1:
        use.refuse("a network that predicts", "one that trains")
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    weights = {name: use.constant(i) for i, name in enumerate(names, start=1)}
    if not size or any(w.shape != size for w in weights.values()):
        use.refuse(f"arrays {size}", ", ".join(str(w.shape) for w in weights.values()))
    options = {"epsilon": use.options.get("epsilon", 1e-5), "momentum": use.options.get("momentum", 0.9)}
    return use.weighted(L.BatchNormalization, x, weights, axis=1, **options)


def trailing(use: Use, x: Tensor) -> list[int]:
    return list(range(use.axis(x, use.options.get("axis", -1)), len(x.sample) + 1))


@reads("LayerNormalization")
def layer_normalization(use: Use) -> Tensor:
    x = use.tensor()
    axes, epsilon = trailing(use, x), use.options.get("epsilon", 1e-5)
    weights = {"gamma": use.constant(1)} | ({} if use.value(2) is None else {"beta": use.constant(2)})
    _must_fill(use, x, axes, weights)
    return use.weighted(L.LayerNormalization, x, weights, axis=axes, epsilon=epsilon, center="beta" in weights)


@reads("GroupNormalization")
def group_normalization(use: Use) -> Tensor:
    """As it is from operator set 21 on: with a scale and a bias for each channel."""
    x = use.tensor()
    weights = {"gamma": use.constant(1), "beta": use.constant(2)}
    _must_fill(use, x, [1], weights)
    groups, epsilon = int(use.options["num_groups"]), use.options.get("epsilon", 1e-5)
    return use.weighted(L.GroupNormalization, x, weights, groups=groups, axis=1, epsilon=epsilon)


@reads("RMSNormalization")
def rms_normalization(use: Use) -> Tensor:
    x = use.tensor()
    axes, weights = trailing(use, x), {"scale": use.constant(1)}
    _must_fill(use, x, axes, weights)
    return use.weighted(L.RMSNormalization, x, weights, axis=axes, epsilon=use.options.get("epsilon", 1e-5))


def _must_fill(use: Use, x: Tensor, axes: Sequence[int], weights: dict[str, Array]) -> None:
    size = tuple(x.sample[a - 1] for a in axes)
    if any(w.shape != size for w in weights.values()):
        use.refuse(f"arrays {size}", ", ".join(str(w.shape) for w in weights.values()))


@reads("LpNormalization")
def unit_normalization(use: Use) -> Tensor:
    if use.options.get("p", 2) != 2:
        use.refuse("p = 2", str(use.options["p"]))
    return use.layer(L.UnitNormalization, use.tensor(), axis=use.axis(use.tensor(), use.options.get("axis", -1)))


@reads("ai.onnx.ml.Scaler")
def scaler(use: Use) -> Tensor:
    """y = (x − offset) · scale."""
    offset, scale = (np.asarray(use.options.get(name, d)) for name, d in (("offset", 0.0), ("scale", 1.0)))
    return use.layer(L.Rescaling, use.tensor(), scale=scale, offset=-offset * scale)


# Several inputs --------------------------------------------------------------------------------------------------


def joined(use: Use, kind: Callable[..., L.Layer], operation: ops.Operation) -> Tensor:
    """Inputs joined one by one: by a layer where all are data, else by an op."""
    x, *rest = given = use.alongside()
    if all(isinstance(one, Tensor) and one.dtype == use.reading.dtype for one in given) and rest:
        return use.layer(kind, given)
    for other in rest:
        x = use.operate(operation, x, other)
    return x  # type: ignore[no-any-return]


@reads("Max")
def maximum(use: Use) -> Tensor:
    return joined(use, L.Maximum, ops.maximum)


@reads("Min")
def minimum(use: Use) -> Tensor:
    return joined(use, L.Minimum, ops.minimum)


@reads("Mean")
def average(use: Use) -> Tensor:
    if not all_data(use):
        use.refuse("data alone", "a constant beside them")
    return use.layer(L.Average, use.alongside())


ONE, ZERO = np.ones(()), np.zeros(())


def all_data(use: Use) -> bool:
    return all(isinstance(one, Tensor) for one in use.values())


def with_constant(use: Use) -> tuple[Tensor, Array, bool]:
    """Of two inputs the data, the constant as it goes along with their samples, and whether the data come first."""
    a, b = use.alongside()
    return (a, b, True) if isinstance(a, Tensor) else (b, a, False)


def rescaled(use: Use, x: Tensor, scale: Array, offset: Array, operation: ops.Operation) -> Tensor:
    """x·scale + offset, if x has decimals and these are not longer than samples on any axis; else by the op."""
    shapes = [(*[1] * (len(x.sample) - array.ndim), *array.shape) for array in (scale, offset)]
    fitting = all(n in (1, m) for shape in shapes for n, m in zip(shape, x.sample, strict=True))
    if not fitting or x.dtype != use.reading.dtype:
        return use.operate(operation, *use.alongside())
    return use.layer(L.Rescaling, x, scale=scale.astype(float), offset=offset.astype(float))


@reads("Add", "Sum")
def add(use: Use) -> Tensor:
    if len(use.inputs) != 2 or all_data(use):
        return joined(use, L.Add, ops.add)
    x, array, _ = with_constant(use)
    found = with_bias(use, x, array)
    return rescaled(use, x, ONE, array, ops.add) if found is None else found


@reads("Mul")
def multiply(use: Use) -> Tensor:
    if all_data(use):
        return joined(use, L.Multiply, ops.multiply)
    x, array, _ = with_constant(use)
    return rescaled(use, x, array, ZERO, ops.multiply)


@reads("Sub")
def subtract(use: Use) -> Tensor:
    if all_data(use):
        return joined(use, L.Subtract, ops.subtract)
    x, array, first = with_constant(use)
    return rescaled(use, x, ONE, -array, ops.subtract) if first else rescaled(use, x, -ONE, array, ops.subtract)


@reads("Div")
def divide(use: Use) -> Tensor:
    if not all_data(use):
        x, array, first = with_constant(use)
        if first and array.all():
            return rescaled(use, x, 1 / array.astype(float), ZERO, ops.divide)
    return use.operate(ops.divide, *use.alongside())


@reads("Concat")
def concatenate(use: Use) -> Tensor:
    given = use.values()
    if not all(isinstance(one, Tensor) for one in given):
        use.refuse("data", "a constant beside them")
    x = use.tensor()
    return x if len(given) == 1 else use.layer(L.Concatenate, given, axis=use.axis(x, use.options["axis"]))
