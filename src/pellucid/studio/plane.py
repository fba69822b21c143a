"""The plane of two inputs on which an answer is drawn: which two say most, and what their numbers are in the table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..actions.prepared import Prepared
from ..arrays import Array
from ..models.periodic import many_valued
from ..tables.encodings import Number

LOOKED_AT = 2000  # rows
FARTHEST = 2.9  # of the 3 deviations to which a table's numbers are pressed together


def telling(data: Prepared) -> list[int]:
    """The two inputs that say how much and go most along with what is to be said, in their order; columns of numbers
    before parts of dates; the first two, where there are not two such."""
    x, y = np.asarray(data.x_train[:LOOKED_AT], "float64"), np.asarray(data.y_train[:LOOKED_AT])
    several = many_valued(x)
    numbers = [i for i in several if number_of(data, i) is not None]
    chosen = numbers if len(numbers) > 1 else several
    if len(chosen) < 2:
        return [0, 1]
    strength = _along(x[:, chosen], np.eye(data.classes)[y.reshape(-1).astype(int)] if data.classes else y)
    return sorted(chosen[i] for i in np.argsort(-strength, kind="stable")[:2])


def _along(x: Array, y: Array) -> Array:
    """The largest correlation of each column of x (N, C), whatever its sign, with a column of y (N, K), (C,)."""
    y = y.reshape(len(y), -1).astype("float64")
    x, y = ((one - one.mean(axis=0)) / (one.std(axis=0) + 1e-12) for one in (x, y))
    found: Array = np.abs(x.T @ y).max(axis=1)
    return found


def number_of(data: Prepared, place: int) -> Number | None:
    """The column of numbers that the input at this place comes from."""
    at = 0
    for column in [] if data.encoder is None else data.encoder.columns:
        if place == at and isinstance(column, Number):
            return column
        at += column.width
    return None


def own_units(data: Prepared, place: int, values: Sequence[float]) -> list[float] | None:
    """Values of an input as the table has them: z is that of `tables.encodings.Number`; None where it has no such."""
    if (column := number_of(data, place)) is None:
        return None
    z = np.clip(values, -FARTHEST, FARTHEST)
    if column.knots:
        return [float(value) for value in np.interp(z, column.scores, column.knots)]
    return [float(value) for value in column.center + column.scale * z / np.sqrt(1 - (z / 3) ** 2)]
