"""What answers the page: its questions, and its socket."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from ..web.failing import handlers
from .answering import Studio
from .answers_asking import AboutNetworks
from .answers_data import AboutData
from .answers_network import AboutDesigns
from .answers_runs import AboutRuns
from .answers_tune import AboutSearches
from .app import told
from .desk import Desk
from .hub import Hub
from .schema import schema_text
from .socket import endpoint

ABOUT = (AboutDesigns, AboutData, AboutRuns, AboutNetworks, AboutSearches)


class Answers:
    """All under /api/. The schema, which every page asks for first, is ready with it."""

    def __init__(self, desk: Desk) -> None:
        self.studio = Studio(desk, Hub(desk))
        schema_text()
        routes = [
            *(route for about in ABOUT for route in about(self.studio).routes()),
            WebSocketRoute("/api/socket", endpoint(self.studio.hub)),
        ]
        self.app = Starlette(routes=routes, exception_handlers=handlers(told))

    async def close(self) -> None:
        """End what was started, and remove uploads of which no run was made."""
        await self.studio.close()
        await asyncio.to_thread(self.studio.desk.close)
