"""Trials in this process, one after another in a thread: for what cannot be sent to another process."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator

from .trials import Event, Objective, Report, Reported, Stopped, Trial, run_trial


class Inside:
    """An `Executor` of one slot, in this process."""

    slots = 1

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self._waiting: queue.SimpleQueue[Trial | None] = queue.SimpleQueue()
        self._heard: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._stopped: set[int] = set()
        self._closed = False
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def submit(self, trial: Trial) -> None:
        self._waiting.put(trial)

    def stop(self, number: int) -> None:
        self._stopped.add(number)

    def events(self, timeout: float) -> Iterator[Event]:
        try:
            yield self._heard.get(timeout=timeout)
            while True:
                yield self._heard.get_nowait()
        except queue.Empty:
            return

    def close(self) -> None:
        """A trial that runs ends where it next reports."""
        self._closed = True
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (trial := self._waiting.get()) is not None and not self._closed:
            self._heard.put(run_trial(self.objective, trial, self._reporting(trial.number), time.monotonic))

    def _reporting(self, number: int) -> Report:
        def report(step: int, value: float) -> None:
            self._heard.put(Reported(number, step, value))
            if number in self._stopped or self._closed:
                raise Stopped

        return report
