"""Answers of a trained network, and its files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ..web.bodies import body, pieces
from ..web.refused import Refused
from .answering import MOST_BODY, Studio, answer, work
from .explaining import Explained
from .listing import one
from .pictures import Scene
from .predicting import answered
from .results import cell, results
from .sample import Sample, from_picture, sample_of
from .taking_out import brought_back, predictions, taken_out

MOST_RUN = 500_000_000  # bytes of the zip of a run


def routes(studio: Studio) -> list[Route]:
    """Their addresses."""
    desk, explained = studio.desk, Explained()

    async def asked(request: Request, answering: Callable[[Scene, Sample], dict[str, Any]]) -> Response:
        name = request.path_params["run"]
        make: Callable[[Scene, Any], Sample] = sample_of
        sent: Any
        if request.headers.get("content-type", "").startswith("image/"):
            make, sent = from_picture, await body(request, MOST_BODY, desk.options.timeout)
        else:
            sent = await studio.asked(request)

        def found() -> dict[str, Any]:
            scene = desk.scene(name)
            return answering(scene, make(scene, sent))

        return answer(await work(found))

    async def predict(request: Request) -> Response:
        return await asked(request, answered)

    async def explain(request: Request) -> Response:
        return await asked(request, explained.explain)

    async def why(request: Request) -> Response:
        told = await studio.asked(request)
        return answer(await work(explained.why, told.get("key"), told.get("name"), told.get("index")))

    async def piece(request: Request) -> Response:
        step, first, last = (_whole(request, name) for name in ("step", "from", "to"))
        letter = request.query_params.get("letter", "")
        return answer(await work(explained.piece, request.path_params["key"], step, letter, first, last))

    async def judged(request: Request) -> Response:
        return answer(await work(lambda: results(desk.scene(request.path_params["run"]))))

    async def of_cell(request: Request) -> Response:
        true, said = _whole(request, "true"), _whole(request, "said")
        found = await work(lambda: cell(desk.scene(request.path_params["run"]), true, said))
        return answer({"examples": found})

    async def download(request: Request) -> Response:
        kept = ExitStack()
        found = request.path_params
        try:
            path, name = await work(kept.enter_context, taken_out(desk, found["run"], found["form"]))
        except BaseException:
            kept.close()
            raise
        return FileResponse(path, filename=name, background=BackgroundTask(kept.close))

    async def foretell(request: Request) -> Response:
        name, told = request.path_params["run"], await studio.asked(request)
        text = await work(predictions, desk, name, told.get("data"))
        headers = {"content-disposition": f'attachment; filename="{name}-predictions.csv"'}
        return Response(text, media_type="text/csv", headers=headers)

    async def bring_back(request: Request) -> Response:
        if not (name := request.query_params.get("name", "")).lower().endswith(".zip"):
            raise Refused(422, "run, name", "the name of a .zip", name[:100])
        number, path = desk.uploads.begin(name)
        await desk.uploads.take(number, path, pieces(request, MOST_RUN, desk.options.timeout))
        try:
            run = await work(brought_back, desk, path)
        finally:
            desk.uploads.remove(number)
        studio.hub.tell_runs()
        return answer(one(run, desk.run(run), studio.hub.course(run)))

    at = "/api/runs/{run}"
    return [
        Route(f"{at}/predict", predict, methods=["POST"]), Route(f"{at}/explain", explain, methods=["POST"]),
        Route(f"{at}/why", why, methods=["POST"]), Route(f"{at}/explain/{{key}}/array", piece),
        Route(f"{at}/results", judged), Route(f"{at}/results/cell", of_cell),
        Route(f"{at}/download/{{form}}", download), Route(f"{at}/predictions", foretell, methods=["POST"]),
        Route("/api/runs", bring_back, methods=["POST"]),
    ]  # fmt: skip


def _whole(request: Request, name: str) -> int:
    text = request.query_params.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Refused(422, name, "a whole number", text[:40])
    return int(text)
