"""Functions that scripts have of categories and text, where the definition is bound to a layer and its vocabulary. They
are written into scripts, with what is settled there put in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from ...arrays import Array
from ...layers.hashed_crossing import START
from ...layers.hashes import crossed

CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SMALL = "abcdefghijklmnopqrstuvwxyz"
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
BLANKS = "\t\n\v\f\r"


def places_in(x: Array, tokens: Array, places: Array, other: Callable[[Any], int]) -> Array:
    """The place of each number or text among tokens; of those that are none of them, what `other` says.

    >>> places_in(np.array([["a", "z"]]), np.array(["a", "b"]), np.array([2, 3]), lambda token: 1)
    array([[2, 1]])
    """
    known = dict(zip(tokens.tolist(), places.tolist(), strict=True))
    flat = [known[token] if token in known else other(token) for token in x.reshape(-1).tolist()]
    return np.array(flat, np.int64).reshape(x.shape)


def bins_of_rows(columns: Sequence[Sequence[int]], bins: int) -> list[int]:
    """The bin of each row of columns of numbers with 64 bits."""
    return [reduce(lambda one, other: crossed(one, other), row, START) % bins for row in zip(*columns, strict=True)]


def without(text: str, lower: bool, strip: bool) -> str:
    """A text in small letters, without punctuation; of ASCII, as the rest stays.

    >>> without("A b!", lower=True, strip=True)
    'a b'
    """
    text = text.translate(str.maketrans(CAPITALS, SMALL)) if lower else text
    return text.translate(str.maketrans("", "", PUNCTUATION)) if strip else text


def words_of(text: str) -> list[str]:
    """What stands between blanks.

    >>> words_of("a  big\tday")
    ['a', 'big', 'day']
    """
    return [word for word in text.translate(str.maketrans(BLANKS, " " * len(BLANKS))).split(" ") if word]


def in_one(rows: Sequence[Sequence[int]], length: int, rest: int) -> Array:
    """Rows of places (B, length), cut or filled.

    >>> in_one([[1, 2, 3], [4]], 2, 0)
    array([[1, 2],
           [4, 0]])
    """
    y = np.full((len(rows), length), rest, np.int64)
    for i, row in enumerate(rows):
        y[i, : len(row)] = row[:length]
    return y
