"""A connection on which requests come; one that is held up is cut off.

uvicorn times the pause between two requests, and `bodies.py` the body of one. Timed here is what is left: a head that
comes letter by letter (an attack known as Slowloris), and an answer that nobody takes. What is not HTTP is refused in a
sentence, as everything else is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..errors import Told
from .jsons import written
from .refused import Refused


class Clock:
    """Calls something when its time is over."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.handle: asyncio.TimerHandle | None = None

    @property
    def runs(self) -> bool:
        return self.handle is not None

    def start(self, seconds: float, call: Callable[[], object]) -> None:
        self.handle = self.loop.call_later(seconds, call)

    def stop(self) -> None:
        if self.handle is not None:
            self.handle.cancel()
            self.handle = None


class Gathered:
    """A transport that sends what is written in one go together: uvicorn writes an answer's head, then its body, and
    who waits for the answer would be woken twice."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.transport, self.loop = transport, loop
        self.kept: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self.kept:
            self.loop.call_soon(self.flush)
        self.kept.append(data)

    def flush(self) -> None:
        self.transport.write(b"".join(self.kept))
        self.kept.clear()

    def close(self) -> None:
        self.flush()
        self.transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)


class Connection(H11Protocol):
    """uvicorn's, with patience: the seconds in which a head must have come, and in which an answer must be taken."""

    patience = 30.0
    upgraded = False  # to a socket, which somebody else reads from then on

    @classmethod
    def with_patience(cls, seconds: float) -> type[Connection]:
        """The class as uvicorn makes connections of it."""
        return type("Connection", (cls,), {"patience": seconds})

    # The head ----------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(Gathered(transport, self.loop))  # type: ignore[arg-type]  # all of it that is called
        self.waiting, self.stuck = Clock(self.loop), Clock(self.loop)  # for a head; with an answer
        self._wait_for_a_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait_for_a_head()

    def _wait_for_a_head(self) -> None:
        """Start the clock unless a request is being answered or the clock is running: it runs from the first byte."""
        if self.upgraded or (self.cycle is not None and not self.cycle.response_complete):
            self.waiting.stop()
        elif not self.waiting.runs:
            self.waiting.start(self.patience, self._no_head)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self.upgraded = True
        super().handle_websocket_upgrade(event)

    def _no_head(self) -> None:
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            self._refuse(Refused(408, "request, head", f"all of it within {self.patience:g} s", Told("a part")))
        self.transport.close()

    # The answer --------------------------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        super().pause_writing()
        self.stuck.start(self.patience, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.stuck.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        self.waiting.stop()
        self.stuck.stop()
        super().connection_lost(exc)

    # What is not HTTP --------------------------------------------------------------------------------------------

    def send_400_response(self, msg: str) -> None:
        """Where the request has been answered already, which h11 cannot do twice, the connection is closed."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._refuse(Refused(400, "request", "HTTP/1.1", Told("something else")))
        self.transport.close()

    def _refuse(self, refused: Refused) -> None:
        if self.cycle is not None:
            self.cycle.disconnected = True  # who works on it need not answer it
        body = written({"error": str(refused)})
        headers = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
        reason = HTTPStatus(refused.status).phrase.encode()
        response = h11.Response(status_code=refused.status, headers=headers, reason=reason)
        events = (response, h11.Data(data=body), h11.EndOfMessage())
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
