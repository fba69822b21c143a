"""Answers about the studio itself, and about a design."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..__about__ import version
from ..actions.spec import TrainSpec, parsed_toml
from .answering import JSON, Studio, answer, work
from .checking import check, command, shown_spec
from .desk import Desk
from .schema import schema_text
from .uploads import MOST_FILES

EXTRAS = {
    "tables": "polars", "images": "PIL", "onnx": "onnx", "safetensors": "safetensors", "torch": "torch",
    "plot": "matplotlib", "serve": "uvicorn", "tune": "optuna",
}  # fmt: skip


class AboutDesigns:
    """The answers about the studio and designs."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/api/hello", self.hello),
            Route("/api/schema", self.schema_),
            Route("/api/check", self.check_, methods=["POST"]),
            Route("/api/spec", self.spec, methods=["POST"]),
        ]

    async def hello(self, request: Request) -> Response:
        return answer(await work(hello_of, self.studio.desk))

    async def schema_(self, request: Request) -> Response:
        return Response(schema_text(), media_type=JSON)

    async def check_(self, request: Request) -> Response:
        told = (await self.studio.asked(request)).get("spec")
        return answer(await work(check, self.studio.desk, told if isinstance(told, dict) else {}))

    async def spec(self, request: Request) -> Response:
        return answer(await work(spec_of, self.studio.desk, await self.studio.asked(request)))


def hello_of(desk: Desk) -> dict[str, Any]:
    """What the page asks first."""
    return {
        "version": version, "folder": str(desk.folder), "runs": str(desk.runs),
        "limits": {"upload": desk.options.max_upload, "files": MOST_FILES},
        "extras": {extra: find_spec(package) is not None for extra, package in EXTRAS.items()},
        "start": start_of(desk),
    }  # fmt: skip


def start_of(desk: Desk) -> dict[str, Any]:
    """What the page begins with: a run, or a spec."""
    if desk.start is None:
        return {"spec": None, "run": None}
    path = Path(desk.start)
    if (path / "spec.toml").exists():
        return {"spec": None, "run": path.resolve().name}
    if path.suffix == ".toml":
        return {"spec": TrainSpec.read(path).model_dump(exclude_unset=True), "run": None}
    return {"spec": {"data": desk.start}, "run": None}


def spec_of(desk: Desk, told: dict[str, Any]) -> dict[str, Any]:
    """A spec from its text, or as text."""
    if isinstance(text := told.get("toml"), str):
        return {"spec": TrainSpec.of(parsed_toml(text, "spec")).model_dump(exclude_unset=True)}
    given = told.get("spec") or {}
    spec = shown_spec(desk.spec(given), given)
    return {"toml": spec.to_toml(short=True), "command": command(spec)}
