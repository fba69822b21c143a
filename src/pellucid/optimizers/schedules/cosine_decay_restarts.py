"""CosineDecayRestarts: half a cosine wave down, again and again."""

from __future__ import annotations

from ... import checks
from .base import LearningRateSchedule, rate, schedules, steps
from .cosine_decay import half_cosine


@schedules.add()
class CosineDecayRestarts(LearningRateSchedule):
    """Fall along half a cosine, jump back up, and fall again, each time over t_mul times as many steps.

    In fall number i (from 0), p of it done: lr = initial · ((1 − alpha) · m_mulⁱ · (1 + cos(πp)) / 2 + alpha).

    >>> lr = CosineDecayRestarts(1.0, first_decay_steps=10, t_mul=2.0, m_mul=0.5)
    >>> [round(lr(step), 3) for step in (0, 5, 10, 20, 30)]
    [1.0, 0.5, 0.5, 0.25, 0.25]

    Source: Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = rate(self.where("initial_learning_rate"), initial_learning_rate)
        self.first_decay_steps = steps(self.where("first_decay_steps"), first_decay_steps)
        self.t_mul = checks.number(self.where("t_mul"), t_mul, minimum=1)
        self.m_mul = checks.number(self.where("m_mul"), m_mul, minimum=0)
        self.alpha = checks.number(self.where("alpha"), alpha, minimum=0)
        self.name = name

    def __call__(self, step: int) -> float:
        i, p = self._fall(step)
        return float(self.initial_learning_rate * ((1 - self.alpha) * self.m_mul**i * half_cosine(p) + self.alpha))

    def _fall(self, step: float) -> tuple[int, float]:
        """(number of the present fall, the part of it that is done)."""
        length = self.first_decay_steps
        if self.t_mul == 1:
            i, rest = divmod(step, length)
            return int(i), rest / length
        i = 0
        while step >= length:
            step -= length
            length *= self.t_mul
            i += 1
        return i, step / length
