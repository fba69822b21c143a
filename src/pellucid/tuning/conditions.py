"""Conditions of a space that can never hold: what depends on them would never be drawn, and nobody would be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InvalidArgument, Told, UnknownName
from .leaves import Choice, label
from .space import Space

Needed = dict[str, Sequence[Any]]  # of each name, the values that it may have


def check_conditions(space: Space, base: Mapping[str, Any]) -> None:
    """Raise where a condition asks for what is not there. base: the values of names that are not searched."""
    for name, entry in space.entries.items():
        at = f"space, {name}, when"
        for key, allowed in entry.when.items():
            if key not in space.entries and key not in base:
                raise UnknownName(at, key, [*space.entries, *base])
            _check_values(f"{at}, {key}", allowed, space, key, base)
    for name in space.entries:
        _needed(space, name, base)


def _check_values(at: str, allowed: Sequence[Any], space: Space, key: str, base: Mapping[str, Any]) -> None:
    if key not in space.entries:
        if label(base[key]) not in allowed:
            fix = "Search it, too, or leave the condition out."
            raise InvalidArgument(at, "a condition that can hold", Told(f"one of what is always {base[key]!r}"), fix)
        return
    name, leaf = space.entries[key].first(key) or ("", None)
    if leaf is None or name != key:
        return  # made of several values, or a constant
    for value in allowed:
        if leaf.has(value) or value == label(base.get(key)):
            continue
        if isinstance(leaf, Choice) and isinstance(value, str):
            raise UnknownName(at, value, map(str, leaf.called))
        told = ", ".join(map(str, leaf.options)) if isinstance(leaf, Choice) else f"{leaf.low} to {leaf.high}"
        raise InvalidArgument(at, f"what it may be: {told}", value)


def _needed(space: Space, name: str, base: Mapping[str, Any]) -> Needed:
    """What must hold for a name to be drawn: its condition, and those of what its condition wants to be drawn."""
    found: Needed = dict(space.entries[name].when)
    for key, allowed in space.entries[name].when.items():
        if key in space.entries and (key not in base or label(base[key]) not in allowed):
            for further, values in _needed(space, key, base).items():
                found[further] = [value for value in values if value in found.get(further, values)]
                if not found[further]:
                    told = Told(f"some that want {further} to be different things")
                    raise InvalidArgument(f"space, {name}, when", "conditions that can hold together", told)
    return found
