"""One step of a network while it is written in another form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

W = TypeVar("W")  # what is being written
V = TypeVar("V")  # what stands there for a value


@dataclass
class StepAt(Generic[W, V]):
    """A step being written: a layer, and the values that it reads."""

    writing: W
    layer: Any
    path: str
    label: str
    xs: list[V]

    @property
    def x(self) -> V:
        """Its one input."""
        return self.xs[0]
