"""What is searched: a table of names, each with a range of numbers, a list of choices, or a table of such again.

    learning_rate = { low = 1e-4, high = 1e-1, log = true }
    units         = { low = 16, high = 256, step = 16 }
    activation    = ["relu", "tanh"]
    optimizer     = ["adam", { class = "SGD", momentum = { low = 0.5, high = 0.99 } }]
    layers        = { number = { low = 1, high = 3 }, units = { low = 16, high = 256, log = true } }
    dropout       = { low = 0.0, high = 0.5, when = { batch_norm = false } }

What stands inside a choice is drawn where that choice is: the momentum above is SGD's only. `when` says the same of
what stands elsewhere. A list of layers has a `number` of entries, each of so many `units`; with `shrink`, each is that
share of the one before.

>>> space = Space.of({"rate": {"low": 1e-4, "high": 1e-1, "log": True}, "kind": ["a", "b"]})
>>> space.drawn(lambda name, leaf: leaf.options[1] if isinstance(leaf, Choice) else leaf.low)
{'rate': 0.0001, 'kind': 'b'}
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import checks
from ..errors import InvalidArgument, Told, UnknownName, WrongType

POINTS = 3  # of a range, in a grid, where it does not say how many or how far apart
FEW = 5  # whole numbers that a grid takes all
MOST_IN_GRID = 100_000
RANGE = ("low", "high", "log", "step", "points")
LAYERS = ("number", "units", "shrink")
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
        return all(isinstance(n, int) for n in (self.low, self.high) if n is not None) and isinstance(
            self.step, int | None
        )

    def grid(self) -> list[Any]:
        """The values that a grid tries: every step, few whole numbers all, or points as far from each other."""
        if self.points is None and self.step is not None:
            count = math.floor((self.high - self.low) / self.step + 1e-9) + 1
            return [self.low + i * self.step for i in range(count)]
        if self.points is None and self.whole and self.high - self.low < FEW:
            return list(range(int(self.low), int(self.high) + 1))
        n = self.points or POINTS
        at = [self.at(i / (n - 1)) if n > 1 else self.at(0.5) for i in range(n)]
        return list(dict.fromkeys(round(v) for v in at)) if self.whole else at

    def middle(self) -> float:
        """The number half way along the range."""
        if self.step is not None:
            steps = math.floor((self.high - self.low) / self.step + 1e-9)
            return self.low + steps // 2 * self.step
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
    """One of several; what is no plain value goes by its label."""

    options: tuple[Any, ...]

    def grid(self) -> list[Any]:
        return list(self.options)

    def middle(self) -> Any:
        """What is named first, as there is no middle."""
        return self.options[0]


Leaf = Number | Choice
Draw = Callable[[str, Leaf], Any]
Node = Callable[[str, Draw], Any]  # what stands at a name: draws what it needs, gives a value


@dataclass(frozen=True)
class Entry:
    """What is searched under one name, and when."""

    draw: Node
    when: Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Space:
    """Everything that is searched, by its names."""

    entries: Mapping[str, Entry]
    plain: Mapping[str, Any]  # as it was given

    @classmethod
    def of(cls, given: Mapping[str, Any], where: str = "space") -> Space:
        """The space of a table."""
        if not isinstance(given, Mapping) or not given:
            raise InvalidArgument(where, "a table of what is searched", given)
        entries = {}
        for name, value in given.items():
            at = f"{where}, {name}"
            when: Any = {}
            if isinstance(value, Mapping) and "when" in value:
                when, value = value["when"], {key: one for key, one in value.items() if key != "when"}
                if not isinstance(when, Mapping):
                    raise WrongType(f"{at}, when", "a table such as { batch_norm = true }", when)
                if set(value) == {"choices"}:
                    value = value["choices"]
            conditions = {key: one if isinstance(one, list | tuple) else [one] for key, one in when.items()}
            entries[name] = Entry(_node(at, value), conditions)
        return cls(_in_order(entries, where), given)

    def drawn(self, draw: Draw, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A value for each name whose condition holds, where `draw(name, leaf)` decides. base: the values of names that
        are not searched, which conditions may ask for."""
        found: dict[str, Any] = {}
        for name, entry in self.entries.items():
            known = {**(base or {}), **found}
            if all(label(known.get(key)) in allowed for key, allowed in entry.when.items()):
                found[name] = entry.draw(name, draw)
        return found

    def flat(self, draw: Draw, base: Mapping[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Leaf]]:
        """(value, leaf) of all that was drawn, each by its full name, such as `layers.units.1`."""
        values: dict[str, Any] = {}
        leaves: dict[str, Leaf] = {}

        def noted(name: str, leaf: Leaf) -> Any:
            leaves[name] = leaf
            values[name] = draw(name, leaf)
            return values[name]

        self.drawn(noted, base)
        return values, leaves

    def grid(self, base: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """All that a grid tries, each by its full names; branches that a choice leaves out do not multiply."""
        done: list[dict[str, Any]] = []
        waiting: list[dict[str, Any]] = [{}]
        while waiting:
            chosen = waiting.pop()
            opened: list[tuple[str, list[Any]]] = []

            def draw(name: str, leaf: Leaf, chosen: dict[str, Any] = chosen, opened: Any = opened) -> Any:
                if name in chosen:
                    return chosen[name]
                if opened:
                    return leaf.grid()[0]
                opened.append((name, leaf.grid()))
                raise _Open

            try:
                self.drawn(draw, base)
                done.append(chosen)
            except _Open:
                (name, options) = opened[0]
                waiting += [{**chosen, name: option} for option in reversed(options)]
            if len(done) + len(waiting) > MOST_IN_GRID:
                told = Told(f"more than {MOST_IN_GRID:,}")
                raise InvalidArgument("space, grid", "fewer combinations", told, "Give ranges a step, or points.")
        return done


class _Open(Exception):
    """A grid has met something that has not been decided."""


def as_drawn(flat: Mapping[str, Any]) -> Draw:
    """Draws again what was drawn before."""
    return lambda name, leaf: flat[name]


def label(option: Any) -> Any:
    """What an option of a choice goes by: itself where it is plain, its class's name, or its JSON.

    >>> label("adam"), label({"class": "SGD", "momentum": 0.9}), label([64, 32])
    ('adam', 'SGD', '[64, 32]')
    """
    if isinstance(option, Mapping):
        return str(option["class"]) if isinstance(option.get("class"), str) else json.dumps(option, sort_keys=True)
    return option if option is None or isinstance(option, bool | int | float | str) else json.dumps(option)


def _node(where: str, given: Any) -> Node:
    if isinstance(given, list | tuple):
        return _choice(where, given)
    if not isinstance(given, Mapping):
        return lambda name, draw: given
    if set(given) == {"choices"}:
        return _choice(where, given["choices"])
    if "low" in given or "high" in given:
        leaf = _number(where, given)
        return lambda name, draw: draw(name, leaf)
    if "number" in given and "units" in given:
        return _layers(where, given)
    inner = {key: _node(f"{where}, {key}", value) for key, value in given.items()}
    return lambda name, draw: {key: one(f"{name}.{key}", draw) for key, one in inner.items()}


def _number(where: str, given: Mapping[str, Any]) -> Number:
    for key in given:
        if key not in RANGE:
            raise UnknownName(where, key, [*RANGE, "when"])
    low, high = (_plain(f"{where}, {key}", given.get(key)) for key in ("low", "high"))
    if high < low:
        raise InvalidArgument(where, "a low that is no higher than high", Told(f"{low} and {high}"))
    log = given.get("log", False)
    if not isinstance(log, bool):
        raise WrongType(f"{where}, log", "true or false", log)
    if log and low <= 0:
        raise InvalidArgument(where, "a low above 0, as the range is logarithmic", low)
    step = None if given.get("step") is None else _plain(f"{where}, step", given["step"])
    if step is not None and (log or step <= 0):
        raise InvalidArgument(f"{where}, step", "a step above 0 of a range that is not logarithmic", step)
    points = given.get("points")
    return Number(low, high, log, step, None if points is None else checks.integer(f"{where}, points", points, 1))


def _plain(where: str, value: Any) -> float:
    checks.number(where, value)
    return value  # type: ignore[no-any-return]


def _choice(where: str, given: Sequence[Any]) -> Node:
    if not isinstance(given, list | tuple) or not given:
        raise InvalidArgument(where, "a list of choices", given)
    inner: dict[Any, Node] = {}
    for i, option in enumerate(given):
        made = _node(f"{where}, choice {i + 1}", option) if isinstance(option, Mapping) else _constant(option)
        if label(option) in inner:
            raise InvalidArgument(where, "choices that differ", Told(f"{label(option)!r} twice"))
        inner[label(option)] = made
    leaf = Choice(tuple(inner))

    def draw_one(name: str, draw: Draw) -> Any:
        chosen = draw(name, leaf)
        return inner[chosen](f"{name}.{chosen}", draw)

    return draw_one


def _constant(value: Any) -> Node:
    return lambda name, draw: value


def _layers(where: str, given: Mapping[str, Any]) -> Node:
    for key in given:
        if key not in LAYERS:
            raise UnknownName(where, key, [*LAYERS, "when"])
    number, units = _node(f"{where}, number", given["number"]), _node(f"{where}, units", given["units"])
    shrink = _node(f"{where}, shrink", given["shrink"]) if "shrink" in given else None

    def draw_all(name: str, draw: Draw) -> list[int]:
        n = checks.integer(f"{where}, number", number(f"{name}.number", draw), minimum=0)
        if shrink is None:
            return [units(f"{name}.units.{i + 1}", draw) for i in range(n)]
        if n == 0:
            return []
        first = units(f"{name}.units", draw)
        share = shrink(f"{name}.shrink", draw) if n > 1 else 1.0
        return [max(1, round(first * share**i)) for i in range(n)]

    return draw_all


def _in_order(entries: Mapping[str, Entry], where: str) -> dict[str, Entry]:
    """The entries, each behind those that its condition asks for."""
    placed: dict[str, Entry] = {}
    left = dict(entries)
    while left:
        ready = [name for name, entry in left.items() if not set(entry.when) & set(left)]
        if not ready:
            raise InvalidArgument(where, "conditions that end somewhere", Told("a circle of " + ", ".join(left)))
        placed |= {name: left.pop(name) for name in ready}
    return placed


def at_edges(flat: Mapping[str, Any], leaves: Mapping[str, Leaf]) -> Iterator[tuple[str, str, Number]]:
    """(name, "low" or "high", range) of each number that lies at an end of its range."""
    for name, leaf in leaves.items():
        if isinstance(leaf, Number) and (side := leaf.edge(flat[name])):
            yield name, side, leaf
