"""Who writes what in another form: one table for each form of layers, by their classes, and others of ops and of
activations, by their names."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from ..activations import Activation
from ..layers import Layer
from ..ops import Op

E = TypeVar("E")
F = TypeVar("F", bound=Callable[..., Any])


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


def activation_of(op: Op) -> Activation | None:
    """The activation that an op is another way to call, if it is one."""
    known: Activation | None = op.operation.activation
    return None if known is None else known.bound(**op.options)


def settled(activation: Activation) -> dict[str, Any]:
    """All options of an activation in their order, those at their defaults among them.

    >>> from pellucid.activations import elu, threshold
    >>> settled(elu), settled(threshold.bound(default_value=0.0, threshold=1.0))
    ({'alpha': 1.0}, {'threshold': 1.0, 'default_value': 0.0})
    """
    defaults = {name: p.default for name, p in inspect.signature(activation.forward).parameters.items()}
    return {name: activation.options.get(name, defaults[name]) for name in activation.option_names}
