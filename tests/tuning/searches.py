"""Searches of which everything is known: objectives that other processes can import, and programs that are killed."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from pellucid.tuning.journal import Journal
from pellucid.tuning.processes import Processes
from pellucid.tuning.search import Budget, search
from pellucid.tuning.space import Space
from pellucid.tuning.study import Plan, Study
from pellucid.tuning.trials import STEPS, Report, Trial

SPACE = {
    "x": {"low": 0.0, "high": 1.0},
    "n": {"low": 1, "high": 4},
    "kind": ["a", {"class": "b", "rate": {"low": 1e-3, "high": 1e-1, "log": True}}],
}


class Bowl:
    """(x − 0.3)², a little more for kind b; pause: seconds before each report. Some trials go wrong."""

    def __init__(self, pause: float = 0.0, wrong: Mapping[int, str] | None = None) -> None:
        self.pause, self.wrong = pause, wrong or {}

    def __call__(self, trial: Trial, report: Report) -> Mapping[str, float]:
        value = (trial.values["x"] - 0.3) ** 2 + 0.1 * (trial.values["kind"] != "a")
        for step in range(1, STEPS):
            time.sleep(self.pause)
            report(step, value + 1 / step)
        wrong = self.wrong.get(trial.number, "")
        if wrong == "raises":
            raise ValueError("a bad number")
        if wrong == "memory":
            raise MemoryError
        if wrong == "greedy":
            hoard = [b"x" * (1 << 20) for _ in range(2000)]
            time.sleep(10)
            return {"loss": float(len(hoard))}
        if wrong == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if wrong == "leaves":
            os._exit(3)
        return {"loss": float("nan") if wrong == "nan" else value}


def plan(sampler: str, pruner: str = "none", objectives: Mapping[str, bool] | None = None) -> Plan:
    return Plan(Space.of(SPACE), objectives or {"loss": False}, sampler, pruner, seed=3)


def searched(
    sampler: str, trials: int, folder: Path | None = None, *, objective: Bowl | None = None, workers: int = 1,
    pruner: str = "none", memory: int | None = None,
) -> Study:  # fmt: skip
    """A search from where its journal stands to its end."""
    with Journal(None if folder is None else folder / "trials.jsonl") as journal:
        executor = Processes(objective or Bowl(), workers, memory)
        try:
            study = Study(plan(sampler, pruner), journal)
            search(study, executor, Budget(trials))
            return study
        finally:
            executor.close()


def fall(journal: Path, ended: int, after: float) -> None:
    """Kill this process so many seconds after its first trial began and so many had ended: whoever is to kill it from
    outside may come when the search is over."""

    def come() -> bool:
        told = journal.read_bytes() if journal.exists() else b""
        return b"asked" in told and told.count(b'"ended"') >= ended

    while not come():
        time.sleep(0.005)
    time.sleep(after)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sampler, trials, folder, workers, ended, after = sys.argv[1:]
    moment = (Path(folder) / "trials.jsonl", int(ended), float(after))
    threading.Thread(target=fall, args=moment, daemon=True).start()
    searched(sampler, int(trials), Path(folder), objective=Bowl(0.002), workers=int(workers))
