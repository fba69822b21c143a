"""Names that ops go by, too: `ops.nn.relu` is `ops.relu`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from ..errors import UnknownName


class UnknownOp(UnknownName, AttributeError):
    """A name of `pellucid.ops` that there is none of; an AttributeError, as Python has it."""


def found_in_ops(where: str, names: Sequence[str]) -> Callable[[str], Any]:
    """A module's `__getattr__`: the op of each of these names."""

    def getattribute(name: str) -> Any:
        if name in names:
            return getattr(import_module(__package__ or ""), name)
        if name.startswith("_"):
            raise AttributeError(f"module {where!r} has no attribute {name!r}")
        raise UnknownOp(where, name, [*names])

    return getattribute
