"""The socket of a tab: commands come in, and what is new goes out, as much as the page can take."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..errors import PellucidError
from ..web.jsons import parsed
from ..web.refused import Refused
from . import frames
from .course import Course
from .desk import Desk
from .hub import ORDERS, Hub, checked_pace
from .parts import told_problem
from .pictures import picture
from .tabs import Tab

FASTEST = 20.0
LONGEST_KEY = 1000  # characters of what a picture is asked with
MOST_TOPICS = 12


class Socket:
    """One connection of a page."""

    def __init__(self, hub: Hub, socket: WebSocket) -> None:
        self.hub, self.socket = hub, socket
        self.tab = Tab(secrets.token_hex(4))

    async def run(self) -> None:
        """From its first to its last message."""
        await self.socket.accept("pellucid")
        hub, tab = self.hub, self.tab
        await hub.greet(tab)
        sending = asyncio.create_task(self._send())
        try:
            while True:
                await self._take(await self.socket.receive_text())
        except (WebSocketDisconnect, RuntimeError, KeyError):  # KeyError: bytes in the place of text
            pass
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await sending
            hub.left(tab)

    # In ----------------------------------------------------------------------------------------------------------

    async def _take(self, text: str) -> None:
        request: Any = None
        try:
            message = parsed(text.encode("utf-8", "replace"))
            if not isinstance(message, dict) or not isinstance(message.get("type"), str):
                raise Refused(422, "message", "an object with a type")
            request = message.get("request")
            await self._do(message)
        except (PellucidError, OSError, MemoryError) as problem:
            told = {"type": "refused", "request": request, **told_problem(problem)}
            self.tab.say(told)

    async def _do(self, message: Mapping[str, Any]) -> None:
        kind, hub, tab = message["type"], self.hub, self.tab
        run, request = str(message.get("run", "")), message.get("request")
        if kind == "soon":
            hub.spare.prepare()
        elif kind == "start":
            spec = await asyncio.to_thread(hub.desk.spec, message.get("spec"), True)
            hub.begin(tab, _first(spec.model_dump(exclude_unset=True), message), request)
        elif kind == "restart":
            told = hub.desk.run(run).read_spec().model_dump(exclude_unset=True)
            if message.get("weights") == "new":
                told["seed"] = int(told.get("seed", 0)) + 1
            hub.begin(tab, _first(told, message), request)
        elif kind == "resume_run":
            await hub.until_gone(run)
            if hub.trains(run):
                raise Refused(409, f"resuming {run}", "a run that nobody trains")
            hub.begin(tab, {"resume": str(hub.desk.run(run).path), **_how(message)}, request)
        elif kind == "open":
            hub.course(run)
            tab.open(run, _whole(message.get("since", 0)))
        elif kind == "close":
            tab.close(run)
            hub.watch(run)
        elif kind == "watch":
            await self._watch(run, message)
        elif kind == "ack":
            tab.ack(run, str(message.get("topic", "")))
        elif kind in (*ORDERS, "steer"):
            hub.order(tab, message)
        else:
            raise Refused(422, "message, type", "one of those in PROTOCOL.md", kind[:40])

    async def _watch(self, run: str, message: Mapping[str, Any]) -> None:
        topics, hz = message.get("topics", {}), message.get("hz", FASTEST)
        options = [one for one in topics.values() if isinstance(one, dict)] if isinstance(topics, dict) else []
        paces = [hz, *(one["hz"] for one in options if "hz" in one)]
        fine = isinstance(topics, dict) and all(isinstance(pace, int | float) and pace > 0 for pace in paces)
        if not fine or len(topics) > MOST_TOPICS or len(str(topics)) > LONGEST_KEY:
            raise Refused(422, "watch", "topics by name with their options, and hz above 0")
        course = self.hub.course(run)
        fresh = self.tab.watch(run, topics, min(float(hz), FASTEST))
        self.hub.watch(run, fresh)
        if not self.hub.trains(run):
            for key, asked in self.tab.watched(run).items():
                self.tab.show(run, key, await asyncio.to_thread(still, self.hub.desk, course, asked, key))

    # Out ---------------------------------------------------------------------------------------------------------

    async def _send(self) -> None:
        tab = self.tab
        while True:
            await tab.news.wait()
            tab.news.clear()
            answers, tab.answers = tab.answers, {}
            for answer in answers.values():
                await self._say(answer)
            for run in list(tab.opened):
                await self._bring_up_to_date(run)
            for (run, key), shown in tab.pictures_due():
                self.hub.taken(run, key)  # the next is made while this one is on its way
                await self.socket.send_bytes(shown)

    async def _bring_up_to_date(self, run: str) -> None:
        course, known = self.hub.courses.get(run), self.tab.opened.get(run)
        if course is None or known is None:
            return
        for message in course.since(known.seq):
            known.seq = message["seq"]
            if message["type"] == "state":
                message = {**message, "steering": self._steers(run)}
                known.steering = message["steering"]
            await self._say(message)
        if known.steering is not None and known.steering != self._steers(run):
            known.steering = self._steers(run)
            await self._say({**course.told["state"][1], "steering": known.steering})
        if known.row != course.curve.next or known.age != course.curve.age:
            fresh = known.age != course.curve.age
            whole, rows = course.curve.since(0 if fresh else known.row)
            told = {"type": "curve", "run": run, "from": course.curve.next - len(rows), "whole": whole, "rows": rows}
            known.row, known.age = course.curve.next, course.curve.age
            await self._say({**told, "from": 0 if whole else told["from"], "next": known.row, **course.pace})

    def _steers(self, run: str) -> bool:
        course = self.hub.courses[run]
        return course.steering == self.tab.name or course.steering not in self.hub.tabs

    async def _say(self, message: Mapping[str, Any]) -> None:
        await self.socket.send_text(frames.text(message))


def still(desk: Desk, course: Course, asked: Mapping[str, Any], key: str = "") -> bytes:
    """A picture of a run that nobody trains, as a message."""
    scene = desk.scene(course.run)
    told = {"type": "picture", "run": course.run, "topic": asked.get("topic"), "key": key}
    told |= {"step": scene.model.optimizer.steps_taken, "epoch": course.pace["epoch"]}
    try:
        header, arrays = picture(scene, asked)
    except PellucidError as problem:
        header, arrays = {"problem": told_problem(problem)}, {}
    return frames.packed({**told, **header}, arrays)


def _first(spec: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
    return {"spec": dict(spec), **_how(message)}


def _how(message: Mapping[str, Any]) -> dict[str, Any]:
    return {"paused": bool(message.get("paused")), "pace": checked_pace(message.get("pace", 0))}


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def endpoint(hub: Hub) -> Callable[[WebSocket], Any]:
    """The address of the socket."""

    async def connected(socket: WebSocket) -> None:
        await Socket(hub, socket).run()

    return connected
