"""How each op reads in ONNX. Axes are NumPy's on both sides, the batch's among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...arrays import with_batch
from ..emitters import ByName, as_activation
from .activations import WRITTEN
from .writer import At

LAST, FIRST = (1 << 63) - 1, -(1 << 63)  # where a slice ends that has no end
OPS: ByName[str | None] = ByName()  # given the step and the op's options
writes = OPS.writes


def write_op(at: At) -> str | None:
    """The name of the op's output; None for an op, or a form of one, that is not written."""
    name, options = at.layer.operation.name, at.layer.options
    if name in WRITTEN:
        batched = with_batch(at.shape)[0] is None
        return WRITTEN[name](at, at.x, **as_activation(at.layer)) if batched else None
    return OPS[name](at, **options) if name in OPS else None


def operands(at: At, kind: str | None = None) -> list[str]:
    """The names of all operands, those that are held among them, brought to one dtype: that of the output unless said
    otherwise."""
    kind, held, flowing = kind or at.kind, at.layer.held, iter(zip(at.xs, at.kinds, strict=True))
    found = []
    for place in range(at.layer.places):
        if place in held:
            found.append(at.writing.array(held[place], f"{at.label}/constant", kind))
        else:
            found.append(at.cast(*next(flowing), kind))
    return found


def first(at: At) -> str:
    """The name of the one operand, in the dtype of the output."""
    return operands(at)[0]


def common(at: At) -> str:
    """The dtype in which NumPy compares the operands."""
    return np.result_type(*map(np.dtype, at.kinds), *at.layer.held.values()).name


def rank(at: At) -> int:
    return len(with_batch(at.shape))


# Number by number ------------------------------------------------------------------------------------------------

PLAIN = {
    "absolute": "Abs", "add": "Add", "ceil": "Ceil", "cos": "Cos", "divide": "Div", "exp": "Exp", "floor": "Floor",
    "log": "Log", "matmul": "MatMul", "maximum": "Max", "minimum": "Min", "multiply": "Mul", "negative": "Neg",
    "power": "Pow", "reciprocal": "Reciprocal", "sign": "Sign", "sin": "Sin", "sqrt": "Sqrt", "subtract": "Sub",
}  # fmt: skip
CURVES = {
    "arccos": "Acos", "arccosh": "Acosh", "arcsin": "Asin", "arcsinh": "Asinh", "arctan": "Atan", "arctanh": "Atanh",
    "cosh": "Cosh", "erf": "Erf", "sinh": "Sinh", "tan": "Tan",
}  # fmt: skip
COMPARING = {
    "equal": "Equal", "greater": "Greater", "greater_equal": "GreaterOrEqual", "less": "Less",
    "less_equal": "LessOrEqual",
}  # fmt: skip
LOGICAL = {"logical_and": "And", "logical_or": "Or", "logical_xor": "Xor", "logical_not": "Not"}

OPS |= {name: lambda at, op=op: at.op(op, *operands(at)) for name, op in PLAIN.items()}
OPS |= {name: lambda at, op=op: at.in_single(op, first(at)) for name, op in CURVES.items()}
OPS |= {name: lambda at, op=op: at.op(op, *operands(at, common(at))) for name, op in COMPARING.items()}
OPS |= {name: lambda at, op=op: at.op(op, *operands(at, "bool")) for name, op in LOGICAL.items()}
OPS["not_equal"] = lambda at: at.op("Not", at.op("Equal", *operands(at, common(at))))
OPS["isnan"] = lambda at: at.op("IsNaN", at.x)
OPS["isinf"] = lambda at: at.op("IsInf", at.x)
OPS["isfinite"] = lambda at: at.op("Not", at.op("Or", at.op("IsNaN", at.x), at.op("IsInf", at.x)))
OPS["log1p"] = lambda at: at.op("Log", at.op("Add", first(at), at.number(1.0)))
OPS["log2"] = lambda at: at.op("Mul", at.op("Log", first(at)), at.number(1 / np.log(2)))
OPS["log10"] = lambda at: at.op("Mul", at.op("Log", first(at)), at.number(1 / np.log(10)))
OPS["expm1"] = lambda at: at.op("Sub", at.op("Exp", first(at)), at.number(1.0))
OPS["rsqrt"] = lambda at: at.op("Reciprocal", at.op("Sqrt", first(at)))
OPS["square"] = lambda at: at.op("Mul", first(at), first(at))
OPS["stop_gradient"] = lambda at: at.x
OPS["zeros_like"] = lambda at: at.op("Expand", at.number(0.0), at.op("Shape", at.x))
OPS["ones_like"] = lambda at: at.op("Expand", at.number(1.0), at.op("Shape", at.x))


@writes
def floor_divide(at: At) -> str:
    return at.op("Floor", at.op("Div", *operands(at)))


@writes
def mod(at: At) -> str:
    a, b = operands(at)
    return at.op("Sub", a, at.op("Mul", b, at.op("Floor", at.op("Div", a, b))))


@writes
def clip(at: At, x_min: Any, x_max: Any) -> str:
    return at.op("Min", at.op("Max", first(at), at.number(x_min)), at.number(x_max))


@writes
def round(at: At, decimals: int = 0) -> str:
    if decimals == 0:
        return at.op("Round", first(at))
    power = at.number(10.0**decimals)
    return at.op("Div", at.op("Round", at.op("Mul", first(at), power)), power)


@writes
def cast(at: At, dtype: str) -> str:
    return at.cast(at.x, at.kinds[0], at.kind)


@writes
def where(at: At) -> str:
    condition, *_ = operands(at, "bool")
    return at.op("Where", condition, *operands(at)[1:])


# Along axes ------------------------------------------------------------------------------------------------------


def listed(at: At, axis: Any) -> list[str]:
    """The input that says along which axes; none for all of them."""
    return [] if axis is None else [at.whole(*(axis if isinstance(axis, Sequence) else (axis,)))]


def reduced(op: str) -> Callable[..., str]:
    def write(at: At, axis: Any = None, keepdims: bool = False) -> str:
        return at.op(op, first(at), *listed(at, axis), keepdims=int(keepdims))

    return write


REDUCING = {"sum": "Sum", "mean": "Mean", "max": "Max", "min": "Min", "prod": "Prod", "logsumexp": "LogSumExp"}
OPS |= {name: reduced(f"Reduce{op}") for name, op in REDUCING.items()}


@writes
def var(at: At, axis: Any = None, keepdims: bool = False) -> str:
    x = first(at)
    spread = at.op("Sub", x, at.op("ReduceMean", x, *listed(at, axis), keepdims=1))
    return at.op("ReduceMean", at.op("Mul", spread, spread), *listed(at, axis), keepdims=int(keepdims))


OPS["std"] = lambda at, axis=None, keepdims=False: at.op("Sqrt", var(at, axis, keepdims))


def judged(op: str) -> Callable[..., str]:
    def write(at: At, axis: Any = None, keepdims: bool = False) -> str:
        truths = at.cast(at.cast(at.x, at.kinds[0], "bool"), "bool", "int32")
        return at.cast(at.op(op, truths, *listed(at, axis), keepdims=int(keepdims)), "int32", "bool")

    return write


OPS["any"], OPS["all"] = judged("ReduceMax"), judged("ReduceMin")


def placed(op: str) -> Callable[..., str | None]:
    def write(at: At, axis: int | None = None, keepdims: bool = False) -> str | None:
        if axis is None:
            return None
        return at.cast(at.op(op, at.x, axis=axis, keepdims=int(keepdims)), "int64", at.kind)

    return write


OPS["argmax"], OPS["argmin"] = placed("ArgMax"), placed("ArgMin")


@writes
def cumsum(at: At, axis: int | None = None) -> str:
    x = at.op("Reshape", at.x, at.whole(-1)) if axis is None else at.x
    return at.op("CumSum", x, at.writing.array(axis or 0, f"{at.label}/axis", np.int64))


@writes
def sort(at: At, axis: int = -1) -> str:
    size = at.whole(with_batch(at.shape)[axis] or 0)
    return at.writing.node(at.label, "TopK", [at.x, size], 2, axis=axis, largest=0)[0]


@writes
def einsum(at: At, subscripts: str) -> str:
    return at.op("Einsum", *operands(at), equation=subscripts)


# Shapes ----------------------------------------------------------------------------------------------------------


def in_shape_of_output(at: At, x: str) -> str:
    """The numbers where they are, in another shape."""
    return at.op("Reshape", x, at.whole(*(-1 if n is None else n for n in with_batch(at.out_shape))))


for name in ("reshape", "expand_dims", "squeeze"):
    OPS[name] = lambda at, **options: in_shape_of_output(at, at.x)


@writes
def transpose(at: At, axes: Sequence[int] | None = None) -> str:
    n = rank(at)
    return at.transposed(at.x, list(range(n))[::-1] if axes is None else [a % n for a in axes])


@writes
def swapaxes(at: At, axis1: int, axis2: int) -> str:
    order = np.arange(rank(at))
    order[[axis1, axis2]] = order[[axis2, axis1]]
    return at.transposed(at.x, order.tolist())


@writes
def moveaxis(at: At, source: Any, destination: Any) -> str:
    places = np.moveaxis(np.empty(tuple(range(rank(at)))), source, destination).shape  # each axis as long as its number
    return at.transposed(at.x, list(places))


@writes
def concatenate(at: At, axis: int = 0) -> str:
    return at.op("Concat", *operands(at), axis=axis)


@writes
def stack(at: At, axis: int = 0) -> str:
    place = at.whole(axis)
    return at.op("Concat", *(at.op("Unsqueeze", x, place) for x in operands(at)), axis=axis)


@writes
def flip(at: At, axis: Any = None) -> str:
    axes = range(rank(at)) if axis is None else axis if isinstance(axis, Sequence) else (axis,)
    return sliced(at, at.x, {a: slice(None, None, -1) for a in axes})


def sliced(at: At, x: str, parts: dict[int, slice]) -> str:
    """A part of x along each of these axes."""
    if not parts:
        return x
    words = [_words(part) for part in parts.values()]
    starts, stops, steps = (at.whole(*column) for column in zip(*words, strict=True))
    return at.op("Slice", x, starts, stops, at.whole(*parts), steps)


def _words(part: slice) -> tuple[int, int, int]:
    """(start, stop, step) of a slice."""
    step = 1 if part.step is None else part.step
    first, last = (0, LAST) if step > 0 else (LAST, FIRST)
    return first if part.start is None else part.start, last if part.stop is None else part.stop, step


@writes
def get_item(at: At) -> str | None:
    key = at.layer.held.get(1)
    keys = list(key) if isinstance(key, tuple) else [key]
    there = [k for k in keys if k is not None]
    if 1 not in at.layer.held or not all(isinstance(k, slice | int) or k is Ellipsis for k in there):
        return None
    place = there.index(Ellipsis) if Ellipsis in there else len(there)
    named = [k for k in there if k is not Ellipsis]
    there = [*named[:place], *[slice(None)] * (rank(at) - len(named)), *named[place:]]
    parts = {a: k if isinstance(k, slice) else slice(k, k + 1 or LAST) for a, k in enumerate(there)}
    x = sliced(at, at.x, {axis: part for axis, part in parts.items() if part != slice(None)})
    plain = all(isinstance(k, slice) or k is Ellipsis for k in keys)
    return x if plain else in_shape_of_output(at, x)


@writes
def take(at: At, axis: int | None = None) -> str:
    x = at.op("Reshape", at.x, at.whole(-1)) if axis is None else at.x
    indices = at.layer.held.get(1)
    if indices is None:
        where = at.cast(at.xs[1], at.kinds[1], "int64")
    else:
        where = at.writing.array(indices, f"{at.label}/indices", np.int64)
    return at.op("Gather", x, where, axis=axis or 0)


@writes
def repeat(at: At, repeats: int, axis: int | None = None) -> str | None:
    size = None if axis is None else with_batch(at.shape)[axis]
    if size is None:
        return None
    return at.op("Gather", at.x, at.whole(*np.repeat(np.arange(size), repeats)), axis=axis)


@writes
def tile(at: At, repeats: Any) -> str | None:
    times = [repeats] if isinstance(repeats, int) else list(repeats)
    if len(times) > rank(at):
        return None
    return at.op("Tile", at.x, at.whole(*[1] * (rank(at) - len(times)), *times))


@writes
def one_hot(at: At, num_classes: int, axis: int = -1) -> str:
    places = at.writing.array(np.arange(num_classes), f"{at.label}/classes", np.int64)
    column = at.op("Unsqueeze", at.cast(at.x, at.kinds[0], "int64"), at.whole(-1))
    hot = at.cast(at.op("Equal", column, places), "bool", at.kind)
    order = np.moveaxis(np.empty(tuple(range(rank(at) + 1))), -1, axis).shape
    return at.transposed(hot, list(order))
