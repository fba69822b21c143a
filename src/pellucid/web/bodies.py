"""The body of a request: of the size that is taken, and within the time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from ..errors import Told
from .refused import Refused


async def pieces(request: Request, most: int, seconds: float) -> AsyncIterator[bytes]:
    """The body of at most so many bytes as it comes, each piece within so many seconds of the last."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise Refused(415, "request, header Content-Encoding", "a body that is not compressed", encoding[:60])
    said = request.headers.get("content-length", "0")
    if said.isascii() and said.isdigit() and (len(said) > 18 or int(said) > most):
        raise _too_large(most)
    size, stream = 0, request.stream()
    while True:
        try:
            async with asyncio.timeout(seconds):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Refused(408, "request, body", f"all of it within {seconds:g} s", Told("a part")) from None
        except ClientDisconnect:
            raise Refused(400, "request, body", "all of it", Told("a part")) from None
        size += len(piece)
        if size > most:
            raise _too_large(most)
        yield piece


async def body(request: Request, most: int, seconds: float) -> bytes:
    """All of it, of at most so many bytes, within so many seconds."""
    whole = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for piece in pieces(request, most, seconds):
                whole += piece
    except TimeoutError:
        raise Refused(408, "request, body", f"all of it within {seconds:g} s", Told("a part")) from None
    return bytes(whole)


def _too_large(most: int) -> Refused:
    return Refused(413, "request, body", f"at most {most:,} bytes", Told("more"), "Send it in several requests.")
