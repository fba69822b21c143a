"""How many threads: as many as have been measured to be fastest, looked at again from time to time.

A second thread gains nothing on a step of a few microseconds, and loses much where other programs keep the cores busy:
whoever waits at a barrier then waits for a thread that does not run.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from . import asked

WORTH = 8e-6  # seconds of a step below which one thread is left alone
TRIAL = 2e-3  # seconds that one run of a trial is meant to take
RUNS, LEAST = 4, 2  # runs in a trial, and of long steps: other programs come and go within milliseconds
USUAL, FEW = 5, 3  # the last runs that tell what is usual, and how few may: one alone may have been disturbed
HOPELESS = 1.6  # times slower than the best: the trial ends early
SPAN = 0.05  # seconds of any other run: Ctrl-C and the progress bar wait no longer
LATE = 2.0  # times what it was meant to take, after which a run had better end and be thought over
CHANGED = 1.25  # times slower than when it was chosen: something has changed, so look again
SOONEST, LATEST = 0.1, 8.0  # seconds between trials; doubled each time the choice stays the same


@dataclass
class Tally:
    """What one number of threads has taken, run by run."""

    found: list[float] = field(default_factory=list)  # seconds of a step
    seconds: float = 0.0

    def add(self, steps: int, seconds: float) -> None:
        self.found.append(seconds / steps)
        self.seconds += seconds

    @property
    def each(self) -> float:
        return middle(self.found)


@dataclass
class Usual:
    """What one number of threads has taken in its last runs that were no trials, and when."""

    found: deque[float] = field(default_factory=lambda: deque(maxlen=USUAL))
    when: float = 0.0
    doubt: float = SOONEST  # seconds from then on that no trial is believed which says that they take less

    def add(self, each: float, now: float) -> None:
        self.found.append(each)
        self.when = now

    @property
    def each(self) -> float:
        """0 where it is not known."""
        return middle(self.found) if len(self.found) >= FEW else 0.0


def middle(found: Iterable[float]) -> float:
    """The median, of an even number the lower of the two."""
    ordered = sorted(found)
    return ordered[(len(ordered) - 1) // 2]


class Crew:
    """Chooses threads and steps for the next run from the times of those before."""

    def __init__(self, most: int | None = None) -> None:
        most = most or asked.most_threads()
        self.counts = [1]
        while self.counts[-1] < most:
            self.counts.append(min(2 * self.counts[-1], most))
        self.each: dict[int, float] = {}  # seconds per step by number of threads, as last tried
        self.usual = {count: Usual() for count in self.counts}
        self.best = 1
        self.queue = list(self.counts)  # to be tried
        self.tally = Tally()
        self.warm = False  # the first step of all reads everything into the caches
        self.pause, self.due = SOONEST, 0.0

    def plan(self, limit: int) -> tuple[int, int]:
        """(threads, steps) for the next run, of at most `limit` steps."""
        if not self.queue and len(self.counts) > 1 and time.perf_counter() > self.due:
            self._look_again()
        threads = self.queue[0] if self.queue else self.best
        known = self.tally.each if self.tally.found else self.step_time(threads)
        if known is None:
            return threads, 1
        return threads, max(1, min(limit, int(self.span / known)))

    @property
    def span(self) -> float:
        """Seconds that the next run is meant to take."""
        return TRIAL if self.queue else SPAN

    def step_time(self, threads: int) -> float | None:
        """Seconds that a step is expected to take: what it took in the last run, or in the trial; None if never run.

        A trial whose runs had a step each counts what a run costs besides, and stays until the next trial.
        """
        each = self.each.get(threads, self.each.get(self.best))
        last = self.usual[threads].found
        return last[-1] if last else each

    def _look_again(self) -> None:
        """Try the present number of threads and its neighbours."""
        at = self.counts.index(self.best)
        self.queue = self.counts[max(at - 1, 0) : at + 2]
        if self.each[1] < WORTH:
            self.queue = []
            self.due = float("inf")

    def ran(self, threads: int, steps: int, seconds: float) -> None:
        """So long it took."""
        if steps == 0:
            return
        if not self.warm:
            self.warm = True
            self.each[threads] = seconds / steps  # a first idea, which the trial replaces
        elif self.queue:
            self._trial(threads, steps, seconds)
        else:
            self._work(threads, seconds / steps)

    def _work(self, threads: int, each: float) -> None:
        """A run that was no trial. It tells more than one: the system favours who has rested, for some milliseconds."""
        now, usual = time.perf_counter(), self.usual[threads]
        usual.add(each, now)
        if usual.each > CHANGED * self.each[threads]:
            self.each[threads] = usual.each
            usual.doubt = min(2 * usual.doubt, LATEST)
            self.due = min(self.due, now + SOONEST)
            self.best = min(self.each, key=lambda n: self.each[n])
        elif len(usual.found) == USUAL:
            usual.doubt = SOONEST

    def _trial(self, threads: int, steps: int, seconds: float) -> None:
        self.tally.add(steps, seconds)
        others = [each for n, each in self.each.items() if n != threads]
        runs = len(self.tally.found)
        hopeless = bool(others) and min(self.tally.found) > HOPELESS * min(others)
        least = LEAST if threads == self.best else 1  # of others, one that is hopeless is enough
        if runs >= RUNS or (runs >= least and hopeless) or (runs >= LEAST and self.tally.seconds > 2 * RUNS * TRIAL):
            self._tried(threads)

    def _tried(self, threads: int) -> None:
        now, usual = time.perf_counter(), self.usual[threads]
        if now - usual.when > usual.doubt:
            usual.found.clear()
        self.each[threads] = max(self.tally.each, usual.each)
        self.tally = Tally()
        self.queue.remove(threads)
        fewer = self.each.get(threads // 2, self.each[threads])
        if self.each[1] < WORTH or self.each[threads] > CHANGED * fewer:
            self.queue = []  # more of them will not be better
        if not self.queue:
            before = self.best
            self.best = min(self.each, key=lambda n: self.each[n])
            self.pause = SOONEST if self.best != before else min(2 * self.pause, LATEST)
            self.due = now + self.pause
