"""Where a prediction is computed: at once, or in a thread of the pool."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from starlette.requests import Request

from pellucid.serving import Options
from pellucid.serving.working import MOMENT, SMALL, Workers
from pellucid.web.refused import Refused

MODEL = ("m", "1")


def asked(body: bytes) -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


def quick(body: bytes) -> str:
    return threading.current_thread().name


def slow(body: bytes) -> str:
    end = time.thread_time() + 2 * MOMENT
    while time.thread_time() < end:
        pass
    return threading.current_thread().name


def failing(body: bytes) -> str:
    raise Refused(422, threading.current_thread().name)


def where(*requests: tuple[Any, bytes]) -> list[bool]:
    """Whether each was computed at once."""

    async def ask() -> list[bool]:
        workers = Workers(Options())
        here = threading.current_thread().name
        found = []
        for answer, body in requests:
            try:
                found.append(await workers.work(asked(body), MODEL, answer) == here)
            except Refused as refused:
                found.append(refused.where == here)
            assert workers.busy == 0
        workers.close()
        return found

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("requests", "at_once"),
    [
        ([(quick, b"1"), (quick, b"2")], [False, True]),  # how long it takes is known from the second on
        ([(quick, b"1"), (slow, b"2"), (quick, b"3")], [False, True, False]),
        ([(slow, b"1"), (slow, b"2")], [False, False]),
        ([(quick, b"1"), (quick, b"longer")], [False, False]),
        ([(quick, b"x" * (SMALL + 1))] * 2, [False, False]),
        ([(failing, b"1"), (slow, b"1")], [False, False]),  # what fails tells nothing of what does not
        ([(quick, b"1"), (failing, b"1"), (quick, b"1")], [False, True, True]),
        ([(slow, b"1"), *[(quick, b"1")] * 40], [False] * 2 + [None] * 38 + [True]),  # forgotten little by little
    ],
)
def test_what_is_quick_is_computed_at_once(requests: list[tuple[Any, bytes]], at_once: list[bool | None]):
    for found, expected in zip(where(*requests), at_once, strict=True):
        assert expected in (found, None)


def test_there_is_a_thread_for_each_core_that_the_server_may_use(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {1, 2, 5}, raising=False)
    assert Options().threads == 3
