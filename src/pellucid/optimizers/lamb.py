"""Lamb: Adam's direction, scaled in each parameter to a step as long as lr times the parameter.
Source: You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", ICLR 2020."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array
from ..program import Program
from .adam import moments
from .base import Optimizer, optimizers
from .lowering import Stretch, lower_squares
from .options import OptimizerOptions


def lamb(
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
    """m, v as Adam's;  u = m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε);  w ← w − lr · ‖w‖ / ‖u‖ · u."""
    m, v = moments(g, m, v, beta_1, beta_2)
    u = m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
    w_norm, u_norm = float(np.linalg.norm(w)), float(np.linalg.norm(u))
    ratio = w_norm / u_norm if w_norm > 0 and u_norm > 0 else 1.0
    return w - ratio * lr * u, m, v


@optimizers.add()
class Lamb(Optimizer):
    """u = m̂ / (√v̂ + epsilon) with m̂ and v̂ as Adam's, w ← w − lr · ‖w‖ / ‖u‖ · u, parameter by parameter.

    Where ‖w‖ or ‖u‖ is zero the ratio is 1.

    >>> import numpy as np
    >>> w = np.array([3.0, 4.0])
    >>> Lamb(learning_rate=0.1).apply([np.array([4.0, -0.5])], [w])
    >>> w.round(3)
    array([2.646, 4.354])

    Source: You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", ICLR 2020, where the
    weight decay is part of u; in Keras, and here, it goes before the step. PyTorch has no Lamb.
    """

    formula = "u = m̂ / (√v̂ + ε) with m̂ and v̂ as Adam's, w ← w − lr·‖w‖/‖u‖·u"

    slots = ("momentum", "velocity")
    elementwise = False

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
        w, m, v = lamb(w, g, m, v, lr=lr, t=t, beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.epsilon)
        return w, {"momentum": m, "velocity": v}

    def lower_update(self, code: Program, s: Stretch) -> None:
        m, v, u = s.slots["momentum"], s.slots["velocity"], code.block((s.size,))
        numbers = self.beta_1, self.beta_2, self.epsilon
        code.emit("lamb.direction", s.size, s.every, s.g, m, v, u, *map(float, numbers))
        w_squares, u_squares = lower_squares(code, (s.w, u), s.every)
        code.emit("lamb.step", s.size, s.every, s.w, u, w_squares, u_squares, w_squares.size // 2)
