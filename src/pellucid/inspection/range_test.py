"""The learning rate range test: which learning rate to begin with, and whether the data can tell.

The rate rises from step to step, η_t = lowest · (highest/lowest)^(t/(steps−1)), and the loss of each batch is watched:
it stays where it was, falls, and at last shoots up. Source: Smith, "Cyclical learning rates for training neural
networks", WACV 2017, section 3.3. What is read off the curve, and how well that works: docs/guide/learning_rate.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import NonFinite, Told, WrongType
from ..machine.shuffling import permutation
from ..optimizers.schedules import LearningRateSchedule
from ..training import definition, engine
from ..training.base import TrainableModel
from ..training.batches import ArrayBatches, Batches, is_stream
from ..training.loop import ready
from .base import copied

WHERE = "find_learning_rate"
WIDTH = 0.2  # of the smoothing: the standard deviation of its window, in decades of the rate
LEAST_FALL = 0.1  # of the loss at the start: less is no curve to read
MOST_APART = 5.0  # factor between the repeats' own suggestions: more is no agreement
FALLEN = 0.8  # the suggestion is the rate at which the loss has made this share of its fall
GROWN = 2.0  # a loss that has grown by so many times its value at the start has diverged
WATCHED = 5  # steps over which it must have


class ExponentialSweep(LearningRateSchedule):
    """η_t = lowest · (highest/lowest)^((t − first)/(steps − 1)) for the steps t = first, first + 1, ...

    >>> sweep = ExponentialSweep(1e-3, 10.0, steps=5)
    >>> [round(sweep(t), 6) for t in range(5)]
    [0.001, 0.01, 0.1, 1.0, 10.0]
    """

    def __init__(self, lowest: float, highest: float, steps: int, first: int = 0) -> None:
        self.lowest, self.highest, self.steps, self.first = lowest, highest, steps, first

    def __call__(self, step: int) -> float:
        return float(self.lowest * (self.highest / self.lowest) ** ((step - self.first) / (self.steps - 1)))


@dataclass(frozen=True)
class RangeTest:
    """What a range test found. `suggestion` is None where the curve does not support one; `reason` says why.

    >>> rates = np.geomspace(1e-4, 1.0, 41)
    >>> flat = judged(rates, np.full((3, 41), 2.3), np.full((3, 41), 2.3))
    >>> print(flat.suggestion, flat.reason.partition(";")[0])
    None No suggestion: the loss falls by 0.0 % at most between 0.0001 and 1, a curve so flat that it tells nothing
    """

    rates: Array = field(repr=False)  # (S,) the learning rate of each step
    losses: Array = field(repr=False)  # (R, S) of each repeat's batches, before the step; NaN after the last step
    smoothed: Array = field(repr=False)  # (S,) their mean, less what one batch is harder than another; NaN likewise
    suggestion: float | None
    reason: str  # one sentence
    steepest: float | None = None  # the rate at which the smoothed loss falls fastest
    lowest: float | None = None  # the rate at which it is lowest

    def plot(self, path: Any = None, *, transparent: bool = False) -> Any:
        """Draw the curve, each repeat's batches behind it, and the suggestion: a matplotlib Figure, also written to a
        .svg, .png or .pdf file where `path` names one.

        transparent: no paper, and ink that reads on light and dark. Raises MissingExtra without matplotlib.
        """
        from ..plots.base import save
        from ..plots.range_test import range_test as drawn

        curve = (self.rates, self.losses, self.smoothed)
        figure = drawn(*curve, self.suggestion, self.reason, transparent=transparent)
        if path is not None:
            save(figure, path)
        return figure


# Training at a rising rate -----------------------------------------------------------------------------------------


def range_test(
    model: TrainableModel, batches: Batches, *, lowest: float, highest: float, repeats: int,
    class_weight: Mapping[int, float] | None = None,
) -> RangeTest:  # fmt: skip
    """Run the test on copies of the model, `repeats` times on other batches with other noise; `batches.steps` steps.

    Each repeat runs twice on the same batches: once at the rising rate, once staying at the lowest, where nothing is
    learnt. The difference of the two losses is what the rate did; what one batch is harder than another cancels.
    """
    assert isinstance(batches, ArrayBatches)
    model.optimizer.one_rate(WHERE)
    lowest = checks.number(f"{WHERE}, argument lowest", lowest, above=0)
    highest = checks.number(f"{WHERE}, argument highest", highest, above=lowest)
    repeats = checks.integer(f"{WHERE}, argument repeats", repeats, minimum=2)
    steps = checks.integer(f"{WHERE}, argument steps", batches.steps, minimum=20)
    still, rising = np.full((repeats, steps), np.nan), np.full((repeats, steps), np.nan)
    for i in range(repeats):
        for t, loss in enumerate(_losses(model, batches, (lowest, lowest), i, class_weight)):
            still[i, t] = loss
        grown = GROWN * _size(still[i])
        for t, loss in enumerate(_losses(model, batches, (lowest, highest), i, class_weight)):
            rising[i, t] = loss
            if t >= WATCHED and np.mean((rising - still)[i, t + 1 - WATCHED : t + 1]) > grown:
                break
    rates = np.array([ExponentialSweep(lowest, highest, steps)(t) for t in range(steps)])
    return judged(rates, rising, still)


def whole(x: Any) -> Any:
    """x, unless it is a stream of batches, of which the test would use up some."""
    if is_stream(x):
        fix = "Some thousand of its rows, as arrays, will do."
        raise WrongType(f"{WHERE}, x", "an array", Told("a stream of batches"), fix)
    return x


def _losses(
    model: TrainableModel, batches: ArrayBatches, rates: tuple[float, float], repeat: int,
    class_weight: Mapping[int, float] | None,
) -> Iterator[float]:  # fmt: skip
    """The loss of each batch, taken before the step on it; ends where a number is not finite."""
    trial = copied(model, WHERE)
    trial.gather()
    trial.key = model.key.fold("range test", repeat)
    trial.optimizer.learning_rate = ExponentialSweep(*rates, batches.steps, trial.optimizer.steps_taken)
    order_key = trial.key.fold("shuffle")
    step_program = engine.step_program_for(trial, batches, class_weight, training=True, fused=True)
    if step_program is None:
        for x, y, weights in batches.epoch(0, order_key):
            try:
                yield definition.train_step(trial, *ready(trial, x, y, weights, WHERE, class_weight))
            except NonFinite:
                return
        return
    for order, first, last in batches.passes(0, order_key, permutation=permutation):
        for place in range(first, last):
            trial.meters.reset()
            if not step_program.run(order, place, 1) or not math.isfinite(trial.meters.loss_sum):
                return
            yield trial.meters.loss_sum / trial.meters.samples


# Reading the curve -------------------------------------------------------------------------------------------------


def judged(rates: Array, rising: Array, still: Array) -> RangeTest:
    """What the losses at the rising rates (R, S), and those of the same batches without learning (R, S), tell."""
    size = _size(still)
    told = np.isfinite(rising) & np.isfinite(still)
    whole = int(np.argmin(told.all(axis=0))) if not told.all() else len(rates)  # steps that all repeats did
    if whole < WATCHED or not size > 0:
        nothing = np.full(len(rates), np.nan)
        return RangeTest(rates, rising, nothing, None, _no_curve(rates, whole, size))
    window = max(WIDTH / math.log10(rates[1] / rates[0]), 1.0)  # in steps
    change = [smooth(np.minimum(d, GROWN * size), window) for d in (rising - still)[:, :whole]]  # (R, whole)
    curve = np.mean(change, axis=0)
    least = int(curve.argmin())
    near = [float(rates[_fallen(repeat)]) for repeat in change]
    smoothed = np.full(len(rates), np.nan)
    smoothed[:whole] = float(np.mean(still[told])) + curve
    read = _Read(
        fall=max(0.0, float(-curve[least] / size)),
        steepest=float(rates[np.gradient(curve)[: least + 1].argmin()]),
        suggestion=float(f"{rates[_fallen(curve)]:.2g}"),
        lowest=float(rates[least]),
        tried=(float(rates[0]), float(rates[-1])),
        repeats=(min(near), max(near)),
        diverged=whole < len(rates),
        at_the_end=least >= whole - 1 - window,
    )
    problem = read.problem()
    suggestion, reason = (None, problem) if problem else (read.suggestion, read.support(len(rising)))
    return RangeTest(rates, rising, smoothed, suggestion, reason, read.steepest, read.lowest)


def _fallen(change: Array) -> int:
    """The first step at which a change (S,) of the loss has made the share FALLEN of its whole fall."""
    return int(np.argmax(change <= FALLEN * change.min()))


@dataclass(frozen=True)
class _Read:
    """What was read off a curve."""

    fall: float  # the most that the loss fell, relative to its size at the start
    steepest: float
    suggestion: float
    lowest: float
    tried: tuple[float, float]  # the lowest and the highest rate
    repeats: tuple[float, float]  # the least and the greatest of the repeats' own suggestions
    diverged: bool
    at_the_end: bool  # whether it was lowest at the last rate tried

    def problem(self) -> str:
        """Why no suggestion can be made; nothing, if one can."""
        low, high = self.tried
        fallen, none = f"{100 * self.fall:.1f} %", "No suggestion: the"
        if self.fall < LEAST_FALL and self.diverged:
            return f"{none} loss shoots up before it falls by more than {fallen}; more steps or scaled inputs may help."
        if self.fall < LEAST_FALL:
            return (
                f"{none} loss falls by {fallen} at most between {low:.3g} and {high:.3g}, a curve so flat that it "
                "tells nothing; more steps may help."
            )
        if self.at_the_end and not self.diverged:
            return f"{none} loss still falls at the highest rate, {high:.3g}; try a higher one."
        if self.repeats[1] > MOST_APART * self.repeats[0]:
            return (
                f"{none} repeats disagree, on anything from {self.repeats[0]:.2g} to {self.repeats[1]:.2g}; more steps "
                "or a larger batch may help."
            )
        return ""

    def support(self, repeats: int) -> str:
        """What supports the suggestion."""
        return (
            f"The loss falls steepest at {self.steepest:.2g} and is lowest at {self.lowest:.2g}; between them, at "
            f"{self.suggestion:.2g}, it has made most of its fall, which each of {repeats} repeats puts between "
            f"{self.repeats[0]:.2g} and {self.repeats[1]:.2g}."
        )


def _no_curve(rates: Array, whole: int, size: float) -> str:
    if size == 0:
        return "No suggestion: the loss is 0 from the start, so nothing is left to learn."
    return (
        f"No suggestion: the loss is not finite, or many times what it was, after {whole} steps at a rate of "
        f"{rates[whole]:.2g}; scale the inputs and targets, or look at the initial weights."
    )


def _size(losses: Array) -> float:
    """The root mean square of the losses that are finite: how large a loss is, if it can have either sign."""
    finite = losses[np.isfinite(losses)]
    return math.sqrt(float(np.mean(finite * finite))) if len(finite) else math.nan


def smooth(values: Array, width: float) -> Array:
    """Each value (S,) averaged with its neighbours, weighed by exp(−(i − j)²/(2 width²)).

    >>> smooth(np.array([0.0, 0.0, 1.0, 0.0, 0.0]), 0.5).round(3)
    array([0.   , 0.106, 0.787, 0.106, 0.   ])
    """
    i = np.arange(len(values))
    w = np.exp(-((i[:, None] - i) ** 2) / (2 * width**2))
    return np.asarray(w @ values / w.sum(axis=1))
