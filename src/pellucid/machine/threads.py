"""How many threads: as many as have been measured to be fastest, looked at again from time to time.

A second thread gains nothing on a step of a few microseconds, and loses much where other programs keep the cores busy:
whoever waits at a barrier then waits for a thread that does not run.
"""

from __future__ import annotations

import time

from .host import cores

WORTH = 8e-6  # seconds of a step below which one thread is left alone
TRIAL = 2e-3  # seconds that a trial is meant to take
SPAN = 0.05  # and any other run: Ctrl-C and the progress bar wait no longer
AGAIN = 1.0  # seconds until other numbers of threads are tried again; doubled when none was better
LATEST = 30.0


class Crew:
    """Chooses threads and steps for the next run from the times of those before."""

    def __init__(self, most: int | None = None) -> None:
        self.counts = [1]
        while self.counts[-1] < (most or cores()):
            self.counts.append(min(2 * self.counts[-1], most or cores()))
        self.seconds: dict[int, float] = {}  # per step, by number of threads
        self.best = 1
        self.trials = list(self.counts)
        self.wait = AGAIN
        self.next_trials = 0.0

    def plan(self, limit: int) -> tuple[int, int]:
        """(threads, steps) for the next run, of at most `limit` steps."""
        if not self.trials and len(self.counts) > 1 and time.perf_counter() > self.next_trials:
            at = self.counts.index(self.best)
            self.trials = [self.counts[i] for i in (at - 1, at + 1) if 0 <= i < len(self.counts)]
        threads = self.trials[0] if self.trials else self.best
        known = self.seconds.get(threads, self.seconds.get(self.best))
        if known is None:
            return threads, 1
        return threads, max(1, min(limit, int((TRIAL if self.trials else SPAN) / known)))

    def ran(self, threads: int, steps: int, seconds: float) -> None:
        """So long it took."""
        if steps == 0:
            return
        each = seconds / steps
        first = threads not in self.seconds and steps == 1 and seconds < TRIAL / 2
        self.seconds[threads] = each
        if first or not self.trials:
            return  # one short step says little about the next ones
        self.trials.remove(threads)
        if self.seconds[1] < WORTH:
            self.trials = []
        if not self.trials:
            before = self.best
            self.best = min(self.seconds, key=lambda n: self.seconds[n])
            self.wait = AGAIN if self.best != before else min(2 * self.wait, LATEST)
            self.next_trials = time.perf_counter() + self.wait
