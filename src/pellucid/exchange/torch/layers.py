"""How each layer is written for PyTorch: a module of torch.nn where there is one that computes the same, in training
too, else one of `parts.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np

from ... import layers as L
from ...layers.activation_layer import ActivationLayer
from ...layers.lending import Assigned
from ...layers.normalization import SMALLEST
from ...layers.shapes import axes_of
from ...layers.softmax import MASKED
from ...layers.spectral_normalization import Spectral
from ...layers.tracing import ByPhase
from ..ours import ours
from ..safetensors.names import DEPTHWISE, RECURRENT, SEPARABLE, TURNED
from .activations import write_activation
from .writer import At, Attribute, Value, writes


def unusual(options: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    """The options that differ from what they are by default, the second of each pair."""
    return {name: given for name, (given, default) in options.items() if given != default}


@writes(L.ActivityRegularization, L.InputLayer)
def unchanged(at: At) -> Any:
    return at.x


@writes(L.Identity)
def identity(at: At) -> Value:
    return at.module("nn.Identity")


@writes(ByPhase)
def by_phase(at: At) -> Value:
    return at.module("ByPhase")


@writes(L.Dense)
def dense(at: At) -> Any:
    y = at.module("nn.Linear", at.shape[-1], at.layer.units, **unusual({"bias": (at.layer.use_bias, True)}))
    return write_activation(at, y, at.layer.activation)


@writes(L.Embedding)
def embedding(at: At) -> Value:
    places = at.cast(at.x, at.kinds[0], "int64")
    return at.module("nn.Embedding", at.layer.input_dim, at.layer.output_dim, xs=(places,))


@writes(L.Activation, L.ELU, L.LeakyReLU, L.ReLU)
def activation(at: At) -> Any:
    layer: ActivationLayer = at.layer
    return write_activation(at, at.x, layer.function, suffix=False)


@writes(L.Softmax)
def softmax(at: At) -> Any:
    if at.mask is None:
        return activation(at)
    x = at.op("torch.where", at.mask, at.x, at.constant(MASKED))
    return at.op("torch.where", at.mask, activation(replace(at, xs=[x])), at.constant(0.0))


@writes(L.Masking)
def masking(at: At) -> Value:
    counts = at.op("torch.any", at.op("operator.ne", at.x, at.layer.mask_value), dim=-1, keepdim=True)
    return at.op("torch.where", counts, at.x, at.constant(0.0))


@writes(L.PReLU)
def prelu(at: At) -> Value:
    shape = at.layer.p["alpha"].shape
    return at.module("nn.PReLU" if len(shape) == 1 else "PReLU", *shape)


@writes(Spectral)
def spectral(at: At) -> Any:
    """What it does to a kernel, it does to the parameter itself; the vector, too, is where it was afterwards."""
    layer, (x, u) = at.layer, at.xs
    kind = ours(type(layer.belongs_to))
    if kind in (*RECURRENT, *DEPTHWISE, *SEPARABLE):  # whose kernels PyTorch has in another order
        return None
    kernel = Attribute(at.writing.names[f"{at.path}/{layer.kernel}"])
    told = unusual({"first": ((kind, layer.kernel) in TURNED, False)})
    return at.module("Spectral", layer.iterations, xs=(x, kernel, u), suffix="_norm", **told), u


@writes(Assigned)
def assigned(at: At) -> Any:
    """Of what `Spectral` has overwritten by now: no other weight may be assigned."""
    return at.x if at.x == Attribute(at.writing.names[f"{at.path}/{at.layer.weight.name}"]) else None


# Noise -----------------------------------------------------------------------------------------------------------


@writes(L.Dropout, L.AlphaDropout)
def dropout(at: At) -> Any:
    layer, alpha = at.layer, isinstance(at.layer, L.AlphaDropout)
    if at.training is False:
        return at.x
    if layer.noise_shape is None and not alpha:
        return at.module("nn.Dropout", layer.rate)
    shape = list(layer.noise_shape or [None] * at.ndim)
    return at.module("Dropout", layer.rate, shape, **unusual({"alpha": (alpha, False)}))


@writes(L.GaussianNoise)
def gaussian_noise(at: At) -> Any:
    return at.x if at.training is False else at.module("GaussianNoise", at.layer.stddev)


@writes(L.GaussianDropout)
def gaussian_dropout(at: At) -> Any:
    rate = at.layer.rate
    stddev = float(np.sqrt(rate / (1 - rate)))
    return at.x if at.training is False else at.module("GaussianNoise", stddev, multiplied=True)


# Shapes ----------------------------------------------------------------------------------------------------------


@writes(L.Flatten)
def flatten(at: At) -> Any:
    x = at.x
    if at.layer.data_format == "channels_first" and at.ndim > 2:
        x = at.module("Permute", 0, *range(2, at.ndim), 1, suffix="_order")
    return at.module("nn.Flatten", xs=(x,)) if at.shape else at.module("Reshape", 1)


@writes(L.Reshape)
def reshape(at: At) -> Value:
    return at.module("Reshape", *at.sizes[1:])


@writes(L.Permute)
def permute(at: At) -> Value:
    return at.module("Permute", 0, *at.layer.dims)


@writes(L.RepeatVector)
def repeat(at: At) -> Value:
    return at.module("RepeatVector", at.layer.n)


# Several inputs --------------------------------------------------------------------------------------------------


def fitted(at: At) -> list[Any]:
    """The inputs, those with fewer axes than others with axes of length 1 behind the batch."""
    axes = max(map(len, at.shapes))
    pairs = zip(at.xs, at.shapes, strict=True)
    return [x if len(s) == axes else at.op(".reshape", x, -1, *[1] * (axes - len(s)), *s) for x, s in pairs]


def joined(op: str) -> Callable[[At], Any]:
    """A layer that joins its inputs two by two."""
    return lambda at: reduce(lambda a, b: at.op(op, a, b), fitted(at))


add = writes(L.Add)(joined("operator.add"))
writes(L.Subtract)(joined("operator.sub"))
writes(L.Multiply)(joined("operator.mul"))
writes(L.Maximum)(joined("torch.maximum"))
writes(L.Minimum)(joined("torch.minimum"))


@writes(L.Average)
def average(at: At) -> Value:
    return at.op("operator.truediv", add(at), len(at.xs))


@writes(L.Concatenate)
def concatenate(at: At) -> Value:
    (axis,) = axes_of(at.layer.name, at.layer.axis, at.shape)
    return at.op("torch.cat", at.xs, dim=axis)


@writes(L.Dot)
def dot(at: At) -> Value:
    axes = at.layer.axes if isinstance(at.layer.axes, list) else [at.layer.axes] * 2
    return at.module("Dot", axes, **unusual({"normalized": (at.layer.normalize, False)}))


# Normalization ---------------------------------------------------------------------------------------------------


@writes(L.BatchNormalization)
def batch_normalization(at: At) -> Value | None:
    layer = at.layer
    if layer.renorm:
        return None
    (axis,) = axes_of(layer.name, layer.axis, at.shape)
    other = unusual({
        "axis": (axis, 1), "scale": (layer.scale, True), "shift": (layer.center, True), "fixed": (at.fixed, False),
    })  # fmt: skip
    momentum = round(1 - layer.momentum, 12)  # how much of the new, where Keras says how much of the old
    return at.module("BatchNorm", at.shape[axis - 1], eps=layer.epsilon, momentum=momentum, **other)


def over(at: At) -> tuple[list[int], list[int], bool]:
    """(the axes of a normalization, their sizes, whether they are the last)."""
    axes = list(axes_of(at.layer.name, at.layer.axis, at.shape))
    return axes, [at.shape[axis - 1] for axis in axes], axes == list(range(at.ndim - len(axes), at.ndim))


@writes(L.LayerNormalization)
def layer_normalization(at: At) -> Value:
    layer = at.layer
    axes, shape, last = over(at)
    if last and layer.scales and not layer.rms_scaling:
        return at.module("nn.LayerNorm", shape, eps=layer.epsilon, **unusual({"bias": (layer.shifts, True)}))
    other = unusual({
        "scale": (layer.scales, True), "shift": (layer.shifts, True), "only_scaled": (layer.rms_scaling, False),
    })  # fmt: skip
    return at.module("LayerNorm", shape, axes, eps=layer.epsilon, **other)


@writes(L.GroupNormalization)
def group_normalization(at: At) -> Any:
    layer, n = at.layer, at.ndim
    (axis,) = axes_of(layer.name, layer.axis, at.shape)
    C, order = at.shape[axis - 1], (0, axis, *(i for i in range(1, n) if i != axis))
    given = C if layer.groups == -1 else layer.groups, C
    x = at.turned(at.x, order, "_first") if axis != 1 else at.x
    if layer.scale == layer.center:
        y = at.module("nn.GroupNorm", *given, xs=(x,), eps=layer.epsilon, **unusual({"affine": (layer.scale, True)}))
    else:
        y = at.module("GroupNorm", *given, xs=(x,), eps=layer.epsilon, scale=layer.scale, shift=layer.center)
    return at.turned(y, tuple(sorted(range(n), key=order.__getitem__)), "_last") if axis != 1 else y


@writes(L.RMSNormalization)
def rms_normalization(at: At) -> Value:
    axes, shape, last = over(at)
    if last:
        return at.module("nn.RMSNorm", shape, eps=at.layer.epsilon)
    return at.module("RMSNorm", shape, axes, eps=at.layer.epsilon)


@writes(L.UnitNormalization)
def unit_normalization(at: At) -> Value:
    return at.module("UnitNorm", over(at)[0])


def known(at: At, value: Any) -> float | Attribute:
    """A number, or an array that the network holds."""
    return float(value) if np.ndim(value) == 0 else at.constant(value)


@writes(L.Normalization)
def normalization(at: At) -> Value:
    if at.layer.input_mean is None:
        back = unusual({"back": (at.layer.invert, False)})
        return at.module("Normalization", list(at.layer.p["mean"].shape), list(at.layer.mean.shape), **back)
    mean, variance = (np.asarray(value, at.writing.dtype) for value in (at.layer.mean, at.layer.variance))
    deviation = np.maximum(np.sqrt(variance), SMALLEST)
    if at.layer.invert:
        return at.op("operator.add", at.op("operator.mul", at.x, known(at, deviation)), known(at, mean))
    return at.op("operator.truediv", at.op("operator.sub", at.x, known(at, mean)), known(at, deviation))


@writes(L.Rescaling)
def rescaling(at: At) -> Value:
    y = at.op("operator.mul", at.x, known(at, at.layer.scale))
    return at.op("operator.add", y, known(at, at.layer.offset)) if np.any(at.layer.offset) else y
