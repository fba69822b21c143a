"""Trials on a Dask cluster: machines elsewhere, one trial at a time on each of their workers.

The search itself stays here, and its journal with it. A worker that goes away costs the time of the trial it had, which
another worker then begins anew.
"""

from __future__ import annotations

import os
import queue
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..__about__ import version
from ..errors import InvalidArgument, NotReady, PellucidError, Told
from .trials import Ended, Event, Objective, Report, Reported, Stopped, Trial, run_trial

PATIENCE = 20.0  # seconds that a scheduler has to answer
LOOK = 1.0  # seconds between two looks at which workers there are
DEATHS = 2  # workers that may go away under one trial: then it is to blame
ONE_AT_A_TIME = threading.Lock()  # on a worker of several threads, too: what a model is seeded by is the process's


@dataclass(frozen=True)
class Dask:
    """Where trials run: on the workers of the Dask cluster whose scheduler has this address.

        tune(build, data, space, workers=Dask("tcp://10.0.0.1:8786"))

    Each worker needs Pellucid of this version, and finds data that are named by a path under the same path.
    """

    address: str

    def __post_init__(self) -> None:
        if not isinstance(self.address, str) or "://" not in self.address:
            raise InvalidArgument("Dask, argument address", "a scheduler such as 'tcp://10.0.0.1:8786'", self.address)

    def __call__(self, objective: Objective) -> OnCluster:
        return OnCluster(objective, self.address)


@dataclass
class _Given:
    """A trial that a worker has."""

    trial: Trial
    worker: str
    task: Any
    heard: int = 0  # reports
    began: float = field(default_factory=time.monotonic)


class OnCluster:
    """An `Executor` of as many slots as the cluster has workers, which may come and go."""

    def __init__(self, objective: Objective, address: str) -> None:
        self._client, self._where = _connected(address), f"cluster {address}"
        self._name = f"pellucid-{uuid.uuid4().hex}"
        self._objective, self._there = objective, self._client.scatter(objective, broadcast=True, hash=False)
        self._news: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()  # (trial, what has been heard of it)
        self._client.subscribe_topic(self._name, lambda event: self._news.put(event[1]))
        self._waiting: deque[Trial] = deque()
        self._given: dict[int, _Given] = {}
        self._deaths: dict[int, set[str]] = {}  # the workers that went away under a trial
        self._workers: list[str] = []
        self._workers, self._looked = self._present(), time.monotonic()

    @property
    def slots(self) -> int:
        return max(1, len(self._workers))

    def submit(self, trial: Trial) -> None:
        self._waiting.append(trial)
        self._hand_out()

    def stop(self, number: int) -> None:
        if number in self._given:
            self._signal_stop(number)

    def events(self, timeout: float) -> Iterator[Event]:
        if time.monotonic() - self._looked > LOOK:
            self._workers, self._looked = self._present(), time.monotonic()
            yield from self._bury()
        self._hand_out()
        try:
            news = self._news.get(timeout=timeout)
            while True:
                yield from self._heard(*news)
                news = self._news.get_nowait()
        except queue.Empty:
            return
        finally:
            self._hand_out()

    def close(self) -> None:
        if self._answers:
            with suppress(OSError, RuntimeError):
                for number, given in self._given.items():
                    self._signal_stop(number)
                    given.task.cancel()
                self._client.unsubscribe_topic(self._name)
        self._client.close()

    @property
    def _answers(self) -> bool:
        """Whether the scheduler is there."""
        return bool(self._client.status == "running")

    def _present(self) -> list[str]:
        """The workers; those that there were while the scheduler is away, which it may be for a while."""
        if self._client.status == "closed":
            told = Told(f"none for {PATIENCE:g} seconds")
            raise NotReady(self._where, "a scheduler that answers", told, "Go on with the search when it is back.")
        return list(self._client.scheduler_info(n_workers=-1).get("workers", self._workers))

    def _signal_stop(self, number: int) -> None:
        if self._answers:
            with suppress(OSError, RuntimeError):  # it has gone meanwhile
                _stop_sign(self._name, number, self._client).set()

    def _hand_out(self) -> None:
        """Trials that wait go to workers without one."""
        if not (self._answers and self._waiting and self._workers and self._sent()):
            return
        busy = {given.worker for given in self._given.values()}
        for worker in self._workers:
            if worker not in busy and self._waiting:
                trial = self._waiting.popleft()
                task = self._client.submit(
                    tried, self._there, trial, self._name, workers=[worker], allow_other_workers=False, pure=False,
                    retries=0,
                )  # fmt: skip
                self._given[trial.number] = _Given(trial, worker, task)
                task.add_done_callback(lambda task, number=trial.number: self._news.put((number, task)))

    def _sent(self) -> bool:
        """Whether some worker has the objective: where all that had it are gone, it is sent to those that came."""
        if self._there.status != "finished":
            try:
                self._there = self._client.scatter(self._objective, broadcast=True, hash=False, timeout=LOOK)
            except Exception:  # whatever Dask raises where these have gone meanwhile, too
                return False
        return True

    def _heard(self, number: int, news: Any) -> Iterator[Event]:
        """What there is to tell of a trial: that it has come further, or is over."""
        given = self._given.get(number)
        if given is None or (not isinstance(news, dict) and news is not given.task):
            return  # it has ended meanwhile, or runs anew
        if isinstance(news, dict):
            if news["place"] == given.heard:
                given.heard += 1
                yield Reported(number, news["step"], news["value"])
        elif (outcome := _outcome(news)) is not None:
            reports, ended = outcome
            del self._given[number]
            yield from reports[given.heard :]
            yield ended
        elif news.status == "cancelled":  # not by us: the scheduler or the objective has gone; no trial is to blame
            self._waiting.appendleft(self._given.pop(number).trial)
        else:
            yield from self._lost(given, _reason(news))

    def _bury(self) -> Iterator[Event]:
        """The trials of workers that are gone."""
        for given in list(self._given.values()):
            if given.worker not in self._workers:
                yield from self._lost(given, "its worker went away")

    def _lost(self, given: _Given, reason: str) -> Iterator[Event]:
        """A trial whose worker has not brought it to its end: another begins it anew, unless it is to blame."""
        number = given.trial.number
        del self._given[number]
        given.task.cancel()  # or it waits for that worker, and begins once more if it comes back
        self._workers = [one for one in self._workers if one != given.worker]  # until it is seen again
        deaths = self._deaths.setdefault(number, set())
        deaths.add(given.worker)
        if len(deaths) >= DEATHS:
            reason = f"{reason}, {DEATHS} times"
            yield Ended(number, "failed", {}, reason, time.monotonic() - given.began)
        else:
            self._waiting.appendleft(given.trial)


def tried(objective: Objective, trial: Trial, name: str) -> tuple[list[Reported], Ended]:
    """Runs on a worker: the trial from beginning to end, and all it has reported."""
    from distributed import get_worker

    os.environ.setdefault("PELLUCID_THREADS", "1")
    worker, sign = get_worker(), _stop_sign(name, trial.number)
    reports: list[Reported] = []

    def report(step: int, value: float) -> None:
        told = {"place": len(reports), "step": step, "value": float(value)}
        reports.append(Reported(trial.number, step, float(value)))
        worker.log_event(name, (trial.number, told))
        if sign.is_set():
            raise Stopped

    reporting: Report = report
    with ONE_AT_A_TIME:
        return reports, run_trial(objective, trial, reporting, time.monotonic)


def _stop_sign(name: str, number: int, client: Any = None) -> Any:
    """What is set when a trial is to stop."""
    from distributed import Event as Sign

    return Sign(f"{name}-{number}", client=client)


def about() -> str:
    """Runs on a worker: which Pellucid it has."""
    return version


def _connected(address: str) -> Any:
    """A client of the cluster, all of whose workers have what a trial needs."""
    where = f"cluster {address}"
    try:
        from distributed import Client
    except ImportError:
        fix = "pip install 'pellucid[cluster]'"
        raise NotReady(where, "the package distributed", Told("none"), fix) from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as problem:
        fix = "Start one with `dask scheduler`, and give the address that it tells."
        raise NotReady(where, "a Dask scheduler", Told(str(problem) or "none that answers"), fix) from None
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
        for worker, found in client.run(about).items():
            if found != version:
                raise InvalidArgument(f"{where}, worker {worker}", f"Pellucid {version}", Told(found))
    except PellucidError:
        client.close()
        raise
    except TimeoutError:
        client.close()
        raise NotReady(where, "a worker", Told("none"), f"Start some: dask worker {address}") from None
    except Exception as problem:  # whatever a worker has met
        client.close()
        raise NotReady(where, "workers with Pellucid", Told(str(problem)), "Install it where they run.") from None
    return client


def _outcome(task: Any) -> tuple[list[Reported], Ended] | None:
    """What a task has brought; None where it has not come to its end, or what it brought can no longer be had."""
    while task.status == "finished":  # no longer, once it is known that the worker has gone and taken it along
        try:
            found: tuple[list[Reported], Ended] = task.result(timeout=LOOK)
        except TimeoutError:
            continue
        except Exception:  # whatever Dask raises where the scheduler has gone meanwhile
            return None
        return found
    return None


def _reason(task: Any) -> str:
    """Why a worker has not brought a trial to its end."""
    problem = task.exception() if task.status == "error" else None
    return f"{type(problem).__name__}: {' '.join(str(problem).split())}" if problem else "its worker went away"
