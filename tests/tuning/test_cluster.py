"""A search on a real Dask cluster: a scheduler and two workers, processes of their own."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pellucid.cli import main
from pellucid.errors import InvalidArgument, NotReady
from pellucid.tuning import Dask
from pellucid.tuning.journal import Journal
from pellucid.tuning.search import Budget, Progress, search
from pellucid.tuning.study import Study
from tuning.searches import Bowl, plan, searched

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="there is no distributed"),
]
ROOT = Path(__file__).parents[2]
SECONDS = 120


class Cluster:
    def __init__(self, folder: Path) -> None:
        from distributed import Client

        self.file, self.folder = folder / "scheduler.json", folder
        paths = [str(ROOT / "src"), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1"}
        self.scheduler = self._start("scheduler", "--port", "0", "--no-dashboard")
        self.address = self._told()
        self.workers = [self.worker() for _ in range(2)]
        with Client(self.address, timeout=SECONDS, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=SECONDS)

    def _told(self) -> str:
        """Where the scheduler is; its file is there before that stands in it."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            with suppress(OSError, ValueError):
                return str(json.loads(self.file.read_text())["address"])
            time.sleep(0.05)
        raise AssertionError("The scheduler has told nothing.")

    def worker(self) -> subprocess.Popen[bytes]:
        return self._start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")

    def end(self, pid: int) -> int:
        """The worker that is this process goes, and another comes."""
        (i,) = (i for i, worker in enumerate(self.workers) if worker.pid == pid)
        self.workers[i].kill()
        self.workers[i].wait()
        self.workers[i] = self.worker()  # which joins
        return pid

    def _start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--scheduler-file", str(self.file), *options]
        with open(self.folder / f"{kind}.log", "ab") as log:
            return subprocess.Popen(words, cwd=self.folder, env=self.environment, stdout=log, stderr=log)

    def close(self) -> None:
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.close()


def on(
    cluster: Cluster, objective: Bowl, trials: int, sampler: str = "random", pruner: str = "none", **more: Any
) -> Study:
    with Journal(None) as journal:
        executor = Dask(cluster.address)(objective)
        try:
            study = Study(plan(sampler, pruner), journal)
            search(study, executor, Budget(trials), **more)
            return study
        finally:
            executor.close()


def outcome(study: Study) -> list[Any]:
    return [(one.trial.number, dict(one.trial.flat), one.state, dict(one.scores)) for one in study.records]


def test_what_is_found_is_what_local_processes_find(cluster: Cluster):
    wrong = {3: "raises", 5: "memory"}
    found = on(cluster, Bowl(wrong=wrong), 12)
    assert outcome(found) == outcome(searched("random", 12, objective=Bowl(wrong=wrong)))
    assert [one.state for one in found.records].count("failed") == 2


def test_a_worker_that_is_killed_costs_its_trial_no_more_than_time(cluster: Cluster):
    killed: list[int] = []

    def progress(now: Progress) -> None:
        if not killed and now.ended is not None and now.ended.trial.number >= 2:
            killed.append(cluster.end(cluster.workers[0].pid))

    found = on(cluster, Bowl(0.005), 10, on_progress=progress)
    assert killed
    assert outcome(found) == outcome(searched("random", 10))


def test_workers_that_all_go_at_once_take_nothing_along_that_others_need(cluster: Cluster):
    def progress(now: Progress) -> None:
        if now.ended is not None and now.ended.trial.number == 1:
            for worker in cluster.workers:
                worker.kill()
                worker.wait()
            cluster.workers[:] = [cluster.worker() for _ in cluster.workers]

    assert outcome(on(cluster, Bowl(0.005), 6, on_progress=progress)) == outcome(searched("random", 6))


def test_a_result_that_went_with_its_worker_counts_once_against_its_trial(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
):
    from pellucid.tuning import cluster as module

    read, lost = module._outcome, []

    def outcome_of(task: Any) -> Any:
        found = read(task)
        if lost or found is None or found[1].number != 2:
            return found
        ((holder,),) = task.client.who_has([task]).values()
        lost.append(cluster.end(task.client.run(os.getpid)[holder]))
        return None

    monkeypatch.setattr(module, "_outcome", outcome_of)
    assert outcome(on(cluster, Bowl(0.005), 6)) == outcome(searched("random", 6))
    assert lost


def test_a_result_whose_worker_goes_as_it_is_asked_for_is_not_waited_for():
    """Dask then has the task wait for that worker, and whoever asks, with it."""
    from pellucid.tuning import cluster as module

    class Task:
        status = "finished"

        def result(self, timeout: float | None = None) -> Any:
            assert timeout is not None, "asked without end"
            self.status = "pending"
            raise TimeoutError

    assert module._outcome(Task()) is None


def test_a_trial_that_kills_its_workers_is_to_blame(cluster: Cluster):
    def progress(now: Progress) -> None:
        for i, worker in enumerate(cluster.workers):
            if worker.poll() is not None:
                cluster.workers[i] = cluster.worker()

    found = on(cluster, Bowl(wrong={1: "killed"}), 4, on_progress=progress)
    assert [one.state for one in found.records] == ["done", "failed", "done", "done"]
    assert "2 times" in found.records[1].reason


def test_trials_are_given_up_there_too(cluster: Cluster):
    found = on(cluster, Bowl(0.001), 12, pruner="asha")
    assert {"done", "pruned"} == {one.state for one in found.records}


def test_the_command_line_searches_on_a_cluster(cluster: Cluster, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    words = ["tune", "moons", "--trials", "4", "--sampler", "random", "--epochs", "3", "--out", str(tmp_path / "run")]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--cluster", cluster.address])
    told = capfd.readouterr().out
    assert ended.value.code == 0, told
    assert "2 workers" in told
    assert (tmp_path / "run" / "model.keras").exists()
    with pytest.raises(SystemExit):
        main([*words[:-1], str(tmp_path / "local"), "--workers", "1"])
    tables = [(tmp_path / run / "trials.csv").read_text().splitlines() for run in ("run", "local")]
    columns = tables[0][0].split(",")
    seconds = columns.index("seconds")
    assert [line.split(",")[:seconds] for line in tables[0]] == [line.split(",")[:seconds] for line in tables[1]]


def test_a_scheduler_that_goes_away_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pellucid.tuning.cluster.PATIENCE", 8.0)
    own = Cluster(tmp_path)

    def progress(now: Progress) -> None:
        if now.ended is not None:
            own.scheduler.kill()

    try:
        with pytest.raises(NotReady, match="a scheduler that answers, got none for 8 seconds"):
            on(own, Bowl(0.02), 100, on_progress=progress)
    finally:
        own.close()


def test_a_cluster_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(InvalidArgument, match="a scheduler such as"):
        Dask("10.0.0.1")
    monkeypatch.setattr("pellucid.tuning.cluster.PATIENCE", 0.5)
    with pytest.raises(NotReady, match="a Dask scheduler"):
        Dask("tcp://127.0.0.1:9")(Bowl())
