"""Listen, answer, and stop without breaking off."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from ..files import allowed
from .connection import Connection
from .door import Door

MOST_CONNECTIONS = 1000  # beyond which connections are answered 503
BACKLOG = 1024  # connections that wait to be accepted
KEPT_OPEN = 15  # seconds, a connection on which nothing is asked


@contextmanager
def listening(door: Door) -> Iterator[tuple[socket.socket, str]]:
    """A socket that listens there, and its address."""
    made = _bound(door)
    try:
        host = f"[{door.host}]" if ":" in door.host else door.host
        yield made, f"{host}:{made.getsockname()[1]}"
    finally:
        made.close()


def answer(app: Any, on: socket.socket, patience: float, **more: Any) -> None:
    """Answer requests until SIGTERM or Ctrl-C; those in flight are answered before it returns.

    patience: the seconds in which a head must have come, and an answer be taken. more: of uvicorn's settings.
    """
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="on", server_header=False, date_header=True,
        limit_concurrency=MOST_CONNECTIONS, timeout_keep_alive=KEPT_OPEN, proxy_headers=False,
        http=Connection.with_patience(patience), **{"ws": "none", **more},
    )  # fmt: skip
    stops = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(stop, lambda number, frame: None) for stop in stops]  # uvicorn raises its signal once more
    try:
        uvicorn.Server(config).run(sockets=[on])
    finally:
        for stop, handler in zip(stops, before, strict=True):
            signal.signal(stop, handler)


def _bound(door: Door) -> socket.socket:
    fix = "Choose another --port, or --port 0 for any that is free."
    with allowed(f"{door.what}, {door.host} port {door.port}", "an address to listen on", fix):
        family = socket.getaddrinfo(door.host, door.port, type=socket.SOCK_STREAM)[0][0]
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # told of TCP, asyncio sends at once
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((door.host, door.port))
            made.listen(BACKLOG)
        except BaseException:
            made.close()
            raise
        return made
