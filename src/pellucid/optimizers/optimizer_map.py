"""OptimizerMap: which optimizer steps which parameter, by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from ..errors import InvalidArgument, Told, WrongType
from ..registry import Family, Part
from .base import Optimizer, optimizers

maps: Family[OptimizerMap] = Family("optimizer map", "keras.optimizers")


@maps.add()
class OptimizerMap(Part, MutableMapping[str, Optimizer]):
    """The optimizer of a name: that of the key that is the name, else of the one key that matches it, else the default.

    A key is a name such as "dense/kernel", or a regular expression for the whole of one, such as "dense/.*".

    >>> from pellucid.optimizers import SGD, Adam
    >>> by_name = OptimizerMap(SGD(), {"hidden/.*": Adam()})
    >>> by_name["hidden/kernel"].name, by_name["out/kernel"].name
    ('adam', 'sgd')

    In Keras the names in a `Sequential` begin with the model's own, "sequential/dense/kernel"; here none do.
    """

    family = maps

    def __init__(self, default_optimizer: Any, optimizer_map: Mapping[str, Any] | None = None) -> None:
        self.default_optimizer = _one(self.where("default_optimizer"), default_optimizer)
        self.optimizer_map: dict[str, Optimizer] = {}
        if not isinstance(optimizer_map, Mapping | None):
            raise WrongType(self.where("optimizer_map"), "a dictionary of optimizers", optimizer_map)
        self.update(optimizer_map or {})

    def __getitem__(self, key: str) -> Optimizer:
        if key in self.optimizer_map:
            return self.optimizer_map[key]
        matching = [pattern for pattern in self.optimizer_map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise InvalidArgument(f"OptimizerMap, {key!r}", "one key that matches it", Told(", ".join(matching)))
        return self.optimizer_map[matching[0]] if matching else self.default_optimizer

    def __setitem__(self, key: str, optimizer: Any) -> None:
        where = f"OptimizerMap, key {key!r}"
        if not isinstance(key, str):
            raise WrongType(where, "a name or a regular expression", key)
        if key in self.optimizer_map:
            raise InvalidArgument(where, "a key that it does not have yet", Told("one that it has"), "Delete it first.")
        try:
            re.compile(key)
        except (re.error, OverflowError, RecursionError) as problem:
            raise InvalidArgument(where, "a name or a regular expression", Told(str(problem))) from None
        self.optimizer_map[key] = _one(where, optimizer)

    def __delitem__(self, key: str) -> None:
        del self.optimizer_map[key]

    def __len__(self) -> int:
        return len(self.optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self.optimizer_map)

    def __contains__(self, key: object) -> bool:
        return key in self.optimizer_map

    def __call__(self, variable: Any) -> Optimizer:
        """The optimizer of a variable, by its path."""
        return self[variable.path]

    def all_match(self, where: str, names: Iterable[str]) -> None:
        """Refuse a key that none of these names is meant by."""
        names = list(names)
        for key in self.optimizer_map:
            if not any(key == name or re.fullmatch(key, name) for name in names):
                raise InvalidArgument(
                    f"{where}, OptimizerMap", f"keys that match a parameter: {', '.join(names)}", key,
                    "Unlike Keras's, names do not begin with the model's own.",
                )  # fmt: skip


def _one(where: str, given: Any) -> Optimizer:
    """An optimizer that has parameters of its own to step."""
    found = optimizers.get(given, where)
    if hasattr(found, "optimizers"):
        raise InvalidArgument(where, "an optimizer that has no others in it", Told(type(found).__name__))
    return found
