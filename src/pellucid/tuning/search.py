"""The search itself: as many trials at once as there are slots, until the budget is spent."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import NonFinite
from .study import Record, Study
from .trials import Executor, Reported

TICK = 0.5  # seconds between two looks at the clock
ENOUGH = 20  # trials that fail for one kind of reason, before any does not: then the next will, too


@dataclass(frozen=True)
class Budget:
    """How long a search goes on: so many trials in all, so many seconds in all, those before a break included."""

    trials: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Progress:
    """Where a search stands; told whenever a trial has ended, and now and then."""

    study: Study
    budget: Budget
    seconds: float
    slots: int
    ended: Record | None = None  # the trial that has just ended

    @property
    def left(self) -> float | None:
        """Seconds that it will take yet: to the end of its time, or as long as the trials so far make likely."""
        left = [] if self.budget.seconds is None else [max(0.0, self.budget.seconds - self.seconds)]
        over = [record for record in self.study.records if record.state != "running"]
        if self.budget.trials is not None and over:
            left.append(max(0, self.budget.trials - len(over)) * self.seconds / len(over))
        return min(left, default=None)


OnProgress = Callable[[Progress], None]


def search(study: Study, executor: Executor, budget: Budget, on_progress: OnProgress = lambda p: None) -> None:
    """Try until the budget is spent. Trials that were running when a search was killed are run again, first.

    When time is over, trials that run are not waited for: they are left running in the journal; but where none is done
    by then, the first that ends well is. A search all of whose trials fail alike ends early. Ctrl-C passes through.
    """
    began = time.monotonic() - study.seconds
    waiting = [record.trial for record in study.running]
    going: set[int] = set()
    last = time.monotonic()
    while True:
        seconds = time.monotonic() - began
        over = budget.seconds is not None and seconds >= budget.seconds
        if over and study.done:
            return
        while not over and len(going) < executor.slots and (waiting or _may_ask(study, budget)):
            trial = waiting.pop(0) if waiting else study.ask()
            going.add(trial.number)
            executor.submit(trial)
        if not going:
            return
        tick = TICK if over or budget.seconds is None else min(TICK, budget.seconds - seconds)
        for event in executor.events(tick):
            if isinstance(event, Reported):
                if study.told(event.number, event.step, event.value):
                    executor.stop(event.number)
                continue
            going.discard(event.number)
            seconds = time.monotonic() - began
            study.ended(event, seconds)
            last = time.monotonic()
            on_progress(Progress(study, budget, seconds, executor.slots, study.records[event.number]))
        if _hopeless(study):
            return
        if time.monotonic() - last > TICK:
            last = time.monotonic()
            on_progress(Progress(study, budget, last - began, executor.slots))


def _hopeless(study: Study) -> bool:
    """Whether nothing has come of many trials but one and the same trouble, whatever its numbers are."""
    over = [record for record in study.records if record.state != "running"]
    kinds = {(record.state, _kind(record.reason)) for record in over}
    return len(over) >= ENOUGH and kinds == {("failed", _kind(over[0].reason))}


def _kind(reason: str) -> str:
    """A trouble without its numbers and names; where a training diverges, one and the same.

    >>> _kind("MemoryError: 8.5 GB for 'dense_1'") == _kind("MemoryError: 12 GB for 'dense'")
    True
    """
    name = NonFinite.__name__
    return name if reason.startswith(f"{name}:") else re.sub(r"'[^']*'|[-+]?\d[\w.,+-]*", "", reason)


def _may_ask(study: Study, budget: Budget) -> bool:
    asked = len(study.records)
    return (budget.trials is None or asked < budget.trials) and (study.most is None or asked < study.most)
