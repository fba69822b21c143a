"""Nadam: Adam with Nesterov's look ahead.
Source: Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array
from ..program import Program
from .adam import moments
from .base import Optimizer, optimizers
from .lowering import Stretch
from .options import OptimizerOptions


def momentum_of(t: int, beta_1: float) -> float:
    """μₜ = β₁ · (1 − 0.96ᵗ / 2): the momentum grows from half of β₁ to β₁."""
    return beta_1 * (1 - 0.5 * 0.96**t)


@lru_cache(maxsize=4096)
def momentum_product(t: int, beta_1: float) -> float:
    """Πₜ = μ₁ · μ₂ · ... · μₜ. From step 1000 on μ is β₁ to the last bit, so that a power of β₁ is left.

    >>> momentum_product(1, 0.9) == momentum_of(1, 0.9)
    True
    """
    product = 1.0
    for i in range(1, min(t, 1000) + 1):
        product *= momentum_of(i, beta_1)
    return product * beta_1 ** max(t - 1000, 0)


def nadam(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    *,
    lr: float,
    t: int,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> tuple[Array, Array, Array]:
    """m, v as Adam's;  m̂ = μₜ₊₁ · m / (1 − Πₜ₊₁) + (1 − μₜ) · g / (1 − Πₜ);
    w ← w − lr · m̂ / (√(v / (1 − β₂ᵗ)) + ε).
    """
    m, v = moments(g, m, v, beta_1, beta_2)
    ahead = momentum_of(t + 1, beta_1) / (1 - momentum_product(t + 1, beta_1))
    now = (1 - momentum_of(t, beta_1)) / (1 - momentum_product(t, beta_1))
    return w - lr * (ahead * m + now * g) / (np.sqrt(v / (1 - beta_2**t)) + epsilon), m, v


@optimizers.add()
class Nadam(Optimizer):
    """m and v as Adam's, m̂ = μₜ₊₁ · m / (1 − Πₜ₊₁) + (1 − μₜ) · g / (1 − Πₜ), w ← w − lr · m̂ / (√(v / (1 − β₂ᵗ)) + ε)
    with μₜ = β₁ · (1 − 0.96ᵗ / 2) and Πₜ = μ₁ · ... · μₜ.

    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> Nadam(learning_rate=0.1, beta_1=0.0).apply([np.array([4.0, -0.5])], [w])
    >>> w.round(3)
    array([0.9, 1.1])

    Source: Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016.
    PyTorch's μₜ grows 250 times as slowly, with 0.96^(0.004·t); with its momentum_decay=1 the numbers agree.
    """

    formula = "m and v as Adam's, m̂ = μₜ₊₁·m/(1 − Πₜ₊₁) + (1 − μₜ)·g/(1 − Πₜ), w ← w − lr·m̂ / (√(v/(1 − β₂ᵗ)) + ε)"

    slots = ("momentum", "velocity")

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
        m, v = s["momentum"], s["velocity"]
        w, m, v = nadam(w, g, m, v, lr=lr, t=t, beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.epsilon)
        return w, {"momentum": m, "velocity": v}

    def lower_update(self, code: Program, s: Stretch) -> None:
        s.update(code, "nadam", self.slots, self.beta_1, self.beta_2, self.epsilon)

    def saved_last(self, dtype: np.dtype[Any]) -> list[tuple[str, Array]]:
        return [("variable", np.array(momentum_product(self.iterations, self.beta_1), dtype))]
