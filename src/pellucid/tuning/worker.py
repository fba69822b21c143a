"""What a worker process does: it takes trials from a pipe, and tells down the pipe how they go."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from multiprocessing.connection import Connection

from .trials import Objective, Report, Reported, Stopped, Trial, run_trial


def work(pipe: Connection) -> None:
    """Take the objective, and run what comes until the pipe is closed. Ctrl-C is for the search, which closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        objective: Objective = pipe.recv()
    except (EOFError, OSError):  # the search is gone
        os._exit(0)
    waiting: queue.SimpleQueue[Trial] = queue.SimpleQueue()
    stopped: set[int] = set()
    threading.Thread(target=_listen, args=(pipe, waiting, stopped), daemon=True).start()
    _send(pipe, None)  # ready
    while True:
        trial = waiting.get()
        ended = run_trial(objective, trial, _reporting(pipe, trial.number, stopped), time.monotonic)
        _send(pipe, ended)


def _listen(pipe: Connection, waiting: queue.SimpleQueue[Trial], stopped: set[int]) -> None:
    """A trial is to be run, a number to be stopped; when the search is gone, so is its worker, whatever it does."""
    try:
        while True:
            came = pipe.recv()
            if isinstance(came, Trial):
                waiting.put(came)
            else:
                stopped.add(came)
    except (EOFError, OSError):
        os._exit(0)


def _send(pipe: Connection, event: object) -> None:
    try:
        pipe.send(event)
    except OSError:
        os._exit(0)


def _reporting(pipe: Connection, number: int, stopped: set[int]) -> Report:
    def report(step: int, value: float) -> None:
        _send(pipe, Reported(number, step, value))
        if number in stopped:
            raise Stopped

    return report
