"""Answers about data, and uploads."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..errors import InvalidArgument, PellucidError, Told
from ..files import write_whole
from ..web.bodies import pieces
from ..web.refused import Refused, status_of
from .answering import Studio, answer, work
from .describing import describe
from .emptying import emptied, would_help
from .parts import told_problem
from .uploads import Uploads

MOST_POINTS = 10_000


class AboutData:
    """The answers about data."""

    def __init__(self, studio: Studio) -> None:
        self.studio, self.uploads, self.options = studio, studio.desk.uploads, studio.desk.options

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/api/data", self.data, methods=["POST"]),
            Route("/api/data/emptied", self.emptied, methods=["POST"]),
            Route("/api/uploads", self.upload, methods=["POST"]),
            Route("/api/uploads/{number}", self.remove, methods=["DELETE"]),
            Route("/api/uploads/{number}/{folder}/{path:path}", self.into, methods=["PUT"]),
            Route("/api/points", self.points, methods=["POST"]),
        ]

    async def data(self, request: Request) -> Response:
        told = (await self.studio.asked(request)).get("spec")
        told, desk = told if isinstance(told, dict) else {}, self.studio.desk
        try:
            return answer(await work(describe, desk, told))
        except PellucidError as problem:
            if not await work(would_help, desk, told, problem):
                raise
            return answer({**told_problem(problem), "emptied": True}, status_of(problem))

    async def emptied(self, request: Request) -> Response:
        told = (await self.studio.asked(request)).get("spec")
        return answer(await work(emptied, self.studio.desk, told))

    async def upload(self, request: Request) -> Response:
        if (folder := request.query_params.get("folder")) is not None:
            number, path = self.uploads.begin(folder)
            path.mkdir(mode=0o700)
            return answer({"data": self.uploads.told(path)})
        if not (name := request.query_params.get("name")):
            raise Refused(422, "upload, name", "the name of a file, or that of a folder")
        number, path = self.uploads.begin(name)
        size = await self.uploads.take(number, path, pieces(request, self.options.max_upload, self.options.timeout))
        settled = await work(self.uploads.settle, number, path)
        return answer({"data": self.uploads.told(settled), "size": size})

    async def into(self, request: Request) -> Response:
        found = request.path_params
        path = await work(self.uploads.inside, found["number"], found["folder"], found["path"])
        await self.uploads.take(found["number"], path, pieces(request, self.options.max_upload, self.options.timeout))
        return Response(None, 204)

    async def remove(self, request: Request) -> Response:
        await work(self.uploads.remove, request.path_params["number"])
        return Response(None, 204)

    async def points(self, request: Request) -> Response:
        return answer(await work(draw, self.uploads, await self.studio.asked(request)))


def draw(uploads: Uploads, told: dict[str, Any]) -> dict[str, Any]:
    """Own points as data: x (N, 2) and y, words or numbers."""
    where = "points"
    try:
        x, y = np.array(told.get("x"), "float64"), np.array(told.get("y"))
    except (TypeError, ValueError) as problem:
        raise InvalidArgument(
            where, "x, pairs of numbers, and y, a word or number for each", Told("another")
        ) from problem
    if x.ndim != 2 or x.shape[1] != 2 or y.shape != x.shape[:1] or not 1 <= len(x) <= MOST_POINTS:
        expected = f"x (N, 2) and y (N,), N from 1 to {MOST_POINTS:,}"
        raise InvalidArgument(where, expected, Told(f"x {x.shape} and y {y.shape}"))
    if y.dtype.kind not in "iufU" or not np.isfinite(x).all():
        raise InvalidArgument(where, "finite numbers, and words or numbers as y", Told("others"))
    held = io.BytesIO()
    np.savez(held, x=x.astype("float32"), y=y)
    _, path = uploads.begin("points.npz")
    write_whole(path, lambda file: file.write(held.getvalue()))
    return {"data": uploads.told(path)}
