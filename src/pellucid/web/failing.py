"""What a request that fails is answered with: a status, and one sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..errors import PellucidError, Told
from .gate import sentence
from .refused import Refused, status_of

MORE = {503: {"retry-after": "1"}, 408: {"connection": "close"}}  # what goes with a refusal; a late body ends it


def handlers(told: Callable[[int, PellucidError, dict[str, str]], Response]) -> dict[Any, Any]:
    """Starlette's exception handlers; `told` makes the answer of a status, a problem and headers."""

    def problem(request: Request, found: Exception) -> Response:
        assert isinstance(found, PellucidError)
        status = status_of(found)
        return told(status, found, MORE.get(status, {}))

    def no_such(request: Request, found: Exception) -> Response:
        assert isinstance(found, HTTPException)
        headers = dict(found.headers or {})
        if found.status_code == 405:
            refused = Refused(405, "request, method", f"one of {headers.get('Allow', '')}", Told(request.method[:20]))
        else:
            refused = Refused(404, "request, path", "one that / tells of", request.url.path[:100])
        return told(found.status_code, refused, headers)

    def broken(request: Request, found: Exception) -> Response:
        return sentence(500, "server: an error within it, which its log tells.")

    return {PellucidError: problem, HTTPException: no_such, Exception: broken}
