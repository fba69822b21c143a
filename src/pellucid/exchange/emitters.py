"""Who writes what in another form: one table for each form of layers, by their classes, and others of ops and of
activations, by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..layers import Layer
from ..ops import Op

E = TypeVar("E")
F = TypeVar("F", bound=Callable[..., Any])

DEFAULTS = {"gelu": {"approximate": True}}  # of activations as ops, where they differ from the activation's own


class Emitters(dict[type[object], E]):
    """The emitter of each kind of layer."""

    def writes(self, *kinds: type[Layer]) -> Callable[[E], E]:
        """Decorator: this writes layers of these kinds."""

        def register(emitter: E) -> E:
            self.update(dict.fromkeys(kinds, emitter))
            return emitter

        return register


class ByName(dict[str, Callable[..., E]]):
    """The emitter of each op or activation."""

    def writes(self, function: F) -> F:
        """Decorator: this writes what is called as it is."""
        self[function.__name__] = function
        return function


def as_activation(op: Op) -> dict[str, Any]:
    """The options of an op as those of the activation of the same name."""
    return {**DEFAULTS.get(op.operation.name, {}), **op.options}
