"""The studio as an ASGI application: the page at once, and what answers its questions once that is loaded, which takes
longer and is done meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import PellucidError
from ..web.failing import handlers
from ..web.gate import HEADERS as COMMON
from ..web.gate import Gate
from . import frames
from .options import Options
from .parts import told_problem

PAGE = Path(__file__).parent / "static"  # built from studio-web/
KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    b"font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    b"frame-ancestors 'none'"
)
HEADERS = [
    *(header for header in COMMON if header[0] != b"content-security-policy"), (b"content-security-policy", POLICY),
    (b"cross-origin-opener-policy", b"same-origin"), (b"cross-origin-resource-policy", b"same-origin"),
]  # fmt: skip


class Answering(Protocol):
    """What answers the page's questions."""

    @property
    def app(self) -> ASGIApp:
        """The application that does."""

    async def close(self) -> None:
        """End what was started."""


class Meanwhile:
    """It is made in a thread; who asks something waits until it is there. failed: called where it could not be made."""

    def __init__(self, make: Callable[[], Answering], failed: Callable[[BaseException], object]) -> None:
        self._make, self._failed = make, failed

    def begin(self) -> None:
        """Start to make it."""
        self._made = asyncio.get_running_loop().create_task(asyncio.to_thread(self._make))
        self._made.add_done_callback(self._look)

    async def close(self) -> None:
        """End what it has started."""
        try:
            made = await self._made
        except Exception:  # which was told when it failed
            return
        await made.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await asyncio.shield(self._made)).app(scope, receive, send)

    def _look(self, made: asyncio.Task[Answering]) -> None:
        if (problem := made.exception()) is not None:
            self._failed(problem)


def create_app(
    options: Options, make: Callable[[], Answering], ready: Callable[[], object] = lambda: None,
    failed: Callable[[BaseException], object] = lambda problem: None,
) -> ASGIApp:  # fmt: skip
    """The application. make: what answers under /api/, made in a thread. ready: called once the page is there."""
    answers = Meanwhile(make, failed)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        answers.begin()
        ready()
        try:
            yield
        finally:
            await answers.close()

    page = Starlette(routes=list(files()), exception_handlers=handlers(told), lifespan=lifespan)

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] != "lifespan" and scope["path"].startswith("/api/")
        await (answers if asked else page)(scope, receive, send)

    return Gate(
        either, options.door, lambda line: None, lambda *counted: None,
        is_open=lambda path: not path.startswith("/api/"), headers=HEADERS, for_a_page=True,
    )  # fmt: skip


def files() -> list[Route]:
    """The page's files at their addresses, held in memory: there are few, and none is ever looked for by its path."""
    found = sorted(PAGE.iterdir()) if PAGE.is_dir() else []
    routes = {f"/{file.name}": _file(file) for file in found}
    if "/index.html" in routes:
        routes["/"] = routes["/index.html"]
    return [Route(path, endpoint) for path, endpoint in routes.items()]


def _file(path: Path) -> Callable[[Request], Any]:
    content, kind = path.read_bytes(), KINDS.get(path.suffix)

    async def file(request: Request) -> Response:
        return Response(content, media_type=kind)

    return file


def told(status: int, problem: PellucidError, headers: Mapping[str, str]) -> Response:
    """An error as JSON: its sentence, and the parts of it."""
    return Response(frames.text(told_problem(problem)), status, dict(headers), "application/json")
