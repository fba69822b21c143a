"""One thread at a time: what trains a model, counts in its metrics or overwrites its weights has it to itself."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from .. import checks
from ..errors import NotReady, Told

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M")

LONG = frozenset({"fit", "find_learning_rate"})  # nobody waits for these: they may take hours
PATIENCE = 0.05  # seconds after which one who waits looks what it is waiting for

_making = threading.Lock()


class Turn:
    """Who has a model now. A method may call others of its own thread, as callbacks do."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.doing: list[str] = []  # the methods that are running, each called by the one before

    @contextmanager
    def of(self, name: str, method: str) -> Iterator[None]:
        """Wait until no other thread is at work on the model, then have it; NotReady if that one takes long."""
        while not self.lock.acquire(timeout=PATIENCE):
            busy = next((m for m in tuple(self.doing) if m in LONG), None)
            if busy is not None:
                raise NotReady(
                    f"model {name!r}, {method}", "a model that no other thread is training", Told(f"one within {busy}"),
                    "Wait until that has returned, do it in a callback, or use a copy: copy.deepcopy(model).",
                )  # fmt: skip
        self.doing.append(method)
        try:
            yield
        finally:
            self.doing.pop()
            self.lock.release()


def alone(method: Callable[Concatenate[M, P], R]) -> Callable[Concatenate[M, P], R]:
    """Decorator of a model's method: while it runs in one thread, no other thread's call of such a method does. An
    argument that it does not take is refused as `by_name` refuses it."""
    known = checks.arguments_of(method)

    @functools.wraps(method)
    def taking_turns(self: M, /, *args: P.args, **kwargs: P.kwargs) -> R:
        checks.keywords(method.__name__, kwargs, known)
        with turn_of(self).of(getattr(self, "name", ""), method.__name__):
            return method(self, *args, **kwargs)

    return taking_turns


def turn_of(model: Any) -> Turn:
    """The turn of a model, made when it is first asked for; no copy takes it along."""
    found = model.__dict__.get("turn")
    if found is None:
        with _making:
            found = model.__dict__.setdefault("turn", Turn())
    return found  # type: ignore[no-any-return]
