"""What looking into a model needs of it, and a copy to do it on, so that nothing of the model itself changes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from ..errors import InvalidArgument, Told
from ..layers import Layer
from ..training.base import TrainableModel

T = TypeVar("T")


class Inspected(TrainableModel, Protocol):
    """A built model that can say what it is made of; compiled, where a step is to be looked at."""

    @property
    def name(self) -> str: ...
    def leaves(self) -> Iterator[tuple[str, Layer]]: ...
    def build(self, input_shape: Sequence[int | None]) -> None: ...


def copied(model: T, where: str) -> T:
    """A copy with parameters, optimizer and parts of its own. `where` is told where a part cannot be copied."""
    try:
        return copy.deepcopy(model)
    except TypeError as problem:  # a part of the user's own that holds a lock, a file, ...
        raise InvalidArgument(where, "a model whose parts can be copied", Told(str(problem))) from problem


Seen = Callable[[tuple[Any, ...], Any], None]  # (arguments, result)


def watch(part: Any, method: str, before: Callable[..., None] | None = None, after: Seen | None = None) -> None:
    """From now on, `before` (with all arguments) and `after(arguments, result)` are told of each call of this method.

    For copies only: the part itself is changed, though not what it computes.
    """
    plain = getattr(part, method)

    def watched(*args: Any, **options: Any) -> Any:
        if before is not None:
            before(*args, **options)
        found = plain(*args, **options)
        if after is not None:
            after(args, found)
        return found

    part.__dict__[method] = watched


def unwatch(part: Any) -> None:
    """Call the part's own methods again."""
    for name in [name for name, value in vars(part).items() if getattr(value, "__name__", "") == "watched"]:
        del part.__dict__[name]


def own(part: Any, attribute: str, method: str) -> Any:
    """What a class says of itself; None if a class derived from it has a method of its own, of which it is not true."""
    owner = {name: cls for cls in reversed(type(part).__mro__) for name in vars(cls)}
    return getattr(part, attribute) if issubclass(owner[attribute], owner[method]) else None
