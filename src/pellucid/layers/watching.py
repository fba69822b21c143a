"""What lies deeper than the attributes of a layer of one's own and may change without its notice: the content of lists,
dicts, sets, arrays and objects of other classes, and what layers in it keep under the names of their arguments."""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..registry import Part, Revision, arguments, is_ours

PLAIN = (str, bytes, bool, int, float, complex, type(None))
STILL = (*PLAIN, type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType)

Content = list[tuple[Any, Any]]  # (key, value) of what something holds


class Watch:
    """What is below some attributes, as it was when this was made.

    >>> sizes = [1, 2]
    >>> watch = Watch({"sizes": sizes})
    >>> sizes[0] = 5
    >>> watch.differs()
    True
    """

    def __init__(self, held: Mapping[str, Any]) -> None:
        found = list(_below(held))
        self.parts = [(one, content) for one, content in found if isinstance(one, Part)]
        self.others = [(one, content) for one, content in found if not isinstance(one, Part)]
        self._follow()

    def _follow(self) -> None:
        self.revision: Revision | None = Revision()
        for part, _ in self.parts:
            self.revision.follow(part)
        self.edits = self.revision.edits

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "revision": None}  # no copy of a part tells it of its changes

    def differs(self) -> bool:
        """Whether something has another content by now. Parts tell when they are changed; all else is looked at."""
        if self.revision is None or self.revision.edits != self.edits:
            self._follow()
            if _changed(self.parts):
                return True
        return _changed(self.others)


def _below(held: Mapping[str, Any]) -> Iterator[tuple[Any, Content]]:
    """Each thing whose content may change, and its content now."""
    met, waiting = set[int](), list(held.values())
    while waiting:
        one = waiting.pop()
        if isinstance(one, STILL) or id(one) in met:
            continue
        met.add(id(one))
        content = list(_content(one))
        waiting += [value for _, value in content if value is not one]
        if content or isinstance(one, list | dict | set):
            yield one, [(key, value.copy() if value is one else value) for key, value in content]


def _changed(before: list[tuple[Any, Content]]) -> bool:
    return any(not _same(content, list(_content(one))) for one, content in before)


def _content(one: Any) -> Iterator[tuple[Any, Any]]:
    """(key, value) of what it holds; of an array itself."""
    if isinstance(one, np.ndarray):
        yield one.shape, one
    elif isinstance(one, Mapping):
        yield from list(one.items())
    elif isinstance(one, list | tuple | set | frozenset):
        yield from enumerate(one)
    elif isinstance(one, Part):
        names = {*arguments(type(one)), *own_names(one)} - {"dtype"}  # which is that of the model
        yield from ((name, value) for name, value in vars(one).items() if name in names)
    elif not is_ours(type(one)):
        fields = [field.name for field in dataclasses.fields(one)] if dataclasses.is_dataclass(one) else []
        yield from (
            (name, getattr(one, name, None)) for name in {**getattr(one, "__dict__", {}), **dict.fromkeys(fields)}
        )


def own_names(part: Part) -> list[str]:
    """The attributes of a part with a `call` of its author's that the library's classes do not speak of."""
    known = declared(type(part)) if hasattr(part, "call") else vars(part)  # type: ignore[arg-type]
    return [name for name in vars(part) if name not in known]


@functools.cache
def declared(cls: type) -> frozenset[str]:
    """The attributes that the library's classes among its bases speak of."""
    ours = [base for base in cls.__mro__ if is_ours(base)]
    return frozenset(name for base in ours for name in (*vars(base), *vars(base).get("__annotations__", ())))


def _same(a: Content, b: Content) -> bool:
    return len(a) == len(b) and all(k == j and _alike(x, y) for (k, x), (j, y) in zip(a, b, strict=True))


def _alike(x: Any, y: Any) -> bool:
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
        return x is y or (x.dtype == y.dtype and np.array_equal(x, y, equal_nan=x.dtype.kind in "fc"))
    return x is y or (type(x) is type(y) and isinstance(x, PLAIN) and (x == y or x != x))
