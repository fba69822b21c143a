"""A studio in a folder of its own, asked without a network; its trainers are real processes."""

from __future__ import annotations

import base64
import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pellucid.studio import Options, frames
from pellucid.studio.answers import Answers
from pellucid.studio.app import create_app
from pellucid.studio.desk import Desk

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette would rather have httpx2, which the next major version of it may need
    from starlette.testclient import TestClient

BASE = "http://127.0.0.1"
TOKEN = "a-token-of-the-tests"
PEOPLE = "age,city,bought\n" + "".join(
    f"{20 + i % 50}.{i},{['Bern', 'Oslo', 'Köln'][i % 3]},{['yes', 'no'][i % 50 > 24]}\n" for i in range(120)
)
PROTOCOLS = ["pellucid", "token." + base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("=")]
Reply = Mapping[str, Any]


class Page:
    """What a page does: ask, and talk on the socket."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> Any:
        return self._told(self.client.get(f"/api/{path}", **more))

    def post(self, path: str, told: Any = None, **more: Any) -> Any:
        return self._told(self.client.post(f"/api/{path}", json=told, **more))

    def upload(self, name: str, content: bytes | str) -> str:
        return str(self._told(self.client.post("/api/uploads", params={"name": name}, content=content))["data"])

    def _told(self, reply: Any) -> Any:
        assert reply.status_code == 200, reply.text
        return reply.json()

    def socket(self) -> Any:
        return self.client.websocket_connect("ws://127.0.0.1/api/socket", subprotocols=PROTOCOLS)


class Talk:
    """A socket, its messages sorted."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.rows: list[list[Any]] = []
        self.met: list[Reply] = []

    def say(self, kind: str, **told: Any) -> None:
        self.socket.send_text(json.dumps({"type": kind, **told}))

    def until(self, wanted: Callable[[Reply], bool]) -> Reply:
        """The next message that is wanted; what comes before is kept in `met`."""
        while True:
            found = self.socket.receive()
            assert found["type"] == "websocket.send", found
            if found.get("bytes") is not None:
                header, arrays = frames.unpacked(found["bytes"])
                message: Reply = {**header, "arrays": arrays}
            else:
                message = json.loads(found["text"])
            self.met.append(message)
            if message["type"] == "curve":
                self.rows = list(message["rows"]) if message["whole"] else [*self.rows, *message["rows"]]
            if wanted(message):
                return message

    def of(self, kind: str, **told: Any) -> Reply:
        """The next message of this kind that says this."""
        return self.until(lambda m: m["type"] == kind and all(m.get(k) == v for k, v in told.items()))

    def start(self, spec: Mapping[str, Any], **told: Any) -> str:
        """Start a run; its name."""
        self.say("start", spec=spec, request=7, **told)
        found = self.until(lambda m: m["type"] in ("started", "refused") and m.get("request") == 7)
        assert found["type"] == "started", found
        return str(found["run"])


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    before = Path.cwd()
    os.chdir(folder)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    options = Options(token=TOKEN, max_upload=2_000_000)
    app = create_app(options, lambda: Answers(Desk(options, folder)))
    try:
        with (
            TestClient(app, BASE, headers=headers, raise_server_exceptions=False) as client,
        ):
            yield client
    finally:
        os.chdir(before)


@pytest.fixture
def page(client: TestClient) -> Page:
    return Page(client)


@pytest.fixture
def talk(page: Page) -> Iterator[Talk]:
    with page.socket() as socket:
        talk = Talk(socket)
        talk.of("hello")
        yield talk


def train(page: Page, spec: Mapping[str, Any]) -> str:
    """A run, trained to its end."""
    with page.socket() as socket:
        talk = Talk(socket)
        run = talk.start(spec)
        talk.of("state", run=run, state="done")
    return run
