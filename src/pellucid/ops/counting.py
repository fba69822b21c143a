"""What counts and looks up, of arrays: how large an answer is depends on the numbers, or no slope flows through it.

They compute at once. A tensor has no numbers yet, and is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import InvalidArgument, ShapeError, Told, WrongType
from ..settings import floatx
from ..wiring import Tensor
from .constants import as_operand
from .options import places, sizes, truth


def as_array(name: str, x: Any, argument: str = "x") -> Array:
    """What an op for arrays alone is given, as one."""
    if isinstance(x, Tensor):
        fix = "It is for arrays: count before the model, or use ops.where, ops.one_hot and ops.take in it."
        raise WrongType(f"ops.{name}, argument {argument}", "an array", x, fix)
    return np.asarray(as_operand(x, name))


def nonzero(x: Any) -> tuple[Array, ...]:
    """The places of what is not 0, an array for each axis.

    >>> nonzero([0, 3, 4])
    (array([1, 2], dtype=int32),)
    """
    return tuple(at.astype("int32") for at in np.nonzero(as_array("nonzero", x)))


def unique(
    x: Any, sorted: bool = True, return_index: bool = False, return_inverse: bool = False,
    return_counts: bool = False, axis: int | None = None, size: int | None = None, fill_value: Any = None,
) -> Any:  # fmt: skip
    """Each number once, from the smallest on; and, where they are asked for, where it stood first, which of them each
    was, and how often. Along an axis, each part once. `size` cuts, or fills up with fill_value (the smallest number).

    >>> unique([3, 1, 3], return_counts=True)
    (array([1, 3], dtype=int32), array([1, 2], dtype=int32))
    """
    x = as_array("unique", x)
    if not truth("ops.unique, argument sorted", sorted):
        raise InvalidArgument("ops.unique, argument sorted", "True, as here they are always in order", sorted)
    asked = [truth(f"ops.unique, argument {name}", given) for name, given in (
        ("return_index", return_index), ("return_inverse", return_inverse), ("return_counts", return_counts),
    )]  # fmt: skip
    values, index, inverse, counts = np.unique(x, True, True, True, axis)
    if size is not None:
        n, along = checks.integer("ops.unique, argument size", size, minimum=0), axis or 0
        lacking = max(n - values.shape[along], 0)
        fill = values.take([0], along) if fill_value is None else np.full_like(values.take([0], along), fill_value)
        values = np.concatenate([values.take(range(min(n, values.shape[along])), along), *[fill] * lacking], along)
        index, counts = (np.concatenate([one[:n], [one[0] * first] * lacking]) for one, first in (
            (index, 1), (counts, 0),
        ))  # fmt: skip
    more = [one.astype("int32") for one, wish in zip((index, inverse, counts), asked, strict=True) if wish]
    return (values, *more) if more else values


def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Array:
    """How often each whole number from 0 on stands along the last axis, or the sum of the weights that stand there.

    >>> bincount([0, 2, 2])
    array([1, 0, 2], dtype=int32)
    """
    x = as_array("bincount", x)
    least = checks.integer("ops.bincount, argument minlength", minlength, minimum=0)
    if x.dtype.kind not in "iub" or (x < 0).any() or x.ndim not in (1, 2):
        raise InvalidArgument(
            "ops.bincount, argument x", "a row, or rows, of whole numbers of at least 0", Told("others")
        )
    n = np.maximum(least, int(x.max(initial=-1)) + 1)
    given = None if weights is None else as_array("bincount", weights, "weights")
    if given is not None and given.shape != x.shape:
        raise ShapeError("ops.bincount, argument weights", f"shape {x.shape}", given.shape)
    rows = [np.bincount(row, None if given is None else w, n) for row, w in zip(
        np.atleast_2d(x), np.atleast_2d(x if given is None else given), strict=True
    )]  # fmt: skip
    found = np.stack(rows) if x.ndim == 2 else rows[0]
    return found.astype("int32" if given is None else given.dtype)


def histogram(x: Any, bins: int = 10, range: tuple[float, float] | None = None) -> tuple[Array, Array]:
    """(how many numbers lie in each bin, where the bins begin and the last one ends), bins of one width.

    >>> histogram([0.0, 1.0, 1.0], bins=2)
    (array([1, 2], dtype=int32), array([0. , 0.5, 1. ], dtype=float32))
    """
    n = checks.integer("ops.histogram, argument bins", bins, minimum=1)
    if range is not None and not (len(range) == 2 and range[0] < range[1]):
        raise InvalidArgument("ops.histogram, argument range", "two numbers, the smaller first", range)
    given = as_array("histogram", x)
    counts, edges = np.histogram(given, n, range)
    return counts.astype("int32"), edges.astype(given.dtype if given.dtype.kind == "f" else floatx())


def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Array:
    """Before which place of a sorted row each value belongs; side "right": behind those that are equal.

    >>> searchsorted([1.0, 3.0, 5.0], [3.0, 6.0])
    array([1, 3], dtype=int32)
    """
    row = as_array("searchsorted", sorted_sequence, "sorted_sequence")
    if row.ndim != 1:
        raise ShapeError("ops.searchsorted, argument sorted_sequence", "one row", row.shape)
    given = as_array("searchsorted", values, "values")
    checks.one_of("ops.searchsorted, argument side", side, ["left", "right"])
    return np.asarray(np.searchsorted(row, given, "left" if side == "left" else "right"), "int32")


def digitize(x: Any, bins: Any) -> Array:
    """In which bin each number lies: how many of the edges are no larger.

    >>> digitize([0.2, 6.4], [0.0, 1.0, 2.5])
    array([1, 3], dtype=int32)
    """
    return searchsorted(bins, as_array("digitize", x), "right")


def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Array:
    """Whether each number of x1 is one of x2; with `invert`, whether it is none.

    >>> isin([1, 2, 3], [2])
    array([False,  True, False])
    """
    flags = truth("ops.isin, argument assume_unique", assume_unique), truth("ops.isin, argument invert", invert)
    return np.asarray(np.isin(as_array("isin", x1, "x1"), as_array("isin", x2, "x2"), *flags))


def unravel_index(indices: Any, shape: Sequence[int]) -> tuple[Array, ...]:
    """Where in an array of a shape its numbers stand that have these places in a row, an array for each axis.

    >>> unravel_index([5], (2, 3))
    (array([1], dtype=int32), array([2], dtype=int32))
    """
    at = places("ops.unravel_index, argument indices", as_array("unravel_index", indices))
    size = tuple(sizes("", shape))
    n = int(np.prod(size))
    if ((at < -n) | (at >= n)).any():
        raise InvalidArgument("ops.unravel_index, argument indices", f"places below {n}", at.tolist())
    return tuple(np.asarray(one, "int32") for one in np.unravel_index(at % n, size))


REDUCTIONS = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}


def scatter(indices: Any, values: Any, shape: Sequence[int]) -> Array:
    """Zeros, with the values added at their places.     indices (N, axes), values (N, ...)

    >>> scatter([[0], [2], [2]], [1.0, 2.0, 3.0], (3,))
    array([1., 0., 5.], dtype=float32)
    """
    given = as_array("scatter", values, "values")
    return scatter_update(np.zeros(sizes("ops.scatter, argument shape", shape), given.dtype), indices, given, "add")


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Array:
    """The inputs with the updates at their places; or, by `reduction`, "add", "mul", "max" or "min", what comes of the
    two.     indices (N, axes), updates (N, ...)

    >>> scatter_update([1.0, 2.0, 3.0], [[0], [2]], [7.0, 8.0])
    array([7., 2., 8.], dtype=float32)
    """
    y = np.array(as_array("scatter_update", inputs, "inputs"))
    at = places("ops.scatter_update, argument indices", as_array("scatter_update", indices, "indices"))
    new = as_array("scatter_update", updates, "updates")
    if reduction is not None:
        checks.one_of("ops.scatter_update, argument reduction", reduction, [*REDUCTIONS])
    if at.ndim < 1 or not 1 <= at.shape[-1] <= y.ndim:
        raise ShapeError("ops.scatter_update, argument indices", f"(N, axes), at most {y.ndim} axes", at.shape)
    if ((at < 0) | (at >= np.array(y.shape[: at.shape[-1]]))).any():
        raise InvalidArgument("ops.scatter_update, argument indices", f"places within {y.shape}", at.tolist())
    wanted = at.shape[:-1] + y.shape[at.shape[-1] :]
    if new.shape != wanted:
        raise ShapeError("ops.scatter_update, argument updates", f"shape {wanted}", new.shape)
    where = tuple(np.moveaxis(at, -1, 0))
    if reduction is None:
        y[where] = new
    else:
        REDUCTIONS[reduction].at(y, where, new)
    return y
