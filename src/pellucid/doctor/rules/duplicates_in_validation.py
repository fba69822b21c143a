"""Rows of the validation data that were trained on."""

from __future__ import annotations

import math

import numpy as np

from ...arrays import Array
from ..base import Case, Remedy, Rule, Signal
from ..facts import picked
from ..nearness import MOST, MOST_ASKED, near_copies

WIDE = 50  # columns: so many do not repeat themselves by chance
MANY = 0.5  # of the training rows: data whose every row may well be there twice have few distinct values
SPACIOUS = 4  # columns: in fewer, most rows may have near neighbours by nature
DOUBT = 3  # standard errors
COARSE = 0.1  # distinct values per row, in the column that has most: coarser data repeat themselves by nature


def measure(case: Case) -> Signal | None:
    """The share of validation rows that stand among the training rows; where rows are equal by nature (few distinct
    values, or equal rows with different targets), less the share of training rows that stand there twice, and what
    chance adds to it. Or the share of those that are nearly copies, five times as near to a training row as to the
    tenth nearest, less the share of training rows that have such a neighbour, and what chance adds to it."""
    if case.validation is None or not len(case.validation[0]):
        return None
    train = np.asarray(case.x)
    held = np.asarray(case.validation[0])
    if train.shape[1:] != held.shape[1:]:
        return None
    mine, theirs = hashes(train), hashes(held.astype(train.dtype, copy=False))
    shared = np.isin(theirs, mine)
    twice = repeated(mine)
    natural = coarse(train) or (twice < MANY and contradict(mine, np.asarray(case.y)))
    near = nearly(train, held, natural)
    by_chance = twice + doubt(float(shared.mean()), twice, len(theirs), len(mine)) if natural else 0.0
    evidence = f"{shared.sum()} of {len(theirs)} validation rows are also among the {len(mine)} training rows"
    first = f", the first of them row {int(shared.argmax())}." if shared.any() else "."
    if by_chance:
        first = f"{first[:-1]}; among the training rows themselves {twice:.0%} are there twice."
    equal = Signal(float(shared.mean()) - by_chance, evidence + first)
    return max(equal, near, key=lambda signal: signal.value)


def nearly(train: Array, held: Array, natural: bool = False) -> Signal:
    """The share of validation rows that are nearly copies, beyond what the training rows are of each other; unless most
    of these are, too, and not by nature, as when rows are augmented before they are split."""
    (some, _), (asked, _) = picked(train, train, MOST), picked(held, held, MOST_ASKED)
    near, alike = near_copies(asked, some), near_copies(some[:MOST_ASKED], some, same=True)
    by_chance = alike.mean() if natural or alike.mean() < MANY or train[0].size < SPACIOUS else 0.0
    excess = float(near.mean() - by_chance - doubt(near.mean(), alike.mean(), len(near), len(alike)))
    evidence = (
        f"{near.sum()} of {len(near)} validation rows lie within a fifth of the distance to the tenth nearest training "
        f"row from the nearest, of {len(alike)} training rows {alike.sum()}."
    )
    return Signal(excess, evidence)


def doubt(p: float, q: float, n: int, m: int) -> float:
    """By how much shares p of n and q of m may differ by chance: three standard errors."""
    both = (p * n + q * m) / (n + m)
    return DOUBT * math.sqrt(both * (1 - both) * (1 / n + 1 / m))


def hashes(x: Array) -> Array:
    """A number (N,) for each row, equal where rows are."""
    flat = np.ascontiguousarray(x.reshape(len(x), -1))
    flat = flat + 0.0 if flat.dtype.kind == "f" else flat  # -0.0 is 0.0
    return np.array([hash(row.tobytes()) for row in flat])


def repeated(rows: Array) -> float:
    """The share of rows that are there more than once."""
    _, counts = np.unique(rows, return_counts=True)
    return float(counts[counts > 1].sum() / len(rows))


def coarse(x: Array) -> bool:
    """Whether no column has many distinct values."""
    flat = x.reshape(len(x), -1)
    return flat.shape[1] < WIDE and all(len(np.unique(column)) < COARSE * len(x) for column in flat.T)


def contradict(rows: Array, y: Array) -> bool:
    """Whether equal rows have different targets, as copies would not."""
    _, group = np.unique(rows, return_inverse=True)
    pairs = np.unique(
        np.column_stack([group, np.unique(y, axis=0, return_inverse=True)[1].reshape(len(y), -1)]), axis=0
    )
    return bool(len(pairs) > group.max() + 1)


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy("Remove duplicates before splitting, and split before anything that copies or augments rows.")


RULE = Rule(
    name="duplicates_in_validation",
    title="Validation rows were trained on",
    measure=measure,
    threshold=0.05,
    meaning="What validation says of rows that were learned by heart tells nothing of new ones: it is too good, and "
    "hides overfitting.",
    remedy=remedy,
    source="Kaufman, Rosset, Perlich & Stitelman, Leakage in data mining (TKDD 2012)",
    explains=frozenset({"underfitting"}),  # an ordinary network knows these rows by heart, too
    tolerable=True,
    static=True,
)
