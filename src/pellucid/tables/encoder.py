"""TableEncoder: rows of a table to a matrix of numbers, learned once, from the rows to train on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from ..arrays import Array
from ..errors import DataError, NotReady, Told
from ..registry import Family, Part
from .columns import Column, understand
from .encodings import BY_KIND, Category, Encoding, encodings
from .reading import read_table

REASONS = 5  # why columns are left out, in a sentence


def nothing_left(source: str, reasons: Sequence[str]) -> DataError:
    """The error where all columns are left out."""
    shown = [*reasons[:REASONS], "..."] if len(reasons) > REASONS else reasons
    told = f"none that tells anything: {'; '.join(shown)}" if shown else "none"
    return DataError(source, "a column to learn from", Told(told))


encoders: Family[TableEncoder] = Family("table encoder", "pellucid.tables")


@encoders.add()
class TableEncoder(Part):
    """x (N, width) float32 from the columns of a table, each encoded by its kind.

    `fit` decides what each column is and learns its encoding; `transform` takes columns in any order and with others
    besides. A missing cell and a category that was never seen are encoded as the kinds of columns say; a column that is
    not there, or a cell that cannot be read, is a DataError with its place. What was learned is plain data.

    keep: columns not to be dropped, whatever they look like. columns: encodings learned before.

    >>> encoder = TableEncoder().fit({"age": [22, 38, 26, None], "sex": ["male", "female", "female", "male"]})
    >>> encoder.transform({"sex": ["female", "other"], "age": [38, None]}).round(2)
    array([[1.68, 0.  , 1.  , 0.  ],
           [0.  , 1.  , 0.  , 0.  ]], dtype=float32)
    """

    family = encoders

    def __init__(self, keep: Sequence[str] = (), columns: Sequence[Any] = ()) -> None:
        self.keep = list(keep)
        self.columns: list[Encoding] = [encodings.get(column, self.where("columns")) for column in columns]
        self.understood: list[Column] = []

    def fit(self, x: Any, y: Any = None, *, like: Mapping[str, Column] = MappingProxyType({})) -> Self:
        """Decide what each column is, and learn its encoding. y is taken for scikit-learn's sake. like: by name, as
        columns were understood where there are more rows, which settles their kinds."""
        table = read_table(x)
        self.understood = understand(table, self.keep, like)
        kept = [column for column in self.understood if not column.dropped]
        if not kept:
            raise nothing_left(table.source, [f"{column.name} {column.dropped}" for column in self.understood])
        self.columns = [BY_KIND[column.kind].learned(table, column) for column in kept]
        return self

    def transform(self, x: Any) -> Array:
        """The rows of a table, data frame or file as a matrix (N, width)."""
        if not self.columns:
            raise NotReady(
                "TableEncoder.transform", "an encoder that has learned", Told("a new one"), "Call fit first."
            )
        table = read_table(x)
        return np.concatenate([column.encode(table) for column in self.columns], axis=1).astype(np.float32)

    def unseen(self, x: Any) -> dict[str, list[str]]:
        """By column, the words that training never met, as far as that is known.

        >>> TableEncoder().fit({"town": ["Bern", "Oslo"] * 4}).unseen({"town": ["Oslo", "Berm"]})
        {'town': ['Berm']}
        """
        table = read_table(x)
        found = {one.name: one.unseen(table[one.name]) for one in self.columns if isinstance(one, Category)}
        return {name: words for name, words in found.items() if words}

    def fit_transform(self, x: Any, y: Any = None) -> Array:
        """`fit`, then `transform`."""
        table = read_table(x)
        return self.fit(table).transform(table)

    @property
    def numbers(self) -> list[int]:
        """The columns of the matrix that say how much, of a number or a date; the others say whether, or how often."""
        firsts = np.cumsum([0, *(column.width for column in self.columns)]).tolist()
        return [first for first, column in zip(firsts, self.columns, strict=False) if column.measures]

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return sum(column.width for column in self.columns)
