"""How the ops that slide windows, and those of linear algebra, are written for PyTorch: as functions, kernels being
operands. Windows have their channels first there. Where a matrix has no inverse, PyTorch stops; here that gives NaN."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...arrays import with_batch
from ..windows import Slid, slid
from .ops import OPS, first, operand, operands, sized, writes
from .sliding import plain
from .writer import At, Value

F = "torch.nn.functional"


def permuted(at: At, x: Any, order: Sequence[int]) -> Any:
    return x if list(order) == sorted(order) else at.op(".permute", x, *order)


def around(at: At, x: Any, borders: Sequence[tuple[int, int]], fill: float = 0.0) -> Any:
    """x, its channels first, with these borders; below 0 they are cut off."""
    widths = [n for pair in list(borders)[::-1] for n in pair]  # PyTorch begins at the last axis
    return at.op(f"{F}.pad", x, widths, value=fill) if any(widths) else x


def entered(at: At, s: Slid, fill: float = 0.0) -> Any:
    """What enters, its channels first, with its border."""
    x = permuted(at, operand(at, 0), s.first)
    return around(at, x, list(zip(s.window.before, s.window.after, strict=True)), fill)


def convolved(at: At, s: Slid, x: Any, W: Any, groups: int) -> Any:
    w = s.window
    told = {"stride": plain(w.strides), "dilation": plain(w.dilation), "groups": groups}
    return at.op(f"{F}.conv{s.axes}d", x, W, None, **told)


def spread(at: At, s: Slid) -> Any:
    """A kernel of each channel by itself, as PyTorch has one of as many groups."""
    return at.op(".reshape", permuted(at, operand(at, 1), s.spread), *s.depthwise)


@writes
def conv(at: At, **options: Any) -> Any:
    s = slid(at)
    y = convolved(at, s, entered(at, s), permuted(at, operand(at, 1), s.turned), s.groups)
    return permuted(at, y, s.back)


@writes
def depthwise_conv(at: At, **options: Any) -> Any:
    s = slid(at)
    return permuted(at, convolved(at, s, entered(at, s), spread(at, s), s.channels), s.back)


@writes
def separable_conv(at: At, **options: Any) -> Any:
    s = slid(at)
    y = convolved(at, s, entered(at, s), spread(at, s), s.channels)
    return permuted(at, at.op(f"{F}.conv{s.axes}d", y, permuted(at, operand(at, 2), s.turned)), s.back)


@writes
def conv_transpose(at: At, **options: Any) -> Any:
    s = slid(at)
    w, W = s.window, permuted(at, operand(at, 1), s.turned)
    x = permuted(at, operand(at, 0), s.first)
    y = at.op(f"{F}.conv_transpose{s.axes}d", x, W, stride=plain(w.strides), dilation=plain(w.dilation))
    return permuted(at, around(at, y, [(-b, -a) for b, a in zip(w.before, s.after, strict=True)]), s.back)


@writes
def max_pool(at: At, **options: Any) -> Any:
    s = slid(at)
    x = entered(at, s, -math.inf)
    return permuted(at, at.op(f"{F}.max_pool{s.axes}d", x, plain(s.window.kernel), plain(s.window.strides)), s.back)


@writes
def average_pool(at: At, **options: Any) -> Any:
    s = slid(at)

    def mean(x: Any) -> Value:
        return at.op(f"{F}.avg_pool{s.axes}d", x, plain(s.window.kernel), plain(s.window.strides))

    y = mean(entered(at, s))
    if s.window.has_border:  # which does not count
        inside = s.window.with_border(np.ones((1, *s.window.size, 1))).reshape(1, 1, *s.window.bordered)
        y = at.op("operator.truediv", y, mean(at.constant(inside, at.kind)))
    return permuted(at, y, s.back)


def adaptive(kind: str) -> Any:
    def write(at: At, **options: Any) -> Any:
        s = slid(at)
        x = permuted(at, operand(at, 0), s.first)
        return permuted(at, at.op(f"{F}.adaptive_{kind}_pool{s.axes}d", x, plain(s.layer.output_size)), s.back)

    return write


OPS["adaptive_max_pool"], OPS["adaptive_average_pool"] = adaptive("max"), adaptive("avg")

# Linear algebra ------------------------------------------------------------------------------------------------------

OPS["det"] = lambda at: at.op("torch.linalg.det", first(at))
OPS["inv"] = lambda at: at.op("torch.linalg.inv", first(at))
OPS["singular_values"] = lambda at, **options: at.op("torch.linalg.svdvals", first(at))


@writes
def cholesky(at: At, upper: bool = False) -> Value:
    x = first(at)
    even = at.op("operator.truediv", at.op("operator.add", x, at.op(".transpose", x, -1, -2)), 2.0)
    return at.op("torch.linalg.cholesky", even, **({"upper": True} if upper else {}))


@writes
def solve(at: At) -> Value:
    a, b = operands(at)
    ndims = [np.ndim(at.layer.held[i]) if i in at.layer.held else None for i in (0, 1)]
    flowing = (len(with_batch(shape)) for shape in at.shapes)
    n, m = (next(flowing) if known is None else known for known in ndims)
    if m != n - 1:
        return at.op("torch.linalg.solve", a, b)
    return at.op(".squeeze", at.op("torch.linalg.solve", a, at.op(".unsqueeze", b, -1)), -1)


@writes
def segment_max(at: At, num_segments: int | None = None, sorted: bool = False) -> Value | None:
    if num_segments is None:
        return None
    lowest = at.constant(np.full(with_batch(at.layer.output_shape_for(*at.shapes)), -np.inf), at.kind)
    rows = operand(at, 0)
    where = at.op(".reshape", operand(at, 1, "int64"), -1, *[1] * (len(sized(at)) - 1))
    return at.op("torch.scatter_reduce", lowest, 0, at.op(".expand_as", where, rows), rows, "amax")
