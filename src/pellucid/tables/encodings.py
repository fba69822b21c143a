"""From a column's cells to numbers between about −3 and 3: one encoding for each kind of column.

What an encoding has learned are its constructor's arguments, plain data, which is what is saved. Cells are encoded one
by one: a row's numbers are the same in any batch.
"""

from __future__ import annotations

import re
import zlib
from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist
from typing import Any, ClassVar, Self

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import DataError, InvalidArgument
from ..registry import Family, Part
from .cells import as_text, cell_of, is_number, lacking, moments, numbers, truth
from .columns import Column, cells_of
from .table import Table

encodings: Family[Encoding] = Family("column encoding", "pellucid.tables.encodings")

HEAVY = 8.0  # robust deviations, beyond which a column's tail is heavy
KNOTS = 101  # quantiles kept of such a column
MOST_LEVELS = 64  # of a category, that have a column of their own
MOST_WIDTH = 1 << 16  # columns of one encoding
DAY, WEEK, YEAR = 86_400.0, 7 * 86_400.0, 365.2425 * 86_400.0  # seconds


class Encoding(Part):
    """How one column becomes numbers; what is missing is told by a column of its own where it was in training."""

    family = encodings
    kind: ClassVar[str]
    expected: ClassVar[str]
    measures: ClassVar[int] = 0  # how many of its columns, from the first on, say how much

    def __init__(self, name: str, missing: bool = False) -> None:
        if not isinstance(name, str):
            raise InvalidArgument(self.where("name"), "a column's name", name)
        self.name, self.missing = name, bool(missing)

    @classmethod
    @abstractmethod
    def learned(cls, table: Table, column: Column) -> Self:
        """The encoding learned from the rows to train on."""

    @property
    @abstractmethod
    def own_width(self) -> int:
        """Columns of numbers, less the one for what is missing."""

    @abstractmethod
    def read(self, cells: Array) -> tuple[Array, Array]:
        """(values (N, own_width), which cells (N,) cannot be read)."""

    @property
    def width(self) -> int:
        """Columns of numbers."""
        return self.own_width + self.missing

    def wanted(self, cell: Any) -> str:
        """What was expected in the place of this cell, which cannot be read."""
        return self.expected

    def encode(self, table: Table) -> Array:
        """The column's numbers (N, width). Raises DataError with row and column for a cell that cannot be read."""
        cells = cells_of(table, self.name, self.kind)
        values, bad = self.read(cells)
        bad = bad | ~np.isfinite(values).all(axis=1)
        if bad.any():
            row = int(bad.argmax())
            cell = cell_of(cells, row)
            raise DataError(table.place(row, self.name), f"{self.wanted(cell)}, as in training", cell)
        return np.concatenate([values, lacking(cells)[:, None]], axis=1) if self.missing else values


def _numbers(where: str, values: Any) -> list[float]:
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) > MOST_WIDTH:
        raise InvalidArgument(where, "a list of numbers", values)
    return [checks.number(where, value) for value in values]


@encodings.add()
class Number(Encoding):
    """z = (x − median) / deviation, the deviation from the quartiles, then z / √(1 + (z/3)²), which nothing exceeds
    3. A column with heavy tails is mapped by its quantiles to the normal distribution. What is missing becomes 0."""

    kind, expected, measures = "number", "a finite number", 1

    def __init__(
        self, name: str, form: str = "plain", center: float = 0.0, scale: float = 1.0, knots: Sequence[float] = (),
        scores: Sequence[float] = (), missing: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(name, missing)
        self.form = str(form)
        self.center = checks.number(self.where("center"), center)
        self.scale = checks.number(self.where("scale"), scale, above=0)
        self.knots, self.scores = _numbers(self.where("knots"), knots), _numbers(self.where("scores"), scores)
        if len(self.knots) != len(self.scores) or any(np.diff(self.knots) <= 0):
            raise InvalidArgument(self.where("knots"), "rising numbers, one for each score", self.knots)

    @classmethod
    def learned(cls, table: Table, column: Column) -> Self:
        cells = cells_of(table, column.name, cls.kind)
        values = numbers(cells, column.form)[0]
        infinite = np.isinf(values)
        if infinite.any():
            row = int(infinite.argmax())
            raise DataError(table.place(row, column.name), cls.expected, cell_of(cells, row))
        known = values[~np.isnan(values)]
        center, scale = _middle(known)
        missing = bool(column.missing)
        if np.abs(known - center).max() / scale <= HEAVY or column.different <= 20:
            return cls(column.name, column.form, center, scale, missing=missing)
        p = (np.arange(KNOTS) + 0.5) / KNOTS
        knots, where = np.unique(np.quantile(known, p), return_inverse=True)
        middle = np.bincount(where, p) / np.bincount(where)
        scores = [NormalDist().inv_cdf(float(q)) for q in middle]
        return cls(column.name, column.form, center, scale, knots.tolist(), scores, missing)

    @property
    def own_width(self) -> int:
        return 1

    def read(self, cells: Array) -> tuple[Array, Array]:
        values, bad = numbers(_as_kind(cells, "f"), self.form)
        none = lacking(cells)
        bad = bad | (np.isinf(values) & ~none)
        z = np.interp(values, self.knots, self.scores) if self.knots else _squashed(values, self.center, self.scale)
        return np.where(none | bad, 0.0, z)[:, None], bad

    def wanted(self, cell: Any) -> str:
        mark, wrong, style = ("comma", ".", "plain") if self.form.startswith("comma") else ("point", ",", "comma")
        text = str(cell)
        return f"a number with a decimal {mark}" if wrong in text and is_number(style, text) else self.expected


def _middle(known: Array) -> tuple[float, float]:
    """(median, deviation as the quartiles tell it)."""
    low, center, high = (float(q) for q in np.quantile(known, [0.25, 0.5, 0.75]))
    return center, (high - low) / 1.349 or float(known.std()) or 1.0


def _squashed(values: Array, center: float, scale: float) -> Array:
    """z / √(1 + (z/3)²) of z = (x − center) / scale."""
    with np.errstate(over="ignore"):
        z = np.clip((values - center) / scale, -1e6, 1e6)
    return z / np.sqrt(1 + (z / 3) ** 2)


def _as_kind(cells: Array, kind: str) -> Array:
    """Cells of another kind than this as texts."""
    if cells.dtype.kind in ("O", kind):
        return cells
    texts: Array = np.empty(len(cells), object)
    texts[:] = [None if cell != cell else as_text(cell) for cell in cells.tolist()]
    return texts


@encodings.add()
class Truth(Encoding):
    """1 for yes, −1 for no, 0 for what is missing."""

    kind, expected = "boolean", "a truth value such as yes or no"

    @classmethod
    def learned(cls, table: Table, column: Column) -> Self:
        return cls(column.name, bool(column.missing))

    @property
    def own_width(self) -> int:
        return 1

    def read(self, cells: Array) -> tuple[Array, Array]:
        table: dict[Any, float] = {None: 0.0}
        texts = _as_kind(cells, "O").tolist()
        for text in set(texts) - {None}:
            try:
                table[text] = 2 * truth(text) - 1
            except ValueError:
                continue
        values = np.array([table.get(text, 0.0) for text in texts], np.float64)
        return values[:, None], np.array([text not in table for text in texts], bool)


@encodings.add()
class Category(Encoding):
    """One column for each level, 1 where the cell says it. Levels too rare or too many to have a column share one of
    the `buckets`, chosen by a CRC-32 of their text, and so does a level that training never saw; without buckets
    such a cell is 0 everywhere."""

    kind, expected = "category", "a word"

    def __init__(self, name: str, levels: Sequence[str] = (), buckets: int = 0, missing: bool = False) -> None:
        super().__init__(name, missing)
        if not isinstance(levels, Sequence) or not all(isinstance(level, str) for level in levels):
            raise InvalidArgument(self.where("levels"), "a list of texts", levels)
        self.levels = list(levels)
        self.buckets = checks.integer(self.where("buckets"), buckets, minimum=0, maximum=MOST_WIDTH)

    @classmethod
    def learned(cls, table: Table, column: Column) -> Self:
        counts = Counter(t for t in _as_kind(table[column.name], "O").tolist() if t is not None)
        rare = max(1, min(5, len(table) // 50))
        often = [level for level, n in sorted(counts.items(), key=lambda at: (-at[1], at[0])) if n >= rare]
        levels = sorted(often[:MOST_LEVELS])
        rest = len(counts) - len(levels)
        return cls(column.name, levels, 0 if not rest else 1 if rest <= 32 else 32, bool(column.missing))

    @property
    def own_width(self) -> int:
        return len(self.levels) + self.buckets

    def read(self, cells: Array) -> tuple[Array, Array]:
        places = {level: i for i, level in enumerate(self.levels)}
        values = np.zeros((len(cells), self.own_width))
        for row, text in enumerate(_as_kind(cells, "O").tolist()):
            place = places.get(text)
            if place is None and text is not None and self.buckets:
                place = len(places) + zlib.crc32(text.encode()) % self.buckets
            if place is not None:
                values[row, place] = 1.0
        return values, np.zeros(len(cells), bool)

    def unseen(self, cells: Array) -> list[str]:
        """The words in these cells that training never met, as far as that is known: rare ones are not kept."""
        if self.buckets:
            return []
        return sorted({text for text in _as_kind(cells, "O").tolist() if text is not None} - {*self.levels})


@encodings.add()
class Moment(Encoding):
    """A date or time: how long after the middle one, and sine and cosine of where it stands in the year, the week and,
    where there are `times`, the day. What is missing becomes 0."""

    kind, expected, measures = "date", "a date or time", 1

    def __init__(
        self, name: str, form: str = "iso", center: float = 0.0, scale: float = 1.0, missing: bool = False,
        times: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(name, missing)
        self.times = bool(times)
        self.form = str(form)
        self.center = checks.number(self.where("center"), center)
        self.scale = checks.number(self.where("scale"), scale, above=0)

    @classmethod
    def learned(cls, table: Table, column: Column) -> Self:
        seconds = _seconds(moments(cells_of(table, column.name, cls.kind), column.form)[0])
        known = seconds[~np.isnan(seconds)]
        center, scale = _middle(known)
        return cls(column.name, column.form, center, scale, bool(column.missing), bool((known % DAY != 0).any()))

    @property
    def own_width(self) -> int:
        return 7 if self.times else 5

    def read(self, cells: Array) -> tuple[Array, Array]:
        found, bad = moments(_as_kind(cells, "M"), self.form)
        seconds = _seconds(found)
        values = [_squashed(seconds, self.center, self.scale)]
        for period in (YEAR, WEEK, DAY)[: 3 if self.times else 2]:
            angle = 2 * np.pi * (seconds % period) / period
            values += [np.sin(angle), np.cos(angle)]
        return np.nan_to_num(np.stack(values, axis=1)), bad


def _seconds(found: Array) -> Array:
    """Moments as seconds since 1970, NaN for none."""
    return np.where(np.isnat(found), np.nan, found.astype(np.int64) / 1e6)


@encodings.add()
class Text(Encoding):
    """Free text: its words and pairs of neighbouring words, each counted in the bucket that a CRC-32 of it names, with
    a sign from the same number; the row has length 1, or 0 where the text is missing.

    Source: Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009.
    """

    kind, expected = "text", "a text"

    def __init__(self, name: str, buckets: int = 64, missing: bool = False) -> None:
        super().__init__(name, missing)
        self.buckets = checks.integer(self.where("buckets"), buckets, minimum=1, maximum=MOST_WIDTH)

    @classmethod
    def learned(cls, table: Table, column: Column) -> Self:
        buckets = 1 << int(np.clip(np.log2(max(len(table), 1) / 8), 4, 9))
        return cls(column.name, buckets, bool(column.missing))

    @property
    def own_width(self) -> int:
        return self.buckets

    def read(self, cells: Array) -> tuple[Array, Array]:
        values = np.zeros((len(cells), self.buckets))
        for row, text in enumerate(_as_kind(cells, "O").tolist()):
            words = re.findall(r"\w+", (text or "").lower())
            for gram in [*words, *map(" ".join, pairwise(words))]:
                code = zlib.crc32(gram.encode())
                values[row, (code >> 1) % self.buckets] += 1.0 if code & 1 else -1.0
        length = np.linalg.norm(values, axis=1, keepdims=True)
        return values / np.where(length > 0, length, 1.0), np.zeros(len(cells), bool)


BY_KIND = {cls.kind: cls for cls in (Number, Truth, Category, Moment, Text)}
