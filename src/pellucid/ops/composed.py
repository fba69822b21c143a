"""Functions made of ops: on a tensor, each is several steps of the graph."""

from __future__ import annotations

import string
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InvalidArgument, ShapeError, Told
from ..wiring import Tensor
from .activations import softplus
from .arithmetic import add, divide, maximum, multiply, subtract
from .comparing import isclose
from .constants import as_operand
from .elementwise import absolute, cast, negative, ones_like
from .linear import einsum
from .options import axis as checked_axis
from .options import dtype as kind
from .options import is_whole, same_length
from .ordering import argsort, take_along_axis
from .reductions import all, mean, sum, var
from .shaping import concatenate, get_item, ravel, reshape


def shape(x: Any) -> tuple[int | None, ...]:
    """The shape of an array or of a tensor, None for the batch.

    >>> shape([[1.0, 2.0]])
    (1, 2)
    """
    return tuple(x.shape) if isinstance(x, Tensor) else np.shape(as_operand(x, "shape"))


def ndim(x: Any) -> int:
    """How many axes an array or a tensor has.

    >>> ndim([[1.0, 2.0]])
    2
    """
    return len(shape(x))


def size(x: Any) -> int | None:
    """How many numbers an array has; None for a tensor, since nobody knows how large a batch will be.

    >>> size([[1.0, 2.0]])
    2
    """
    found = shape(x)
    return None if None in found else int(np.prod([n or 0 for n in found]))


def dtype(x: Any) -> str:
    """The kind of number of an array or a tensor.

    >>> dtype([1.0])
    'float32'
    """
    return x.dtype if isinstance(x, Tensor) else str(convert_to_tensor(x).dtype)


def convert_to_tensor(x: Any, dtype: Any = None) -> Any:
    """A tensor as it is; anything else as an array.

    >>> convert_to_tensor([1.0, 2.0])
    array([1., 2.], dtype=float32)
    """
    x = reshape([x], ()) if isinstance(x, bool | int | float) else x
    found = x if isinstance(x, Tensor) else np.asarray(as_operand(x, "convert_to_tensor"))
    return found if dtype is None else cast(found, dtype)


def array(x: Any, dtype: Any = None) -> Any:
    """`convert_to_tensor`.

    >>> array([1, 2])
    array([1, 2], dtype=int32)
    """
    return convert_to_tensor(x, kind("ops.array, argument dtype", dtype))


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

    >>> logaddexp([1000.0], [1000.0]).round(2)
    array([1000.69], dtype=float32)
    """
    return add(maximum(x1, x2), softplus(negative(absolute(subtract(x1, x2)))))


def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> tuple[Any, Any]:
    """The mean and the variance along axes. There is one machine here: nothing to synchronize.

    >>> moments([1.0, 3.0], 0)
    (array(2., dtype=float32), array(1., dtype=float32))
    """
    if synchronized:
        raise InvalidArgument("ops.moments, argument synchronized", "False, as there is one machine", synchronized)
    return mean(x, axes, keepdims), var(x, axes, keepdims)


def average(x: Any, axis: Any = None, weights: Any = None) -> Any:
    """The mean along an axis, each number counted by its weight: Σ w·x / Σ w. Weights have the shape of x, or are as
    many as the axis is long.

    >>> average([1.0, 4.0], weights=[2.0, 1.0])
    array(2., dtype=float32)
    """
    if weights is None:
        return mean(x, axis)
    n, m = ndim(x), ndim(weights)
    if m != n:
        if m != 1 or not is_whole(axis):
            raise ShapeError("ops.average, argument weights", f"the shape {shape(x)}, or one axis", shape(weights))
        at = checked_axis("ops.average, argument axis", axis, n) % n
        weights = reshape(weights, [-1 if i == at else 1 for i in range(n)])
    total = sum(multiply(ones_like(x), weights), axis)  # stretched as x stretches them
    return divide(sum(multiply(x, weights), axis), total)


def allclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether all numbers are as close as `isclose` wants them.

    >>> allclose([1.0, 2.0], [1.0, 2.0])
    array(True)
    """
    return all(isclose(x1, x2, rtol, atol, equal_nan))


def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Any, Any]:
    """The k largest numbers along the last axis, the largest first, and their places, the first of equal ones first.

    >>> top_k([3.0, 1.0, 2.0], 2)
    (array([3., 2.], dtype=float32), array([0, 2], dtype=int32))
    """
    long = (shape(x) or (0,))[-1] or 0
    if not is_whole(k) or not 1 <= k <= long:
        raise InvalidArgument("ops.top_k, argument k", f"a whole number from 1 to {long}", k)
    places = get_item(argsort(negative(x)), (Ellipsis, slice(0, int(k))))
    return take_along_axis(x, places, axis=-1), places


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    """Sums of products along the last `axes` axes of x1 and the first of x2, or along the axes of each that are named.

    >>> tensordot([[1.0, 2.0]], [[3.0], [4.0]], axes=1)
    array([[11.]], dtype=float32)
    """
    where, n, m = "ops.tensordot, argument axes", ndim(x1), ndim(x2)
    if is_whole(axes):
        if not 0 <= axes <= min(n, m):
            raise InvalidArgument(where, f"a whole number from 0 to {min(n, m)}", axes)
        axes = (tuple(range(n - axes, n)), tuple(range(axes)))
    if not isinstance(axes, list | tuple) or len(axes) != 2:
        raise InvalidArgument(where, "a whole number, or the axes of each", axes)
    first, second = (checked_axis(where, one, k) for one, k in zip(axes, (n, m), strict=True))
    same_length(where, first, second)
    first, second = ([one] if isinstance(one, int) else list(one) for one in (first, second))
    letters = list(string.ascii_letters[:n]), list(string.ascii_letters[n : n + m])
    for a, b in zip(first, second, strict=True):
        letters[1][b] = letters[0][a]
    out = [letter for one, gone in zip(letters, (first, second), strict=True) for i, letter in enumerate(one)
           if i not in [g % len(one) for g in gone]]  # fmt: skip
    return einsum(f"{''.join(letters[0])},{''.join(letters[1])}->{''.join(out)}", x1, x2)


def dot(x1: Any, x2: Any) -> Any:
    """Sums of products along the last axis of x1 and the last but one of x2; the product with a number.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    array(11., dtype=float32)
    """
    n, m = ndim(x1), ndim(x2)
    if n == 0 or m == 0:
        return multiply(x1, x2)
    return tensordot(x1, x2, axes=([n - 1], [max(m - 2, 0)]))


def inner(x1: Any, x2: Any) -> Any:
    """Sums of products along the last axis of both.

    >>> inner([1.0, 2.0], [3.0, 4.0])
    array(11., dtype=float32)
    """
    n, m = ndim(x1), ndim(x2)
    return multiply(x1, x2) if n == 0 or m == 0 else tensordot(x1, x2, axes=([n - 1], [m - 1]))


def vdot(x1: Any, x2: Any) -> Any:
    """The sum of the products of all numbers, both operands as one row.

    >>> vdot([[1.0, 2.0]], [[3.0], [4.0]])
    array(11., dtype=float32)
    """
    return dot(ravel(x1), ravel(x2))


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> tuple[Any, ...]:
    """x cut along an axis: into so many equal parts, or before each of these places.

    >>> [part.tolist() for part in split([1.0, 2.0, 3.0, 4.0], 2)]
    [[1.0, 2.0], [3.0, 4.0]]
    """
    at, size = _along("split", x, axis)
    where = "ops.split, argument indices_or_sections"
    if is_whole(indices_or_sections):
        if indices_or_sections < 1 or size is None or size % indices_or_sections:
            raise ShapeError(where, f"equal parts of an axis of {size}", indices_or_sections)
        each = size // int(indices_or_sections)
        places = [each * i for i in range(1, int(indices_or_sections))]
    else:
        places = [int(i) for i in np.ravel(np.asarray(as_operand(indices_or_sections, "split")))]
        if any(not a <= b <= (size or 0) for a, b in pairwise([0, *places, size or 0])):
            raise ShapeError(where, f"places in order on an axis of {size}", places)
    before = [slice(None)] * at
    return tuple(get_item(x, (*before, slice(a, b))) for a, b in pairwise([0, *places, size]))


def unstack(x: Any, num: int | None = None, axis: int = 0) -> tuple[Any, ...]:
    """x taken apart along an axis, which goes away.

    >>> [part.tolist() for part in unstack([[1.0, 2.0], [3.0, 4.0]])]
    [[1.0, 2.0], [3.0, 4.0]]
    """
    at, size = _along("unstack", x, axis)
    if size is None or num not in (None, size):
        raise ShapeError("ops.unstack, argument num", f"{size or 'an axis of known length'}", Told(str(num)))
    return tuple(get_item(x, (*[slice(None)] * at, i)) for i in range(size))


def _along(name: str, x: Any, axis: Any) -> tuple[int, int | None]:
    """(an axis, counted from the front, how long it is)."""
    sizes = shape(x)
    where = f"ops.{name}, argument axis"
    at = checked_axis(where, axis, len(sizes))
    if not is_whole(at):
        raise InvalidArgument(where, "one axis", axis)
    return at % len(sizes), sizes[at]


def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """The differences of neighbours along an axis, n times over.

    >>> diff([1.0, 4.0, 9.0])
    array([3., 5.], dtype=float32)
    """
    at, size = _along("diff", a, axis)
    if not is_whole(n) or not 0 <= n < (size or 1):
        raise InvalidArgument("ops.diff, argument n", f"a whole number from 0 to {(size or 1) - 1}", n)
    before = [slice(None)] * at
    for _ in range(n):
        a = subtract(get_item(a, (*before, slice(1, None))), get_item(a, (*before, slice(None, -1))))
    return a


def hstack(xs: Sequence[Any]) -> Any:
    """The operands side by side: along axis 1, or along the only axis.

    >>> hstack([[1.0], [2.0, 3.0]])
    array([1., 2., 3.], dtype=float32)
    """
    return concatenate(xs, axis=0 if isinstance(xs, list | tuple) and xs and ndim(xs[0]) == 1 else 1)


def vstack(xs: Sequence[Any]) -> Any:
    """The operands one below the other, a row for each that has one axis.

    >>> vstack([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    """
    if not isinstance(xs, list | tuple):
        return concatenate(xs)
    return concatenate([reshape(x, (1, -1)) if ndim(x) < 2 else x for x in xs])
