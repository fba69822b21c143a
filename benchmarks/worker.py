"""One library at work on its tasks, in a process of its own: python -m benchmarks.worker LIBRARY FOLDER TASK...

It answers each line of JSON from standard input with a line on standard output. What the library itself prints goes to
standard error. Whatever is compiled is compiled before the first answer.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from . import data
from .libraries import LIBRARIES
from .networks.tasks import NETWORKS
from .tasks import TASKS, Task

Run = Callable[[int], Any]  # so many epochs, or so many predictions


class Notes(logging.Handler):
    """Keeps what Pellucid warns of: a network that has no compiled form is worth knowing of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if "definition" in (text := record.getMessage()) and text not in self.kept:
            self.kept.append(text)


def peak_memory() -> int:
    """Bytes that this process has held at most.

    Linux's ru_maxrss would count what the parent held when it made this process; VmHWM begins anew.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS


class Worker:
    """The library, and what it has built for each task."""

    def __init__(self, library: str, folder: Path, names: list[str]) -> None:
        self.folder, self.library = folder, LIBRARIES[library]
        self.notes = Notes()
        logging.getLogger("pellucid").addHandler(self.notes)
        self.module = importlib.import_module(f"{__package__}.workers.{self.library.worker}")
        self.tasks = {name: (TASKS | NETWORKS)[name] for name in names}
        self.runs: dict[str, Run] = {}
        self.times = dict.fromkeys(names, 1)  # epochs or predictions that are timed together
        self.checks = {name: self.build(task) for name, task in self.tasks.items() if task.kind != "reach"}

    def build(self, task: Task) -> float:
        """Make it ready, and run it for the first time; returns a number that all libraries should agree on."""
        x = data.read(self.folder, task.data, "x", task.rows)
        if task.kind == "predict":
            predict = self.module.prediction(task, x, data.weights(task.sizes), **self.library.options)
            self.runs[task.name] = lambda times: [predict() for _ in range(times)][-1]
            return float(np.max(predict(), axis=1).mean())
        y = data.read(self.folder, task.data, "y", task.rows)
        self.runs[task.name] = self.module.training(task, x, y, **self.library.options)
        return float(self.runs[task.name](task.check, True))

    def timed(self, name: str) -> float:
        began = time.perf_counter()
        self.runs[name](self.times[name])
        return time.perf_counter() - began

    def calibrate(self, name: str, seconds: float) -> dict[str, Any]:
        """Choose how many epochs take about so long, which is the warm-up, too."""
        self.times[name] = 1
        while (taken := self.timed(name)) < seconds / 4:
            self.times[name] *= max(2, min(8, int(seconds / 2 / taken)))
        self.times[name] = max(1, round(self.times[name] * seconds / taken))
        return {"times": self.times[name]}

    def time(self, name: str) -> dict[str, Any]:
        """Seconds per step."""
        return {
            "seconds": self.timed(name) / (self.times[name] * self.tasks[name].steps),
            "memory": peak_memory(),
            "notes": self.notes.kept,
        }

    def reach(self, name: str, seed: int) -> dict[str, Any]:
        """Seconds until the goal, the compilation included; the data are in memory before."""
        task = self.tasks[name]
        parts = [
            (data.read(self.folder, task.data, f"x{part}", rows), data.read(self.folder, task.data, f"y{part}", rows))
            for part, rows in (("", task.rows), ("_test", None))
        ]
        began = time.perf_counter()
        epochs, accuracy = self.module.reach(task, *parts, seed, **self.library.options)
        taken = time.perf_counter() - began
        return {"seconds": taken, "memory": peak_memory(), "epochs": epochs, "accuracy": accuracy}


def main() -> None:
    library, folder, *names = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def answer(made: Callable[[], dict[str, Any]]) -> None:
        try:
            text = json.dumps(made())
        except BaseException as problem:
            text = json.dumps({"failed": f"{type(problem).__name__}: {problem}"})
        print(text, file=answers)

    worker: Any = None

    def start() -> dict[str, Any]:
        nonlocal worker
        worker = Worker(library, Path(folder), names)
        return {"checks": worker.checks}

    answer(start)
    for line in sys.stdin:
        ask = json.loads(line)
        answer(lambda ask=ask: getattr(worker, ask.pop("do"))(**ask))


if __name__ == "__main__":
    main()
