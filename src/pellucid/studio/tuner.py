"""The process in which one search runs, with worker processes of its own. It is told what to do on its standard input,
and tells how it stands on its standard output.

    python -P -m pellucid.studio.tuner

The first message is {"type": "begin", "search": what search.toml holds} or {"type": "begin", "resume": a folder}, with
"trials" and "seconds", how many more; the other is {"type": "stop"}. Where the input ends, nobody is there any more: it
ends at once, as all that matters is in the journal by then.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from ..actions.train import Event, Started
from ..actions.tune import Begun, Found, Listeners, Resources, Search, find, resume, study_of, tune
from ..errors import PellucidError
from ..tuning.search import Progress
from . import frames
from .child import begun
from .parts import told_problem
from .search_told import found_nothing, told_search

TELL_SECONDS = 0.4  # between two messages


class Tuner:
    """One search, from its first order to its last word."""

    def __init__(self, out: IO[bytes]) -> None:
        self.out, self.stop = out, threading.Event()
        self.search: Begun | None = None
        self.resources = Resources()
        self.last: dict[str, Any] = {}  # of what was told: how long it has taken, and may take yet
        self.told_at = 0.0

    def run(self, asked: Mapping[str, Any]) -> None:
        """Search, and say how it ended."""
        listeners = Listeners(self.begun, self.progress, self.training)
        trials, seconds = asked.get("trials"), asked.get("seconds")
        try:
            if "resume" in asked:
                path = Path(asked["resume"])
                before = study_of(find(path))
                self.resources = Resources(
                    trials and trials + len(before.records), seconds and seconds + before.seconds
                )
                self.over(resume(path, self.resources, tell=listeners))
            else:
                self.resources = Resources(trials, seconds)
                self.over(tune(Search.of(asked["search"]), self.resources, tell=listeners))
        except (PellucidError, OSError, MemoryError) as problem:
            self.failed(problem)

    def begun(self, begun: Begun) -> None:
        self.search = begun
        self.tell("searching")

    def progress(self, now: Progress) -> None:
        """Tell now and then; to be stopped is what Ctrl-C is to the command line."""
        if self.stop.is_set():
            self.tell("stopping")
            raise KeyboardInterrupt
        self.last = {"seconds": now.seconds, "left": now.left}
        if time.monotonic() - self.told_at > TELL_SECONDS:
            self.tell("searching")

    def training(self, event: Event) -> None:
        if isinstance(event, Started):
            self.last = {}
            self.tell("training")

    def over(self, found: Found) -> None:
        self.last = {}
        if found.finished is not None:
            self.tell("done")
        elif found.whole:
            self.tell("failed", problem=found_nothing(found.remarks))
        else:
            self.tell("stopped")

    def failed(self, problem: BaseException) -> None:
        """What went wrong: before there is a folder, the search is refused."""
        if self.search is None:
            self._write({"type": "refused", **told_problem(problem)})
        else:
            self.tell("failed", problem=told_problem(problem))

    def tell(self, state: str, **more: Any) -> None:
        assert self.search is not None
        begun, self.told_at = self.search, time.monotonic()
        budget = {"trials": self.resources.trials, "seconds": self.resources.seconds}
        told = told_search(
            begun.run.path.name, begun.search.base.data, begun.study, state, budget=budget, **{**self.last, **more},
        )  # fmt: skip
        self._write({"type": "search", "search": told})

    def _write(self, message: Mapping[str, Any]) -> None:
        frames.write(self.out, frames.packed(message))


def listen(pipe: IO[bytes], stop: threading.Event) -> None:
    """Take the order that may come, until nobody is there."""
    while frames.read(pipe) is not None:
        stop.set()
    os._exit(0)


def main() -> None:
    """Search as the first message says."""
    asked, told = begun()
    if asked is None:
        return
    tuner = Tuner(told)
    threading.Thread(target=listen, args=(sys.stdin.buffer, tuner.stop), daemon=True).start()
    tuner.run(asked)
    told.close()


if __name__ == "__main__":
    main()
    os._exit(0)  # the thread that listens may be within a read, which an ordinary end would wait for
