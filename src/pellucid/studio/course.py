"""The course of a run as pages are told of it: the newest message of each kind, numbered, and its curves.

A page that comes late, or again, says the last number it has seen, and is told what is newer. Nothing grows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from ..actions.runs import Run, is_held
from ..errors import PellucidError
from .curves import Curve, Row
from .parts import changed

ENDED = ("stopped", "done", "diverged", "crashed", "refused", "elsewhere")  # for this studio
WORDS = {
    "starting": "The data are read, and the network is made.",
    "running": "It learns.",
    "paused": "It waits. What it has learned is saved.",
    "stopping": "It saves, and stops.",
    "stopped": "It was stopped, and can go on from here.",
    "done": "It has learned as long as was planned, and was tested on rows that it had never seen.",
    "diverged": "It broke off at a number that is not finite.",
    "crashed": "Its process has ended unexpectedly. It can go on from where it was last saved.",
    "refused": "It could not begin.",
    "elsewhere": "Another program trains it, such as the command line.",
}


class Course:
    """run: its name. `told` holds the newest message of each kind with its number."""

    def __init__(self, run: str, state: str, curve: Curve | None = None) -> None:
        self.run, self.state = run, state
        self.curve = curve or Curve()
        self.pace: dict[str, Any] = {"speed": None, "left": None, "step": 0, "epoch": 0}
        self.told: dict[str, tuple[int, dict[str, Any]]] = {}
        self.last = 0
        self.steering: str | None = None  # the tab whose commands count
        self.stamp: tuple[int, ...] = ()  # of the folder, when nobody trained here any more
        self.tell_state(state)

    def follow(self, before: Course) -> None:
        """Number messages on from those of an earlier course of the run; its curve is sent anew."""
        self.curve.age = before.curve.age + 1
        self.last += before.last
        self.told = {
            kind: (n + before.last, {**message, "seq": n + before.last}) for kind, (n, message) in self.told.items()
        }

    def tell(self, kind: str, message: Mapping[str, Any]) -> None:
        """A message in the place of the one before of this kind."""
        self.last += 1
        self.told[kind] = self.last, {**message, "type": kind, "run": self.run, "seq": self.last}

    @property
    def findings(self) -> Mapping[str, Any]:
        """What the doctor said last, and whether that was of a thorough look."""
        return self.told.get("finding", (0, {}))[1] or {"findings": [], "thorough": False}

    def tell_findings(self, findings: list[dict[str, Any]], *, thorough: bool = False) -> None:
        """What the doctor says; a first sight that comes after a thorough look says nothing new."""
        if thorough or not (self.over and self.findings["thorough"]):
            self.tell("finding", {"findings": findings, "thorough": thorough})

    def tell_state(self, state: str, step: int | None = None, **more: Any) -> None:
        """Where it stands."""
        self.state = state
        if step is not None:
            self.pace["step"] = step
        where = {"step": self.pace["step"], "epoch": self.pace["epoch"]}
        self.tell("state", {"state": state, **where, "words": WORDS.get(state, ""), **more})

    def since(self, number: int) -> list[dict[str, Any]]:
        """The messages after this number, in their order."""
        return [message for _, message in sorted(self.told.values(), key=lambda one: one[0]) if message["seq"] > number]

    def add(self, message: Mapping[str, Any]) -> None:
        """Rows of the curves, and how fast it goes."""
        self.curve.add(message["rows"])
        self.pace = {name: message[name] for name in self.pace}

    @property
    def over(self) -> bool:
        """Whether nothing trains."""
        return self.state in ENDED


def state_of(run: Run) -> str:
    """The state of a run that nobody trains here, from its folder."""
    if run.done:
        return "done"
    if is_held(run):
        return "elsewhere"
    return "diverged" if run.problem.exists() else "stopped"


def stamp_of(run: Run) -> tuple[int, ...]:
    """Another one where somebody else, such as the command line, goes on or has gone on with a run."""
    files = (run.metrics, run.history, run.problem)
    return (*map(changed, files), int(state_of(run) == "elsewhere"))


def at_rest(name: str, run: Run) -> Course:
    """The course of a run that nobody trains here."""
    course = Course(name, state_of(run), Curve(history_rows(run)))
    course.stamp = stamp_of(run)
    if course.curve.rows:
        course.pace |= {"step": course.curve.rows[-1][0], "epoch": int(course.curve.rows[-1][1])}
        course.tell_state(course.state)
    return course


def metric_of(names: Iterable[str]) -> str:
    """The metric that history.csv tells beside the loss; "" where there is none."""
    return next((name for name in names if name not in ("epoch", "loss") and not name.startswith("val_")), "")


def watched(run: Run) -> str:
    """The metric whose curve history.csv has."""
    try:
        with run.history.open(encoding="utf-8") as file:
            return metric_of(file.readline().strip().split(","))
    except (OSError, ValueError):
        return ""


def history_rows(run: Run) -> list[Row]:
    """The curves as history.csv has them: a row for each epoch. Of what cannot be read there are none."""
    try:
        text = run.history.read_text("utf-8") if run.history.exists() else ""
        rows = list(csv.DictReader(io.StringIO(text)))
        if not rows:
            return []
        metric = metric_of(rows[0])
        steps = steps_of(run)
        return [
            [steps * (n + 1), float(n + 1)]
            + [_number(row.get(name)) for name in ("loss", metric, "val_loss", f"val_{metric}", "learning_rate")]
            for n, row in enumerate(rows)
        ]
    except (OSError, ValueError, csv.Error, PellucidError):
        return []


def steps_of(run: Run) -> int:
    """Steps in an epoch, where probes tell; else 1."""
    try:
        if not run.probes.exists():
            return 1
        looks = list(csv.DictReader(io.StringIO(run.probes.read_text("utf-8"))))
        first = next((int(look["step"]) for look in reversed(looks) if int(look["epoch"]) > 0), None)
        last = next((look for look in reversed(looks) if int(look["epoch"]) > 0), None)
        return max(1, round(first / (int(last["epoch"]) + 0.5))) if first and last else 1
    except (OSError, ValueError, KeyError, csv.Error):
        return 1


def _number(cell: str | None) -> float | None:
    try:
        found = float(cell or "nan")
    except ValueError:
        return None
    return found if found == found and abs(found) != float("inf") else None
