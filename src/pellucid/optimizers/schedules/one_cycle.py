"""OneCycle: up along half a cosine, then down far below the start."""

from __future__ import annotations

from ... import checks
from .base import LearningRateSchedule, rate, schedules
from .cosine_decay import half_cosine


@schedules.add()
class OneCycle(LearningRateSchedule):
    """One rise to a large learning rate and one long fall to a tiny one ("super-convergence").

    From max / div_factor up to max over the first pct_start of total_steps, then down to
    max / div_factor / final_div_factor over the others; both along half a cosine, lr = b + (a − b) · (1 + cos(πp)) / 2
    from a to b with p done. After total_steps the last rate holds.

    >>> lr = OneCycle(1.0, total_steps=11, pct_start=0.5, div_factor=4.0, final_div_factor=25.0)
    >>> lr(0), round(lr(4), 3), lr(10)
    (0.25, 0.977, 0.01)

    Source: Smith & Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2018.
    Names, defaults and numbers are those of PyTorch's OneCycleLR, which also moves the momentum (this doesn't) and
    raises an error after total_steps. Keras has no such schedule, and cannot load it.
    """

    def __init__(
        self,
        max_learning_rate: float,
        total_steps: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        name: str = "OneCycle",
    ) -> None:
        self.max_learning_rate = rate(self.where("max_learning_rate"), max_learning_rate)
        self.total_steps = checks.integer(self.where("total_steps"), total_steps, minimum=2)
        self.pct_start = checks.number(self.where("pct_start"), pct_start, minimum=0, below=1)
        self.div_factor = checks.number(self.where("div_factor"), div_factor, above=0)
        self.final_div_factor = checks.number(self.where("final_div_factor"), final_div_factor, above=0)
        self.name = name

    def __call__(self, step: int) -> float:
        start = self.max_learning_rate / self.div_factor
        end = start / self.final_div_factor
        peak, last = max(self.pct_start * self.total_steps - 1, 0.0), self.total_steps - 1
        if step < peak:
            return _between(start, self.max_learning_rate, step / peak)
        return _between(self.max_learning_rate, end, (min(step, last) - peak) / (last - peak))


def _between(a: float, b: float, p: float) -> float:
    """From a at p = 0 to b at p = 1 along half a cosine."""
    return b + (a - b) * half_cosine(p)
