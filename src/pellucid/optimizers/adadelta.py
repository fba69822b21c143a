"""Adadelta: steps as large, on average, as the steps before, divided by the size of the gradient.
Source: Zeiler, "ADADELTA: an adaptive learning rate method", arXiv:1212.5701, 2012."""

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


def adadelta(
    w: Array, g: Array, v: Array, d: Array, *, lr: float, rho: float = 0.95, epsilon: float = 1e-7
) -> tuple[Array, Array, Array]:
    """v ← ρv + (1 − ρ)g²;  Δ = g·√(d + ε) / √(v + ε);  d ← ρd + (1 − ρ)Δ²;  w ← w − lr·Δ."""
    v = rho * v + (1 - rho) * g * g
    delta = np.sqrt(d + epsilon) * g / np.sqrt(v + epsilon)
    d = rho * d + (1 - rho) * delta * delta
    return w - lr * delta, v, d


@optimizers.add()
class Adadelta(Optimizer):
    """v ← rho · v + (1 − rho) · g², Δ = g · √(d + epsilon) / √(v + epsilon), d ← rho · d + (1 − rho) · Δ²,
    w ← w − lr · Δ.

    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> Adadelta(learning_rate=1.0, rho=0.0, epsilon=0.01).apply([np.array([4.0, -0.5])], [w])
    >>> w.round(3)
    array([0.9  , 1.098])

    Source: Zeiler, "ADADELTA: an adaptive learning rate method", arXiv:1212.5701, 2012, where lr is 1, as in PyTorch;
    Keras's default is 0.001.
    """

    formula = "v ← ρv + (1 − ρ)g², Δ = g·√(d + ε)/√(v + ε), d ← ρd + (1 − ρ)Δ², w ← w − lr·Δ"

    slots = ("accumulated_grad", "accumulated_delta_var")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = self.fraction("rho", rho)
        self.epsilon = checks.number(self.where("epsilon"), epsilon, minimum=0)

    def update(self, w: Array, g: Array, s: Mapping[str, Array], lr: float, t: int) -> tuple[Array, dict[str, Array]]:
        v, d = s["accumulated_grad"], s["accumulated_delta_var"]
        w, v, d = adadelta(w, g, v, d, lr=lr, rho=self.rho, epsilon=self.epsilon)
        return w, {"accumulated_grad": v, "accumulated_delta_var": d}

    def lower_update(self, code: Program, s: Stretch) -> None:
        s.update(code, "adadelta", self.slots, self.rho, self.epsilon)
