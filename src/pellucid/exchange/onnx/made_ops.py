"""Ops that ONNX has no operator for, made of others, and those that move numbers about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...arrays import with_batch
from .ops import OPS, common, first, listed, operands, rank, sliced, writes
from .writer import At

part = slice  # an op of that name is written below


def with_sign_of(at: At, x: str, size: str) -> str:
    return at.op("Mul", at.op("Sign", x), size)


OPS["exp2"] = lambda at: at.op("Pow", at.number(2.0), first(at))
OPS["trunc"] = lambda at: with_sign_of(at, first(at), at.op("Floor", at.op("Abs", first(at))))
OPS["cbrt"] = lambda at: with_sign_of(at, first(at), at.op("Pow", at.op("Abs", first(at)), at.number(1 / 3)))
OPS["ravel"] = lambda at: at.op("Reshape", at.x, at.whole(-1))
OPS["tril"] = lambda at, k=0: at.op("Trilu", at.x, at.writing.array(k, f"{at.label}/k", np.int64), upper=0)
OPS["triu"] = lambda at, k=0: at.op("Trilu", at.x, at.writing.array(k, f"{at.label}/k", np.int64), upper=1)


@writes
def hypot(at: At) -> str:
    return at.op("Sqrt", at.op("Add", *(at.op("Mul", x, x) for x in operands(at))))


@writes
def divide_no_nan(at: At) -> str:
    a, b = operands(at)
    none = at.op("Equal", b, at.number(0.0))
    return at.op("Where", none, at.number(0.0), at.op("Div", a, at.op("Where", none, at.number(1.0), b)))


@writes
def full_like(at: At, dtype: str | None = None) -> str:
    x, value = operands(at)
    return at.op("Expand", value, at.op("Shape", x))


@writes
def nan_to_num(at: At, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> str:
    x, most = first(at), np.finfo(at.kind).max
    ends = -most if neginf is None else neginf, most if posinf is None else posinf
    for sign, end in zip((-1, 1), ends, strict=True):
        here = at.op("IsInf", x, detect_negative=int(sign < 0), detect_positive=int(sign > 0))
        x = at.op("Where", here, at.number(end), x)
    return at.op("Where", at.op("IsNaN", x), at.number(nan), x)


@writes
def isclose(at: At, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> str | None:
    if equal_nan:
        return None
    a, b = operands(at, common(at))
    apart = at.op("Abs", at.op("Sub", a, b))
    room = at.op("Add", at.number(atol), at.op("Mul", at.number(rtol), at.op("Abs", b)))
    return at.op("Or", at.op("LessOrEqual", apart, room), at.op("Equal", a, b))


@writes
def count_nonzero(at: At, axis: Any = None) -> str:
    truths = at.cast(at.cast(at.x, at.kinds[0], "bool"), "bool", "int32")
    return at.cast(at.op("ReduceSum", truths, *listed(at, axis), keepdims=0), "int32", at.kind)


@writes
def argsort(at: At, axis: int = -1) -> str:
    size = at.whole(with_batch(at.shape)[axis] or 0)
    places = at.writing.node(at.label, "TopK", [at.x, size], 2, axis=axis, largest=0)[1]
    return at.cast(places, "int64", at.kind)


@writes
def take_along_axis(at: At, axis: int | None = None) -> str | None:
    flowing = [with_batch(shape) for shape in at.shapes]
    if axis is None or at.layer.held:
        return None
    same = [a == b for i, (a, b) in enumerate(zip(*flowing, strict=True)) if i != axis % rank(at)]
    where = at.cast(at.xs[1], at.kinds[1], "int64")
    return at.op("GatherElements", at.xs[0], where, axis=axis) if all(same) else None


@writes
def broadcast_to(at: At, shape: Sequence[int]) -> str:
    return at.op("Expand", at.x, at.whole(*shape))


@writes
def outer(at: At) -> str:
    a, b = operands(at)
    return at.op("Mul", at.op("Reshape", a, at.whole(-1, 1)), at.op("Reshape", b, at.whole(1, -1)))


@writes
def pad(at: At, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> str | None:
    if mode not in ("constant", "reflect"):
        return None
    widths = np.broadcast_to(np.asarray(pad_width), (rank(at), 2)).T.reshape(-1)
    value = [] if mode == "reflect" else [at.number(0.0 if constant_values is None else constant_values)]
    return at.op("Pad", first(at), at.whole(*widths.tolist()), *value, mode=mode)


@writes
def roll(at: At, shift: Any, axis: Any = None) -> str | None:
    if axis is None:
        return None
    x, pairs = at.x, [(shift, axis)] if isinstance(axis, int) else zip(shift, axis, strict=True)
    for by, along in pairs:
        if not (size := with_batch(at.shape)[along]):
            return None
        ends = part(size - by % size, None), part(0, size - by % size)
        x = at.op("Concat", *(sliced(at, x, {along: one}) for one in ends), axis=along)
    return x


@writes
def slice(at: At, shape: Sequence[int]) -> str | None:
    starts = at.layer.held.get(1)
    if starts is None or starts[0] != 0 or shape[0] != -1:
        return None
    sizes = with_batch(at.shape)
    ends = [size if n == -1 else begin + n for begin, n, size in zip(starts, shape, sizes, strict=True)]
    parts = enumerate(zip(starts, ends, strict=True))
    return sliced(at, at.xs[0], {axis: part(int(a), b) for axis, (a, b) in parts if axis})


@writes
def trace(at: At, offset: int = 0, axis1: int = 0, axis2: int = 1) -> str:
    return at.op("ReduceSum", diagonal(at, offset, axis1, axis2), at.whole(-1), keepdims=0)


@writes
def diagonal(at: At, offset: int = 0, axis1: int = 0, axis2: int = 1) -> str:
    n = rank(at)
    rows, columns = axis1 % n, axis2 % n
    there = [i for i in range(n) if i not in (rows, columns)]
    M, N = (with_batch(at.shape)[i] or 0 for i in (rows, columns))
    x = at.op("Reshape", at.transposed(first(at), [*there, rows, columns]), at.whole(*[0] * len(there), M * N))
    places = np.arange(M * N).reshape(M, N).diagonal(offset)
    return at.op("Gather", x, at.writing.array(places, f"{at.label}/places", np.int64), axis=len(there))
