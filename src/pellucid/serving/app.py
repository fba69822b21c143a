"""The addresses a server answers to, as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ..__about__ import version
from ..errors import PellucidError
from ..web.failing import handlers
from ..web.gate import Gate, sentence
from ..web.jsons import written
from ..web.refused import Refused
from . import counting, pages
from .counting import Counts
from .describing import openapi
from .infer import BINARY, HEADER, Inferred, inferred, metadata
from .options import Options
from .rows import JSON, predicted
from .served import Served
from .shelf import Shelf, reload
from .working import Workers

Log = Callable[[str], object]


class Server:
    """What the addresses share. Each method is an endpoint, and its name stands in `/metrics`."""

    def __init__(self, shelf: Shelf, options: Options, log: Log) -> None:
        self.shelf, self.options, self.log = shelf, options, log
        self.counts, self.workers = Counts(), Workers(options)

    # Predictions -------------------------------------------------------------------------------------------------

    async def predict(self, request: Request) -> Response:
        """Rows in, predictions out."""
        served = self._model(request)
        kind, accept = request.headers.get("content-type", ""), request.headers.get("accept", "")
        work = partial(predicted, served, content_type=kind, accept=accept, most=self.options.max_rows)
        body, answered, rows = await self.workers.work(request, (served.name, served.version), work)
        self.counts.predicted(served.name, served.version, rows)
        return Response(body, media_type=answered)

    async def infer(self, request: Request) -> Response:
        """The protocol's prediction."""
        served = self._model(request)
        kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
        if kind not in (JSON, BINARY):
            raise Refused(415, "request, header Content-Type", f"{JSON}, or {BINARY} with binary data", kind[:60])
        work = partial(inferred, served, header=request.headers.get(HEADER), most=self.options.max_rows)
        found: Inferred = await self.workers.work(request, (served.name, served.version), work)
        self.counts.predicted(served.name, served.version, found.rows)
        if found.header is None:
            return Response(found.body, media_type=JSON)
        return Response(found.body, headers={HEADER: str(found.header)}, media_type=BINARY)

    # What there is -----------------------------------------------------------------------------------------------

    async def about(self, request: Request) -> Response:
        """The protocol's word on the server."""
        return _json({"name": "pellucid", "version": version, "extensions": ["binary_tensor_data"]})

    async def live(self, request: Request) -> Response:
        """Whether it answers."""
        return _json({"live": True})

    async def ready(self, request: Request) -> Response:
        """Whether it predicts: every model was opened before it listened."""
        return _json({"ready": True})

    async def model_ready(self, request: Request) -> Response:
        """Whether a model predicts."""
        served = self._model(request)
        return _json({"name": served.name, "ready": True})

    async def model(self, request: Request) -> Response:
        """A model's inputs and outputs."""
        served = self._model(request)
        return _json(metadata(served, self.shelf.versions(served.name)))

    async def metrics(self, request: Request) -> Response:
        """What was counted."""
        return Response(self.counts.text(self.workers.busy), media_type=counting.CONTENT_TYPE)

    async def openapi(self, request: Request) -> Response:
        """Every address, described."""
        return _json(await asyncio.to_thread(openapi, self.shelf))

    async def index(self, request: Request) -> Response:
        """The page about the models."""
        return HTMLResponse(pages.index(self.shelf, str(request.base_url)))

    async def form(self, request: Request) -> Response:
        """The page that asks a model."""
        return HTMLResponse(pages.form(self._model(request)))

    async def script(self, request: Request) -> Response:
        """What that page runs."""
        return Response(pages.SCRIPT, media_type="text/javascript")

    def _model(self, request: Request) -> Served:
        return self.shelf.get(request.path_params.get("name"), request.path_params.get("version"))

    # Around them -------------------------------------------------------------------------------------------------

    def routes(self) -> list[Route]:
        """All addresses."""
        one = "/v2/models/{name}"
        endpoints: list[tuple[str, Any, str]] = [
            ("/predict", self.predict, "POST"),  # looked for in this order
            ("/predict/{name}", self.predict, "POST"),
            ("/", self.index, "GET"),
            ("/form/{name}", self.form, "GET"),
            ("/form.js", self.script, "GET"),
            ("/openapi.json", self.openapi, "GET"),
            ("/metrics", self.metrics, "GET"),
            ("/predict/{name}/versions/{version}", self.predict, "POST"),
            ("/v2", self.about, "GET"),
            ("/v2/health/live", self.live, "GET"),
            ("/v2/health/ready", self.ready, "GET"),
        ]
        for path in (one, f"{one}/versions/{{version}}"):
            endpoints += [
                (path, self.model, "GET"), (f"{path}/ready", self.model_ready, "GET"),
                (f"{path}/infer", self.infer, "POST"),
            ]  # fmt: skip
        return [Route(path, endpoint, methods=[method]) for path, endpoint, method in endpoints]

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Look at the models' files as long as the server runs."""
        task = asyncio.create_task(self._watch()) if self.options.reload else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            self.workers.close()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.options.reload_seconds)
            for line in await asyncio.to_thread(reload, self.shelf):
                self.counts.reloaded()
                self.log(line)


def create_app(shelf: Shelf, options: Options | None = None, log: Log = lambda line: None) -> Starlette:
    """The ASGI application that serves these models. log: takes a line for each request."""
    server = Server(shelf, options or Options(), log)
    return Starlette(
        routes=server.routes(),
        middleware=[Middleware(Gate, server.options.door, log, server.counts.answered)],
        exception_handlers=handlers(_told),
        lifespan=server.lifespan,
    )


def _json(value: Any) -> Response:
    return Response(written(value), media_type=JSON)


def _told(status: int, problem: PellucidError, headers: dict[str, str]) -> Response:
    return sentence(status, str(problem), headers)
