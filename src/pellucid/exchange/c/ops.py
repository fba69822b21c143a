"""How each op reads in C. Axes are NumPy's, the batch's among them; truth is 1 and 0, whole numbers are floats."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..emitters import ByName, as_activation
from .activations import WRITTEN
from .loops import View, along_last, contracted, elementwise, moved, nest, reduced, stretched
from .products import matrix_product
from .writer import At, Value, reshaped

OPS: ByName[Value | None] = ByName()  # given the step and the op's options
writes = OPS.writes


def write_op(at: At) -> Value | None:
    """What the op gives; None for an op, or a form of one, that is not written."""
    name, options = at.layer.operation.name, at.layer.options
    if name in WRITTEN:
        return WRITTEN[name](at, at.x, **as_activation(at.layer))
    return OPS[name](at, **options) if name in OPS else None


def operands(at: At) -> list[Value]:
    """All operands, those that are held among them."""
    held, flowing = at.layer.held, iter(at.xs)
    return [at.known(held[i]) if i in held else next(flowing) for i in range(at.layer.places)]


# Number by number ------------------------------------------------------------------------------------------------

FORMULAS = {
    "absolute": "fabsf({0})", "add": "{0} + {1}", "arccos": "acosf({0})", "arccosh": "acoshf({0})",
    "arcsin": "asinf({0})", "arcsinh": "asinhf({0})", "arctan": "atanf({0})", "arctan2": "atan2f({0}, {1})",
    "arctanh": "atanhf({0})", "cbrt": "cbrtf({0})", "ceil": "ceilf({0})", "cos": "cosf({0})", "cosh": "coshf({0})",
    "divide": "{0} / {1}", "divide_no_nan": "{1} == 0.0f ? 0.0f : {0} / {1}", "erf": "erff({0})", "exp": "expf({0})",
    "exp2": "exp2f({0})", "expm1": "expm1f({0})", "floor": "floorf({0})", "hypot": "hypotf({0}, {1})",
    "log": "logf({0})", "log10": "log10f({0})", "log1p": "log1pf({0})", "log2": "log2f({0})",
    "maximum": "larger({0}, {1})", "minimum": "smaller({0}, {1})", "multiply": "{0} * {1}", "negative": "-{0}",
    "reciprocal": "1.0f / {0}", "rsqrt": "1.0f / sqrtf({0})", "sign": "sign({0})",
    "sin": "sinf({0})", "sinh": "sinhf({0})", "sqrt": "sqrtf({0})", "square": "{0} * {0}", "subtract": "{0} - {1}",
    "tan": "tanf({0})", "trunc": "truncf({0})", "where": "{0} != 0.0f ? {1} : {2}",
}  # fmt: skip
TRUTHS = {
    "equal": "{0} == {1}", "greater": "{0} > {1}", "greater_equal": "{0} >= {1}", "isfinite": "isfinite({0})",
    "isinf": "isinf({0})", "isnan": "isnan({0})", "less": "{0} < {1}", "less_equal": "{0} <= {1}",
    "logical_and": "{0} != 0.0f && {1} != 0.0f", "logical_not": "{0} == 0.0f",
    "logical_or": "{0} != 0.0f || {1} != 0.0f", "logical_xor": "({0} != 0.0f) != ({1} != 0.0f)",
    "not_equal": "{0} != {1}",
}  # fmt: skip
OF_WHOLES = {"floor_divide": "floored({0}, {1})", "mod": "modulo({0}, {1})", "power": "powf({0}, {1})"}


def formula(text: str) -> Callable[[At], Value]:
    def write(at: At) -> Value:
        return elementwise(at, operands(at), f"({text}) != 0.0f ? 1.0f : 0.0f" if at.dtype == "bool" else text)

    return write


OPS |= {name: formula(text) for name, text in FORMULAS.items()}
OPS |= {name: lambda at, text=text: elementwise(at, operands(at), f"{text} ? 1.0f : 0.0f")
        for name, text in TRUTHS.items()}  # fmt: skip


def of_wholes(text: str) -> Callable[[At], Value]:
    """A formula whose outcome is whole where the operands are, and 0 where such ones are divided by 0."""
    whole = f"{{1}} == 0.0f ? 0.0f : {text}" if "powf" not in text else f"rintf({text})"
    return lambda at: elementwise(at, operands(at), text if at.dtype.startswith("float") else whole)


OPS |= {name: of_wholes(text) for name, text in OF_WHOLES.items()}


@writes
def clip(at: At, x_min: Any, x_max: Any) -> Value:
    bounds = [at.known(x_min), at.known(x_max)]
    return elementwise(at, [at.x, *bounds], "clip({0}, {1}, {2})")


@writes
def round(at: At, decimals: int = 0) -> Value:
    if decimals == 0:
        return elementwise(at, [at.x], "rintf({0})")
    power = at.number(10.0 ** abs(decimals))
    return elementwise(at, [at.x], f"rintf({{0}} * {power}) / {power}" if decimals > 0 else
                       f"rintf({{0}} / {power}) * {power}")  # fmt: skip


@writes
def isclose(at: At, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Value:
    near = f"fabsf({{0}} - {{1}}) <= {at.number(atol)} + {at.number(rtol)} * fabsf({{1}})"
    both = " || (isnan({0}) && isnan({1}))" if equal_nan else ""
    return elementwise(at, operands(at), f"{{0}} == {{1}} || (isfinite({{1}}) && {near}){both} ? 1.0f : 0.0f")


@writes
def cast(at: At, dtype: str) -> Value:
    if at.dtype == "bool":
        return elementwise(at, [at.x], "{0} != 0.0f ? 1.0f : 0.0f")
    return at.x if at.dtype.startswith("float") else elementwise(at, [at.x], "truncf({0})")


@writes
def nan_to_num(at: At, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Value:
    most = float(np.finfo(at.writing.dtype).max)
    high, low = most if posinf is None else posinf, -most if neginf is None else neginf
    text = f"isnan({{0}}) ? {at.number(nan)} : isinf({{0}}) ? ({{0}} > 0.0f ? {at.number(high)} : {at.number(low)})"
    return elementwise(at, [at.x], f"{text} : {{0}}")


@writes
def one_hot(at: At, num_classes: int, axis: int = -1, dtype: str | None = None) -> Value:
    column = reshaped(at.x, (*at.x.shape, 1))
    hot = elementwise(at, [column, at.known(np.arange(num_classes))], "{0} == {1} ? 1.0f : 0.0f")
    return moved(at, [hot], lambda places: np.moveaxis(places, -1, axis))


# Along axes ------------------------------------------------------------------------------------------------------


def axes_in(at: At, axis: Any) -> list[int]:
    rank = len(at.x.shape)
    given = range(rank) if axis is None else axis if isinstance(axis, Sequence) else (axis,)
    return sorted({a % rank for a in given})


def along(kernel: str, before: str = "") -> Callable[..., Value]:
    """One number for all along the axes, after another function of rows."""

    def write(at: At, axis: Any = None, keepdims: bool = False) -> Value:
        x, axes = at.x, axes_in(at, axis)
        if before:
            x = along_last(at, x, axes, lambda rows, n: at.rows(before, rows, rows.shape, n))
        return reduced(at, x, axes, kernel, at.shape)

    return write


REDUCING = {
    "all": "all_of", "any": "any_of", "argmax": "place_of_largest", "argmin": "place_of_smallest",
    "count_nonzero": "count", "logsumexp": "log_sum_exp", "max": "largest", "mean": "mean", "min": "smallest",
    "prod": "product", "std": "deviation", "sum": "total", "var": "variance",
}  # fmt: skip
OPS |= {name: along(kernel) for name, kernel in REDUCING.items()}
OPS["median"] = along("middle_of", "sorted")


@writes
def trace(at: At, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    row = moved(at, [at.x], lambda places: np.diagonal(places, offset, axis1, axis2))
    return reduced(at, row, [len(row.shape) - 1], "total", at.shape)


def within(kernel: str) -> Callable[..., Value]:
    """A function of rows that gives as many numbers."""

    def write(at: At, axis: int | None = -1) -> Value:
        return along_last(at, at.x, axes_in(at, axis), lambda rows, n: at.rows(kernel, rows, rows.shape, n))

    return write


OPS |= {"sort": within("sorted"), "argsort": within("order_of")}


def running(kernel: str) -> Callable[..., Value | None]:
    def write(at: At, axis: int | None = None) -> Value | None:
        return None if axis is None else within(kernel)(at, axis)

    return write


OPS |= {"cumsum": running("running_total"), "cumprod": running("running_product")}


# Products --------------------------------------------------------------------------------------------------------


@writes
def matmul(at: At) -> Value:
    a, b = operands(at)
    if b.array is not None and b.array.ndim == 2 and len(a.shape) > 1:
        return reshaped(matrix_product(at, a, b.array), at.shape)
    a = reshaped(a, (1, a.size)) if len(a.shape) == 1 else a
    b = reshaped(b, (b.size, 1)) if len(b.shape) == 1 else b
    batch = "abcdefgh"[-max(len(a.shape), len(b.shape)) + 2 :] if max(len(a.shape), len(b.shape)) > 2 else ""
    first, second = (batch[len(batch) - (len(x.shape) - 2) :] for x in (a, b))
    return reshaped(contracted(at, [a, b], [f"{first}ik", f"{second}kj"], f"{batch}ij"), at.shape)


@writes
def einsum(at: At, subscripts: str) -> Value:
    values = operands(at)
    given, arrow, output = subscripts.replace(" ", "").partition("->")
    if not arrow:
        letters = given.replace(",", "").replace(".", "")
        output = "..." * ("..." in given) + "".join(sorted(one for one in letters if letters.count(one) == 1))
    free = [letter for letter in string.ascii_letters if letter not in subscripts]
    dots = [len(x.shape) - len(part.replace("...", "")) for x, part in zip(values, given.split(","), strict=True)]
    parts = [part.replace("...", "".join(free[max(dots) - n : max(dots)]))
             for part, n in zip(given.split(","), dots, strict=True)]  # fmt: skip
    return contracted(at, values, parts, output.replace("...", "".join(free[: max(dots)])))


# At places that flow ---------------------------------------------------------------------------------------------


def picked(at: At, x: Value, places: Value, shape: Sequence[int], axis: int, *strides: tuple[int, ...]) -> Value:
    """The numbers of x at places along an axis, NaN at places that it has not; strides: of places, and of x without
    that axis."""
    y = at.new(shape)
    step, n = int(np.prod(x.shape[axis + 1 :])), x.shape[axis]
    views = [stretched(at, y, shape), View(at.named(places), 0, strides[0]), View(at.named(x), 0, strides[1])]

    def write(to: str, place: str, base: str) -> str:
        found = f"place({place}, {n})"
        return f"{to} = {found} < {n} ? {base[:-1]} + {found} * {step}] : NAN;"

    return at.step(nest(at, shape, views, write), [places, x], y)


def flat(value: Value) -> tuple[int, ...]:
    """How far apart neighbours lie along each axis."""
    return np.empty(value.shape, np.int8).strides


@writes
def take(at: At, axis: int | None = None) -> Value | None:
    if 1 in at.layer.held or axis is None:
        return moving(at, axis=axis)
    x, places = operands(at)
    axis = axis % len(x.shape)
    before, after = [0] * axis, [0] * (len(x.shape) - axis - 1)
    steps = (*flat(x)[:axis], *[0] * len(places.shape), *flat(x)[axis + 1 :])
    return picked(at, x, places, at.shape, axis, (*before, *flat(places), *after), steps)


@writes
def take_along_axis(at: At, axis: int | None = None) -> Value | None:
    if 1 in at.layer.held or axis is None:
        return moving(at, axis=axis)
    x, places = operands(at)
    axis = axis % len(x.shape)
    steps = (tuple(0 if n == 1 else step for n, step in zip(value.shape, flat(value), strict=True))
             for value in (places, x))  # fmt: skip
    of_places, of_x = steps
    return picked(at, x, places, at.shape, axis, of_places, (*of_x[:axis], 0, *of_x[axis + 1 :]))


# What only moves numbers -----------------------------------------------------------------------------------------

MOVING = (
    "broadcast_to", "concatenate", "diag", "diagonal", "expand_dims", "flip", "get_item", "moveaxis", "pad", "ravel",
    "repeat", "reshape", "roll", "slice", "slice_update", "squeeze", "stack", "stop_gradient", "swapaxes",
    "tile", "transpose", "tril", "triu",
)  # fmt: skip
DATA = {"slice_update": (0, 2), "concatenate": None, "stack": None}  # operands that move: the first, these, or all


def moving(at: At, **options: Any) -> Value | None:
    """The op itself, on the places of the numbers: what else it reads must be known."""
    fill = options.pop("constant_values", None)
    places = DATA.get(at.layer.operation.name, (0,)) or tuple(range(at.layer.places))
    held, given = at.layer.held, operands(at) if set(at.layer.held) <= set(places) else None
    flowing = iter(at.xs)
    words = [held[i] if i in held else next(flowing) for i in range(at.layer.places)]
    if any(isinstance(word, Value) for i, word in enumerate(words) if i not in places):
        return None
    data = [given[i] if given else at.known(w) if not isinstance(w := words[i], Value) else w for i in places]

    def forward(*moved: Any) -> Any:
        for i, one in zip(places, moved, strict=True):
            words[i] = one
        operation = at.layer.operation
        return operation.forward(*(words if operation.operands else [words]), **options)

    return moved(at, data, forward, float(fill or 0.0))


OPS |= dict.fromkeys(MOVING, moving)


OPS["zeros_like"] = lambda at, dtype=None: at.known(np.zeros(at.shape))
OPS["ones_like"] = lambda at, dtype=None: at.known(np.ones(at.shape))
OPS["full_like"] = lambda at, dtype=None: elementwise(at, operands(at), "{1}")
