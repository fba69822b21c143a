"""Numbers as an explanation prints them: four digits, long rows shortened."""

from __future__ import annotations

import unicodedata

import numpy as np

from ...arrays import Array

DOTS = "…"
FIRST, LAST = 6, 3  # entries of a long row that are shown


def told(value: float) -> str:
    """A number in four digits.

    >>> told(0.123456), told(-1e-9), told(3.0), told(float("nan"))
    ('0.1235', '-1e-09', '3', 'nan')
    """
    return f"{float(value) + 0.0:.4g}"  # -0 + 0 is 0


def shaped(array: Array) -> str:
    """A shape, as people write it.

    >>> shaped(np.zeros((2, 3))), shaped(np.array(1.0))
    ('(2, 3)', '()')
    """
    return str(array.shape)


def padded(text: str, width: int) -> str:
    """Text filled up to so many columns; a combining mark, as on x̂, takes none."""
    return text + " " * (width - columns(text))


def columns(text: str) -> int:
    """How many columns a text takes.

    >>> columns("x̂")
    1
    """
    return sum(not unicodedata.combining(c) for c in text)


def row(array: Array, width: int) -> str:
    """All entries where they fit in so many columns, rows in brackets; else the first and the last.

    >>> row(np.array([[1.0, 2.0], [3.0, 4.0]]), 40)
    '[1 2] [3 4]'
    >>> row(np.arange(1000.0), 30)
    '0 1 2 3 4 5 … 997 998 999'
    """
    if array.size > 4 and (array == array.flat[0]).all():
        return f"all {told(array.flat[0])}"
    if array.size <= width // 2:
        whole = _nested(array)
        if len(whole) <= width:
            return whole
    flat = [told(v) for v in (*array.flat[:FIRST], *array.flat[-LAST:])]
    for first in range(min(FIRST, len(flat) - LAST), 1, -1):
        text = " ".join([*flat[:first], DOTS, *flat[-LAST:]])
        if len(text) <= width:
            return text
    return f"{flat[0]} {DOTS} {flat[-1]}"


def _nested(array: Array) -> str:
    if array.ndim <= 1:
        return " ".join(told(v) for v in array.reshape(-1))
    return " ".join(f"[{_nested(part)}]" for part in array)


def statistics(array: Array, *, short: bool = False) -> str:
    """The smallest, the largest and, unless `short`, the mean; how many are not finite, if any are.

    >>> statistics(np.array([1.0, 2.0, np.nan]))
    'min 1  max 2  mean 1.5  1 not finite'
    """
    finite = array[np.isfinite(array)].astype("float64")
    bad = array.size - finite.size
    words = [f"{bad} not finite"] if bad else []
    if finite.size:
        found = [("min", finite.min()), ("max", finite.max()), *([] if short else [("mean", finite.mean())])]
        words = [*(f"{name} {value + 0.0:.3g}" for name, value in found), *words]
    return "  ".join(words)
