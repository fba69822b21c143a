"""Trials in processes of their own, one on each core: no database, no server, and no trial can hurt another.

A worker is a fresh Python (spawned, not forked: threads and compiled code do not survive a fork), told before it loads
anything that it has one core. What it needs goes to it once, when it has started.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from ..errors import InvalidArgument, NotReady, Told
from ..machine.asked import cores
from .trials import Ended, Event, Objective, Trial
from .worker import work

LIBRARIES = ("OMP", "OPENBLAS", "MKL", "NUMBA")  # each has a variable for its number of threads
ALONE = {"PELLUCID_THREADS": "1", **{f"{name}_NUM_THREADS": "1" for name in LIBRARIES}}
LOOK = 0.1  # seconds between two looks at how much memory the workers hold
MEMORY = Path("/proc/self/statm")  # where the system tells it
LASTING = 3  # workers in a row that die before they are ready, after which the search gives up
UNGUARDED = 70  # what a worker ends with that came upon the search itself in the script that it was to import
GUARD = "Call it under `if __name__ == '__main__':`, as a worker imports the script."


def leave_where_imported() -> None:
    """End a worker that is importing a script without a guard, before Python ends it with a traceback."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        os._exit(UNGUARDED)


class _Worker:
    """One process, the pipe to it, and what it is busy with."""

    def __init__(self, objective: Objective) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs,), daemon=True)
        with _alone():
            self.process.start()
        theirs.close()
        with suppress(OSError):  # it has died; as an argument of a process that dies it would never be sent
            self.pipe.send(objective)
        self.ready = False
        self.trial: Trial | None = None
        self.began = 0.0
        self.too_large = False

    def give(self, trial: Trial) -> None:
        self.trial, self.began, self.too_large = trial, time.monotonic(), False
        with suppress(OSError):  # it has died: its sentinel says so
            self.pipe.send(trial)

    def death(self) -> str:
        """Why it is no more."""
        self.process.join()
        code = self.process.exitcode
        if self.too_large:
            return "out of memory: more than the limit of this search"
        if code == -signal.SIGKILL:
            return "killed by signal 9, most likely by the system, which was out of memory"
        if code is not None and code < 0:
            return f"its process was ended by signal {-code} ({signal.Signals(-code).name})"
        return f"its process ended by itself, with code {code}"

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class Processes:
    """An `Executor` of as many slots as there are cores. memory: bytes that one worker may hold."""

    def __init__(self, objective: Objective, workers: int | None = None, memory: int | None = None) -> None:
        leave_where_imported()
        if memory is not None and not MEMORY.exists():
            told = Told(f"{sys.platform}, where a process cannot be asked how much it holds")
            raise InvalidArgument("tune, argument memory", "a system with /proc", told)
        self.objective, self.memory = objective, memory
        self.slots = workers or cores()
        self._workers: list[_Worker] = []
        self._waiting: deque[Trial] = deque()
        self._stillborn = 0

    def submit(self, trial: Trial) -> None:
        self._waiting.append(trial)
        self._hand_out()

    def stop(self, number: int) -> None:
        for worker in self._workers:
            if worker.trial is not None and worker.trial.number == number:
                with suppress(OSError):
                    worker.pipe.send(number)

    def events(self, timeout: float) -> Iterator[Event]:
        self._hand_out()
        left = timeout
        while True:
            began = time.monotonic()
            ready = self._ready(min(left, LOOK) if self.memory else left)
            left -= time.monotonic() - began
            if self.memory:
                self._weigh()
            if ready or left <= 0:
                break
        for worker in list(self._workers):
            if worker.pipe in ready or worker.process.sentinel in ready:
                yield from self._heard(worker)
        self._hand_out()

    def close(self) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def _ready(self, timeout: float) -> list[Any]:
        return wait([one for w in self._workers for one in (w.pipe, w.process.sentinel)], max(timeout, 0))

    def _heard(self, worker: _Worker) -> Iterator[Event]:
        """All that a worker has told; and its death, if it is dead."""
        dead = False
        try:
            while worker.pipe.poll():
                came: Event | None = worker.pipe.recv()
                if came is None:
                    worker.ready, self._stillborn = True, 0
                    continue
                if isinstance(came, Ended):
                    worker.trial = None
                yield came
        except (EOFError, OSError):
            dead = True
        if dead:  # not within the handler, whose error would be told beside that of the search
            yield from self._buried(worker)

    def _buried(self, worker: _Worker) -> Iterator[Event]:
        self._workers.remove(worker)
        reason = worker.death()
        worker.pipe.close()
        if not worker.ready:
            self._born_again(worker, reason)
        elif worker.trial is not None:
            yield Ended(worker.trial.number, "failed", {}, reason, time.monotonic() - worker.began)

    def _born_again(self, worker: _Worker, reason: str) -> None:
        """A worker died before it could try anything: its trial waits for another."""
        if worker.process.exitcode == UNGUARDED:
            told = Told("a script that calls tune wherever it is imported")
            raise NotReady("tune, workers", "a script that other processes can import", told, GUARD)
        self._stillborn += 1
        if self._stillborn >= LASTING:
            fix = "What they print above says why."
            if worker.too_large:
                fix = "Allow a worker more memory: Python and the data alone take more."
            raise NotReady("tune, workers", "processes that start", Told(reason), fix)
        if worker.trial is not None:
            self._waiting.appendleft(worker.trial)

    def _weigh(self) -> None:
        """Whether a worker holds more than it may; it is then ended, and its pipe tells the rest."""
        for worker in self._workers:
            if not worker.too_large and held(worker.process.pid) > (self.memory or 0):
                worker.too_large = True
                worker.process.kill()

    def _hand_out(self) -> None:
        """Trials that wait go to workers without one; a worker is started where there are fewer than slots."""
        while self._waiting:
            free = next((worker for worker in self._workers if worker.trial is None), None)
            if free is None:
                if len(self._workers) >= self.slots:
                    return
                free = _Worker(self.objective)
                self._workers.append(free)
            free.give(self._waiting.popleft())


def held(pid: int | None) -> int:
    """Bytes of memory that a process holds; 0 for one that is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


@contextmanager
def _alone() -> Iterator[None]:
    """Within the block, what is started finds one core to use in its environment."""
    before = {name: os.environ.get(name) for name in ALONE}
    os.environ.update(ALONE)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
