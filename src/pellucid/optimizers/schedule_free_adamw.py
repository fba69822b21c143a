"""ScheduleFreeAdamW: no schedule; the average of the steps takes its place.
Source: Defazio et al., "The road less scheduled", NeurIPS 2024."""

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


def schedule_free_adamw(
    y: Array,
    g: Array,
    z: Array,
    v: Array,
    *,
    lr: float,
    t: int,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Array, Array, Array]:
    """x = (y − (1 − β₁)z) / β₁;  v ← β₂v + (1 − β₂)g²;  z ← z − lr · g / (√(v / (1 − β₂ᵗ)) + ε);
    x ← (1 − 1/t)x + z/t;  y ← (1 − β₁)z + β₁x.
    """
    x = (y - (1 - beta_1) * z) / beta_1
    v = v + (1 - beta_2) * (g * g - v)
    z = z - lr * g / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
    x = (1 - 1 / t) * x + z / t
    return (1 - beta_1) * z + beta_1 * x, z, v


@optimizers.add("schedulefreeadamw", "schedule_free_adamw")
class ScheduleFreeAdamW(Optimizer):
    """Adam's steps z ← z − lr · g / (√v̂ + epsilon), their average x, and the weights y = (1 − β₁)z + β₁x between.

    The learning rate rises in a straight line over the first warmup_steps; after that it needs no schedule.

    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> ScheduleFreeAdamW(learning_rate=0.1).apply([np.array([4.0, -0.5])], [w])
    >>> w.round(3)
    array([0.9, 1.1])

    Source: Defazio et al., "The road less scheduled", NeurIPS 2024.
    The paper evaluates at x; Keras, and this, leave the weights at y. PyTorch has no such optimizer.
    """

    formula = "x = (w − (1 − β₁)z)/β₁, z ← z − lr·g / (√v̂ + ε), x ← (1 − 1/t)x + z/t, w ← (1 − β₁)z + β₁x"

    slots = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = checks.number(self.where("beta_1"), beta_1, above=0, below=1)
        self.beta_2 = self.fraction("beta_2", beta_2)
        self.epsilon = checks.number(self.where("epsilon"), epsilon, minimum=0)
        self.warmup_steps = checks.integer(self.where("warmup_steps"), warmup_steps, 0)

    def slots_at_start(self, w: Array) -> dict[str, Array]:
        return {"momentum": w.copy(), "velocity": np.zeros_like(w)}

    def update(self, w: Array, g: Array, s: Mapping[str, Array], lr: float, t: int) -> tuple[Array, dict[str, Array]]:
        lr *= min(t / self.warmup_steps, 1.0) if self.warmup_steps else 1.0
        z, v = s["momentum"], s["velocity"]
        w, z, v = schedule_free_adamw(
            w, g, z, v, lr=lr, t=t, beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.epsilon
        )
        return w, {"momentum": z, "velocity": v}

    def lower_update(self, code: Program, s: Stretch) -> None:
        s.update(code, "schedule_free_adamw", self.slots, self.beta_1, self.beta_2, self.epsilon, self.warmup_steps)
