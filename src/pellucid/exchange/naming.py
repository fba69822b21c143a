"""Names in what is written: those that nothing else bears, and those of classes."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from typing import Any

from ..data.labels import class_names
from ..errors import WrongType
from ..registry import plain
from ..tables.attaching import Attached


def apart(wanted: str, taken: Collection[str], first: int = 1) -> str:
    """A name that is not taken: the wanted one, or that with a number, from `first` on.

    >>> apart("dense", ["dense", "dense_1"])
    'dense_2'
    """
    numbered = (f"{wanted}_{n}" for n in itertools.count(first))
    return next(name for name in itertools.chain([wanted], numbered) if name not in taken)


def classes_of(where: str, model: Any, rows: Attached | None, given: Sequence[Any]) -> list[str | int]:
    """The names of the classes that a model tells apart: those given, or else those that it was trained with."""
    names = [plain(name) for name in given] or list(rows.targets.classes if rows else class_names(model))
    if not all(isinstance(name, str | int) for name in names):
        raise WrongType(f"{where}, argument classes", "texts or whole numbers", names)
    return names
