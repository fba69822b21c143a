"""How each layer reads in ONNX, as it predicts: noise is gone, and batches are standardized by the moving averages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import reduce

import numpy as np

from ... import layers as L
from ...activations.axes import inverse
from ...layers.activation_layer import ActivationLayer
from ...layers.normalization import SMALLEST
from ...layers.shapes import axes_of
from ...layers.softmax import MASKED
from ..ours import UNCHANGED
from .activations import sloped, write_activation
from .writer import At, writes


@writes(*UNCHANGED)
def unchanged(at: At) -> str:
    return at.x


@writes(L.Dense)
def dense(at: At) -> str:
    layer = at.layer
    if len(at.shape) == 1 and layer.use_bias:
        z = at.op("Gemm", at.x, at.p("kernel"), at.p("bias"))
    else:
        z = at.op("MatMul", at.x, at.p("kernel"))
        z = at.op("Add", z, at.p("bias")) if layer.use_bias else z
    return write_activation(replace(at, xs=[z], shapes=(at.out_shape,)), layer.activation)


@writes(L.Embedding)
def embedding(at: At) -> str:
    return at.op("Gather", at.p("embeddings"), at.cast(at.x, at.kinds[0], "int64"), axis=0)


@writes(L.Activation, L.ELU, L.LeakyReLU, L.ReLU)
def activation(at: At) -> str:
    layer: ActivationLayer = at.layer
    return write_activation(at, layer.function)


@writes(L.Softmax)
def softmax(at: At) -> str:
    shares = at.layer.function
    if at.mask is None:
        return write_activation(at, shares)
    x = at.op("Where", at.mask, at.x, at.number(MASKED))
    return at.op("Where", at.mask, write_activation(replace(at, xs=[x]), shares), at.number(0.0))


@writes(L.PReLU)
def prelu(at: At) -> str:
    return at.op("PRelu", at.x, at.p("alpha")) if at.has("PRelu") else sloped(at, at.x, at.p("alpha"))


# Shapes ----------------------------------------------------------------------------------------------------------


@writes(L.Flatten)
def flatten(at: At) -> str:
    x, axes = at.x, len(at.shape) + 1
    if at.layer.data_format == "channels_first" and axes > 2:
        x = at.transposed(x, [0, *range(2, axes), 1])
    return at.op("Flatten", x)


@writes(L.Reshape)
def reshape(at: At) -> str:
    return at.reshaped(at.x, at.out_shape)


@writes(L.Permute)
def permute(at: At) -> str:
    return at.transposed(at.x, [0, *at.layer.dims])


@writes(L.RepeatVector)
def repeat(at: At) -> str:
    row = at.reshaped(at.x, (1, *at.shape))
    return at.op("Expand", row, at.whole(1, at.layer.n, 1))


# Several inputs --------------------------------------------------------------------------------------------------


def fitted(at: At) -> list[str]:
    """The inputs, those with fewer axes than others with axes of length 1 behind the batch."""
    axes = max(map(len, at.shapes))
    pairs = zip(at.xs, at.shapes, strict=True)
    return [x if len(s) == axes else at.reshaped(x, (*[1] * (axes - len(s)), *s)) for x, s in pairs]


def joined(op: str) -> Callable[[At], str]:
    """A layer that joins its inputs two by two."""
    return lambda at: reduce(lambda a, b: at.op(op, a, b), fitted(at))


add = writes(L.Add)(joined("Add"))
writes(L.Subtract)(joined("Sub"))
writes(L.Multiply)(joined("Mul"))
writes(L.Maximum)(joined("Max"))
writes(L.Minimum)(joined("Min"))


@writes(L.Average)
def average(at: At) -> str:
    return at.op("Div", add(at), at.number(len(at.xs)))


@writes(L.Concatenate)
def concatenate(at: At) -> str:
    (axis,) = axes_of(at.layer.name, at.layer.axis, at.shape)
    return at.op("Concat", *at.xs, axis=axis)


@writes(L.Dot)
def dot(at: At) -> str:
    axes = at.layer.axes if isinstance(at.layer.axes, list) else [at.layer.axes] * 2
    rows = []
    for x, shape, axis in zip(at.xs, at.shapes, axes, strict=True):
        axis = axis % (len(shape) + 1)
        x = at.op("LpNormalization", x, axis=axis, p=2) if at.layer.normalize else x
        x = at.transposed(x, [*(i for i in range(len(shape) + 1) if i != axis), axis])
        rows.append(at.reshaped(x, (int(np.prod(shape)) // shape[axis - 1], shape[axis - 1])))
    product = at.op("MatMul", rows[0], at.transposed(rows[1], [0, 2, 1]))
    return at.reshaped(product, at.out_shape)


# Normalization ---------------------------------------------------------------------------------------------------


@writes(L.BatchNormalization)
def batch_normalization(at: At) -> str:
    layer, n = at.layer, len(at.shape) + 1
    (axis,) = axes_of(layer.name, layer.axis, at.shape)
    size = at.shape[axis - 1]
    gamma = at.p("gamma") if layer.scale else at.number(np.ones(size))
    beta = at.p("beta") if layer.center else at.number(np.zeros(size))
    order = [0, axis, *(i for i in range(1, n) if i != axis)]  # ONNX has the channels behind the batch
    given = gamma, beta, at.p("moving_mean"), at.p("moving_variance")
    options = {"epsilon": layer.epsilon, "momentum": layer.momentum}
    y = at.op("BatchNormalization", at.transposed(at.x, order), *given, **options)
    return at.transposed(y, sorted(range(n), key=lambda i: order[i]))


def flat(at: At, name: str) -> str:
    """A parameter as one row."""
    path = f"{at.path}/{name}"
    if at.writing.p[path].ndim == 1:
        return at.p(name)
    return at.writing.array(at.writing.p[path].reshape(-1), path)


@writes(L.LayerNormalization)
def layer_normalization(at: At) -> str:
    layer = at.layer
    axes = axes_of(layer.name, layer.axis, at.shape)
    size = int(np.prod([at.shape[a - 1] for a in axes]))
    gamma = flat(at, "gamma") if layer.scales else at.number(np.ones(size))
    beta = [flat(at, "beta")] if layer.shifts else []

    def write(x: str) -> str:
        if not layer.rms_scaling:
            return at.op("LayerNormalization", x, gamma, *beta, axis=-1, epsilon=layer.epsilon)
        spread = at.op("Sub", x, at.op("ReduceMean", x, at.whole(-1)))
        variance = at.op("ReduceMean", at.op("Mul", spread, spread), at.whole(-1))
        deviation = at.op("Sqrt", at.op("Add", variance, at.number(layer.epsilon)))
        return at.op("Mul", at.op("Div", x, deviation), gamma)

    return at.along_last(at.x, axes, write)


@writes(L.GroupNormalization)
def group_normalization(at: At) -> str:
    layer, n = at.layer, len(at.shape) + 1
    (axis,) = axes_of(layer.name, layer.axis, at.shape)
    C, order = at.shape[axis - 1], [0, axis, *(i for i in range(1, n) if i != axis)]
    gamma = at.p("gamma") if layer.scale else at.number(np.ones(C))
    beta = at.p("beta") if layer.center else at.number(np.zeros(C))
    x = at.transposed(at.x, order) if n > 2 else at.op("Unsqueeze", at.x, at.whole(2))
    groups = C if layer.groups == -1 else layer.groups
    y = at.op("GroupNormalization", x, gamma, beta, epsilon=layer.epsilon, num_groups=groups)
    return at.transposed(y, inverse(order)) if n > 2 else at.op("Squeeze", y, at.whole(2))


@writes(L.RMSNormalization)
def rms_normalization(at: At) -> str:
    axes, epsilon = axes_of(at.layer.name, at.layer.axis, at.shape), at.layer.epsilon
    scale = flat(at, "scale")
    return at.along_last(at.x, axes, lambda x: at.op("RMSNormalization", x, scale, axis=-1, epsilon=epsilon))


@writes(L.UnitNormalization)
def unit_normalization(at: At) -> str:
    axes = axes_of(at.layer.name, at.layer.axis, at.shape)
    return at.along_last(at.x, axes, lambda x: at.op("LpNormalization", x, axis=-1, p=2))


@writes(L.Normalization)
def normalization(at: At) -> str:
    mean, variance = (np.asarray(value, at.writing.dtype) for value in (at.layer.mean, at.layer.variance))
    deviation = np.maximum(np.sqrt(variance), SMALLEST)
    if at.layer.invert:
        return at.op("Add", at.op("Mul", at.x, at.number(deviation)), at.number(mean))
    return at.op("Div", at.op("Sub", at.x, at.number(mean)), at.number(deviation))


@writes(L.Masking)
def masking(at: At) -> str:
    return at.op("Where", left_out(at, at.x, at.layer.mask_value, keepdims=1), at.number(0.0), at.x)


def left_out(at: At, x: str, value: float, keepdims: int) -> str:
    """Whether the numbers of a step are all this one."""
    same = at.op("Cast", at.op("Equal", x, at.number(value)), to="float32")
    return at.op("Cast", at.op("ReduceMin", same, at.whole(-1), keepdims=keepdims), to="bool")


@writes(L.Rescaling)
def rescaling(at: At) -> str:
    y = at.op("Mul", at.x, at.number(at.layer.scale))
    return at.op("Add", y, at.number(at.layer.offset)) if np.any(at.layer.offset) else y
