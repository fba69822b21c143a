"""How long vectors and how large matrices are, by any order.     x (..., n, ...) or (..., M, N, ...), y (..., ...)"""

from __future__ import annotations

import math
from typing import Any

from .. import checks
from ..errors import InvalidArgument, Told
from ..settings import epsilon as default_epsilon
from ..settings import floatx
from .arithmetic import divide, maximum, power
from .comparing import not_equal
from .composed import dtype, ndim
from .decomposing import singular_values
from .elementwise import absolute, cast, sqrt, square
from .options import axis as checked_axis
from .options import truth
from .reductions import max, min, sum
from .shaping import expand_dims, moveaxis

OF_MATRICES = (None, "fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)
OF_SINGULAR_VALUES = {"nuc": sum, 2: max, -2: min}


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of vectors, along one axis, or of matrices, along two.

    | ord | of vectors | of matrices |
    |---|---|---|
    | None | √Σ x² | √Σ x² |
    | "fro" | | √Σ x² |
    | "nuc" | | Σ s, of their singular values s |
    | ∞, −∞ | the largest, the smallest |x| | the largest, the smallest sum of |x| of a row |
    | 1, −1 | Σ |x|, 1 / Σ 1/|x| | the largest, the smallest sum of |x| of a column |
    | 2, −2 | √Σ x², 1 / √Σ 1/x² | the largest, the smallest s |
    | 0 | how many are not 0 | |
    | p | (Σ |x|^p)^(1/p) | |

    axis: None for all of x: by None √Σ x², by an order that of a vector or a matrix, which x then is.

    >>> import numpy as np
    >>> norm([3.0, 4.0])
    array(5., dtype=float32)
    >>> norm([[1.0, -2.0], [3.0, 4.0]], np.inf)
    array(7., dtype=float32)

    At 0, √Σ x² has no slope: its gradient is NaN, as in Keras over JAX.
    """
    where, n = "ops.norm, argument", ndim(x)
    x = cast(x, floatx()) if not dtype(x).startswith("float") else x
    keepdims = truth(f"{where} keepdims", keepdims)
    if axis is None and (ord is None or n not in (1, 2)):
        if ord is not None:
            raise InvalidArgument(f"{where} axis", "one axis, or two of matrices, with an order", Told("none"))
        return sqrt(sum(square(x), None, keepdims))
    found = tuple(range(n)) if axis is None else checked_axis(f"{where} axis", axis, n)
    axes = tuple(one % n for one in (found if isinstance(found, tuple) else (found,)))
    if len(axes) == 1:
        return _of_vectors(x, ord, axes[0], keepdims)
    if len(axes) != 2:
        raise InvalidArgument(f"{where} axis", "one axis, or two of matrices", axis)
    return _of_matrices(x, ord, axes, keepdims)


def _of_vectors(x: Any, ord: Any, axis: int, keepdims: bool) -> Any:
    p = 2.0 if ord is None else ord if ord in (math.inf, -math.inf) else checks.number("ops.norm, argument ord", ord)
    if p == 2:
        return sqrt(sum(square(x), axis, keepdims))
    if p == 0:
        return sum(cast(not_equal(x, 0), dtype(x)), axis, keepdims)
    size = absolute(x)
    if abs(p) == math.inf:
        return (max if p > 0 else min)(size, axis, keepdims)
    return sum(size, axis, keepdims) if p == 1 else power(sum(power(size, p), axis, keepdims), 1 / p)


def _of_matrices(x: Any, ord: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    checks.one_of("ops.norm, argument ord", ord, OF_MATRICES)
    if ord in (None, "fro"):
        return sqrt(sum(square(x), axes, keepdims))
    if ord in OF_SINGULAR_VALUES:
        s = singular_values(moveaxis(x, axes, (-2, -1)), compute_uv=False)
        y = OF_SINGULAR_VALUES[ord](s, -1)
        return expand_dims(y, axes) if keepdims else y
    along, (rows, columns) = (max if ord > 0 else min), axes
    sums = sum(absolute(x), rows if abs(ord) == 1 else columns, keepdims=True)
    return along(sums, axes, keepdims)


def normalize(x: Any, axis: int = -1, order: Any = 2, epsilon: float | None = None) -> Any:
    """x over its norm along an axis, by any order of `norm`, or over epsilon (1e-7) where that is larger.

    >>> normalize([3.0, 4.0])
    array([0.6, 0.8], dtype=float32)
    """
    return divide(x, maximum(norm(x, order, axis, keepdims=True), default_epsilon() if epsilon is None else epsilon))
