"""Operations on arrays and on tensors, with Keras 3's names and meanings: `keras.ops`.

Called on arrays they give arrays. Called where one operand is a tensor, they give a tensor, and are steps of the graph,
each with its gradient; so do Python's operators on tensors.

>>> from pellucid.layers import Input
>>> x = Input((3,))
>>> (x * 2.0 + 1.0).shape, matmul(x, [[1.0], [2.0], [3.0]]).shape
((None, 3), (None, 1))
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InvalidArgument
from ..wiring import OPERATORS, Tensor
from .activations import (
    celu,
    elu,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    swish,
    tanh,
    tanh_shrink,
    threshold,
)
from .arithmetic import add, divide, floor_divide, maximum, minimum, mod, multiply, power, subtract
from .base import Op, Operation, operations
from .comparing import (
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
    where,
)
from .constants import as_operand
from .elementwise import (
    abs,
    absolute,
    arctan,
    cast,
    ceil,
    clip,
    cos,
    cosh,
    exp,
    expm1,
    floor,
    isfinite,
    isinf,
    isnan,
    log,
    log1p,
    log2,
    log10,
    negative,
    ones_like,
    reciprocal,
    round,
    rsqrt,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    stop_gradient,
    tan,
    zeros_like,
)
from .linear import dot, einsum, matmul, tensordot
from .reductions import all, any, argmax, argmin, cumsum, logsumexp, max, mean, min, prod, std, sum, var
from .shaping import (
    broadcast_to,
    concatenate,
    expand_dims,
    flip,
    get_item,
    moveaxis,
    one_hot,
    ravel,
    repeat,
    reshape,
    split,
    squeeze,
    stack,
    swapaxes,
    take,
    tile,
    transpose,
    unstack,
)

__all__ = [
    "Op",
    "Operation",
    "abs",
    "absolute",
    "add",
    "all",
    "amax",
    "amin",
    "any",
    "arctan",
    "argmax",
    "argmin",
    "broadcast_to",
    "cast",
    "ceil",
    "celu",
    "clip",
    "concatenate",
    "convert_to_numpy",
    "convert_to_tensor",
    "cos",
    "cosh",
    "cumsum",
    "divide",
    "dot",
    "einsum",
    "elu",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "flip",
    "floor",
    "floor_divide",
    "gelu",
    "get_item",
    "glu",
    "greater",
    "greater_equal",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "is_tensor",
    "isfinite",
    "isinf",
    "isnan",
    "leaky_relu",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_sigmoid",
    "log_softmax",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mod",
    "moments",
    "moveaxis",
    "multiply",
    "ndim",
    "negative",
    "norm",
    "normalize",
    "not_equal",
    "one_hot",
    "ones_like",
    "operations",
    "power",
    "prod",
    "ravel",
    "reciprocal",
    "relu",
    "relu6",
    "repeat",
    "reshape",
    "round",
    "rsqrt",
    "selu",
    "shape",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "split",
    "sqrt",
    "square",
    "squareplus",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "subtract",
    "sum",
    "swapaxes",
    "swish",
    "take",
    "tan",
    "tanh",
    "tanh_shrink",
    "tensordot",
    "threshold",
    "tile",
    "transpose",
    "true_divide",
    "unstack",
    "var",
    "where",
    "zeros_like",
]


true_divide, amax, amin = divide, max, min
OPERATORS.update(
    add=add, subtract=subtract, multiply=multiply, divide=divide, floor_divide=floor_divide, mod=mod, power=power,
    matmul=matmul, less=less, less_equal=less_equal, greater=greater, greater_equal=greater_equal,
    logical_and=logical_and, logical_or=logical_or, logical_not=logical_not, get_item=get_item, negative=negative,
    abs=abs,
)  # fmt: skip


def shape(x: Any) -> tuple[int | None, ...]:
    """The shape of an array or of a tensor, None for the batch.

    >>> shape([[1.0, 2.0]])
    (1, 2)
    """
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)


def ndim(x: Any) -> int:
    """How many axes an array or a tensor has.

    >>> ndim([[1.0, 2.0]])
    2
    """
    return len(shape(x))


def convert_to_tensor(x: Any, dtype: Any = None) -> Any:
    """A tensor as it is; anything else as an array.

    >>> convert_to_tensor([1.0, 2.0])
    array([1., 2.], dtype=float32)
    """
    found = x if isinstance(x, Tensor) else np.asarray(as_operand(x, "convert_to_tensor"))
    return found if dtype is None else cast(found, dtype)


def convert_to_numpy(x: Any) -> Array:
    """An array of the numbers.

    >>> convert_to_numpy([1.0])
    array([1.], dtype=float32)
    """
    return np.asarray(as_operand(x, "convert_to_numpy"))


def is_tensor(x: Any) -> bool:
    """Whether it is a tensor, or an array, which is what a tensor is where there are numbers.

    >>> is_tensor(np.ones(2)), is_tensor([1.0])
    (True, False)
    """
    return isinstance(x, Tensor | np.ndarray)


def logaddexp(x1: Any, x2: Any) -> Any:
    """ln(e^x1 + e^x2), without overflow.

    >>> logaddexp([1000.0], [1000.0])
    array([1000.6932], dtype=float32)
    """
    return maximum(x1, x2) + softplus(-abs(subtract(x1, x2)))


def moments(x: Any, axes: Any, keepdims: bool = False) -> tuple[Any, Any]:
    """The mean and the variance along axes.

    >>> moments([1.0, 3.0], 0)
    (array(2., dtype=float32), array(1., dtype=float32))
    """
    return mean(x, axes, keepdims), var(x, axes, keepdims)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The length of vectors: by ord 2, unless given, √Σ x²; by ord 1, Σ |x|.

    >>> norm([3.0, 4.0])
    array(5., dtype=float32)
    """
    if ord not in (None, 1, 2) or (ord is not None and not isinstance(axis, int)):
        raise InvalidArgument("ops.norm, argument ord", "1, 2 or None, and one axis with a number", ord)
    return sum(abs(x), axis, keepdims) if ord == 1 else sqrt(sum(square(x), axis, keepdims))


def normalize(x: Any, axis: int = -1, order: int = 2, epsilon: float | None = None) -> Any:
    """x over its length along an axis, or over epsilon (1e-7) where that is larger.

    >>> normalize([3.0, 4.0])
    array([0.6, 0.8], dtype=float32)
    """
    return divide(x, maximum(norm(x, order, axis, keepdims=True), 1e-7 if epsilon is None else epsilon))
