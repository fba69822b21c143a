"""`pellucid serve` as a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cli.said import without_delays
from serving.conftest import make_plain

PATIENCE = 120  # seconds, for what takes far less
BODY = b"[[0.5, 1.0]]"


class Running:
    """A server that runs; `said`: what it printed."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self.log = process, log
        self.url = ""

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8")

    def wait_for(self, pattern: str) -> re.Match[str]:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if found := re.search(pattern, self.said):
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"{pattern!r} is not in: {self.said}")

    def begun(self) -> socket.socket:
        """A connection on which a request has come in part, and is being worked on."""
        made = socket.create_connection(("127.0.0.1", int(self.url.rpartition(":")[2])), PATIENCE)
        head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
        made.sendall(f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY[:5])
        return made

    def get(self, path: str) -> str:
        return httpx.get(self.url + path, timeout=PATIENCE).text

    def wait_until_busy(self, n: int) -> None:
        end = time.monotonic() + PATIENCE
        while f"pellucid_busy {n}" not in self.get("/metrics"):
            assert time.monotonic() < end
            time.sleep(0.02)

    def wait_until_closed(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                httpx.get(self.url + "/v2/health/live", timeout=PATIENCE)
            except httpx.TransportError:
                return
        raise AssertionError("it goes on taking requests")


@contextmanager
def running(log: Path, *words: str, **environment: str) -> Iterator[Running]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "pellucid", "serve", "--port", "0", *words],
            env={**os.environ, **environment}, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    server = Running(process, log)
    try:
        server.url = server.wait_for(r"on (http://\S+)")[1]
        yield server
    finally:
        process.kill()
        process.wait()


def answer(connection: socket.socket) -> bytes:
    """All that comes on a connection after the rest of its request was sent."""
    with connection:
        connection.sendall(BODY[5:])
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_what_is_in_flight_is_answered_before_it_stops(folder: Path, tmp_path: Path):
    with running(tmp_path / "log", str(folder / "plain.keras")) as server:
        connection = server.begun()
        server.wait_until_busy(1)
        server.process.send_signal(signal.SIGTERM)
        server.wait_until_closed()
        received = answer(connection)
        assert received.startswith(b"HTTP/1.1 200"), received
        assert b'"label"' in received
        assert server.process.wait(PATIENCE) == 0
        assert server.said.splitlines()[-1].startswith("Stopped")
        assert "Traceback" not in server.said


def test_whoever_comes_when_all_places_are_taken_is_sent_away(folder: Path, tmp_path: Path):
    words = (str(folder / "plain.keras"), "--concurrency", "1", "--timeout", str(PATIENCE))
    with running(tmp_path / "log", *words) as server:
        connection = server.begun()
        server.wait_until_busy(1)
        json = {"content-type": "application/json"}
        refused = httpx.post(server.url + "/predict", content=BODY, headers=json, timeout=PATIENCE)
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert "1 predictions at a time" in refused.json()["error"]
        assert answer(connection).startswith(b"HTTP/1.1 200")
        server.wait_until_busy(0)
        again = httpx.post(server.url + "/predict", content=BODY, headers=json, timeout=PATIENCE)
        assert again.status_code == 200
        server.begun().close()  # who goes away gives the place back
        server.wait_until_busy(0)


def test_a_body_must_come_in_time(folder: Path, tmp_path: Path):
    with running(tmp_path / "log", str(folder / "plain.keras"), "--timeout", "0.3") as server:
        with server.begun() as connection:
            assert connection.recv(12) == b"HTTP/1.1 408"
        server.wait_until_busy(0)
        server.wait_for(r"POST /predict 408 \d")


def test_a_body_without_a_length_is_measured(folder: Path, tmp_path: Path):
    with running(tmp_path / "log", str(folder / "plain.keras"), "--max-body", "100000") as server:
        chunks = (b" " * 50_000 for _ in range(3))
        headers = {"content-type": "application/json"}
        assert httpx.post(server.url + "/predict", content=chunks, headers=headers, timeout=PATIENCE).status_code == 413
        chunks = (b"[[0.5,", b"1.0]]")
        assert (
            httpx.post(server.url + "/predict", content=iter(chunks), headers=headers, timeout=PATIENCE).status_code
            == 200
        )


def test_a_changed_file_is_taken_up_without_a_dropped_request(tmp_path: Path):
    kept = tmp_path / "plain.keras"
    make_plain(kept, seed=0)
    statuses, stop = [], threading.Event()

    def ask() -> None:
        with httpx.Client(timeout=PATIENCE) as client:
            while not stop.is_set():
                statuses.append(client.post(server.url + "/predict", json=[[0.5, 1.0]]).status_code)

    with running(tmp_path / "log", str(kept)) as server:
        first = httpx.post(server.url + "/predict", json=[[0.5, 1.0]], timeout=PATIENCE).json()["predictions"]
        thread = threading.Thread(target=ask)
        thread.start()
        try:
            model = make_plain(kept, seed=5)
            server.wait_for("taken up again")
            second = httpx.post(server.url + "/predict", json=[[0.5, 1.0]], timeout=PATIENCE).json()["predictions"]
            kept.write_bytes(b"no model")
            server.wait_for("served on")
            third = httpx.post(server.url + "/predict", json=[[0.5, 1.0]], timeout=PATIENCE).json()["predictions"]
        finally:
            stop.set()
            thread.join()
    assert statuses
    assert set(statuses) == {200}
    assert third == second != first
    assert second[0]["label"] == int(model.predict([[0.5, 1.0]], verbose=0).argmax())


def test_versions_and_names(folder: Path, tmp_path: Path):
    words = [f"m={folder / 'plain.keras'}", f"m={folder / 'several.keras'}", str(folder / "people")]
    with running(tmp_path / "log", *words) as server:
        assert "Serving m (2 versions), people on http://127.0.0.1:" in server.said
        metadata = [
            httpx.get(f"{server.url}/v2/models/m{path}", timeout=PATIENCE).json()
            for path in ("", "/versions/1", "/versions/2")
        ]
        assert [len(one["inputs"]) for one in metadata] == [2, 1, 2]
        assert metadata[0]["versions"] == ["1", "2"]
        assert httpx.post(server.url + "/predict/m/versions/1", json=[[0.5, 1]], timeout=PATIENCE).status_code == 200


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_memory_stays_flat(folder: Path, tmp_path: Path):
    def pages() -> int:
        return int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])

    def ask(n: int) -> None:
        for i in range(n):
            rows = [[0.5, float(j)] for j in range(1 + i % 40)]
            body = [rows, [*rows, [1]], {"instances": rows}, [["x", i]]][i % 4]
            assert client.post(server.url + "/predict", json=body).status_code == (200, 422)[i % 2]
            client.get(f"{server.url}/nowhere/{i}")

    with running(tmp_path / "log", str(folder / "plain.keras")) as server, httpx.Client(timeout=PATIENCE) as client:
        ask(600)
        before = pages()
        ask(1800)
        grown = (pages() - before) * os.sysconf("SC_PAGE_SIZE")
        assert grown < 4_000_000, f"{grown:,} bytes more"


KEY = "a-key-of-sixteen-letters"


def test_listening_further_demands_a_key(folder: Path, tmp_path: Path):
    with running(tmp_path / "log", str(folder / "plain.keras"), "--host", "0.0.0.0", PELLUCID_API_KEY=KEY) as server:
        url = server.url.replace("0.0.0.0", "127.0.0.1")
        assert KEY not in server.said
        assert httpx.get(url + "/v2/health/ready", timeout=PATIENCE).status_code == 200
        for headers in ({}, {"x-api-key": KEY[:-1]}, {"authorization": f"Bearer {KEY}x"}, {"authorization": "Basic %"}):
            refused = httpx.post(url + "/predict", json=[[0.5, 1]], headers=headers, timeout=PATIENCE)
            assert refused.status_code == 401
            assert "API key" in refused.json()["error"]
        for headers in ({"x-api-key": KEY}, {"authorization": f"Bearer {KEY}"}):
            assert httpx.post(url + "/predict", json=[[0.5, 1]], headers=headers, timeout=PATIENCE).status_code == 200
        assert httpx.get(url + "/", auth=("anyone", KEY), timeout=PATIENCE).status_code == 200


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["plain.keras", "--host", "0.0.0.0"], "expected an API key"),
        (["plain.keras", "--host", "::"], "expected an API key"),
        (["plain.keras", "--api-key", "short"], "at least 16"),
        (["plain.keras", "plain.keras"], "models of different names"),
        (["a="], "expected a run's folder or a .keras file, got 'a='. Name one behind the equals sign"),
        (["nothing"], "nothing"),
        (["plain.keras", "--threads", "0"], "--threads"),
        (["plain.keras", "--timeout", "nan"], "--timeout"),
        (["plain.keras", "--port", "70000"], "--port"),
        ([], "Missing argument"),
    ],
)
def test_what_cannot_be_served_is_one_line(folder: Path, tmp_path: Path, words: list[str], told: str):
    shutil.copy(folder / "plain.keras", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pellucid", "serve", *words], cwd=tmp_path, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr
    assert len(without_delays(done.stderr).splitlines()) == 1


def test_a_port_that_is_taken_is_one_line(folder: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "pellucid", "serve", str(folder / "plain.keras"), "--port", port],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert "Choose another --port" in done.stderr
