"""Answers of a trained network, and its files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from ..web.bodies import body, pieces
from ..web.refused import Refused
from .answering import MOST_BODY, Studio, answer, at_length, work
from .explaining import Explained
from .listing import one
from .pictures import Scene
from .predicting import answered
from .results import cell, results
from .sample import Sample, from_picture, sample_of
from .taking_out import brought_back, predictions, taken_out
from .writing import written

MOST_RUN = 500_000_000  # bytes of the zip of a run


class AboutNetworks:
    """The answers of trained networks, and their files."""

    def __init__(self, studio: Studio) -> None:
        self.studio, self.desk, self.explained = studio, studio.desk, Explained()

    def routes(self) -> list[Route]:
        """Their addresses."""
        at = "/api/runs/{run}"
        return [
            Route(f"{at}/predict", self.predict, methods=["POST"]),
            Route(f"{at}/explain", self.explain, methods=["POST"]),
            Route(f"{at}/why", self.why, methods=["POST"]), Route(f"{at}/explain/{{key}}/array", self.piece),
            Route(f"{at}/explain/{{key}}/views", self.views), Route(f"{at}/results", self.judged),
            Route(f"{at}/results/cell", self.of_cell),
            Route(f"{at}/download/{{form}}", self.download),
            Route(f"{at}/predictions", self.foretell, methods=["POST"]),
            Route(f"{at}/write", self.write, methods=["POST"]),
            Route("/api/runs", self.bring_back, methods=["POST"]),
        ]  # fmt: skip

    async def asked(self, request: Request, answering: Callable[[Scene, Sample], dict[str, Any]]) -> Response:
        name = request.path_params["run"]
        make: Callable[[Scene, Any], Sample] = sample_of
        sent: Any
        if request.headers.get("content-type", "").startswith("image/"):
            make, sent = from_picture, await body(request, MOST_BODY, self.desk.options.timeout)
        else:
            sent = await self.studio.asked(request)

        def found() -> dict[str, Any]:
            scene = self.desk.scene(name)
            return answering(scene, make(scene, sent))

        return answer(await work(found))

    async def predict(self, request: Request) -> Response:
        return await self.asked(request, answered)

    async def explain(self, request: Request) -> Response:
        return await self.asked(request, self.explained.explain)

    async def why(self, request: Request) -> Response:
        told = await self.studio.asked(request)
        return answer(await work(self.explained.why, told.get("key"), told.get("name"), told.get("index")))

    async def piece(self, request: Request) -> Response:
        step, first, last = (_whole(request, name) for name in ("step", "from", "to"))
        letter = request.query_params.get("letter", "")
        return answer(await work(self.explained.piece, request.path_params["key"], step, letter, first, last))

    async def views(self, request: Request) -> Response:
        found = await work(self.explained.views, request.path_params["key"], _whole(request, "step"))
        return Response(found, media_type="application/octet-stream")

    async def judged(self, request: Request) -> Response:
        return answer(await work(lambda: results(self.desk.scene(request.path_params["run"]))))

    async def of_cell(self, request: Request) -> Response:
        true, said = _whole(request, "true"), _whole(request, "said")
        found = await work(lambda: cell(self.desk.scene(request.path_params["run"]), true, said))
        return answer({"examples": found})

    async def download(self, request: Request) -> Response:
        kept = ExitStack()
        found = request.path_params
        try:
            path, name = await at_length(kept.enter_context, taken_out(self.desk, found["run"], found["form"]))
        except BaseException:
            kept.close()
            raise
        return FileResponse(path, filename=name, background=BackgroundTask(kept.close))

    async def foretell(self, request: Request) -> Response:
        name, told = request.path_params["run"], await self.studio.asked(request)
        text = await work(predictions, self.desk, name, told.get("data"))
        headers = {"content-disposition": f'attachment; filename="{name}-predictions.csv"'}
        return Response(text, media_type="text/csv", headers=headers)

    async def write(self, request: Request) -> Response:
        told = await self.studio.asked(request)
        pieces = await work(written, self.desk, request.path_params["run"], told)
        return StreamingResponse(iterate_in_threadpool(pieces), media_type="text/plain")

    async def bring_back(self, request: Request) -> Response:
        if not (name := request.query_params.get("name", "")).lower().endswith(".zip"):
            raise Refused(422, "run, name", "the name of a .zip", name[:100])
        number, path = self.desk.uploads.begin(name)
        await self.desk.uploads.take(number, path, pieces(request, MOST_RUN, self.desk.options.timeout))
        try:
            run = await work(brought_back, self.desk, path)
        finally:
            self.desk.uploads.remove(number)
        self.studio.hub.tell_runs()
        return answer(one(run, self.desk.run(run), self.studio.hub.course(run)))


def _whole(request: Request, name: str) -> int:
    text = request.query_params.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Refused(422, name, "a whole number", text[:40])
    return int(text)
