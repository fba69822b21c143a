"""How each op is written for PyTorch, whose axes are NumPy's on both sides, the batch's among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ...arrays import with_batch
from .activations import MODULES, activated
from .writer import At, Value

DEFAULTS = {"gelu": {"approximate": True}}  # of activations as ops, where they differ from the activation's own
OPS: dict[str, Callable[..., Any]] = {}
F = TypeVar("F", bound=Callable[..., Any])


def writes(function: F) -> F:
    """Decorator: this writes the op of the same name, given the step and the op's options."""
    OPS[function.__name__] = function
    return function


def write_op(at: At) -> Any:
    """The op's output; None for an op, or a form of one, that is not written."""
    name, options = at.layer.operation.name, at.layer.options
    if name in MODULES:
        (x,) = operands(at)
        return activated(at, x, name, {**DEFAULTS.get(name, {}), **options}, suffix=False)
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


# Shapes ----------------------------------------------------------------------------------------------------------


def in_shape_of_output(at: At, x: Any) -> Value:
    """The numbers where they are, in another shape."""
    return at.op(".reshape", x, *at.sizes)


for same in ("reshape", "expand_dims", "squeeze", "ravel"):
    OPS[same] = lambda at, **options: in_shape_of_output(at, at.x)
OPS["swapaxes"] = lambda at, axis1, axis2: at.op(".transpose", at.x, axis1, axis2)
OPS["moveaxis"] = lambda at, source, destination: at.op(".movedim", at.x, source, destination)
OPS["flip"] = lambda at, axis=None: at.op("torch.flip", at.x, listed(at, axis))
OPS["repeat"] = lambda at, repeats, axis=None: at.op("torch.repeat_interleave", at.x, repeats, dim=axis)
OPS["concatenate"] = lambda at, axis=0: at.op("torch.cat", operands(at), dim=axis)
OPS["stack"] = lambda at, axis=0: at.op("torch.stack", operands(at), dim=axis)
OPS["tril"] = lambda at, k=0: at.op("torch.tril", at.x, k)
OPS["triu"] = lambda at, k=0: at.op("torch.triu", at.x, k)
OPS["diag"] = lambda at, k=0: at.op("torch.diag", first(at), k)


@writes
def transpose(at: At, axes: Sequence[int] | None = None) -> Value:
    return at.op(".permute", at.x, *(range(at.ndim)[::-1] if axes is None else axes))


@writes
def tile(at: At, repeats: Any) -> Value:
    return at.op("torch.tile", at.x, [repeats] if isinstance(repeats, int) else list(repeats))


@writes
def broadcast_to(at: At, shape: Sequence[int]) -> Value:
    return at.op(".expand", at.x, *at.sizes)


@writes
def diagonal(at: At, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    return at.op("torch.diagonal", at.x, offset, axis1, axis2)


@writes
def trace(at: At, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    return at.op("torch.sum", at.op("torch.diagonal", first(at), offset, axis1, axis2), dim=-1)


@writes
def roll(at: At, shift: Any, axis: Any = None) -> Value:
    return at.op("torch.roll", at.x, shift, *([] if axis is None else [axis]))


@writes
def pad(at: At, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Value | None:
    if mode != "constant":
        return None
    widths = np.broadcast_to(np.asarray(pad_width), (at.ndim, 2))[::-1]  # PyTorch begins at the last axis
    value = 0.0 if constant_values is None else float(constant_values)
    return at.op("torch.nn.functional.pad", at.x, widths.reshape(-1).tolist(), value=value)


@writes
def get_item(at: At) -> Any:
    """A part of x. PyTorch has no steps back: where there are some, the axis is turned around first."""
    key = at.layer.held[1]
    keys = list(key) if isinstance(key, tuple) else [key]
    named = [k for k in keys if k is not None and k is not Ellipsis]
    if Ellipsis not in keys:
        keys.append(Ellipsis)
    place = keys.index(Ellipsis)
    keys[place : place + 1] = [slice(None)] * (at.ndim - len(named))
    axis, x, sizes = 0, at.x, sized(at)
    for i, one in enumerate(keys):
        if isinstance(one, slice) and one.step is not None and one.step < 0:
            size = sizes[axis]
            if size is None and (one.start, one.stop, one.step) != (None, None, -1):
                return None
            x = at.op("torch.flip", x, [axis])
            places = range(size or 0)[one]
            keys[i] = slice(size - 1 - places[0], size - places[-1], -one.step) if size and places else slice(0, 0)
            keys[i] = keys[i] if size is not None else slice(None)
        axis += one is not None
    return at.op("operator.getitem", x, tuple(keys))


def window(at: At, sizes: Sequence[int | None]) -> tuple[slice, ...] | None:
    """The part that begins at the second operand and has these sizes, None or -1 for all; None where it cannot be told,
    or would cut through the batch."""
    if 1 not in at.layer.held:
        return None
    starts = np.ravel(at.layer.held[1]).tolist()
    parts = [slice(i, None if n in (None, -1) else i + n) for i, n in zip(starts, sizes, strict=True)]
    return tuple(parts) if at.shapes and parts[0] == slice(0, None) else None


OPS["slice"] = lambda at, shape: (part := window(at, shape)) and at.op("operator.getitem", operand(at, 0), part)


@writes
def slice_update(at: At) -> Value | None:
    """Along one axis after the other; what lies around comes from x."""
    x, y = operand(at, 0), operand(at, 2)
    held = at.layer.held
    part = window(at, held[2].shape if 2 in held else sized(at, 0 if 0 in held else 1))
    for axis, one in reversed(list(enumerate(part or ()))[1:]):
        within = at.op("operator.getitem", x, (slice(None), *(part or ())[1:axis])) if axis > 1 else x
        y = at.op("torch.slice_scatter", within, y, axis, one.start, one.stop)
    return y if part else None


@writes
def take(at: At, axis: int | None = None) -> Value:
    x = at.op(".flatten", operand(at, 0)) if axis is None else operand(at, 0)
    places = operand(at, 1, "int64")
    front = (slice(None),) * (0 if axis is None else axis % at.ndim)
    return at.op("operator.getitem", x, (*front, places))


@writes
def take_along_axis(at: At, axis: int | None = None) -> Value:
    return at.op("torch.take_along_dim", operand(at, 0), operand(at, 1, "int64"), dim=axis)


@writes
def one_hot(at: At, num_classes: int, axis: int = -1, dtype: str | None = None) -> Any:
    places = at.constant(np.arange(num_classes), "int64")
    column = at.op(".unsqueeze", at.cast(at.x, at.kinds[0], "int64"), -1)
    hot = at.cast(at.op("operator.eq", column, places), "bool", at.kind)
    return hot if axis in (-1, at.ndim) else at.op(".movedim", hot, -1, axis)
