"""What a page has not drawn yet holds back what it is sent, and no more than one picture waits for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pellucid.studio.socket import Socket
from pellucid.studio.steering import next_of


class Line:
    """A socket that keeps what it is given, and a hub of one run."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.made: list[str] = []
        self.courses: dict[str, Any] = {}

    async def send_bytes(self, message: bytes) -> None:
        self.sent.append(message)

    def taken(self, run: str, key: str) -> None:
        self.made.append(key)


def test_the_next_picture_is_made_while_one_is_drawn_and_sent_once_that_is_done():
    async def told() -> None:
        line = Line()
        socket: Any = Socket(line, line)  # type: ignore[arg-type]  # which is all of both that is asked
        (key,) = socket.tab.watch("digits-1", {"weights": {}}, 20.0)
        sending = asyncio.create_task(socket._send())
        for picture in (b"first", b"second", b"third"):
            socket.tab.show("digits-1", key, picture)
            await asyncio.sleep(0.01)
        assert (line.sent, line.made) == ([b"first"], [key])  # made anew once, and what came of it waits
        socket.tab.ack("digits-1", "weights")
        await asyncio.sleep(0.01)
        assert (line.sent, line.made) == ([b"first", b"third"], [key, key])
        sending.cancel()

    asyncio.run(told())


@pytest.mark.parametrize("go", [0.05, 0.052, 0.061])
def test_curves_are_told_ten_times_a_second_whatever_the_time_between_two_looks_at_the_clock(go: float):
    due, told, now = 0.0, 0, 100.0
    while now < 110.0:
        if now >= due:
            due, told = next_of(due, 0.1, now), told + 1
        now += go
    assert told >= 99
