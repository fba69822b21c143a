"""How each op is written for PyTorch, whose axes are NumPy's on both sides, the batch's among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...arrays import with_batch
from ..emitters import ByName, as_activation
from .activations import MODULES, activated
from .writer import At, Value

OPS: ByName[Any] = ByName()  # given the step and the op's options
writes = OPS.writes


def write_op(at: At) -> Any:
    """The op's output; None for an op, or a form of one, that is not written."""
    name, options = at.layer.operation.name, at.layer.options
    if name in MODULES:
        (x,) = operands(at)
        return activated(at, x, name, as_activation(at.layer), suffix=False)
    return OPS[name](at, **options) if name in OPS else None


def operand(at: At, place: int, kind: str | None = None, number: bool = False) -> Any:
    """An operand, also one that is held, brought to a dtype: that of the output unless said otherwise. number: whether
    a single number may stay one."""
    kind, held = kind or at.kind, at.layer.held
    if place not in held:
        flowing = sum(other not in held for other in range(place))
        return at.cast(at.xs[flowing], at.kinds[flowing], kind)
    if number and np.ndim(held[place]) == 0:
        return np.asarray(held[place], kind).item()
    return at.constant(held[place], kind)


def operands(at: At, kind: str | None = None, numbers: bool = False) -> list[Any]:
    """All operands."""
    return [operand(at, place, kind, numbers) for place in range(at.layer.places)]


def first(at: At) -> Any:
    """The one operand, in the dtype of the output."""
    return operands(at)[0]


def common(at: At) -> str:
    """The dtype in which NumPy compares the operands."""
    return np.result_type(*map(np.dtype, at.kinds), *at.layer.held.values()).name


def sized(at: At, place: int = 0) -> list[int | None]:
    """The sizes of an operand, None for the batch."""
    return list(with_batch(at.shapes[place]))


# Number by number ------------------------------------------------------------------------------------------------

INFIX = {
    "add": "add", "divide": "truediv", "floor_divide": "floordiv", "matmul": "matmul", "mod": "mod", "multiply": "mul",
    "power": "pow", "subtract": "sub",
}  # fmt: skip
COMPARING = {
    "equal": "eq", "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "not_equal": "ne",
}  # fmt: skip
SAME = (  # as PyTorch calls them, too
    "absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "ceil", "cos", "cosh", "erf",
    "exp", "exp2", "expm1", "floor", "hypot", "log", "log10", "log1p", "log2", "maximum", "minimum", "negative",
    "reciprocal", "rsqrt", "sign", "sin", "sinh", "sqrt", "square", "tan", "trunc",
)  # fmt: skip
JUDGING = ("isfinite", "isinf", "isnan")
LOGICAL = ("logical_and", "logical_not", "logical_or", "logical_xor")

OPS |= {n: lambda at, f=f: at.op(f"operator.{f}", *operands(at, numbers=at.kind != "bool")) for n, f in INFIX.items()}
OPS |= {n: lambda at, f=f: at.op(f"operator.{f}", *operands(at, common(at), True)) for n, f in COMPARING.items()}
OPS |= {name: lambda at, name=name: at.op(f"torch.{name}", *operands(at)) for name in SAME}
OPS |= {name: lambda at, name=name: at.op(f"torch.{name}", at.x) for name in JUDGING}
OPS |= {name: lambda at, name=name: at.op(f"torch.{name}", *operands(at, "bool")) for name in LOGICAL}
OPS["stop_gradient"] = lambda at: at.op(".detach", at.x)
OPS["round"] = lambda at, decimals=0: at.op("torch.round", first(at), **({"decimals": decimals} if decimals else {}))
OPS["cast"] = lambda at, dtype: at.cast(at.x, at.kinds[0], at.kind)
OPS["where"] = lambda at: at.op("torch.where", operand(at, 0, "bool"), operand(at, 1), operand(at, 2))
OPS["zeros_like"] = lambda at, dtype=None: at.op("torch.zeros_like", first(at))
OPS["ones_like"] = lambda at, dtype=None: at.op("torch.ones_like", first(at))
OPS["full_like"] = lambda at, dtype=None: at.op(
    "operator.add", at.op("torch.zeros_like", operand(at, 0)), operand(at, 1)
)
OPS["isclose"] = lambda at, **options: at.op("torch.isclose", *operands(at, common(at)), **options)


@writes
def cbrt(at: At) -> Value:
    x = first(at)
    root = at.op("operator.pow", at.op("torch.absolute", x), 1 / 3)
    return at.op("operator.mul", at.op("torch.sign", x), root)


@writes
def divide_no_nan(at: At) -> Value:
    a, b = operands(at)
    none = at.op("operator.eq", b, 0)
    share = at.op("operator.truediv", a, at.op("torch.where", none, at.constant(1.0, at.kind), b))
    return at.op("torch.where", none, at.constant(0.0, at.kind), share)


@writes
def clip(at: At, x_min: Any, x_max: Any) -> Value:
    bounds = [np.asarray(bound, at.kind) for bound in (x_min, x_max)]
    if all(bound.ndim == 0 for bound in bounds):
        return at.op("torch.clamp", first(at), *(bound.item() for bound in bounds))
    low, high = (at.constant(bound, at.kind) for bound in bounds)
    return at.op("torch.minimum", at.op("torch.maximum", first(at), low), high)


@writes
def nan_to_num(at: At, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Value:
    return at.op("torch.nan_to_num", first(at), nan=nan, posinf=posinf, neginf=neginf)


# Along axes ------------------------------------------------------------------------------------------------------


def listed(at: At, axis: Any) -> list[int]:
    """Along which axes, all of them for None."""
    return list(range(at.ndim)) if axis is None else list(axis) if isinstance(axis, Sequence) else [axis]


def reduced(kind: str, **more: Any) -> Callable[..., Any]:
    def write(at: At, axis: Any = None, keepdims: bool = False) -> Any:
        options = {"keepdim": True} if keepdims else {}
        return at.op(kind, first(at), dim=listed(at, axis), **more, **options) if at.ndim else first(at)

    return write


OPS |= {n: reduced(f"torch.{n}") for n in ("sum", "mean", "logsumexp")}
OPS |= {"max": reduced("torch.amax"), "min": reduced("torch.amin")}
OPS |= {n: reduced(f"torch.{n}", correction=0) for n in ("var", "std")}


@writes
def prod(at: At, axis: Any = None, keepdims: bool = False) -> Any:
    x = first(at)
    for one in sorted((a % at.ndim for a in listed(at, axis)), reverse=not keepdims):
        x = at.op("torch.prod", x, dim=one, **({"keepdim": True} if keepdims else {}))
    return x


def judged(kind: str) -> Callable[..., Any]:
    def write(at: At, axis: Any = None, keepdims: bool = False) -> Any:
        x = at.cast(at.x, at.kinds[0], "bool")
        return at.op(kind, x, dim=listed(at, axis), **({"keepdim": True} if keepdims else {}))

    return write


OPS["any"], OPS["all"] = judged("torch.any"), judged("torch.all")


@writes
def count_nonzero(at: At, axis: Any = None) -> Any:
    return at.cast(at.op("torch.count_nonzero", at.x, dim=listed(at, axis)), "int64", at.kind)


def placed(kind: str) -> Callable[..., Any]:
    def write(at: At, axis: int | None = None, keepdims: bool = False) -> Any:
        if axis is None and keepdims:
            return None
        place = at.op(kind, at.x, dim=axis, **({"keepdim": True} if keepdims else {}))
        return at.cast(place, "int64", at.kind)

    return write


OPS["argmax"], OPS["argmin"] = placed("torch.argmax"), placed("torch.argmin")


def summed_up(kind: str) -> Callable[..., Any]:
    def write(at: At, axis: int | None = None) -> Value:
        x = at.op(".flatten", first(at)) if axis is None else first(at)
        return at.op(kind, x, dim=axis or 0)

    return write


OPS["cumsum"], OPS["cumprod"] = summed_up("torch.cumsum"), summed_up("torch.cumprod")


@writes
def sort(at: At, axis: int = -1) -> Value:
    return at.op("operator.getitem", at.op("torch.sort", at.x, dim=axis), 0)


@writes
def argsort(at: At, axis: int = -1) -> Any:
    return at.cast(at.op("torch.argsort", at.x, dim=axis, stable=True), "int64", at.kind)


@writes
def in_top_k(at: At, k: int) -> Value:
    rows = operand(at, 1, at.kinds[-1])
    mine = at.op("torch.take_along_dim", rows, at.op(".unsqueeze", operand(at, 0, "int64"), 1), dim=1)
    higher = at.op("torch.sum", at.op("operator.gt", rows, mine), dim=1)
    finite = at.op("torch.isfinite", at.op(".squeeze", mine, 1))
    return at.op("torch.logical_and", at.op("operator.lt", higher, k), finite)


@writes
def median(at: At, axis: Any = None, keepdims: bool = False) -> Any:
    axes = listed(at, axis)
    if len(axes) != 1:
        return None
    return at.op("torch.quantile", first(at), 0.5, dim=axes[0], **({"keepdim": True} if keepdims else {}))


@writes
def einsum(at: At, subscripts: str) -> Value:
    return at.op("torch.einsum", subscripts, *operands(at))


@writes
def outer(at: At) -> Value:
    return at.op("torch.outer", *(at.op(".flatten", x) for x in operands(at)))


@writes
def cross(at: At, **axes: Any) -> Value:
    """c_i = a_{i+1}·b_{i+2} − a_{i+2}·b_{i+1} along the last axis, which alone the op takes."""
    a, b = operands(at)
    there, back = (
        at.op("operator.mul", at.op("torch.roll", a, -i, -1), at.op("torch.roll", b, i - 3, -1)) for i in (1, 2)
    )
    return at.op("operator.sub", there, back)


@writes
def segment_sum(at: At, num_segments: int | None = None, sorted: bool = False) -> Value | None:
    if num_segments is None:
        return None
    empty = at.constant(np.zeros(with_batch(at.layer.output_shape_for(*at.shapes))), at.kind)
    return at.op("torch.index_add", empty, 0, operand(at, 1, "int64"), operand(at, 0))
