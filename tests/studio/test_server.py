"""The command itself: it opens, and whatever ends it, no process is left, and what was trained is saved."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from pellucid.actions.train import resume
from studio.conftest import Talk

PATIENCE = 120.0
LONG = {"data": "digits", "layers": [16], "epochs": 100_000}


class Open:
    """A studio that runs."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "pellucid", "studio", "--no-browser", *words]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"(https?://[^/]+)/(?:#token=(\S+))?", line)
        assert found, line
        self.url, self.token = found[1], found[2]

    def get(self, path: str, **more: object) -> httpx.Response:
        until = time.monotonic() + PATIENCE
        headers = {"Authorization": f"Bearer {self.token}"}
        while True:
            try:
                return httpx.get(f"{self.url}/api/{path}", headers=headers, timeout=PATIENCE, **more)  # type: ignore[arg-type]
            except httpx.ConnectError:
                assert time.monotonic() < until
                time.sleep(0.05)

    @contextlib.contextmanager
    def talk(self) -> Iterator[Talk]:
        self.get("hello")
        headers = {"Authorization": f"Bearer {self.token}"}
        with connect(
            f"{self.url.replace('http', 'ws')}/api/socket",
            subprotocols=["pellucid"],
            additional_headers=headers,
            open_timeout=PATIENCE,
        ) as socket:  # type: ignore[list-item]
            yield Talk(Sync(socket))

    def trainers(self) -> list[int]:
        """The processes that train for it, whoever is their parent by now."""
        found = []
        for one in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                words = (one / "cmdline").read_bytes().split(b"\0")
                if b"pellucid.studio.trainer" in words and (one / "cwd").resolve() == self.folder:
                    found.append(int(one.name))
        return found

    def gone(self) -> bool:
        """Whether, after a while, nobody trains for it."""
        until = time.monotonic() + PATIENCE
        while self.trainers() and time.monotonic() < until:
            time.sleep(0.05)
        return not self.trainers()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


class Sync:
    """A socket of websockets in the form of the test client's."""

    def __init__(self, socket: object) -> None:
        self.socket = socket

    def send_text(self, text: str) -> None:
        self.socket.send(text)  # type: ignore[attr-defined]

    def receive(self) -> dict[str, object]:
        found = self.socket.recv(timeout=PATIENCE)  # type: ignore[attr-defined]
        kind = "text" if isinstance(found, str) else "bytes"
        return {"type": "websocket.send", kind: found}


@pytest.fixture
def open_studio(tmp_path: Path) -> Iterator[Open]:
    studio = Open(tmp_path)
    yield studio
    studio.close()


def training(studio: Open) -> str:
    """A run that has got somewhere."""
    with studio.talk() as talk:
        run = talk.start(LONG)
        talk.until(lambda m: m["type"] == "curve" and m["epoch"] > 2)
    assert len(studio.trainers()) == 1
    return run


@pytest.mark.long
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_however_it_ends_trainings_are_saved_and_no_process_is_left(open_studio: Open, sign: signal.Signals):
    run = training(open_studio)
    os.kill(open_studio.process.pid, sign)
    code = open_studio.process.wait(PATIENCE)
    assert code == (-sign if sign == signal.SIGKILL else 0)
    assert open_studio.gone()
    folder = open_studio.folder / "runs" / run
    assert (folder / "checkpoint.npz").exists()
    spec = folder / "spec.toml"
    spec.write_text(spec.read_text("utf-8").replace("epochs = 100000", "epochs = 1"), "utf-8")
    assert resume(folder).metrics["epochs"] >= 1
    again = Open(open_studio.folder)
    try:
        (listed,) = again.get("runs").json()["runs"]
        assert (listed["id"], listed["state"]) == (run, "done")
    finally:
        again.close()


@pytest.mark.long
def test_a_socket_stays_open_while_nothing_is_said(tmp_path: Path):
    from pellucid.web.connection import Connection

    assert Connection.patience == 30.0
    script = (
        "from pathlib import Path\nfrom pellucid.studio import Options, studio\n"
        "studio(Options(token='t' * 20, timeout=3.0), log=lambda line: print(line, flush=True))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://([^/]+)/", process.stdout.readline())
        assert found
        time.sleep(1.0)
        headers = {"Authorization": f"Bearer {'t' * 20}"}
        address = f"ws://{found[1]}/api/socket"
        with connect(
            address, subprotocols=["pellucid"], additional_headers=headers, open_timeout=PATIENCE,  # type: ignore[list-item]
        ) as socket:  # fmt: skip
            talk = Talk(Sync(socket))
            talk.of("hello")
            time.sleep(6.0)  # twice as long as a head may take
            talk.say("fly", request=5)
            talk.of("refused", request=5)
    finally:
        process.terminate()
        process.communicate()


def test_it_begins_with_what_the_command_names(tmp_path: Path):
    (tmp_path / "people.csv").write_text("age,old\n" + "".join(f"{a},{a > 40}\n" for a in range(20, 60)), "utf-8")
    for word, told in (("moons", {"data": "moons"}), ("people.csv", {"data": "people.csv"})):
        studio = Open(tmp_path, word)
        try:
            assert studio.get("hello").json()["start"]["spec"] == told
        finally:
            studio.close()


def test_what_cannot_be_listened_on_is_an_error_in_one_line(tmp_path: Path):
    for words, said in (
        (["--host", "0.0.0.0"], "a password where others"),
        (["--port", "99999999"], "at most 65535"),
        (["--password", "short"], "at least 16"),
    ):
        command = [sys.executable, "-m", "pellucid", "studio", "--no-browser", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr
