"""Whatever comes late, or twice at once, changes nothing of what is told and kept."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pellucid.studio import Options, hub, serving
from pellucid.studio.desk import Desk
from pellucid.studio.hub import Hub
from pellucid.studio.serving import Served
from pellucid.studio.tabs import Tab
from pellucid.web.refused import Refused
from studio.conftest import TOKEN, Page, train

RUN = {"data": "moons", "layers": [4], "epochs": 1}


def test_a_list_of_runs_that_took_long_is_not_told_after_a_newer_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    seconds = iter([0.3, 0.2, 0.0])
    numbers = iter([1, 2, 3])

    def listed(*about: Any) -> list[int]:
        found = next(numbers)
        time.sleep(next(seconds))
        return [found]

    monkeypatch.setattr(hub, "listed", listed)

    async def told() -> list[Any]:
        one, came = Hub(Desk(Options(token=TOKEN), tmp_path)), Tab("came")
        greeting = asyncio.create_task(one.greet(came))
        for _ in range(2):
            await asyncio.sleep(0.05)
            one.tell_runs()
        await asyncio.gather(greeting, *one._tasks)
        return [(message["type"], message["runs"]) for message in came.answers.values()]

    assert asyncio.run(told()) == [("hello", [1]), ("runs", [3])]


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every process that was started to serve; each takes a while to say where."""
    found: list[Any] = []

    class Process:
        stdout = None

        def __init__(self, *told: Any, **more: Any) -> None:
            self.ended = False
            found.append(self)

        def poll(self) -> int | None:
            return 0 if self.ended else None

    def said(process: Process) -> str:
        time.sleep(0.2)
        return f"http://127.0.0.1/{found.index(process)}"

    monkeypatch.setattr(serving, "subprocess", SimpleNamespace(Popen=Process, PIPE=None, DEVNULL=None))
    monkeypatch.setattr(serving, "_said", said)
    monkeypatch.setattr(serving, "_end", lambda process: setattr(process, "ended", True))
    return found


def test_a_run_that_is_to_be_served_twice_at_once_is_served_once(page: Page, folder: Path, begun: list[Any]):
    run, served = train(page, RUN), Served(Desk(Options(token=TOKEN), folder))
    with ThreadPoolExecutor(2) as pool:
        urls = {told["url"] for told in pool.map(served.start, [run, run])}
    assert (urls, len(begun)) == ({"http://127.0.0.1/0"}, 1)
    served.close()
    assert begun[0].ended


def test_what_begins_to_serve_while_the_studio_closes_is_ended(page: Page, folder: Path, begun: list[Any]):
    run, served = train(page, RUN), Served(Desk(Options(token=TOKEN), folder))
    starting = threading.Thread(target=served.start, args=[run])
    starting.start()
    while not begun:
        time.sleep(0.001)
    served.close()
    starting.join()
    assert begun[0].ended
    with pytest.raises(Refused, match="being closed"):
        served.start(run)
