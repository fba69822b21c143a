"""How functions of torch, methods of its tensors and Python's operators become layers and ops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import activations as A
from ... import layers as L
from ... import ops
from ...wiring import Tensor
from .reader import FUNCTIONS, ROWS, Use, reads
from .reading_modules import merged, unflattened

PLAIN = {
    "abs": ops.absolute, "add": ops.add, "ceil": ops.ceil, "cos": ops.cos, "cosh": ops.cosh, "div": ops.divide,
    "eq": ops.equal, "erf": ops.erf, "exp": ops.exp, "expm1": ops.expm1, "floor": ops.floor,
    "floordiv": ops.floor_divide, "ge": ops.greater_equal, "gt": ops.greater, "le": ops.less_equal, "log": ops.log,
    "log1p": ops.log1p, "log2": ops.log2, "logical_and": ops.logical_and, "logical_not": ops.logical_not,
    "logical_or": ops.logical_or, "lt": ops.less, "matmul": ops.matmul, "maximum": ops.maximum,
    "minimum": ops.minimum, "mod": ops.mod, "mul": ops.multiply, "ne": ops.not_equal, "neg": ops.negative,
    "pow": ops.power, "reciprocal": ops.reciprocal, "round": ops.round, "rsqrt": ops.rsqrt, "sign": ops.sign,
    "sin": ops.sin, "sinh": ops.sinh, "sqrt": ops.sqrt, "square": ops.square, "sub": ops.subtract, "tan": ops.tan,
    "where": ops.where, **{name: getattr(ops, name) for name in (
        "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "isfinite", "isinf", "isnan", "log10",
        "logical_xor", "ones_like", "zeros_like",
    )},
}  # fmt: skip
SAME = {"absolute": "abs", "bmm": "matmul", "divide": "div", "mm": "matmul", "multiply": "mul", "negative": "neg",
        "subtract": "sub", "truediv": "div"}  # fmt: skip
CURVES: dict[str, Callable[..., A.Activation]] = {
    "gelu": lambda approximate="none": A.gelu.bound(approximate=approximate == "tanh"),
    "hardsigmoid": lambda inplace=False: A.hard_sigmoid, "hardswish": lambda inplace=False: A.hard_silu,
    "leaky_relu": lambda negative_slope=0.01, inplace=False: A.leaky_relu.bound(negative_slope=negative_slope),
    "elu": lambda alpha=1.0, inplace=False: A.elu.bound(alpha=alpha), "logsigmoid": lambda: A.log_sigmoid,
    "mish": lambda inplace=False: A.mish, "relu": lambda inplace=False: A.relu, "relu6": lambda inplace=False: A.relu6,
    "selu": lambda inplace=False: A.selu, "sigmoid": lambda: A.sigmoid, "silu": lambda inplace=False: A.silu,
    "softplus": lambda: A.softplus, "softsign": lambda: A.softsign, "tanh": lambda: A.tanh,
    "tanhshrink": lambda: A.tanh_shrink,
}  # fmt: skip


def plain(use: Use, *operands: Any, **options: Any) -> Any:
    if options:
        use.refuse("no options", ", ".join(options))
    name = use.told
    if name in ("bmm", "mm") and any(isinstance(x, Tensor) and len(x.sample) != 2 - (name == "mm") for x in operands):
        use.refuse("one matrix for each row", "other shapes")
    shapes = {len(x.sample) for x in operands if isinstance(x, Tensor)}
    if len(shapes) > 1 and SAME.get(name, name) != "matmul":
        use.refuse("data of as many axes each", "others, which PyTorch would stretch along the batch")
    return use.operate(PLAIN[SAME.get(name, name)], *(beside(use, x, max(shapes, default=0)) for x in operands))


def beside(use: Use, value: Any, axes: int) -> Any:
    """A constant as it goes along with samples of so many axes."""
    if isinstance(value, np.ndarray) and value.ndim > axes:
        if value.shape[0] != 1 or value.ndim > axes + 1:
            use.refuse("a constant that is the same for every row", f"one of shape {value.shape}")
        return value[0]
    return value


FUNCTIONS |= dict.fromkeys([*PLAIN, *SAME], plain)


@reads(*CURVES)
def curve(use: Use, x: Any, *args: Any, **options: Any) -> Any:
    if (options.get("inplace") or True in args) and not use.alone:
        use.refuse("inplace=False where something else reads what comes in, too", "inplace=True")
    return use.layer(L.Activation, x, activation=CURVES[use.told](*args, **options))


@reads("iadd", "isub", "imul", "itruediv")
def in_place(use: Use, x: Any, y: Any) -> Any:
    if not use.alone:
        use.refuse("x = x + y where something else reads x, too", "x += y")
    use.told = use.told[1:]
    return plain(use, x, y)


@reads("softmax", "log_softmax")
def shares(use: Use, x: Any, dim: Any = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    function = {"softmax": A.softmax, "log_softmax": A.log_softmax}[use.told]
    return use.layer(L.Activation, x, activation=function.bound(axis=use.axis(x, dim)))


@reads("glu")
def gate(use: Use, x: Any, dim: int = -1) -> Any:
    return use.layer(L.Activation, x, activation=A.glu.bound(axis=use.axis(x, dim)))


@reads("dropout")
def dropout(use: Use, x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    if training:
        use.refuse("training=self.training", "a dropout that drops in prediction, too")
    return use.layer(L.Dropout, x, rate=p)


@reads("clamp", "clip")
def clamp(use: Use, x: Any, min: Any = None, max: Any = None) -> Any:
    x = x if min is None else use.operate(ops.maximum, x, min)
    return x if max is None else use.operate(ops.minimum, x, max)


@reads("clone", "contiguous", "detach", "float", "double")
def unchanged(use: Use, x: Any) -> Any:
    return use.operate(ops.stop_gradient, x) if use.told == "detach" else x


# Along axes ------------------------------------------------------------------------------------------------------

REDUCING = {
    "all": ops.all, "amax": ops.max, "amin": ops.min, "any": ops.any, "argmax": ops.argmax, "argmin": ops.argmin,
    "logsumexp": ops.logsumexp, "mean": ops.mean, "prod": ops.prod, "sum": ops.sum,
}  # fmt: skip


@reads(*REDUCING)
def reduced(use: Use, x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    axes = use.axes(x, dim)
    return use.operate(REDUCING[use.told], x, axis=axes[0] if use.told[:3] == "arg" else axes, keepdims=keepdim)


@reads("var", "std")
def spread(use: Use, x: Any, dim: Any = None, correction: int = 1, keepdim: bool = False, unbiased: bool = True) -> Any:
    axes = use.axes(x, dim)
    n = int(np.prod([x.sample[a - 1] for a in axes]))
    by = n - (correction if unbiased else 0)
    if by < 1:
        use.refuse("more numbers than `correction` says", f"{n} with correction={correction}")
    y = use.operate(ops.var, x, axis=axes, keepdims=keepdim)
    y = use.operate(ops.multiply, y, n / by) if by != n else y
    return y if use.told == "var" else use.operate(ops.sqrt, y)


@reads("flip")
def flip(use: Use, x: Any, *dims: Any) -> Any:
    return use.operate(ops.flip, x, axis=use.axes(x, dims[0] if isinstance(dims[0], list | tuple) else dims))


@reads("roll")
def rolled(use: Use, x: Any, shifts: Any, dims: Any = None) -> Any:
    return use.operate(ops.roll, x, shift=shifts, axis=use.axes(x, dims))


@reads("to")
def cast(use: Use, x: Any, kind: Any) -> Any:
    name = str(kind).removeprefix("torch.")
    return x if name == x.dtype else use.operate(ops.cast, x, dtype=name)


@reads("einsum")
def einsum(use: Use, equation: str, *operands: Any) -> Any:
    return ops.einsum(equation, *operands)


@reads("bucketize")
def bucketize(use: Use, x: Any, boundaries: Any, *, right: bool = False, out_int32: bool = False) -> Any:
    if not right or not isinstance(boundaries, np.ndarray):
        use.refuse("known boundaries, and right=True", "others")
    return use.layer(L.Discretization, x, bin_boundaries=boundaries.tolist())


@reads("cumsum")
def cumsum(use: Use, x: Any, dim: int) -> Any:
    return use.operate(ops.cumsum, x, axis=use.axis(x, dim))


# Shapes ----------------------------------------------------------------------------------------------------------


@reads("cat", "concat", "concatenate")
def joined(use: Use, tensors: Any, dim: int = 0) -> Any:
    return use.layer(L.Concatenate, *tensors, axis=use.axis(tensors[0], dim))


@reads("stack")
def stacked(use: Use, tensors: Any, dim: int = 0) -> Any:
    n = len(tensors[0].sample) + 2
    if dim % n == 0:
        use.refuse("an axis behind the batch", f"axis {dim}")
    return ops.stack(list(tensors), axis=dim % n)


@reads("flatten")
def flatten(use: Use, x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    return use.in_shape(x, merged(use, x, start_dim, end_dim))


@reads("unflatten")
def unflatten(use: Use, x: Any, dim: int, sizes: Sequence[int]) -> Any:
    return unflattened(use, x, dim, sizes)


@reads("view", "reshape")
def reshape(use: Use, x: Any, *sizes: Any) -> Any:
    return use.shaped(x, sizes)


@reads("unsqueeze")
def unsqueeze(use: Use, x: Any, dim: int) -> Any:
    axis = dim % (len(x.sample) + 2)
    if axis == 0:
        return [x]  # as recurrent layers take the states of several
    return use.operate(ops.expand_dims, x, axis=axis)


@reads("squeeze")
def squeeze(use: Use, x: Any, dim: Any = None) -> Any:
    if isinstance(x, list) and len(x) == 1 and dim in (0, None):
        return x[0]
    gone = [a for a in use.axes(x, dim) if x.sample[a - 1] == 1]
    return use.operate(ops.squeeze, x, axis=gone) if gone else x


@reads("permute")
def permute(use: Use, x: Any, *order: Any) -> Any:
    order = tuple(order[0]) if len(order) == 1 else order
    n = len(x.sample) + 1
    if [a % n for a in order][:1] != [0]:
        use.refuse("an order of the axes in which the batch stays first", str(order))
    return use.layer(L.Permute, x, dims=tuple(a % n for a in order[1:]))


@reads("transpose", "swapaxes")
def transpose(use: Use, x: Any, one: int, other: int) -> Any:
    return use.operate(ops.swapaxes, x, use.axis(x, one), use.axis(x, other))


@reads("getattr")
def attribute(use: Use, x: Any, name: str) -> Any:
    if name == "shape":
        return size(use, x)
    if name == "ndim":
        return len(x.sample) + 1
    return use.refuse("the shape of data", f"their {name}")


@reads("size")
def size(use: Use, x: Any, dim: int | None = None) -> Any:
    sizes = (ROWS, *use.tensor(x).sample)
    return sizes if dim is None else sizes[dim]


@reads("dim")
def dim(use: Use, x: Any) -> int:
    return len(use.tensor(x).sample) + 1


@reads("getitem")
def part(use: Use, x: Any, key: Any) -> Any:
    if isinstance(x, Sequence):
        return x[key]
    keys = key if isinstance(key, tuple) else (key,)
    if not keys or keys[0] not in (slice(None), Ellipsis) or any(isinstance(k, Tensor) for k in keys):
        use.refuse("a part of each row", "one of the batch")
    return use.operate(ops.get_item, x, key)


@reads("chunk", "split")
def parts(use: Use, x: Any, sizes: Any, dim: int = 0) -> Any:
    axis = use.axis(x, dim)
    n = x.sample[axis - 1]
    if not isinstance(sizes, Sequence):
        each = sizes if use.told == "split" else -(-n // sizes)
        sizes = [min(each, n - start) for start in range(0, n, each)]
    ends, front = np.cumsum(sizes).tolist(), [slice(None)] * axis
    return [use.operate(ops.get_item, x, (*front, slice(b - m, b))) for b, m in zip(ends, sizes, strict=True)]
