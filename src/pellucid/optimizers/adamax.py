"""Adamax: Adam with the largest recent gradient in the place of the root mean square.
Source: Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, section 7.1."""

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


def adamax(
    w: Array,
    g: Array,
    m: Array,
    u: Array,
    *,
    lr: float,
    t: int,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[Array, Array, Array]:
    """m ← β₁m + (1 − β₁)g;  u ← max(β₂u, |g|);  w ← w − lr / (1 − β₁ᵗ) · m / (u + ε)."""
    m = m + (1 - beta_1) * (g - m)
    u = np.maximum(beta_2 * u, np.abs(g))
    return w - lr / (1 - beta_1**t) * m / (u + epsilon), m, u


@optimizers.add()
class Adamax(Optimizer):
    """m ← β₁m + (1 − β₁)g, u ← max(β₂u, |g|), w ← w − lr / (1 − β₁ᵗ) · m / (u + epsilon).

    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> Adamax(learning_rate=0.1).apply([np.array([4.0, -0.5])], [w])
    >>> w.round(3)
    array([0.9, 1.1])

    Source: Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, section 7.1.
    PyTorch adds epsilon to |g| inside the maximum; the paper has none.
    """

    formula = "m ← β₁m + (1 − β₁)g, u ← max(β₂u, |g|), w ← w − lr/(1 − β₁ᵗ)·m / (u + ε)"

    slots = ("momentum", "norm")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = self.fraction("beta_1", beta_1)
        self.beta_2 = self.fraction("beta_2", beta_2)
        self.epsilon = checks.number(self.where("epsilon"), epsilon, minimum=0)

    def update(self, w: Array, g: Array, s: Mapping[str, Array], lr: float, t: int) -> tuple[Array, dict[str, Array]]:
        w, m, u = adamax(
            w, g, s["momentum"], s["norm"], lr=lr, t=t, beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.epsilon
        )
        return w, {"momentum": m, "norm": u}

    def lower_update(self, code: Program, s: Stretch) -> None:
        s.update(code, "adamax", self.slots, self.beta_1, self.beta_2, self.epsilon)
