"""Answers about runs: the list, one of them, two beside each other, and what is done with them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..actions.doctor import doctor
from ..actions.runs import Run
from ..actions.serve import middle
from ..errors import PellucidError, Told
from ..web.refused import Refused
from .answering import Studio, answer, at_length, work
from .course import Course, watched
from .curves import SENT
from .desk import Desk
from .hub import Hub
from .listing import listed, one, read_metrics
from .parts import told_problem
from .predicting import inputs_of
from .reading import characters_of, names_told, ranges_of, task_of
from .sample import levels_of, written
from .socket import still
from .uploads import clean

BEGINNING = 40  # characters of a text, as an example


class AboutRuns:
    """The answers about runs."""

    def __init__(self, studio: Studio) -> None:
        self.studio, self.desk = studio, studio.desk

    def routes(self) -> list[Route]:
        """Their addresses."""
        at = "/api/runs/{run}"
        return [
            Route("/api/runs", self.runs, methods=["GET"]), Route("/api/compare", self.compare),
            Route(at, self.run), Route(at, self.rename, methods=["PATCH"]), Route(at, self.delete, methods=["DELETE"]),
            Route(f"{at}/curve", self.curve), Route(f"{at}/picture/{{topic}}", self.picture),
            Route(f"{at}/doctor", self.examine, methods=["POST"]),
            Route(f"{at}/serve", self.serve, methods=["POST"]),
            Route(f"{at}/serve", self.serve_no_longer, methods=["DELETE"]),
        ]  # fmt: skip

    async def runs(self, request: Request) -> Response:
        return answer({"runs": await work(listed, self.desk, dict(self.studio.hub.courses))})

    async def run(self, request: Request) -> Response:
        name = request.path_params["run"]
        return answer(await work(described, self.studio, name, self.studio.hub.course(name)))

    async def rename(self, request: Request) -> Response:
        name, told = request.path_params["run"], await self.studio.asked(request)
        await _at_rest(self.studio.hub, name)
        new = await work(renamed, self.desk, name, told.get("id"))
        self.studio.hub.forget(name)
        return answer(one(new, self.desk.run(new), self.studio.hub.course(new)))

    async def delete(self, request: Request) -> Response:
        name = request.path_params["run"]
        await _at_rest(self.studio.hub, name)
        await work(self.studio.served.stop, name)
        await work(deleted, self.desk, self.desk.run(name))
        self.studio.hub.forget(name)
        return Response(None, 204)

    async def curve(self, request: Request) -> Response:
        course = self.studio.hub.course(request.path_params["run"])
        first, last = (_number(request, name) for name in ("from", "to"))
        points = int(_number(request, "points") or SENT)
        return answer({"rows": course.curve.between(first, last, min(max(points, 2), 20_000))})

    async def compare(self, request: Request) -> Response:
        names = [name for name in request.query_params.get("runs", "").split(",") if name][:12]
        return answer(await work(compared, self.desk, {name: self.studio.hub.course(name) for name in names}))

    async def picture(self, request: Request) -> Response:
        name = request.path_params["run"]
        await self.studio.hub.until_gone(name)
        if self.studio.hub.trains(name):
            raise Refused(409, f"picture of {name}", "a run that nobody trains", fix="Ask on the socket.")
        course = self.studio.hub.course(name)
        asked = {**asked_of(request), "topic": request.path_params["topic"]}
        return Response(await work(still, self.desk, course, asked), media_type="application/octet-stream")

    async def examine(self, request: Request) -> Response:
        name = request.path_params["run"]
        found = await at_length(doctor, self.desk.run(name).path)
        findings = [asdict(finding) for finding in found.findings]
        self.studio.hub.looked_thoroughly(name, findings)
        return answer({"findings": findings})

    async def serve(self, request: Request) -> Response:
        return answer(await work(self.studio.served.start, request.path_params["run"]))

    async def serve_no_longer(self, request: Request) -> Response:
        await work(self.studio.served.stop, request.path_params["run"])
        return Response(None, 204)


def asked_of(request: Request) -> dict[str, Any]:
    """What stands behind the question mark: whole numbers as such, several with commas as a list."""
    found: dict[str, Any] = {}
    for key, text in request.query_params.items():
        parts: list[Any] = [int(part) if part.isdigit() and len(part) < 10 else part for part in text.split(",")]
        found[key] = {"true": True, "false": False}.get(text, parts if len(parts) > 1 else parts[0])
    return found


def described(studio: Studio, name: str, course: Course) -> dict[str, Any]:
    """All about a run."""
    desk = studio.desk
    run = desk.run(name)
    told: dict[str, Any] = one(name, run, course)
    spec = run.read_spec()
    told |= {
        "spec": spec.model_dump(exclude_unset=True),
        "metrics": read_metrics(run),
        "watched": watched(run),
        "served": studio.served.url(name),
    }
    problem = run.read_problem()
    told |= {"problem": None if problem is None else told_problem(problem)}
    told |= {key: course.findings[key] for key in ("findings", "thorough")}
    can = ["download", "zip"] if run.model.exists() else ["zip"]
    if not run.done and course.over and told["state"] != "elsewhere":
        can.append("resume")
    told |= {"input": None, "classes": [], "can": can}
    try:
        told |= _answering(desk, name, can)
    except (PellucidError, OSError) as problem_with_it:  # the data have gone, say: the rest can be looked at
        told |= {"missing": told_problem(problem_with_it)}
    return told


def _answering(desk: Desk, name: str, can: list[str]) -> dict[str, Any]:
    """What the network takes, and says."""
    scene = desk.scene(name)
    names = names_told(scene.data) if scene.data.classes else [str(one) for one in scene.data.labels]
    ended = desk.run(name).model.exists()
    can += [
        "predict",
        "explain",
        "results",
        *(["serve"] if ended else []),
        *(["write"] if ended and scene.is_text else []),
    ]
    task = task_of(scene.data)
    return {
        "classes": names,
        "can": can,
        "input": input_of(desk, name),
        "task": task,
        "decimal": scene.data.decimal,
        "scaled": task == "regression" and scene.data.targets is not None,
    }


def input_of(desk: Desk, name: str) -> dict[str, Any]:
    """What one asks the network with."""
    scene = desk.scene(name)
    if (table := scene.table) is not None:
        columns = [
            {"name": column.name, "kind": type(column).__name__.lower(), "levels": levels_of(scene, column)}
            for column in table.encoder.columns
        ]
        cells = middle(table.encoder.columns)
        example = {column.name: written(scene, column, cells[column.name]) for column in table.encoder.columns}
        return {"kind": "row", "shape": list(scene.shape), "columns": columns, "example": example,
                "inputs": inputs_of(scene)}  # fmt: skip
    if scene.is_text:
        names = [str(character) for character in scene.data.names]
        return {"kind": "text", "shape": list(scene.shape), "columns": [], "characters": names,
                "example": whole_words(characters_of(scene.data, scene.data.x_test[0, :BEGINNING])),
                "inputs": []}  # fmt: skip
    if scene.is_windows:
        return {"kind": "windows", "shape": list(scene.shape), "columns": [], "example": None,
                "inputs": inputs_of(scene), "ranges": ranges_of(scene.data)}  # fmt: skip
    example = scene.data.x_test[0].tolist() if len(scene.data.x_test) else []
    kind = "picture" if scene.is_picture else "numbers"
    inputs = inputs_of(scene) if kind == "numbers" else []
    return {"kind": kind, "shape": list(scene.shape), "columns": [], "example": example, "inputs": inputs}


def whole_words(text: str) -> str:
    """A piece of a text without the words that its ends cut; the piece as it is, where no word of it is whole.

    >>> whole_words("ning of a sen")
    'of a'
    """
    return text.partition(" ")[2].rpartition(" ")[0].strip() or text


def compared(desk: Desk, courses: Mapping[str, Course]) -> dict[str, Any]:
    """Runs beside each other."""
    specs = {name: desk.run(name).read_spec().model_dump() for name in courses}
    fields = next(iter(specs.values()), {})
    differ = [
        {"field": field, "values": [spec[field] for spec in specs.values()]}
        for field in fields
        if any(spec[field] != fields[field] for spec in specs.values())
    ]
    return {
        "runs": [one(name, desk.run(name), course) for name, course in courses.items()],
        "differ": differ,
        "curves": {name: course.curve.between(None, None, SENT) for name, course in courses.items()},
        "metrics": {name: read_metrics(desk.run(name)) for name in courses},
    }


def renamed(desk: Desk, name: str, new: Any) -> str:
    """Give a run's folder another name."""
    if not isinstance(new, str) or not new or clean(new) != new or new == "data" or new.startswith("."):
        raise Refused(422, "run, id", "a name for a folder", str(new)[:100])
    if (desk.runs / new).exists():
        raise Refused(409, "run, id", "a name that is free", new)
    desk.run(name).path.rename(desk.runs / new)
    desk.forget(name)
    return new


def deleted(desk: Desk, run: Run) -> None:
    """Remove a run's folder: only what a run or a search writes, and the folder where nothing else is in it."""
    for file in [*run.files, *run.of_search]:
        file.unlink(missing_ok=True)
    rest = [path for path in Path(run.path).iterdir() if not path.name.startswith(".")]
    if not rest:
        shutil.rmtree(run.path)
    desk.forget(run.path.name)


async def _at_rest(hub: Hub, name: str) -> None:
    hub.desk.run(name)
    await hub.until_gone(name)
    if hub.trains(name):
        raise Refused(409, f"run {name}", "a run that nobody trains", Told("one in training"), "Stop it first.")
    if hub.course(name).state == "elsewhere":
        told = Told("one that another program trains")
        raise Refused(409, f"run {name}", "a run that nobody trains", told, "Wait for it, or end it there.")


def _number(request: Request, name: str) -> float | None:
    text = request.query_params.get(name)
    try:
        return None if text is None else float(text)
    except ValueError:
        raise Refused(422, name, "a number", text and text[:40]) from None
