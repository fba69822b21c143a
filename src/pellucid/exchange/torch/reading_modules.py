"""How modules of torch.nn, and of `parts.py`, become layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from ... import activations as A
from ... import layers as L
from ...wiring import Tensor
from .reader import Use, reads


def weights(use: Use, **names: str) -> dict[str, Any]:
    """The module's parameters and buffers by our names, without those that it does not have."""
    found = {ours: getattr(use.module, theirs) for ours, theirs in names.items()}
    return {name: tensor for name, tensor in found.items() if tensor is not None}


@reads("nn.Identity")
def identity(use: Use, x: Tensor) -> Tensor:
    return use.layer(L.Identity, x)


@reads("nn.Linear")
def linear(use: Use, x: Tensor) -> Tensor:
    m = use.module
    given = {"kernel": m.weight.T, **({} if m.bias is None else {"bias": m.bias})}
    return use.layer(L.Dense, x, units=m.out_features, use_bias=m.bias is not None, weights=given)


@reads("nn.Embedding")
def embedding(use: Use, x: Tensor) -> Tensor:
    m = use.module
    if m.max_norm is not None:
        use.refuse("max_norm=None", f"max_norm={m.max_norm}")
    given = {"embeddings": m.weight}
    return use.layer(L.Embedding, x, input_dim=m.num_embeddings, output_dim=m.embedding_dim, weights=given)


@reads("Positions")
def positions(use: Use, x: Tensor) -> Tensor:
    rows = use.module.embeddings
    return use.layer(L.PositionEmbedding, x, sequence_length=len(rows), weights={"embeddings": rows})


# Activations -----------------------------------------------------------------------------------------------------

PLAIN = {
    "Exponential": A.exponential, "SparsePlus": A.sparse_plus, "SparseSigmoid": A.sparse_sigmoid,
    "nn.Hardsigmoid": A.hard_sigmoid, "nn.Hardswish": A.hard_silu, "nn.LogSigmoid": A.log_sigmoid, "nn.Mish": A.mish,
    "nn.ReLU": A.relu, "nn.ReLU6": A.relu6, "nn.SELU": A.selu, "nn.SiLU": A.silu, "nn.Sigmoid": A.sigmoid,
    "nn.Softsign": A.softsign, "nn.Tanh": A.tanh, "nn.Tanhshrink": A.tanh_shrink,
}  # fmt: skip
BOUND = {  # from the module's attributes
    "nn.CELU": lambda m: A.celu.bound(alpha=m.alpha),
    "nn.ELU": lambda m: A.elu.bound(alpha=m.alpha),
    "nn.GELU": lambda m: A.gelu.bound(approximate=m.approximate == "tanh"),
    "nn.Hardshrink": lambda m: A.hard_shrink.bound(threshold=m.lambd),
    "nn.LeakyReLU": lambda m: A.leaky_relu.bound(negative_slope=m.negative_slope),
    "nn.Softshrink": lambda m: A.soft_shrink.bound(threshold=m.lambd),
    "nn.Threshold": lambda m: A.threshold.bound(threshold=m.threshold, default_value=m.value),
    "BentReLU": lambda m: A.relu.bound(negative_slope=m.slope, max_value=m.most, threshold=m.threshold),
    "Squareplus": lambda m: A.squareplus.bound(b=m.b),
}
ALONG = {"Sparsemax": A.sparsemax, "nn.GLU": A.glu, "nn.LogSoftmax": A.log_softmax, "nn.Softmax": A.softmax}


@reads(*PLAIN, *BOUND, *ALONG)
def activation(use: Use, x: Tensor) -> Tensor:
    m, kind = use.module, use.told
    if getattr(m, "inplace", False) and not use.alone:
        use.refuse("inplace=False where something else reads what comes in, too", "inplace=True")
    if kind in PLAIN:
        function = PLAIN[kind]
    elif kind in BOUND:
        function = BOUND[kind](m)
    else:
        function = ALONG[kind].bound(axis=use.axis(x, m.dim))
    return use.layer(L.Activation, x, activation=function)


@reads("AlongSeveral")
def along_several(use: Use, x: Tensor) -> Tensor:
    kind = f"nn.{type(use.module.inner).__name__}"
    return use.layer(L.Activation, x, activation=ALONG[kind].bound(axis=use.axes(x, use.module.axes)))


@reads("nn.Softplus")
def softplus(use: Use, x: Tensor) -> Tensor:
    if use.module.beta != 1:
        use.refuse("beta=1", str(use.module.beta))
    return use.layer(L.Activation, x, activation=A.softplus)


@reads("nn.Hardtanh")
def hardtanh(use: Use, x: Tensor) -> Tensor:
    ends = use.module.min_val, use.module.max_val
    if ends[0] == 0:
        return use.layer(L.Activation, x, activation=A.relu.bound(max_value=ends[1]))
    if ends != (-1, 1):
        use.refuse("ends -1 and 1, or 0 and any other", str(ends))
    return use.layer(L.Activation, x, activation=A.hard_tanh)


@reads("nn.PReLU", "PReLU")
def prelu(use: Use, x: Tensor) -> Tensor:
    slopes, n = use.module.weight, len(x.sample)
    if use.told == "nn.PReLU":  # one for all, or one for each channel, which is axis 1
        shape = [slopes.numel(), *[1] * (n - 1)]
        slopes = slopes.detach().reshape(shape).requires_grad_(slopes.requires_grad)
    shared = [i + 1 for i, (mine, size) in enumerate(zip(slopes.shape, x.sample, strict=True)) if mine == 1 != size]
    return use.layer(L.PReLU, x, shared_axes=shared or None, weights={"alpha": slopes})


# Noise -----------------------------------------------------------------------------------------------------------


@reads("nn.Dropout")
def dropout(use: Use, x: Tensor) -> Tensor:
    return use.layer(L.Dropout, x, rate=use.module.p)


@reads("nn.Dropout1d", "nn.Dropout2d", "nn.Dropout3d")
def dropout_of_channels(use: Use, x: Tensor) -> Tensor:
    shared = [1] * (len(x.sample) - 1)
    return use.layer(L.Dropout, x, rate=use.module.p, noise_shape=[None, *x.sample[:1], *shared])


@reads("nn.AlphaDropout")
def alpha_dropout(use: Use, x: Tensor) -> Tensor:
    return use.layer(L.AlphaDropout, x, rate=use.module.p)


@reads("Dropout")
def shaped_dropout(use: Use, x: Tensor) -> Tensor:
    m = use.module
    return use.layer(L.AlphaDropout if m.alpha else L.Dropout, x, rate=m.p, noise_shape=m.shape)


@reads("GaussianNoise")
def noise(use: Use, x: Tensor) -> Tensor:
    m = use.module
    if not m.multiplied:
        return use.layer(L.GaussianNoise, x, stddev=m.stddev)
    return use.layer(L.GaussianDropout, x, rate=round(m.stddev**2 / (1 + m.stddev**2), 12))


# Shapes ----------------------------------------------------------------------------------------------------------


@reads("nn.Flatten")
def flatten(use: Use, x: Tensor) -> Tensor:
    return use.in_shape(x, merged(use, x, use.module.start_dim, use.module.end_dim))


def merged(use: Use, x: Tensor, start: int, end: int) -> list[int]:
    """The sizes of a sample whose axes from `start` to `end` are one."""
    last, first = end % (len(x.sample) + 1), use.axis(x, start)
    return [*x.sample[: first - 1], math.prod(x.sample[first - 1 : last]), *x.sample[last:]]


@reads("nn.Unflatten")
def unflatten(use: Use, x: Tensor) -> Tensor:
    return unflattened(use, x, use.module.dim, use.module.unflattened_size)


def unflattened(use: Use, x: Tensor, dim: int, unflattened_size: Sequence[int]) -> Tensor:
    """x with an axis in parts."""
    axis = use.axis(x, dim)
    sizes = list(unflattened_size)
    return use.shaped(x, [-1, *x.sample[: axis - 1], *_known(sizes, x.sample[axis - 1]), *x.sample[axis:]])


def _known(sizes: list[int], whole: int) -> list[int]:
    rest = math.prod(n for n in sizes if n != -1)
    return [whole // rest if n == -1 else n for n in sizes]


@reads("Reshape")
def reshape(use: Use, x: Tensor) -> Tensor:
    return use.layer(L.Reshape, x, target_shape=use.module.shape)


@reads("Permute")
def permute(use: Use, x: Tensor) -> Tensor:
    return use.layer(L.Permute, x, dims=tuple(use.module.order[1:]))


@reads("RepeatVector")
def repeat(use: Use, x: Tensor) -> Tensor:
    return use.layer(L.RepeatVector, x, n=use.module.n)


@reads("Zeros")
def zeros(use: Use, x: Tensor) -> NoReturn:
    use.refuse("recurrence by a layer", "states of cells, which go step by step")


@reads("Dot")
def dot(use: Use, *xs: Tensor) -> Tensor:
    return use.layer(L.Dot, *xs, axes=use.module.axes, normalize=use.module.normalized)


# Normalization ---------------------------------------------------------------------------------------------------


@reads("nn.BatchNorm1d", "nn.BatchNorm2d", "nn.BatchNorm3d", "BatchNorm")
def batch_norm(use: Use, x: Tensor) -> Tensor:
    m = use.module
    if m.running_mean is None or m.momentum is None:
        use.refuse("running averages of a set momentum", "none")
    given = weights(use, gamma="weight", beta="bias", moving_mean="running_mean", moving_variance="running_var")
    return use.layer(
        L.BatchNormalization, x, weights=given, axis=use.axis(x, getattr(m, "axis", 1)), epsilon=m.eps,
        momentum=round(1 - m.momentum, 12), scale=m.weight is not None, center=m.bias is not None,
        trainable=not getattr(m, "fixed", False),
    )  # fmt: skip


def normalized(use: Use, x: Tensor) -> list[int]:
    """The axes of a normalization."""
    return use.axes(x, getattr(use.module, "axes", None) or list(range(-len(use.module.normalized_shape), 0)))


@reads("nn.LayerNorm", "LayerNorm")
def layer_norm(use: Use, x: Tensor) -> Tensor:
    m = use.module
    if getattr(m, "only_scaled", False):
        use.refuse("a normalization that is centred", "one that is only scaled")
    return use.layer(
        L.LayerNormalization, x, weights=weights(use, gamma="weight", beta="bias"), axis=normalized(use, x),
        epsilon=m.eps, scale=m.weight is not None, center=m.bias is not None,
    )  # fmt: skip


@reads("nn.GroupNorm", "GroupNorm")
def group_norm(use: Use, x: Tensor) -> Tensor:
    m = use.module
    groups, eps = getattr(m, "num_groups", None) or m.groups, m.eps
    return use.layer(
        L.GroupNormalization, x, weights=weights(use, gamma="weight", beta="bias"), groups=groups, axis=1, epsilon=eps,
        scale=m.weight is not None, center=m.bias is not None,
    )  # fmt: skip


@reads("nn.RMSNorm", "RMSNorm")
def rms_norm(use: Use, x: Tensor) -> Tensor:
    m = use.module
    if m.weight is None:
        use.refuse("a weight", "none")
    eps = float(np.finfo(np.float32).eps) if m.eps is None else m.eps  # PyTorch's own, unless told
    return use.layer(L.RMSNormalization, x, weights={"scale": m.weight}, axis=normalized(use, x), epsilon=eps)


@reads("UnitNorm")
def unit_norm(use: Use, x: Tensor) -> Tensor:
    return use.layer(L.UnitNormalization, x, axis=use.axes(x, use.module.axes))


@reads("Normalization")
def normalization(use: Use, x: Tensor) -> Tensor:
    axes = [
        i for i, n in enumerate(use.module.along) if n != 1 or (i and use.module.mean.ndim == len(use.module.along) - 1)
    ]
    given = weights(use, mean="mean", variance="variance", count="count")
    return use.layer(L.Normalization, x, axis=tuple(axes), invert=use.module.back, weights=given)
