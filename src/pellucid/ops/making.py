"""Arrays made of nothing: Keras's names for NumPy's functions. They compute at once, also beside tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import InvalidArgument
from ..settings import floatx
from .constants import as_operand
from .options import dtype as kind
from .options import is_whole, sizes, whole


def zeros(shape: Sequence[int] | int, dtype: str | None = None) -> Array:
    """An array of zeros.

    >>> zeros((2,))
    array([0., 0.], dtype=float32)
    """
    return full(shape, 0, dtype or floatx())


def ones(shape: Sequence[int] | int, dtype: str | None = None) -> Array:
    """An array of ones.

    >>> ones((2,))
    array([1., 1.], dtype=float32)
    """
    return full(shape, 1, dtype or floatx())


def full(shape: Sequence[int] | int, fill_value: Any, dtype: str | None = None) -> Array:
    """An array of one value.

    >>> full((2,), 0.5)
    array([0.5, 0.5], dtype=float32)
    """
    where, value = "ops.full, argument", as_operand(fill_value, "full")
    size = sizes(f"{where} shape", shape)
    if -1 in size:
        raise InvalidArgument(f"{where} shape", "a size for each axis", shape, "A batch of any size is a tensor's.")
    found = np.asarray(value).dtype
    narrow = {"f": floatx(), "i": "int32"}.get(found.kind, found.name) if not isinstance(value, np.ndarray) else found
    return np.full(size, value, kind(f"{where} dtype", dtype) or narrow)


def eye(N: int, M: int | None = None, k: int = 0, dtype: str | None = None) -> Array:
    """A matrix of N rows and M columns (N) with ones on its diagonal, which k moves up.

    >>> eye(2)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    rows = checks.integer("ops.eye, argument N", N, minimum=0)
    columns = rows if M is None else checks.integer("ops.eye, argument M", M, minimum=0)
    return np.eye(rows, columns, whole("ops.eye, argument k", k), kind("ops.eye, argument dtype", dtype) or floatx())


def identity(n: int, dtype: str | None = None) -> Array:
    """`eye(n)`.

    >>> identity(1)
    array([[1.]], dtype=float32)
    """
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: str | None = None) -> Array:
    """A matrix of N rows and M columns (N) with ones on its diagonal and below, as a causal mask is made of.

    >>> tri(2)
    array([[1., 0.],
           [1., 1.]], dtype=float32)
    """
    rows = checks.integer("ops.tri, argument N", N, minimum=0)
    columns = rows if M is None else checks.integer("ops.tri, argument M", M, minimum=0)
    return np.tri(rows, columns, whole("ops.tri, argument k", k), kind("ops.tri, argument dtype", dtype) or floatx())


def arange(start: float, stop: float | None = None, step: float | None = None, dtype: str | None = None) -> Array:
    """The numbers from start (0) up to stop, which is left out, by steps (of 1).

    >>> arange(3)
    array([0, 1, 2], dtype=int32)
    """
    given = [start, *(one for one in (stop, step) if one is not None)]
    for name, value in zip(("start", "stop", "step"), given, strict=False):
        checks.number(f"ops.arange, argument {name}", value)
    if step == 0:
        raise InvalidArgument("ops.arange, argument step", "a step that is not 0", step)
    found = np.arange(start, stop, 1 if step is None else step) if stop is not None else np.arange(0, start, step or 1)
    narrow = "int32" if all(is_whole(one) for one in given) else floatx()
    return found.astype(kind("ops.arange, argument dtype", dtype) or narrow)


def linspace(start: float, stop: float, num: int = 50, endpoint: bool = True, dtype: str | None = None) -> Array:
    """So many numbers at one distance, from start to stop, which is the last one unless endpoint is False.

    >>> linspace(0.0, 1.0, 3)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    first, last = (checks.number(f"ops.linspace, argument {n}", v) for n, v in (("start", start), ("stop", stop)))
    count = checks.integer("ops.linspace, argument num", num, minimum=0)
    found = np.linspace(first, last, count, endpoint=endpoint)
    return found.astype(kind("ops.linspace, argument dtype", dtype) or floatx())


def meshgrid(*x: Any, indexing: str = "xy") -> list[Array]:
    """The grid of several axes: for each, its number at every point. indexing: "xy" has the first axis across, "ij"
    down.

    >>> [part.tolist() for part in meshgrid([1, 2], [3, 4, 5], indexing="ij")]
    [[[1, 1, 1], [2, 2, 2]], [[3, 4, 5], [3, 4, 5]]]
    """
    checks.one_of("ops.meshgrid, argument indexing", indexing, ["xy", "ij"])
    axes = [np.asarray(as_operand(one, "meshgrid")) for one in x]
    return list(np.meshgrid(*axes, indexing="ij" if indexing == "ij" else "xy"))


def geomspace(start: float, stop: float, num: int = 50, endpoint: bool = True, dtype: str | None = None) -> Array:
    """So many numbers, each by one factor larger than that before, from start to stop, which is the last one unless
    endpoint is False.

    >>> geomspace(1.0, 100.0, 3).round(3)
    array([  1.,  10., 100.], dtype=float32)
    """
    first, last = (checks.number(f"ops.geomspace, argument {n}", v) for n, v in (("start", start), ("stop", stop)))
    if first * last <= 0:
        raise InvalidArgument("ops.geomspace, its ends", "two numbers of one sign, neither of them 0", [first, last])
    count = checks.integer("ops.geomspace, argument num", num, minimum=0)
    found = np.geomspace(first, last, count, endpoint=endpoint)
    return found.astype(kind("ops.geomspace, argument dtype", dtype) or floatx())


# Windows of signals ---------------------------------------------------------------------------------------------------


def _window(name: str, x: Any, *shape: float) -> Array:
    count = checks.integer(f"ops.{name}, argument x", x, minimum=0)
    found: Array = getattr(np, name)(count, *shape).astype(floatx())
    return found


def bartlett(x: int) -> Array:
    """Bartlett's window of so many numbers: a triangle from 0 to 1 and back.

    >>> bartlett(3)
    array([0., 1., 0.], dtype=float32)
    """
    return _window("bartlett", x)


def hanning(x: int) -> Array:
    """Hann's window: 0.5 − 0.5·cos(2π n / (x − 1)).

    >>> hanning(3)
    array([0., 1., 0.], dtype=float32)
    """
    return _window("hanning", x)


def hamming(x: int) -> Array:
    """Hamming's window: 0.54 − 0.46·cos(2π n / (x − 1)).

    >>> hamming(3)
    array([0.08, 1.  , 0.08], dtype=float32)
    """
    return _window("hamming", x)


def blackman(x: int) -> Array:
    """Blackman's window: 0.42 − 0.5·cos(2π n / (x − 1)) + 0.08·cos(4π n / (x − 1)).

    >>> blackman(5).round(2)
    array([-0.  ,  0.34,  1.  ,  0.34, -0.  ], dtype=float32)
    """
    return _window("blackman", x)


def kaiser(x: int, beta: float) -> Array:
    """Kaiser's window: I₀(beta·√(1 − r²)) / I₀(beta), r from −1 to 1.

    >>> kaiser(3, 2.0).round(3)
    array([0.439, 1.   , 0.439], dtype=float32)
    """
    return _window("kaiser", x, checks.number("ops.kaiser, argument beta", beta))
