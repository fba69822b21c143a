"""Programs that are kept, and why there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .distribution import DataParallel

T = TypeVar("T")
MOST_PROGRAMS = 64  # that are kept, where batches of ever other lengths come


def kept(programs: dict[Any, T], key: Any, make: Callable[[], T]) -> T:
    """The program for this key, made where there is none; of many, those made long ago go."""
    if key not in programs:
        made = make()
        if len(programs) >= MOST_PROGRAMS:
            del programs[next(iter(programs))]
        programs[key] = made
    return programs[key]


_said: set[str] = set()


def say_once(part: str, shared: DataParallel | None) -> None:
    """Tell, the first time, why a network runs on the definition."""
    if part not in _said:
        import logging

        _said.add(part)
        logging.getLogger("pellucid").warning(
            "The %s has no compiled form: the network runs on the definition, in plain NumPy%s.",
            part,
            ", each process the whole of every batch" if shared else "",
        )
