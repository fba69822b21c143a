"""Answers about searches for better settings."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .. import checks
from ..web.refused import Refused
from .answering import Studio, answer, work
from .answers_runs import deleted
from .search_form import asked, form


class AboutSearches:
    """The answers about searches."""

    def __init__(self, studio: Studio) -> None:
        self.studio, self.desk = studio, studio.desk

    def routes(self) -> list[Route]:
        """Their addresses."""
        at = "/api/tune/{search}"
        return [
            Route("/api/tune", self.searches, methods=["GET"]), Route("/api/tune", self.begin, methods=["POST"]),
            Route("/api/tune/form", self.form, methods=["POST"]),
            Route(at, self.search, methods=["GET"]), Route(at, self.delete, methods=["DELETE"]),
            Route(f"{at}/stop", self.stop, methods=["POST"]), Route(f"{at}/resume", self.resume, methods=["POST"]),
        ]  # fmt: skip

    async def searches(self, request: Request) -> Response:
        return answer({"searches": await work(self.studio.hub.searches.listed)})

    async def form(self, request: Request) -> Response:
        told = await self.studio.asked(request)
        spec = await work(self.desk.spec, told.get("spec"))
        return answer(form(spec, await work(self.desk.prepared, spec)))

    async def begin(self, request: Request) -> Response:
        told = await self.studio.asked(request)
        spec = await work(self.desk.spec, told.get("spec"), True)
        data = await work(self.desk.prepared, spec)
        return await self._begin({"search": await work(asked, spec, data, told), **_budget(told)})

    async def resume(self, request: Request) -> Response:
        told = await self.studio.asked(request)
        run = self.studio.hub.searches.run(request.path_params["search"])
        return await self._begin({"resume": str(run.path), **_budget(told)})

    async def _begin(self, first: dict[str, Any]) -> Response:
        begun = await self.studio.hub.searches.begin(first)
        return answer(begun, 422 if "error" in begun else 200)

    async def search(self, request: Request) -> Response:
        return answer(await work(self.studio.hub.searches.told, request.path_params["search"]))

    async def stop(self, request: Request) -> Response:
        return answer(self.studio.hub.searches.stop(request.path_params["search"]))

    async def delete(self, request: Request) -> Response:
        name, searches = request.path_params["search"], self.studio.hub.searches
        run = searches.run(name)
        if name in self.desk.searching:
            raise Refused(409, f"search {name}", "one that nobody goes on with", fix="Stop it first.")
        await work(deleted, self.desk, run)
        self.studio.hub.forget(name)
        return Response(None, 204)


def _budget(told: dict[str, Any]) -> dict[str, Any]:
    """How long to search on: so many tries, so many seconds."""
    trials, seconds = told.get("trials"), told.get("seconds")
    return {
        "trials": None if trials is None else checks.integer("tune, trials", trials, minimum=1, maximum=100_000),
        "seconds": None if seconds is None else checks.number("tune, seconds", seconds, above=0),
    }
