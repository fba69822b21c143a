"""Adagrad: divide the gradient by the root of the sum of all its squares so far.
Source: Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning", JMLR 12, 2011."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array
from ..program import Program
from .base import Optimizer, optimizers
from .lowering import Stretch
from .options import OptimizerOptions


def adagrad(w: Array, g: Array, a: Array, *, lr: float, epsilon: float = 1e-7) -> tuple[Array, Array]:
    """a ← a + g²;  w ← w − lr·g / √(a + ε)."""
    a = a + g * g
    return w - lr * g / np.sqrt(a + epsilon), a


@optimizers.add()
class Adagrad(Optimizer):
    """a ← a + g², w ← w − lr · g / √(a + epsilon); a starts at initial_accumulator_value.

    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> Adagrad(learning_rate=0.1, initial_accumulator_value=0.0).apply([np.array([4.0, -0.5])], [w])
    >>> w.round(3)
    array([0.9, 1.1])

    Source: Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
    JMLR 12, 2011. PyTorch adds epsilon outside the root, √a + ε, and starts a at 0.
    """

    formula = "a ← a + g², w ← w − lr·g / √(a + ε)"

    slots = ("accumulator",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value = checks.number(
            self.where("initial_accumulator_value"), initial_accumulator_value, minimum=0
        )
        self.epsilon = checks.number(self.where("epsilon"), epsilon, minimum=0)

    def slots_at_start(self, w: Array) -> dict[str, Array]:
        return {"accumulator": np.full_like(w, self.initial_accumulator_value)}

    def update(self, w: Array, g: Array, s: Mapping[str, Array], lr: float, t: int) -> tuple[Array, dict[str, Array]]:
        w, a = adagrad(w, g, s["accumulator"], lr=lr, epsilon=self.epsilon)
        return w, {"accumulator": a}

    def lower_update(self, code: Program, s: Stretch) -> None:
        s.update(code, "adagrad", self.slots, self.epsilon)
