"""What the answers to the page's questions have in common: JSON in and out, work in threads, errors in sentences."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from ..errors import PellucidError, Told
from ..web.bodies import body
from ..web.jsons import parsed
from ..web.refused import Refused
from . import frames
from .desk import Desk
from .hub import Hub
from .serving import Served

T = TypeVar("T")
JSON = "application/json"
MOST_BODY = 8_000_000  # bytes of a question


class Studio:
    """What all addresses share."""

    def __init__(self, desk: Desk, hub: Hub) -> None:
        self.desk, self.hub = desk, hub
        self.served = Served(desk)

    async def close(self) -> None:
        """End what was started."""
        await self.hub.close()
        await asyncio.to_thread(self.served.close)

    async def asked(self, request: Request) -> dict[str, Any]:
        """The object that a request brings."""
        sent = await body(request, MOST_BODY, self.desk.options.timeout)
        found = parsed(sent) if sent else {}
        if not isinstance(found, dict):
            raise Refused(422, "request, body", "an object", Told(type(found).__name__))
        return found


async def work(function: Callable[..., T], *args: Any) -> T:
    """Compute in a thread, so that everybody else is answered meanwhile."""
    return await _told(asyncio.to_thread(function, *args))


async def at_length(function: Callable[..., T], *args: Any) -> T:
    """Compute what may take minutes, in a thread for which the end of the studio does not wait."""
    return await _told(_unwaited(function, *args))


async def _told(computing: Awaitable[T]) -> T:
    """What lacks, a file or memory, is told in a sentence, too."""
    try:
        return await computing
    except PellucidError:
        raise
    except (OSError, MemoryError) as problem:
        raise Refused(422, "studio", "files that can be read and memory for them", Told(str(problem))) from problem


async def _unwaited(function: Callable[..., T], *args: Any) -> T:
    made: Future[T] = Future()

    def compute() -> None:
        try:
            made.set_result(function(*args))
        except BaseException as problem:
            made.set_exception(problem)

    threading.Thread(target=compute, daemon=True).start()
    try:
        return await asyncio.shield(asyncio.wrap_future(made))
    except asyncio.CancelledError:
        raise Refused(503, "studio", "one that goes on", Told("one that is being closed")) from None


def answer(value: Mapping[str, Any], status: int = 200) -> Response:
    """A value as JSON."""
    return Response(frames.text(value), status, media_type=JSON)
