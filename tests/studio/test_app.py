"""The page is there at once, and what answers its questions is loaded meanwhile."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from pellucid.errors import MissingExtra
from pellucid.studio import Options
from pellucid.studio.app import PAGE, create_app
from studio.conftest import BASE, TOKEN

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class Slow:
    """Answers that take long to load."""

    def __init__(self) -> None:
        self.go, self.closed = threading.Event(), False
        self.app = PlainTextResponse("here")

    def make(self) -> Slow:
        assert self.go.wait(120)
        return self

    async def close(self) -> None:
        self.closed = True


def test_the_page_is_there_before_its_questions_can_be_answered():
    slow = Slow()
    with TestClient(create_app(Options(token=TOKEN), slow.make), BASE, headers=HEADERS) as client:
        assert client.get("/").content == (PAGE / "index.html").read_bytes()
        assert client.get("/studio.js").headers["content-type"].startswith("text/javascript")
        assert client.get("/nothing").status_code == 404
        slow.go.set()
        assert client.get("/api/hello").text == "here"
    assert slow.closed


def test_who_asks_before_the_answers_are_loaded_waits_for_them():
    slow = Slow()
    with TestClient(create_app(Options(token=TOKEN), slow.make), BASE, headers=HEADERS) as client:
        threading.Timer(0.2, slow.go.set).start()
        assert client.get("/api/hello").text == "here"


def test_where_they_cannot_be_loaded_the_studio_is_told():
    told: list[BaseException] = []

    def make() -> Slow:
        raise MissingExtra("studio", "pydantic", "studio")

    app = create_app(Options(token=TOKEN), make, failed=told.append)
    with TestClient(app, BASE, headers=HEADERS, raise_server_exceptions=False) as client:
        assert client.get("/").status_code == 200
    assert [type(problem) for problem in told] == [MissingExtra]


def test_what_serves_the_page_loads_no_network():
    program = (
        "import sys, pellucid.cli.studio, pellucid.studio.app, pellucid.web.listening\n"
        "print({'pellucid.layers', 'pellucid.actions', 'pydantic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.long
def test_a_studio_that_cannot_load_says_so_and_ends(tmp_path: Path):
    program = "import sys; sys.modules['tomli_w'] = None\nfrom pellucid.studio import studio\nstudio()"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "MissingExtra: studio: expected the package tomli_w" in done.stderr
