"""CosineDecay: half a cosine wave down, after an optional straight rise."""

from __future__ import annotations

import math

from ... import checks
from .base import LearningRateSchedule, rate, schedules, steps


def half_cosine(p: float) -> float:
    """From 1 at p = 0 to 0 at p = 1: (1 + cos(πp)) / 2."""
    return (1 + math.cos(math.pi * p)) / 2


@schedules.add()
class CosineDecay(LearningRateSchedule):
    """Fall along half a cosine: lr = top · ((1 − alpha) · (1 + cos(π · step / decay_steps)) / 2 + alpha).

    With a warmup_target the rate first rises in a straight line from the initial one to that target, in warmup_steps;
    then the fall begins, from the target (the top). Without, the top is the initial rate.

    >>> lr = CosineDecay(0.0, decay_steps=10, warmup_target=0.5, warmup_steps=5)
    >>> [round(lr(step), 3) for step in (0, 4, 5, 10, 15, 99)]
    [0.0, 0.4, 0.5, 0.25, 0.0, 0.0]

    Source: Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        self.initial_learning_rate = rate(self.where("initial_learning_rate"), initial_learning_rate)
        self.decay_steps = steps(self.where("decay_steps"), decay_steps)
        self.alpha = checks.number(self.where("alpha"), alpha, minimum=0)
        self.name = name
        self.warmup_target = None if warmup_target is None else rate(self.where("warmup_target"), warmup_target)
        checks.number(self.where("warmup_steps"), warmup_steps, minimum=0)
        self.warmup_steps = warmup_steps

    def __call__(self, step: int) -> float:
        top, rise = self.initial_learning_rate, 0.0
        if self.warmup_target is not None:
            top, rise = self.warmup_target, self.warmup_steps
        if step < rise:
            return float(self.initial_learning_rate + (top - self.initial_learning_rate) * step / rise)
        p = min(step - rise, self.decay_steps) / self.decay_steps
        return float(top * ((1 - self.alpha) * half_cosine(p) + self.alpha))
