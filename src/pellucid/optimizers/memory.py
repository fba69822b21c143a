"""What an optimizer remembers of the parameters it trains: vectors laid out like theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from ..arrays import Array, Flat, Shape
from ..errors import InvalidArgument, ShapeError, Told


class Memory:
    """The slots of a rule, the average of the weights, the gradients accumulated so far; all for one layout."""

    def __init__(
        self, theta: Flat, slots: Mapping[str, Mapping[str, Array]], *, averaging: bool, accumulating: bool
    ) -> None:
        self.shapes: dict[str, Shape] = theta.shapes
        self.dtype = theta.data.dtype
        self.slots: dict[str, Flat] = {}
        for slot in dict.fromkeys(slot for given in slots.values() for slot in given):
            starts = {name: given[slot] for name, given in slots.items() if slot in given}
            self.slots[slot] = Flat({name: start.shape for name, start in starts.items()}, self.dtype)
            for name, start in starts.items():
                self.slots[slot][name] = start
        self.average: Flat | None = Flat(theta.shapes, data=theta.data.copy()) if averaging else None
        self.accumulated: Flat | None = theta.like() if accumulating else None

    def fits(self, theta: Flat) -> bool:
        """Whether a vector has the layout this was made for."""
        return list(self.shapes.items()) == list(theta.shapes.items()) and self.dtype == theta.data.dtype

    def of(self, name: str) -> dict[str, Array]:
        """The slots of one parameter, each a view."""
        return {slot: flat[name] for slot, flat in self.slots.items() if name in flat}

    def within(self, run: slice) -> dict[str, Array]:
        """The slots of a run of parameters, each a view; every slot must be laid out like the parameters."""
        return {slot: flat.data[run] for slot, flat in self.slots.items()}

    def vectors(self) -> dict[str, Array]:
        """Everything remembered, by name."""
        vectors = {f"slots/{slot}": flat.data for slot, flat in self.slots.items()}
        if self.average is not None:
            vectors["average"] = self.average.data
        if self.accumulated is not None:
            vectors["accumulated"] = self.accumulated.data
        return vectors


def runs(theta: Flat, names: Sequence[str]) -> list[slice]:
    """The parts of the vector that some parameters (in the vector's order) take, neighbours joined.

    >>> runs(Flat({"a": (2,), "b": (3,), "c": (4,), "d": (1,)}), ["a", "b", "d"])
    [slice(0, 5, None), slice(9, 10, None)]
    """
    joined: list[slice] = []
    for name in names:
        where = theta.slices[name]
        if joined and joined[-1].stop == where.start:
            joined[-1] = slice(joined[-1].start, where.stop)
        else:
            joined.append(where)
    return joined


def blocks(parts: Sequence[slice], size: int = 16384) -> Iterator[slice]:
    """The same parts, long ones cut to blocks whose intermediate results stay in the processor's cache.

    >>> list(blocks([slice(0, 5), slice(9, 10)], size=3))
    [slice(0, 3, None), slice(3, 5, None), slice(9, 10, None)]
    """
    for part in parts:
        for start in range(part.start, part.stop, size):
            yield slice(start, min(start + size, part.stop))


def assign(where: str, targets: Mapping[str, Array], values: Mapping[str, Array]) -> None:
    """Overwrite arrays by name, all or none: names and shapes are checked first."""
    if targets.keys() != values.keys():
        raise InvalidArgument(where, f"the entries {', '.join(targets)}", list(values))
    for name, target in targets.items():
        if np.shape(values[name]) != target.shape:
            raise ShapeError(f"{where}, {name}", f"shape {target.shape}", np.shape(values[name]))
    for name, target in targets.items():
        target[...] = values[name]


def assign_in_order(
    where: str, targets: Sequence[tuple[str, Array]], values: Sequence[tuple[str, Array] | Array]
) -> None:
    """`assign` by position: targets are (name, array), values the same or bare arrays."""
    if len(values) != len(targets):
        raise InvalidArgument(where, f"{len(targets)} arrays", Told(f"{len(values)}"))
    numbered = [f"{i} ({name})" for i, (name, _) in enumerate(targets)]
    given = [np.asarray(v[1] if isinstance(v, tuple) else v) for v in values]
    assign(where, dict(zip(numbered, (a for _, a in targets), strict=True)), dict(zip(numbered, given, strict=True)))


def in_order(names: Sequence[str], groups: Iterable[Sequence[str]], memory: Memory) -> Iterator[tuple[str, str, Array]]:
    """(parameter, what, view) for all that is remembered, in the order in which Keras makes these variables:
    averages, accumulated gradients, then group after group of slots, those of one group parameter by parameter.
    """
    for what, flat in (("average", memory.average), ("gradient_accumulator", memory.accumulated)):
        if flat is not None:
            for name in names:
                yield name, what, flat[name]
    for group in groups:
        for name in names:
            for slot in group:
                if name in memory.slots.get(slot, ()):
                    yield name, slot, memory.slots[slot][name]
