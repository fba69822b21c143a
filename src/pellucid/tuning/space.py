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

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import checks
from ..errors import InvalidArgument, Told, UnknownName, WrongType
from .leaves import MOST_IN_GRID, Choice, Leaf, Number, label, long_label, too_many

RANGE = ("low", "high", "log", "step", "points")
LAYERS = ("number", "units", "shrink")
LARGEST = 2**53  # of whole numbers: up to here all are floats, too
MOST_LAYERS = 1000

Draw = Callable[[str, Leaf], Any]
Node = Callable[[str, Draw], Any]  # what stands at a name: draws what it needs, gives a value


@dataclass(frozen=True)
class Entry:
    """What is searched under one name, and when."""

    draw: Node
    when: Mapping[str, Sequence[Any]]

    def first(self, name: str) -> tuple[str, Leaf] | None:
        """What is drawn first, by its full name; None of a constant. If that is the entry's own name, it decides it."""
        drawn: list[tuple[str, Leaf]] = []

        def draw(name: str, leaf: Leaf) -> Any:
            drawn.append((name, leaf))
            raise _Open

        with suppress(_Open):
            self.draw(name, draw)
        return drawn[0] if drawn else None


@dataclass(frozen=True)
class Space:
    """Everything that is searched, by its names."""

    entries: Mapping[str, Entry]
    plain: Mapping[str, Any]  # as it was given, in lists and tables

    @classmethod
    def of(cls, given: Mapping[str, Any], where: str = "space") -> Space:
        """The space of a table."""
        if not isinstance(given, Mapping) or not given:
            raise InvalidArgument(where, "a table of what is searched", given)
        entries = {}
        plain = _plain(where, given)
        for name, value in plain.items():
            at = f"{where}, {name}"
            when: Any = {}
            if isinstance(value, Mapping) and "when" in value:
                when, value = value["when"], {key: one for key, one in value.items() if key != "when"}
                if not isinstance(when, Mapping):
                    raise WrongType(f"{at}, when", "a table such as { batch_norm = true }", when)
                if set(value) == {"choices"}:
                    value = value["choices"]
            conditions = {key: one if isinstance(one, list) else [one] for key, one in when.items()}
            entries[name] = Entry(_node(at, value), conditions)
            if isinstance(value, Mapping) and not {"class", "number"} & {*value} and not entries[name].first(name):
                raise InvalidArgument(at, "a range { low, high }, or a list of choices", Told(str(dict(value))))
        return cls(_in_order(entries, where), plain)

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
                raise too_many()
        return done

    def corners(self, base: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Points, each by its full names, among which are all choices and both ends of all ranges; the first is the
        first of everything."""
        points: list[dict[str, Any]] = []
        waiting: list[dict[str, Any]] = [{}]
        seen: set[tuple[str, Any]] = set()
        while waiting:
            chosen = waiting.pop(0)
            point, leaves = self.flat(lambda name, leaf, at=chosen: at.get(name, leaf.ends()[0]), base)  # type: ignore[misc]
            points.append(point)
            for name, leaf in leaves.items():
                fresh = [end for end in leaf.ends()[1:] if (name, end) not in seen]
                seen |= {(name, end) for end in fresh}
                waiting += [{**chosen, name: end} for end in fresh]
        return points


class _Open(Exception):
    """Something is to be drawn that has not been decided."""


def as_drawn(flat: Mapping[str, Any]) -> Draw:
    """Draws again what was drawn before."""
    return lambda name, leaf: flat[name]


def _plain(where: str, given: Any) -> Any:
    """What a table holds as JSON has it: what the journal cannot keep, nobody could go on with."""
    if isinstance(given, Mapping):
        if words := [key for key in given if not isinstance(key, str)]:
            raise WrongType(where, "names", words[0])
        return {key: _plain(f"{where}, {key}", value) for key, value in given.items()}
    if isinstance(given, list | tuple | range | np.ndarray):
        return [_plain(where, value) for value in given]
    value = given.item() if isinstance(given, np.generic) else given
    if isinstance(value, int) and abs(value) > LARGEST:
        raise InvalidArgument(where, "whole numbers up to 2^53", Told("a larger one"))
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidArgument(where, "a finite number", value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise WrongType(where, "numbers, words, and lists or tables of them", value, "Name it, and make it of its name.")


def _node(where: str, given: Any) -> Node:
    if isinstance(given, list):
        return _choice(where, given)
    if not isinstance(given, Mapping):
        return _constant(given)
    if "when" in given:
        fix = "Within a choice it is drawn where that choice is."
        raise InvalidArgument(where, "when beside a name of the space only", Told("one further in"), fix)
    if "choices" in given:
        for key in given:
            if key != "choices":
                raise UnknownName(where, key, ["choices", "when"])
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
    low, high = (_number_of(f"{where}, {key}", given.get(key)) for key in ("low", "high"))
    if high < low:
        raise InvalidArgument(where, "a low that is no higher than high", Told(f"{low} and {high}"))
    if not math.isfinite(high - low):
        raise InvalidArgument(where, "a range of finite width", Told(f"{low} to {high}"))
    log = given.get("log", False)
    if not isinstance(log, bool):
        raise WrongType(f"{where}, log", "true or false", log)
    if log and low <= 0:
        raise InvalidArgument(where, "a low above 0, as the range is logarithmic", low)
    step = None if given.get("step") is None else _number_of(f"{where}, step", given["step"])
    if step is not None and (log or step <= 0):
        raise InvalidArgument(f"{where}, step", "a step above 0 of a range that is not logarithmic", step)
    points = given.get("points")
    return Number(low, high, log, step, None if points is None else checks.integer(f"{where}, points", points, 1))


def _number_of(where: str, value: Any) -> float:
    checks.number(where, value)
    return value  # type: ignore[no-any-return]


def _choice(where: str, given: Sequence[Any]) -> Node:
    if not isinstance(given, list) or not given:
        raise InvalidArgument(where, "a list of choices", given)
    inner: dict[Any, Node] = {}
    called = [label(option) for option in given]
    for i, option in enumerate(given):
        made = _node(f"{where}, choice {i + 1}", option) if isinstance(option, Mapping) else _constant(option)
        name = called[i] if called.count(called[i]) == 1 else long_label(option)
        if name in inner:
            fix = "Leave one out, or give them different settings."
            raise InvalidArgument(where, "choices that differ", Told(f"{name!r} twice"), fix)
        inner[name] = made
    leaf = Choice(tuple(inner), tuple(called))

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
        n = checks.integer(f"{where}, number", number(f"{name}.number", draw), 0, MOST_LAYERS)
        if shrink is None:
            return [units(f"{name}.units.{i + 1}", draw) for i in range(n)]
        if n == 0:
            return []
        first = checks.integer(f"{where}, units", units(f"{name}.units", draw), minimum=1)
        share = checks.number(f"{where}, shrink", shrink(f"{name}.shrink", draw), above=0) if n > 1 else 1.0
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
