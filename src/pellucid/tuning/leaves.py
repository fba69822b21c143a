"""What a value is drawn from: a range of numbers, or one of several."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidArgument, Told

POINTS = 3  # of a range, in a grid, where it does not say how many or how far apart
FEW = 5  # whole numbers that a grid takes all
MOST_IN_GRID = 100_000
NEAR = 0.05  # share of a range that counts as its edge


@dataclass(frozen=True)
class Number:
    """A range, both ends included; whole numbers where both ends and the step are."""

    low: float
    high: float
    log: bool = False
    step: float | None = None
    points: int | None = None

    @property
    def whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int) and isinstance(self.step, int | None)

    def grid(self) -> list[Any]:
        """The values that a grid tries: every step, few whole numbers all, or points as far from each other."""
        if self.points is None and self.step is not None:
            return [self.low + i * self.step for i in range(_few_enough(self.steps + 1))]
        if self.points is None and self.whole and self.high - self.low < FEW:
            return list(range(int(self.low), int(self.high) + 1))
        n = _few_enough(self.points or POINTS)
        at = [self.at(i / (n - 1)) if n > 1 else self.at(0.5) for i in range(n)]
        return list(dict.fromkeys(round(v) for v in at)) if self.whole else at

    @property
    def steps(self) -> int:
        """How many steps the range has."""
        return math.floor((self.high - self.low) / (self.step or 1) + 1e-9)

    def ends(self) -> list[Any]:
        """The first and the last that can be drawn."""
        last = self.high if self.step is None else self.low + self.steps * self.step
        return [self.low] if last == self.low else [self.low, last]

    def has(self, value: Any) -> bool:
        """Whether it may be this number."""
        return isinstance(value, int | float) and self.low <= value <= self.high

    def middle(self) -> float:
        """The number half way along the range."""
        if self.step is not None:
            return self.low + self.steps // 2 * self.step
        return round(self.at(0.5)) if self.whole else self.at(0.5)

    def at(self, share: float) -> float:
        """The number so far along the range."""
        if share in (0, 1):
            return self.high if share else self.low
        return self.low * (self.high / self.low) ** share if self.log else self.low + share * (self.high - self.low)

    def share(self, value: float) -> float:
        """How far along the range a number lies, 0 to 1; the inverse of `at`.

        >>> Number(1e-4, 1e-2, log=True).share(1e-3)
        0.5
        """
        if self.low == self.high:
            return 0.5
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def edge(self, value: float) -> str:
        """ "low" or "high" where a number lies at this end of the range and might lie beyond it; 0 is no such end, nor
        is the first of anything."""
        share = self.share(value)
        if share < NEAR and self.low != 0 and not (self.whole and self.low <= 1):
            return "low"
        return "high" if share > 1 - NEAR else ""


@dataclass(frozen=True)
class Choice:
    """One of several; what is no plain value goes by its label. called: by what conditions know them, where that is
    less: two of one class have its name in common."""

    options: tuple[Any, ...]
    called: tuple[Any, ...] = ()

    def grid(self) -> list[Any]:
        return list(self.options)

    ends = grid

    def has(self, value: Any) -> bool:
        """Whether it may be this one."""
        return value in (self.called or self.options)

    def middle(self) -> Any:
        """What is named first, as there is no middle."""
        return self.options[0]


Leaf = Number | Choice


def _few_enough(count: int) -> int:
    if count > MOST_IN_GRID:
        raise too_many()
    return count


def too_many() -> InvalidArgument:
    """The error for a grid that would never end."""
    told = Told(f"more than {MOST_IN_GRID:,}")
    return InvalidArgument("space, grid", "fewer combinations", told, "Give ranges a step, or points.")


def label(option: Any) -> Any:
    """What an option of a choice goes by: itself where it is plain, its class's name, or its JSON.

    >>> label("adam"), label({"class": "SGD", "momentum": 0.9}), label([64, 32])
    ('adam', 'SGD', '[64, 32]')
    """
    if isinstance(option, Mapping):
        return str(option["class"]) if isinstance(option.get("class"), str) else json.dumps(option, sort_keys=True)
    return option if option is None or isinstance(option, bool | int | float | str) else json.dumps(option)


def long_label(option: Any) -> Any:
    """What an option goes by where others have its class: with its settings.

    >>> long_label({"class": "SGD", "momentum": {"low": 0.5, "high": 0.9}}), long_label("adam")
    ('SGD (momentum 0.5 to 0.9)', 'adam')
    """
    if not isinstance(option, Mapping) or len(option) < 2 or label(option) != option.get("class"):
        return label(option)
    settings = ", ".join(f"{name} {_in_words(value)}" for name, value in option.items() if name != "class")
    return f"{label(option)} ({settings})"


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping) and {"low", "high"} <= {*value}:
        return f"{value['low']} to {value['high']}"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def at_edges(flat: Mapping[str, Any], leaves: Mapping[str, Leaf]) -> Iterator[tuple[str, str, Number]]:
    """(name, "low" or "high", range) of each number that lies at an end of its range."""
    for name, leaf in leaves.items():
        if isinstance(leaf, Number) and (side := leaf.edge(flat[name])):
            yield name, side, leaf
