"""PiecewiseConstantDecay: one learning rate up to each boundary, the next after it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from ... import checks
from ...errors import InvalidArgument, Told
from .base import LearningRateSchedule, rate, schedules


@schedules.add()
class PiecewiseConstantDecay(LearningRateSchedule):
    """Hold values[i] up to and including step boundaries[i]; after the last boundary, the last value.

    >>> lr = PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.1])
    >>> lr(0), lr(10), lr(11), lr(21)
    (1.0, 1.0, 0.5, 0.1)
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        for i, boundary in enumerate(boundaries):
            checks.number(self.where(f"boundaries[{i}]"), boundary)
        if not boundaries or any(a >= b for a, b in pairwise(boundaries)):
            raise InvalidArgument(
                self.where("boundaries"), "at least one step, each greater than the one before",
                list(boundaries),
            )  # fmt: skip
        if len(values) != len(boundaries) + 1:
            raise InvalidArgument(
                self.where("values"), f"one more than the {len(boundaries)} boundaries",
                Told(f"{len(values)} values"),
            )  # fmt: skip
        self.boundaries = list(boundaries)
        self.values = [rate(self.where(f"values[{i}]"), v) for i, v in enumerate(values)]
        self.name = name

    def __call__(self, step: int) -> float:
        return self.values[bisect_left(self.boundaries, step)]
