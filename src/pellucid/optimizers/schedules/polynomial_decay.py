"""PolynomialDecay: lr = (lr₀ − lr₁) · (1 − step / steps)^power + lr₁."""

from __future__ import annotations

import math

from ... import checks
from .base import LearningRateSchedule, rate, schedules, steps


@schedules.add()
class PolynomialDecay(LearningRateSchedule):
    """Go from one learning rate to another in decay_steps: lr = (initial − end) · (1 − step / decay_steps)^power + end.

    After decay_steps the rate stays at the end; with cycle=True decay_steps grows to its next multiple instead, so
    that the rate jumps up and falls again.

    >>> lr = PolynomialDecay(0.5, decay_steps=10, end_learning_rate=0.0)
    >>> lr(0), lr(5), lr(10), lr(99)
    (0.5, 0.25, 0.0, 0.0)
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = rate(self.where("initial_learning_rate"), initial_learning_rate)
        self.decay_steps = steps(self.where("decay_steps"), decay_steps)
        self.end_learning_rate = rate(self.where("end_learning_rate"), end_learning_rate)
        self.power = checks.number(self.where("power"), power, minimum=0)
        self.cycle = bool(cycle)
        self.name = name

    def __call__(self, step: int) -> float:
        n = self.decay_steps
        if self.cycle:
            n *= max(math.ceil(step / n), 1)
        p = min(step, n) / n
        return float(
            (self.initial_learning_rate - self.end_learning_rate) * (1 - p) ** self.power + self.end_learning_rate
        )
