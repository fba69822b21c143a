"""What the regularizers of a network's parameters add to its loss, and to its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..arrays import Array, Arrays
from ..program import Program
from ..regularizers import Regularizer
from .holding import Parameter


class HasParameters(Protocol):
    """A network whose parameters exist."""

    @property
    def specs(self) -> Sequence[Parameter]: ...
    def trains(self, name: str) -> bool: ...


def penalised(network: HasParameters) -> list[tuple[str, Regularizer]]:
    """(name, regularizer) of the parameters that have one, and are trained: what is frozen adds nothing to the loss, as
    in Keras."""
    having = ((s.name, s.regularizer) for s in network.specs if s.trainable)
    return [(name, regularizer) for name, regularizer in having if regularizer is not None and network.trains(name)]


def penalty(network: HasParameters, p: Arrays, cache: Any) -> float:
    """The regularizers' sum, over parameters and activities."""
    return sum((regularizer(p[name]) for name, regularizer in penalised(network)), start=cache.penalty)


def penalty_gradients(network: HasParameters, p: Arrays) -> dict[str, Array]:
    """The gradient of the parameters' penalties."""
    return {name: regularizer.grad(p[name]) for name, regularizer in penalised(network)}


def lower_penalties(network: HasParameters, code: Program) -> None:
    """Emit the parameters' penalties, added to the loss, and their gradients, added to those of what is trained."""
    sums = [r.lower(code, code.parameter(name), code.gradient(name)) for name, r in penalised(network)]
    for found in sums:
        code.emit("penalty.total", found, found.size // 2)
