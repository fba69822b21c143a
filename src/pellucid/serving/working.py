"""Predictions are computed so many at a time; whoever comes when all places are taken is sent away.

Large ones are computed in a pool of threads. Handing one over and back takes longer than most small ones do, so these
are computed at once, between two looks at the connections: those of a size that took less than `MOMENT` of late.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from ..errors import Told
from .options import Options
from .refused import Refused

T = TypeVar("T")

MOMENT = 0.002  # seconds of computing for which others may wait
SMALL = 1 << 14  # bytes of a body; what is larger is never computed at once


class Workers:
    """`busy`: how many places are taken. A place is given back when its thread is done, even where nobody waits for
    it any more. `took`: seconds of computing, by model and by the bits of the body's length; a long one is forgotten
    little by little."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.pool = ThreadPoolExecutor(options.threads, "pellucid")
        self.busy = 0
        self.took: dict[tuple[str, str, int], float] = {}

    async def work(self, request: Request, model: tuple[str, str], answer: Callable[[bytes], T]) -> T:
        """What `answer` makes of the request's body. model: the name and version of the one that it asks."""
        if self.busy >= self.options.concurrency:
            told = Told(f"{self.busy} already")
            raise Refused(
                503, "server", f"at most {self.options.concurrency} predictions at a time", told, "Try again."
            )
        future = None
        self.busy += 1
        try:
            body = await self._body(request)
            kind = (*model, len(body).bit_length())
            if len(body) <= SMALL and self.took.get(kind, MOMENT) < MOMENT:
                return self._timed(answer, body, kind)
            future = asyncio.get_running_loop().run_in_executor(self.pool, self._timed, answer, body, kind)
            future.add_done_callback(self._done)
        finally:
            if future is None:
                self.busy -= 1
        try:
            return await asyncio.wait_for(asyncio.shield(future), self.options.timeout)
        except TimeoutError:
            expected = f"an answer within {self.options.timeout:g} s"
            raise Refused(503, "server", expected, Told("none yet"), "Send fewer rows.") from None

    def _timed(self, answer: Callable[[bytes], T], body: bytes, kind: tuple[str, str, int]) -> T:
        began = time.thread_time()  # without what others take meanwhile
        found = answer(body)
        self.took[kind] = max(time.thread_time() - began, 0.9 * self.took.get(kind, 0.0))
        return found

    def _done(self, future: asyncio.Future[T]) -> None:
        self.busy -= 1
        if not future.cancelled():
            future.exception()  # seen, though perhaps nobody waits for it

    async def _body(self, request: Request) -> bytes:
        """The body, of the size that is taken and within the time."""
        most = self.options.max_body
        encoding = request.headers.get("content-encoding", "identity")
        if encoding.lower() != "identity":
            raise Refused(415, "request, header Content-Encoding", "a body that is not compressed", encoding[:60])
        said = request.headers.get("content-length", "0")
        if said.isascii() and said.isdigit() and (len(said) > 18 or int(said) > most):
            raise _too_large(most)
        body = bytearray()
        try:
            async with asyncio.timeout(self.options.timeout):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > most:
                        raise _too_large(most)
        except TimeoutError:
            raise Refused(
                408, "request, body", f"all of it within {self.options.timeout:g} s", Told("a part")
            ) from None
        except ClientDisconnect:
            raise Refused(400, "request, body", "all of it", Told("a part")) from None
        return bytes(body)

    def close(self) -> None:
        """Begin nothing more."""
        self.pool.shutdown(wait=False, cancel_futures=True)


def _too_large(most: int) -> Refused:
    return Refused(413, "request, body", f"at most {most:,} bytes", Told("more"), "Send it in several requests.")
