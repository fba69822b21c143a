"""What networks are built of, made of ops: normalization, attention, several classes at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import InvalidArgument, ShapeError, Told
from ..settings import epsilon as default_epsilon
from .activations import softmax
from .arithmetic import add, multiply, subtract
from .attending import attended
from .comparing import where
from .composed import ndim, shape
from .elementwise import cast, rsqrt, square
from .linear import einsum
from .options import axis as checked_axis
from .options import is_whole
from .reductions import max, mean, var
from .shaping import one_hot, reshape

HIDDEN = -0.7 * float(np.finfo("float32").max)  # a score that nobody looks at; Keras's number


def layer_normalization(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float | None = None
) -> Any:
    """y = γ·(x − m) / √(v + ε) + β: x with mean 0 and variance 1 along axes, for each sample. m the mean, v the
    variance, ε 1e-7 unless given. gamma and beta, where they are given, have the shape of the axes.

    >>> layer_normalization([[1.0, 3.0]]).round(4)
    array([[-1.,  1.]], dtype=float32)
    """
    centred = subtract(x, mean(x, axis, keepdims=True))
    y = multiply(centred, rsqrt(add(var(x, axis, keepdims=True), _epsilon(epsilon))))
    y = y if gamma is None else multiply(y, _beside("layer_normalization", gamma, x, axis))
    return y if beta is None else add(y, _beside("layer_normalization", beta, x, axis))


def rms_normalization(x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None) -> Any:
    """y = s·x / √(mean of x² + ε) along axes, for each sample. ε is 1e-7 unless given.

    >>> rms_normalization([[3.0, 4.0]]).round(4)
    array([[0.8485, 1.1314]], dtype=float32)
    """
    y = multiply(x, rsqrt(add(mean(square(x), axis, keepdims=True), _epsilon(epsilon))))
    return y if scale is None else multiply(y, _beside("rms_normalization", scale, x, axis))


def _epsilon(epsilon: float | None) -> float:
    return float(default_epsilon() if epsilon is None else epsilon)


def _beside(name: str, weights: Any, x: Any, axis: Any) -> Any:
    """Weights of some axes of x, with the other axes there, of length 1."""
    sizes = shape(x)
    axes = checked_axis(f"ops.{name}, argument axis", axis, len(sizes))
    mine = sorted(a % len(sizes) for a in (axes if isinstance(axes, tuple) else (axes,)))
    if ndim(weights) == len(sizes) or mine == [len(sizes) - 1]:
        return weights
    return reshape(weights, tuple(n or -1 if i in mine else 1 for i, n in enumerate(sizes)))


def dot_product_attention(
    query: Any, key: Any, value: Any, bias: Any = None, mask: Any = None, scale: float | None = None,
    is_causal: bool = False,
) -> Any:  # fmt: skip
    """y = softmax(q·kᵀ·s + bias)·v for each head: what is at each place, as much as its key fits the query.

    query (B, T, N, H), key and value (B, S, N, H), y (B, T, N, H): N heads of width H. s is 1/√H unless given. Where
    mask, or with is_causal the order of places, says False, nobody looks. mask and bias (B, N, T, S), or shorter.

    >>> dot_product_attention(np.ones((1, 1, 1, 2)), np.ones((1, 2, 1, 2)), [[[[1.0, 1.0]], [[3.0, 5.0]]]])
    array([[[[2., 3.]]]])

    Source: Vaswani et al., "Attention is all you need", 2017, section 3.2.
    """
    sizes = [shape(one) for one in (query, key, value)]
    if any(len(size) != 4 for size in sizes):
        raise ShapeError(
            "ops.dot_product_attention", "query, key and value of four axes", Told(" and ".join(map(str, sizes)))
        )
    if bias is None and mask is None:
        return attended([query, key, value], scale=scale, is_causal=is_causal)
    factor = 1 / math.sqrt(sizes[1][3] or 1) if scale is None else scale
    scores = multiply(einsum("btnh,bsnh->bnts", query, key), factor)
    scores = scores if bias is None else add(scores, bias)
    scores = scores if mask is None else where(mask, scores, HIDDEN)
    if is_causal:
        scores = where(np.tri(sizes[0][1] or 0, sizes[1][1] or 0, dtype=bool), scores, HIDDEN)
    return einsum("bnts,bsnh->btnh", softmax(scores), value)


def multi_hot(inputs: Any, num_classes: int | None = None, axis: int = -1, dtype: str | None = None) -> Any:
    """y = 1 at every place that a row names and 0 elsewhere. No gradient flows.

    inputs (B, n), y (B, num_classes)

    >>> multi_hot([[0, 2], [1, 1]], 3)
    array([[1., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    """
    if not is_whole(num_classes) or num_classes is None:
        raise InvalidArgument("ops.multi_hot, argument num_classes", "a whole number", num_classes)
    hot = max(one_hot(inputs, num_classes, axis), 1 if ndim(inputs) > 1 else 0)
    return hot if dtype is None else cast(hot, dtype)
