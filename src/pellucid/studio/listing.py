"""The runs of the folder, as the page lists them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import Any

from ..actions.runs import Run
from ..actions.spec import TrainSpec
from ..errors import PellucidError
from .course import Course, stamp_of, state_of
from .desk import Desk
from .parts import stat_of

HEADLINES = ("accuracy", "binary_accuracy", "r2", "root_mean_squared_error", "mean_absolute_error", "loss")


def listed(desk: Desk, courses: Mapping[str, Course]) -> list[dict[str, Any]]:
    """Every run, the newest first."""
    if not desk.runs.is_dir():
        return []
    found = []
    for path in desk.runs.iterdir():
        with suppress(OSError):  # deleted meanwhile
            if _is_run(desk, path):
                found.append(one(path.name, Run(path), courses.get(path.name)))
    return sorted(found, key=lambda run: -run["changed"])


def _is_run(desk: Desk, path: Path) -> bool:
    hidden = path.name.startswith(".") or path.name in desk.searching
    return path.is_dir() and not hidden and (path / "spec.toml").exists()


def one(name: str, run: Run, course: Course | None) -> dict[str, Any]:
    """A run in a few words. What cannot be read is left open."""
    metrics = read_metrics(run) or {}
    try:
        spec = run.read_spec()
    except PellucidError:
        spec = None
    state = _state(run, course)
    rows = course.curve.rows if course is not None and state != "elsewhere" else []
    headline = next((key for key in HEADLINES if key in metrics), None)
    files = [found for file in run.path.iterdir() if (found := stat_of(file)) and S_ISREG(found.st_mode)]
    return {
        "id": name,
        "state": state,
        "data": spec.data if spec is not None else "",
        "task": _task(metrics, spec),
        "metric": headline and {"name": headline, "value": metrics[headline]},
        "epochs": (course and course.told.get("started", (0, {}))[1].get("epochs")) or (spec and spec.epochs),
        "epochs_done": metrics.get("epochs") or (int(rows[-1][1]) if rows else _lines(run)),
        "parameters": metrics.get("parameters"),
        "seconds": metrics.get("seconds"),
        "changed": max((file.st_mtime for file in files), default=0.0),
        "size": sum(file.st_size for file in files),
        "live": course is not None and not course.over,
    }


def _task(metrics: Mapping[str, Any], spec: TrainSpec | None) -> str:
    """What it was judged by tells; before that, what was asked for."""
    if "confusion_matrix" in metrics or "per_class" in metrics:
        return "classification"
    return "regression" if "root_mean_squared_error" in metrics else spec.task if spec is not None else ""


def _state(run: Run, course: Course | None) -> str:
    """The state of a run, of which the folder knows best where nobody trains it here."""
    if course is None or (course.stamp and (course.state != "crashed" or course.stamp != stamp_of(run))):
        return state_of(run)
    return course.state  # which has a process here, or had one that broke off


def read_metrics(run: Run) -> dict[str, Any] | None:
    """What metrics.json holds; None where it is not there, or is something else."""
    try:
        found = json.loads(run.metrics.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _lines(run: Run) -> int:
    try:
        return max(0, run.history.read_text("utf-8").count("\n") - 1)
    except (OSError, ValueError):
        return 0
