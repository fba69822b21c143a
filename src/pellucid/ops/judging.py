"""The losses of `keras.ops` and what stands beside them, made of ops: numbers for each sample, not yet one for all."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError, Told
from ..settings import epsilon as default_epsilon
from .activations import log_sigmoid, log_softmax
from .arithmetic import add, divide, multiply, subtract
from .composed import ndim, shape
from .elementwise import cast, clip, log, negative, rsqrt, square
from .options import one_axis, truth
from .reductions import mean, sum
from .shaping import one_hot, reshape, squeeze


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """y = −t·ln p − (1 − t)·ln(1 − p) for each number, p = output, or sigmoid(output) with from_logits.

    target, output and y of one shape. p is kept 1e-7 from 0 and 1. `losses.BinaryCrossentropy` takes the mean.

    >>> binary_crossentropy([[1.0, 0.0]], [[0.5, 0.5]])
    array([[0.6931472, 0.6931472]], dtype=float32)
    """
    name = "binary_crossentropy"
    _same_shape(name, target, output)
    if truth(f"ops.{name}, argument from_logits", from_logits):
        yes, no = log_sigmoid(output), log_sigmoid(negative(output))
    else:
        p = _kept(output)
        yes, no = log(p), log(subtract(1.0, p))
    return negative(add(multiply(target, yes), multiply(subtract(1.0, target), no)))


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """y = −Σ t·ln p along an axis, p = output / Σ output, or softmax(output) with from_logits.

    target and output (B, ..., K), y (B, ...)

    >>> categorical_crossentropy([[1.0, 0.0]], [[0.5, 0.5]])
    array([0.6931472], dtype=float32)
    """
    name = "categorical_crossentropy"
    _same_shape(name, target, output)
    return negative(sum(multiply(target, _log_shares(name, output, from_logits, axis)), axis))


def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """y = −ln p[t], the class given by its number; p as in `categorical_crossentropy`.

    target (B, ...) or (B, ..., 1), whole numbers; output (B, ..., K), y (B, ...)

    >>> sparse_categorical_crossentropy([0], [[0.5, 0.5]])
    array([0.6931472], dtype=float32)
    """
    name = "sparse_categorical_crossentropy"
    logs, n = _log_shares(name, output, from_logits, axis), ndim(output)
    along = axis % n
    sizes, given = shape(output), shape(target)
    if len(given) == n and given[-1] == 1:
        target, given = squeeze(target, -1), given[:-1]
    wanted = (*sizes[:along], *sizes[along + 1 :])
    if given != wanted:
        raise ShapeError(f"ops.{name}, target", f"shape {wanted}, a class for each", given)
    hot = one_hot(cast(target, "int32"), sizes[along] or 1, axis=along)
    return negative(sum(multiply(hot, logs), along))


def batch_normalization(
    x: Any, mean: Any, variance: Any, axis: int, offset: Any = None, scale: Any = None, epsilon: float = 0.001
) -> Any:  # fmt: skip
    """y = scale·(x − mean) / √(variance + ε) + offset, with one of each for every place on an axis.

    x (B, ..., C, ...), the others (C,) with C at `axis`

    >>> batch_normalization([[3.0], [5.0]], [4.0], [1.0], axis=-1, epsilon=0.0).ravel()
    array([-1.,  1.], dtype=float32)
    """
    n, sizes = ndim(x), shape(x)
    at = one_axis("batch_normalization", axis, n)

    def along(name: str, given: Any) -> Any:
        if shape(given) != (sizes[at],):
            raise ShapeError(f"ops.batch_normalization, argument {name}", f"shape {(sizes[at],)}", shape(given))
        return given if at == n - 1 else reshape(given, [sizes[at] if i == at else 1 for i in range(at, n)])

    y = multiply(subtract(x, along("mean", mean)), rsqrt(add(along("variance", variance), epsilon)))
    y = y if scale is None else multiply(y, along("scale", scale))
    return y if offset is None else add(y, along("offset", offset))


def psnr(x1: Any, x2: Any, max_val: float) -> Any:
    """The peak signal-to-noise ratio in decibels: 10·log₁₀(max² / mean((x1 − x2)²)), one number.

    >>> round(float(psnr([0.0, 1.0], [0.0, 0.9], 1.0)), 2)
    23.01
    """
    _same_shape("psnr", x1, x2)
    return multiply(log(divide(max_val**2, mean(square(subtract(x1, x2))))), 4.342944819032518)  # 10 / ln 10


def _kept(p: Any) -> Any:
    """Chances that have a logarithm, and so has what they leave."""
    return clip(p, default_epsilon(), 1 - default_epsilon())


def _log_shares(name: str, output: Any, from_logits: bool, axis: int) -> Any:
    """ln p along an axis."""
    one_axis(name, axis, ndim(output))
    if truth(f"ops.{name}, argument from_logits", from_logits):
        return log_softmax(output, axis)
    return log(_kept(divide(output, sum(output, axis, keepdims=True))))


def _same_shape(name: str, one: Any, other: Any) -> None:
    shapes = shape(one), shape(other)
    if shapes[0] != shapes[1]:
        raise ShapeError(f"ops.{name}", "two operands of one shape", Told(f"{shapes[0]} and {shapes[1]}"))
