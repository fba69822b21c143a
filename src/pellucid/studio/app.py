"""The studio as an ASGI application: the page, its questions, and its socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles

from ..errors import PellucidError
from ..web.failing import handlers
from ..web.gate import HEADERS as COMMON
from ..web.gate import Gate
from .answering import Studio, told
from .answers_asking import AboutNetworks
from .answers_data import AboutData
from .answers_network import AboutDesigns
from .answers_runs import AboutRuns
from .answers_tune import AboutSearches
from .desk import Desk
from .hub import Hub
from .socket import endpoint

ABOUT = (AboutDesigns, AboutData, AboutRuns, AboutNetworks, AboutSearches)
PAGE = Path(__file__).parent / "static"
POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    b"font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    b"frame-ancestors 'none'"
)
HEADERS = [
    *(header for header in COMMON if header[0] != b"content-security-policy"), (b"content-security-policy", POLICY),
    (b"cross-origin-opener-policy", b"same-origin"), (b"cross-origin-resource-policy", b"same-origin"),
]  # fmt: skip


def create_app(desk: Desk, ready: Callable[[], object] = lambda: None) -> Starlette:
    """The application. ready: called once it answers."""
    studio = Studio(desk)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        studio.hub = Hub(desk)
        ready()
        try:
            yield
        finally:
            await studio.close()

    routes = [
        *(route for about in ABOUT for route in about(studio).routes()),
        WebSocketRoute("/api/socket", endpoint(lambda: studio.hub)),
        *([Mount("/", StaticFiles(directory=PAGE, html=True))] if PAGE.is_dir() else []),  # built from studio-web/
    ]
    gate = Middleware(
        Gate, desk.options.door, lambda line: None, lambda *counted: None,
        is_open=lambda path: not path.startswith("/api/"), headers=HEADERS, for_a_page=True,
    )  # fmt: skip
    return Starlette(routes=routes, middleware=[gate], exception_handlers=handlers(_told), lifespan=lifespan)


def _told(status: int, problem: PellucidError, headers: dict[str, str]) -> Response:
    return told(problem, status, headers)
