"""ExponentialDecay: lr = lr₀ · rate^(step / steps)."""

from __future__ import annotations

import math

from ... import checks
from .base import LearningRateSchedule, rate, schedules, steps


@schedules.add()
class ExponentialDecay(LearningRateSchedule):
    """Multiply the learning rate by decay_rate over every decay_steps: lr = initial · decay_rate^(step / decay_steps).

    With staircase=True the exponent is rounded down, so that the rate falls in jumps.

    >>> lr = ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
    >>> lr(0), lr(10), lr(20)
    (0.1, 0.05, 0.025)
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = rate(self.where("initial_learning_rate"), initial_learning_rate)
        self.decay_steps = steps(self.where("decay_steps"), decay_steps)
        self.decay_rate = checks.number(self.where("decay_rate"), decay_rate, above=0)
        self.staircase = bool(staircase)
        self.name = name

    def __call__(self, step: int) -> float:
        p = step / self.decay_steps
        return float(self.initial_learning_rate * self.decay_rate ** (math.floor(p) if self.staircase else p))
