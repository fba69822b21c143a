"""The gate that every request passes: is it meant for this server, does it have the key; counted and logged."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .door import Door
from .jsons import written
from .refused import Refused

OPEN = ("/v2/health/live", "/v2/health/ready")  # without a key, for what watches over the server
POLICY = (
    b"default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'"
)
HEADERS = [
    (b"cache-control", b"no-store"), (b"content-security-policy", POLICY), (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]  # fmt: skip
ASK = {"www-authenticate": 'Basic realm="pellucid", charset="UTF-8"'}  # a browser asks; any name, the key as password
TOKEN = "token."  # before the key, in base64url, among the subprotocols that a page offers


def sentence(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    """An error as it is answered."""
    return Response(written({"error": text}), status, headers, "application/json")


class Gate:
    """ASGI middleware. log: takes the line that each request leaves; counted: its endpoint, status and seconds.

    is_open: whether a path needs no key. for_a_page: requests are those of our own page, with sockets: what another
    page sent (header Origin) is refused, and a browser that lacks the key is not made to ask for it.
    """

    def __init__(
        self, app: ASGIApp, door: Door, log: Callable[[str], object], counted: Callable[[str, int, float], object],
        is_open: Callable[[str], bool] = OPEN.__contains__, headers: Sequence[tuple[bytes, bytes]] = HEADERS,
        for_a_page: bool = False,
    ) -> None:  # fmt: skip
        self.app, self.door, self.log, self.counted = app, door, log, counted
        self.is_open, self.headers, self.for_a_page = is_open, headers, for_a_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if self.for_a_page and self._refused(scope) is None:
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def passing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *self.headers]
            await send(message)

        try:
            refused = self._refused(scope)
            if refused is None:
                await self.app(scope, receive, passing)
            else:
                headers = ASK if refused.status == 401 and not self.for_a_page else None
                await sentence(refused.status, str(refused), headers)(scope, receive, passing)
        finally:
            self._left(scope, status, time.perf_counter() - began)

    def _refused(self, scope: Scope) -> Refused | None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if not self.door.answers_to(host):
            expected = "a name of this server (more of them: --allowed-host)"
            return Refused(421, "request, header Host", expected, host[:100])
        origin = headers.get(b"origin", b"").decode("latin-1")
        if self.for_a_page and origin and origin.rpartition("://")[2] != host:
            return Refused(403, "request, header Origin", "this server's own page", origin[:100])
        if self.door.is_open or self.is_open(scope["path"]) or _has_key(headers, self.door.key):
            return None
        expected = "the API key, as Authorization: Bearer KEY or X-API-Key: KEY"
        if self.for_a_page:
            expected = "the token that stands in the link which the studio printed"
        return Refused(401, "request, header Authorization", expected)

    def _left(self, scope: Scope, status: int, seconds: float) -> None:
        endpoint = getattr(scope.get("endpoint"), "__name__", "none")
        self.counted(endpoint, status, seconds)
        path = scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
        client = (scope.get("client") or ("-",))[0]
        when = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        asked = ascii(path[:200].decode("latin-1"))[1:-1]
        self.log(f"{when} {client} {scope['method']} {asked} {status} {1000 * seconds:.2f} ms")


def _has_key(headers: dict[bytes, bytes], key: str) -> bool:
    """Whether the headers bring the key; comparing takes as long whatever is in them."""
    said = [headers.get(b"x-api-key", b"")]
    scheme, _, rest = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer":
        said.append(rest.strip())
    elif scheme.lower() == b"basic":
        with contextlib.suppress(binascii.Error, ValueError):
            said.append(base64.b64decode(rest.strip(), validate=True).partition(b":")[2])
    for word in headers.get(b"sec-websocket-protocol", b"").split(b","):
        if (word := word.strip()).startswith(TOKEN.encode()):
            with contextlib.suppress(binascii.Error, ValueError):
                said.append(base64.urlsafe_b64decode(word[len(TOKEN) :] + b"=="))
    return any(hmac.compare_digest(one, key.encode()) for one in said)
