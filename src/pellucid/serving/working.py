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

from starlette.requests import Request

from ..errors import Told
from ..web.bodies import body
from ..web.refused import Refused
from .options import Options

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
            sent = await body(request, self.options.max_body, self.options.timeout)
            kind = (*model, len(sent).bit_length())
            if len(sent) <= SMALL and self.took.get(kind, MOMENT) < MOMENT:
                return self._timed(answer, sent, kind)
            future = asyncio.get_running_loop().run_in_executor(self.pool, self._timed, answer, sent, kind)
            future.add_done_callback(self._done)
        finally:
            if future is None:
                self.busy -= 1
        try:
            return await asyncio.wait_for(asyncio.shield(future), self.options.timeout)
        except TimeoutError:
            expected = f"an answer within {self.options.timeout:g} s"
            raise Refused(503, "server", expected, Told("none yet"), "Send fewer rows.") from None

    def _timed(self, answer: Callable[[bytes], T], sent: bytes, kind: tuple[str, str, int]) -> T:
        began = time.thread_time()  # without what others take meanwhile
        found = answer(sent)
        self.took[kind] = max(time.thread_time() - began, 0.9 * self.took.get(kind, 0.0))
        return found

    def _done(self, future: asyncio.Future[T]) -> None:
        self.busy -= 1
        if not future.cancelled():
            future.exception()  # seen, though perhaps nobody waits for it

    def close(self) -> None:
        """Begin nothing more."""
        self.pool.shutdown(wait=False, cancel_futures=True)
