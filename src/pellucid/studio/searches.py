"""Searches, from the server's side: one at a time, as it takes all cores; whoever looks is told how it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from ..actions.runs import Run
from ..errors import Told
from ..web.refused import Refused
from . import frames
from .desk import Desk
from .process import Process
from .search_told import WORDS, at_rest, state_of

State = dict[str, Any]  # of a search, as `told_search` has it
OnChange = Callable[[Mapping[str, Any]], None]


class Searches:
    """on_change: called with a search whenever there is something new of it; on_end: with its name when it is over."""

    def __init__(self, desk: Desk, on_change: OnChange, on_end: Callable[[str], None]) -> None:
        self.desk, self._on_change, self._on_end = desk, on_change, on_end
        self.now: State | None = None  # the search that goes on
        self._process: Process | None = None
        self._starting = False

    async def begin(self, first: Mapping[str, Any]) -> State:
        """Start one; returns it, or the error for which it cannot begin."""
        if self.now is not None or self._starting:
            name = self.now["id"] if self.now else "another"
            told = Told(f"{name} goes on")
            raise Refused(409, "tune", "one search at a time, as it takes all cores", told, "Stop it first.")
        self._starting = True
        try:
            if self._process is not None:  # it has said its last word, and is on its way out
                await asyncio.to_thread(self._process.end)
            return await self._begun(first)
        finally:
            self._starting = False

    async def _begun(self, first: Mapping[str, Any]) -> State:
        begun: asyncio.Future[State] = asyncio.get_running_loop().create_future()

        def message(content: bytes) -> None:
            header, _ = frames.header_of(content)
            if header["type"] == "search":
                self._heard(header["search"])
            if not begun.done():
                begun.set_result(header.get("search") or {key: header[key] for key in header if key != "type"})

        def ended(code: int) -> None:
            if self._process is not process:
                return
            self._process = None
            if self.now is not None:
                self._heard({**self.now, "state": "stopped", "live": False, "left": None, "words": WORDS["stopped"]})
            if not begun.done():
                begun.set_result({"error": f"The process that was to search has ended at once, with code {code}."})

        process = self._process = Process({"type": "begin", **first}, self.desk.folder, message, ended, "tuner")
        return await begun

    def _heard(self, told: State) -> None:
        name = told["id"]
        if told["live"]:
            self.now = told
            self.desk.searching.add(name)
        else:
            self.now = None
            self.desk.searching.discard(name)
            self._on_end(name)
        self._on_change(told)

    def stop(self, name: str) -> State:
        """End it with the best so far."""
        if self._process is None or self.now is None or self.now["id"] != name:
            raise Refused(409, f"search {name}", "one that goes on", Told("one that does not"))
        if self.now["state"] == "searching":  # else it ends by itself
            self._process.order({"type": "stop"})
            self.now = {**self.now, "state": "stopping", "words": WORDS["stopping"]}
            self._on_change(self.now)
        return self.now

    def told(self, name: str) -> State:
        """A search by its name."""
        now = self.now
        return now if now is not None and now["id"] == name else at_rest(name, self.run(name))

    def run(self, name: str) -> Run:
        """The folder of a search; Refused where there is none."""
        return self.desk.folder_with("search.toml", "search", name)

    def listed(self) -> list[State]:
        """Every search, the newest first."""
        if not self.desk.runs.is_dir():
            return []
        found = [Run(path) for path in self.desk.runs.iterdir() if (path / "search.toml").exists()]
        found.sort(key=lambda run: -run.search.stat().st_mtime)
        return [self._brief(run) for run in found]

    def _brief(self, run: Run) -> State:
        name, now = run.path.name, self.now
        if now is not None and now["id"] == name:
            return {"id": name, "state": now["state"], "live": True}
        return {"id": name, "state": state_of(run), "live": False}

    def close(self) -> None:
        """End the search that goes on; it can go on later."""
        if self._process is not None:
            self._process.end()
