"""What an examination costs: how long its copies are trained, said before they are."""

from __future__ import annotations

import time

import numpy as np

from .base import Case
from .copies import compiled, fresh
from .experiments import affordable, rows, train_copy
from .several import apart

COPIES = 12  # that an examination trains, each for as long as the run at most
FREE = 2.0  # seconds that nobody minds
PATIENCE = 30.0  # seconds that whoever asks for an examination waits
WARM, CHUNKS, LONG_ENOUGH = 2, 5, 0.2  # steps that compile; parts of what is timed, which takes so many seconds


def seconds_for(case: Case, step: float) -> float:
    """How long the copies are trained, if one step takes so long: COPIES · steps of one · seconds of a step, for every
    output."""
    return len(apart(case)) * COPIES * step * min(case.steps, affordable(case))


def step_seconds(case: Case) -> float:
    """How long a step takes, measured on a copy: the median over five parts, as something else may run beside. Takes
    about 0.2 seconds, and ten steps at least."""
    case = apart(case)[0][1]
    twin, data = fresh(case), rows(case)
    compiled(case, twin, case.steps)

    def timed(steps: int) -> float:
        began = time.perf_counter()
        train_copy(twin, data.x, data.y, case.batch_size, steps, data.weights)
        return (time.perf_counter() - began) / steps

    timed(WARM)
    each = min(20, max(2, int(LONG_ENOUGH / CHUNKS / max(timed(WARM), 1e-6))))
    return float(np.median([timed(each) for _ in range(CHUNKS)]))


def in_words(seconds: float) -> str:
    """
    >>> in_words(0.2), in_words(12.3)
    ('about a second', 'about 12 s')
    """
    return "about a second" if seconds < 1.5 else f"about {seconds:.0f} s"
