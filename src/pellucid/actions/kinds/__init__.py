"""The kinds of data, a file each: which data are of a kind, what suits them, how they are prepared for training, and
how new ones are opened for a trained model. `prepared.py` says what a kind is."""

from __future__ import annotations

from ..prepared import Prepared
from .arrays import Arrays
from .pictures import Pictures
from .rows import TableRows
from .text import Text
from .windows import TableWindows, Windows

KINDS: tuple[type[Prepared], ...] = (Text, TableWindows, TableRows, Windows, Pictures, Arrays)


def kind_of(data: str, window: int = 0) -> type[Prepared]:
    """The kind of these data: the first that knows their name.

    >>> kind_of("people.csv").__name__, kind_of("people.csv", window=20).__name__, kind_of("digits").__name__
    ('TableRows', 'TableWindows', 'Arrays')
    """
    return next(kind for kind in KINDS if kind.named(data, window))
