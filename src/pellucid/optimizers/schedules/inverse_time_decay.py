"""InverseTimeDecay: lr = lr₀ / (1 + rate · step / steps)."""

from __future__ import annotations

import math

from ... import checks
from .base import LearningRateSchedule, rate, schedules, steps


@schedules.add()
class InverseTimeDecay(LearningRateSchedule):
    """Divide the learning rate by a number that grows with time: lr = initial / (1 + decay_rate · step / decay_steps).

    With staircase=True, step / decay_steps is rounded down, so that the rate falls in jumps.

    >>> lr = InverseTimeDecay(0.1, decay_steps=10, decay_rate=1.0)
    >>> lr(0), lr(10), lr(30)
    (0.1, 0.05, 0.025)

    Source: Robbins & Monro, "A stochastic approximation method", 1951: rates that fall like 1/t let the steps converge.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = rate(self.where("initial_learning_rate"), initial_learning_rate)
        self.decay_steps = steps(self.where("decay_steps"), decay_steps)
        self.decay_rate = checks.number(self.where("decay_rate"), decay_rate, minimum=0)
        self.staircase = bool(staircase)
        self.name = name

    def __call__(self, step: int) -> float:
        p = step / self.decay_steps
        return float(self.initial_learning_rate / (1 + self.decay_rate * (math.floor(p) if self.staircase else p)))
