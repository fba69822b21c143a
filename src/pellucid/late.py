"""What rooms above have still to tell those on the ground.

Some tables down here are filled from above: families by the parts that belong to them, operators by `ops`. A program
that imports one room alone, such as `pellucid.layers`, has not loaded the rooms that do so; who does not find something
in such a table has them loaded, and looks again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_waiting: list[Callable[[], object]] = []


def told_by(load: Callable[[], object]) -> None:
    """Have this called where something is not found."""
    _waiting.append(load)


def listen() -> bool:
    """Load what has not been loaded, if anything; whether there was something."""
    waiting = tuple(_waiting)
    for load in waiting:
        load()
    _waiting.clear()  # only now: until then another thread waits for it, in its own import
    return bool(waiting)


class FromAbove(dict[str, T]):
    """A table that is filled from above."""

    def __missing__(self, name: str) -> T:
        listen()
        if name not in self:
            raise KeyError(name)
        return self[name]
