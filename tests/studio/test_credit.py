"""What a page has not drawn yet holds back what it is sent, and no more than one picture waits for it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from pellucid.studio.orders import Orders
from pellucid.studio.socket import Socket
from pellucid.studio.steering import Steering, next_of
from pellucid.studio.tabs import Tab
from pellucid.web.refused import Refused


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


def test_pictures_that_are_due_leave_together():
    told: list[str] = []
    orders = Orders()
    orders.take({"type": "watch", "watched": {key: {"topic": key} for key in "ab"}, "fresh": ["a", "b"]})

    def draw(asked: Any, look: Any) -> Any:
        told.append("made")
        return {}, {}

    out: Any = SimpleNamespace(show=lambda key, header, arrays: told.append(f"{key} {header['step']}"))
    steering = Steering(orders, out, None, "accuracy", draw)  # type: ignore[arg-type]
    model: Any = SimpleNamespace(optimizer=SimpleNamespace(steps_taken=7), position=SimpleNamespace(epoch=0))
    steering.model = model
    steering._pictures(100.0)
    assert told == ["made", "made", "a 7", "b 7"]


def test_a_picture_may_be_wanted_less_often_than_the_others():
    tab = Tab("t")
    tab.watch("digits-1", {"weights": {}, "neuron": {"unit": 3, "hz": 4}, "flow": {"hz": 90}}, 20.0)
    assert {one["topic"]: one["hz"] for one in tab.watched("digits-1").values()} == {
        "weights": 20,
        "neuron": 4,
        "flow": 20,
    }


@pytest.mark.parametrize("hz", [0, -1, "often", None])
def test_a_pace_that_is_none_is_refused(hz: Any):
    socket: Any = Socket(Line(), Line())  # type: ignore[arg-type]
    with pytest.raises(Refused, match="hz above 0"):
        asyncio.run(socket._watch("digits-1", {"topics": {"neuron": {"hz": hz}}}))
