"""More epochs, a higher rate, or both: what is recommended was tried on copies, and helped most."""

from __future__ import annotations

from typing import NamedTuple

from .base import Case, Remedy
from .blaming import LONGER, LONGEST, longer_by
from .experiments import HANDFUL, Trial, actual, affordable, trial
from .remedies import epochs_times, rate_now, rounded

CEILINGS = {  # the highest rate that anyone uses, by the kind of optimizer
    "SGD": 1.0, "Adagrad": 1.0, "Adadelta": 10.0, "Ftrl": 1.0, "Lion": 0.003, "Lamb": 0.03, "Muon": 0.1,
}  # fmt: skip
CEILING = 0.03  # of Adam and those like it
HIGHER = (3.0, 10.0, 100.0, 1000.0, 10000.0)
BETTER = 0.02  # of what there is to gain: less is not worth another remedy


class Pace(NamedTuple):
    """A copy that was trained with other rates, and for longer."""

    rate: float  # factors
    longer: float
    came_to: Trial

    @property
    def success(self) -> float:
        """What it gains over a dummy, the loss counting as well as the score, on training and held-out data."""
        each = [(one.skill + one.gain) / 2 for one in (self.came_to.train, self.came_to.held)]
        return min(each)


def ceiling(case: Case) -> float:
    """The highest learning rate that the case's optimizer is ever used with; of SGD, less with momentum.

    A run that is above it already has shown that it may be.
    """
    optimizer = case.model.optimizer
    kind = next((one.__name__ for one in type(optimizer).__mro__ if one.__name__ in CEILINGS), "")
    highest = CEILINGS.get(kind, CEILING)
    return highest * (1 - float(getattr(optimizer, "momentum", 0.0) or 0.0)) if kind == "SGD" else highest


def higher(case: Case, factors: tuple[float, ...] = HIGHER) -> list[float]:
    """The factors of the rate that lead no higher than the ceiling, and the one that leads to it."""
    most = ceiling(case) / rate_now(case)
    return [factor for factor in factors if factor <= most] + [
        most for low, high in zip((1.5, *factors), factors, strict=False) if low < most < high
    ]


def best_pace(case: Case) -> Pace:
    """What helps most of more steps, a higher rate and both; of what helps alike, the first of these."""
    longer = max(longer_by(case) or LONGER, LONGER if len(case.x) >= HANDFUL else LONGEST)
    tries = [Pace(1.0, longer, trial(case, longer=longer))] if longer * case.steps <= most_steps(case) else []
    tries += [Pace(factor, 1.0, trial(case, rate=factor)) for factor in higher(case)]
    best = _best(tries)
    if best is None or best.success < 1 - BETTER:
        both = [Pace(f, longer, trial(case, rate=f, longer=longer)) for f in higher(case)[:3]] if tries else []
        best = _best(([best] if best else []) + both)
    return best or Pace(1.0, longer, actual(case))


def most_steps(case: Case) -> int:
    """What a copy may be trained for: of a handful of rows, steps cost next to nothing."""
    return 3 * affordable(case) * (1 if len(case.x) >= HANDFUL else 10)


def _best(tries: list[Pace]) -> Pace | None:
    best = None
    for one in tries:
        if best is None or one.success > best.success + BETTER:
            best = one
    return best


def at_better_pace(case: Case) -> Remedy:
    """The remedy of a training that did not get far enough."""
    pace = best_pace(case)
    words, change = [], {}
    if pace.rate != 1:
        change["learning_rate"] = rounded(rate_now(case) * pace.rate)
        words.append(f"raise the learning rate to about {change['learning_rate']:g}")
    if pace.longer != 1:
        change |= epochs_times(case, pace.longer)
        words.append(f"train for {change['epochs']} epochs, or until it converges")
    what = " and ".join(words)
    came_to = pace.came_to.train
    return Remedy(
        f"{what[0].upper()}{what[1:]}: a copy trained so came to a training loss of {came_to.loss:.3g}, of what was "
        "tried the best.",
        change,
    )
