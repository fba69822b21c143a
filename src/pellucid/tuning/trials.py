"""The protocol between a search and what runs its trials: local processes, this process, or machines elsewhere.

A search submits a `Trial`, plain data, and hears of it by events: `Reported` whenever it has come a bit further, and
one `Ended`. Whoever runs trials is an `Executor`; what a trial does is an `Objective`, a callable that can be sent to
another process. Neither knows the other, nor how trials are chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

STEPS = 27  # how finely a trial reports how far it is: 27 = 3³, the rungs of successive halving by thirds

State = Literal["done", "pruned", "failed"]
Report = Callable[[int, float], None]  # (step, value): so many STEPS-ths of the training, and what it is worth there


@dataclass(frozen=True)
class Trial:
    """One point of the space, to be tried. `flat` are the values drawn by their full names, `values` what they make."""

    number: int
    flat: Mapping[str, Any]
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Reported:
    """A trial has come so far, and is worth so much."""

    number: int
    step: int
    value: float


@dataclass(frozen=True)
class Ended:
    """A trial is over: done, with its scores; pruned, as it was told to stop; or failed, for a reason."""

    number: int
    state: State
    scores: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    seconds: float = 0.0


Event = Reported | Ended


class Stopped(Exception):
    """Raised by `report` within a trial that is to stop."""


class Objective(Protocol):
    """What a trial does. It reports how it goes, and returns its scores by name, those searched for among them."""

    def __call__(self, trial: Trial, report: Report) -> Mapping[str, float]: ...


class Executor(Protocol):
    """Runs trials, `slots` at once. All methods are called by one thread, and return at once but for `events`."""

    @property
    def slots(self) -> int:
        """How many trials run at once; more may be submitted, and wait."""
        ...

    def submit(self, trial: Trial) -> None:
        """Run this trial. A trial whose worker dies ends as failed, with the reason; it is not run again."""
        ...

    def stop(self, number: int) -> None:
        """Have a trial stop where it next reports; it then ends as pruned. One that has ended meanwhile is let be."""
        ...

    def events(self, timeout: float) -> Iterable[Event]:
        """What has happened since, in order; waits so many seconds for a first."""
        ...

    def close(self) -> None:
        """End everything at once, trials that run included, without an event."""
        ...


def run_trial(objective: Objective, trial: Trial, report: Report, seconds: Callable[[], float]) -> Ended:
    """One trial from beginning to end. Whatever goes wrong in it is its reason, and nobody else's trouble."""
    began = seconds()
    try:
        scores = {name: float(value) for name, value in objective(trial, report).items()}
        return Ended(trial.number, "done", scores, "", seconds() - began)
    except Stopped:
        return Ended(trial.number, "pruned", {}, "worse than others at this point", seconds() - began)
    except MemoryError as problem:
        return Ended(trial.number, "failed", {}, f"out of memory: {problem}".rstrip(": "), seconds() - began)
    except Exception as problem:
        said = " ".join(str(problem).split()) or "no reason given"
        return Ended(trial.number, "failed", {}, f"{type(problem).__name__}: {said}", seconds() - began)
