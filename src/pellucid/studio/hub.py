"""Where pages and trainers meet: runs that train, tabs that look on, and who is told what."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ..errors import Told
from ..web.refused import Refused
from . import frames
from .course import Course, at_rest, stamp_of
from .desk import Desk
from .listing import listed
from .process import Process
from .searches import Searches
from .spare import Spare
from .tabs import Tab

ORDERS = ("pause", "resume", "step", "epoch", "stop", "finish", "rate", "pace")
MOST_TRAINING = 8
LOOKS = (3.0, 10.0, 30.0, 90.0)  # seconds after which the doctor looks at a run that trains; then as the last
LOOK_SHARE = 0.1  # of a processor's time, at most, that it takes from a training
LOOK_COST = 7e-8  # seconds for each number that is learned from, until a look has told


class Hub:
    """All runs that are told of, and all tabs."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.tabs: dict[str, Tab] = {}
        self.courses: dict[str, Course] = {}
        self.processes: dict[str, Process] = {}
        self.watched: dict[str, str] = {}  # by run, what its trainer was last asked to draw
        self.searches = Searches(desk, self._tell_search, self.forget)
        self.spare = Spare(desk.folder)
        self._starting: set[Process] = set()
        self._examining: Process | None = None
        self._one_look = asyncio.Lock()  # at a time, however many runs train
        self._one_list = asyncio.Lock()  # of runs at a time: the newest is told last
        self._tasks: set[asyncio.Task[None]] = set()

    # Runs --------------------------------------------------------------------------------------------------------

    def course(self, name: str) -> Course:
        """The course of a run."""
        known, run = self.courses.get(name), self.desk.run(name)
        if known is None:
            known = self.courses[name] = at_rest(name, run)
        elif known.stamp and known.stamp != stamp_of(run):  # somebody else has gone on with it
            fresh = self.courses[name] = at_rest(name, run)
            fresh.follow(known)
            return fresh
        return known

    def trains(self, name: str) -> bool:
        """Whether a process trains it."""
        return name in self.processes

    async def until_gone(self, name: str) -> None:
        """Wait for the process of a run that has said its last word."""
        while self.trains(name) and self.courses[name].over:
            await asyncio.sleep(0.01)

    def forget(self, name: str) -> None:
        """A run has gone, or has another name."""
        self.courses.pop(name, None)
        self.desk.forget(name)
        self.tell_runs()

    def begin(self, tab: Tab, first: Mapping[str, Any], request: Any) -> None:
        """Start a trainer; what it says first tells which run it is."""
        if len(self.processes) + len(self._starting) >= MOST_TRAINING:
            told = Told(f"{len(self.processes)} already")
            raise Refused(409, "start", f"at most {MOST_TRAINING} runs that train", told, "Stop one first.")
        course: list[Course] = []

        def message(content: bytes) -> None:
            header, _ = frames.header_of(content)
            if header["type"] == "started":
                self._starting.discard(process)
                course.append(self._started(process, header, tab, request, first))
            elif course:
                self._heard(course[0], header, content)
            elif header["type"] == "state":
                tab.say({**header.get("problem", {}), "type": "refused", "request": request})

        def ended(code: int) -> None:
            self._starting.discard(process)
            if course:
                self._ended(course[0], process, code)
            elif code:
                sentence = "The process that was to train has ended at once."
                tab.say({"type": "refused", "request": request, "error": sentence})

        process = Process({"type": "begin", **first}, self.desk.folder, message, ended, waiting=self.spare.take())
        self._starting.add(process)

    def _started(
        self, process: Process, header: dict[str, Any], tab: Tab, request: Any, first: Mapping[str, Any]
    ) -> Course:
        name = Path(header["folder"]).name
        before = self.courses.get(name)
        course = self.courses[name] = Course(name, "starting", before.curve if before is not None else None)
        if before is not None:
            course.follow(before)
        course.steering = tab.name
        self.processes[name] = process
        self.watched.pop(name, None)
        self.desk.forget(name)
        shown = {key: header[key] for key in ("spec", "epochs", "steps", "metric", "layers", "parameters")}
        course.tell("started", shown)
        course.tell_findings(header["findings"])
        course.tell("pace", {"value": first.get("pace", 0)})
        course.tell_state("paused" if first.get("paused") else "running", 0 if before is None else None)
        tab.say({"type": "started", "run": name, "request": request, **shown})
        tab.open(name, 0)
        self._wake(name)
        self.tell_runs()
        self._keep(self._examine(name, process, header["numbers"] * LOOK_COST))
        return course

    def _heard(self, course: Course, header: dict[str, Any], content: bytes) -> None:
        kind = header["type"]
        if kind == "picture":
            for tab in self.tabs.values():
                tab.show(course.run, header["key"], content)
            return
        if kind in ("curve", "state"):
            course.told.pop("compiling", None)
        if kind == "curve":
            course.add(header)
        elif kind == "state":
            if "problem" in header:
                course.tell("problem", header["problem"])
            if header.get("epoch") is not None:
                course.pace["epoch"] = header["epoch"]
            course.tell_state(header["state"], header["step"])
        elif kind in ("saved", "finished", "rate", "compiling"):
            course.tell(kind, {name: value for name, value in header.items() if name != "type"})
        self._wake(course.run)

    def _ended(self, course: Course, process: Process, code: int) -> None:
        if self.processes.get(course.run) is process:
            del self.processes[course.run]
        if not course.over:
            course.tell_state("crashed", code=code)
        with contextlib.suppress(OSError):  # the folder has gone
            course.stamp = stamp_of(self.desk.run(course.run))
        self.desk.forget(course.run)
        self._wake(course.run)
        self.tell_runs()
        self._keep(self._findings(course.run))

    # The doctor --------------------------------------------------------------------------------------------------

    def looked_thoroughly(self, name: str, findings: list[dict[str, Any]]) -> None:
        """Tell what the whole doctor found, for which somebody asked."""
        self.course(name).tell_findings(findings, thorough=True)
        self._wake(name)

    async def _examine(self, name: str, process: Process, cost: float) -> None:
        """Ask the doctor now and then while it trains. cost: seconds that a look takes, as far as is known."""
        waits = iter(LOOKS)
        wait = 0.0
        while self.processes.get(name) is process:
            wait = next(waits, wait)
            await asyncio.sleep(max(wait, cost / LOOK_SHARE))
            if self.processes.get(name) is process and self.courses[name].state == "running":
                cost = await self._findings(name) or cost

    async def _findings(self, name: str) -> float:
        """What the doctor says of a run, of which something is saved; the seconds that it took."""
        async with self._one_look:
            course = self.courses.get(name)
            if course is None or not course.curve.rows:
                return 0.0
            found = await self._examined(name)
        if found.get("type") != "found":  # a run being saved, deleted, or renamed
            return 0.0
        if self.courses.get(name) is course:
            course.tell_findings(found["findings"])
            self._wake(name)
        return float(found["seconds"])

    async def _examined(self, name: str) -> dict[str, Any]:
        """The answer of a process of its own, with which the memory goes that a look takes; {} where it had none."""
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

        def told(found: dict[str, Any]) -> None:
            if not answer.done():
                answer.set_result(found)

        first, folder = {"type": "begin", "run": str(self.desk.runs / name)}, self.desk.folder
        self._examining = Process(
            first, folder, lambda content: told(frames.header_of(content)[0]), lambda code: told({}), "examiner"
        )
        try:
            return await answer
        finally:
            self._examining = None

    # Tabs --------------------------------------------------------------------------------------------------------

    def order(self, tab: Tab, message: Mapping[str, Any]) -> None:
        """A command for a run."""
        name, kind = str(message.get("run", "")), str(message["type"])
        course = self.course(name)
        if kind == "steer":
            course.steering = tab.name
            self._wake(name)
            return
        process = self.processes.get(name)
        if process is None:
            fix = "Go on with it first."
            raise Refused(409, f"{kind} {name}", "a run that trains", Told(f"one that is {course.state}"), fix)
        if course.steering not in (None, tab.name) and course.steering in self.tabs:
            raise Refused(409, f"{kind} {name}", "the tab that steers the run", Told("another"), "Take over first.")
        if kind == "step":
            n = message.get("n", 1)
            if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= 1_000_000:
                raise Refused(422, "step, n", "a whole number from 1 to 1,000,000", n)
        if kind == "rate":
            value = message.get("value")
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e6:
                raise Refused(422, "rate, value", "a number from 0 to 1,000,000", value)
        if kind == "pace":
            course.tell("pace", {"value": checked_pace(message.get("value"))})
            self._wake(name)
        if kind in ("stop", "finish"):
            course.tell_state("stopping")
            self._wake(name)
        process.order({key: message[key] for key in ("type", "n", "value") if key in message})

    def watch(self, name: str, fresh: Collection[str] = ()) -> None:
        """Tell a run's trainer what is watched now, by any tab; what of it is fresh to one of them."""
        process = self.processes.get(name)
        if process is None:
            return
        wanted = {key: asked for tab in self.tabs.values() for key, asked in tab.watched(name).items()}
        told = json.dumps(wanted, sort_keys=True)
        if told != self.watched.get(name) or fresh:
            self.watched[name] = told
            process.order({"type": "watch", "watched": wanted, "fresh": list(fresh)})

    def taken(self, name: str, key: str) -> None:
        """A tab can take the next picture of this key."""
        if (process := self.processes.get(name)) is not None:
            process.order({"type": "credit", "key": key})

    def left(self, tab: Tab) -> None:
        """A tab was closed: what it started goes on."""
        self.tabs.pop(tab.name, None)
        for name in list(self.processes):
            self.watch(name)

    def tell_runs(self) -> None:
        """The list of runs has changed."""
        self._keep(self._tell_runs())

    async def _tell_runs(self) -> None:
        async with self._one_list:
            message = {"type": "runs", "runs": await asyncio.to_thread(listed, self.desk, dict(self.courses))}
            for tab in list(self.tabs.values()):
                tab.say(message, "runs")

    async def greet(self, tab: Tab) -> None:
        """Tell a tab that has come what there is."""
        async with self._one_list:
            self.tabs[tab.name] = tab
            runs = await asyncio.to_thread(listed, self.desk, dict(self.courses))
            tab.say({"type": "hello", "tab": tab.name, "runs": runs})
        if self.searches.now is not None:
            tab.say({"type": "search", "search": self.searches.now}, "search")

    def _tell_search(self, search: Mapping[str, Any]) -> None:
        for tab in self.tabs.values():
            tab.say({"type": "search", "search": search}, "search")

    def _wake(self, name: str) -> None:
        for tab in self.tabs.values():
            if name in tab.opened:
                tab.wake()

    def _keep(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End all trainers; each saves before."""
        for task in list(self._tasks):
            task.cancel()
        processes = [*self.processes.values(), *self._starting, *filter(None, [self._examining])]
        ends = [self.spare.end, *(process.end for process in processes)]
        await asyncio.gather(*(asyncio.to_thread(end) for end in [*ends, self.searches.close]))


def checked_pace(value: Any) -> float:
    """The most steps a second, 0 for as many as it can."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e6:
        raise Refused(422, "pace, value", "steps a second, from 0 (as many as it can) to 1,000,000", value)
    return float(value)
