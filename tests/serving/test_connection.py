"""What comes on a connection, byte by byte: answered, refused or cut off, and never an error within the server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serving.test_server import BODY, PATIENCE, Running, running

SHORT = 0.4  # seconds; the server's patience
GET = b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\nc\r\n" + BODY + b"\r\n"


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    log = tmp_path_factory.mktemp("connection") / "log"
    with running(log, str(folder / "plain.keras"), "--timeout", str(SHORT)) as server:
        yield server
        assert httpx.get(server.url + "/v2/health/live", timeout=PATIENCE).status_code == 200
        assert "Traceback" not in server.said
        assert " 500 " not in server.said


@pytest.fixture(scope="module")
def patient(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that waits as long as it takes to send a request in two pieces, on a machine that is busy."""
    log = tmp_path_factory.mktemp("patient") / "log"
    with running(log, str(folder / "plain.keras"), "--timeout", str(PATIENCE)) as server:
        yield server
        assert "Traceback" not in server.said
        assert " 500 " not in server.said


def connected(server: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), PATIENCE)


def until_closed(connection: socket.socket) -> bytes:
    received = b""
    while True:
        try:
            more = connection.recv(65536)
        except ConnectionError:
            return received
        if not more:
            return received
        received += more


def refused(answer: bytes, status: int) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode()), answer
    assert b"content-type: application/json" in head
    assert body.startswith(b'{"error":"')


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\0\1\2\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50, 400),  # TLS
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (GET + b"Host: evil.example\r\n\r\n", 400),
        (GET + b"X: a\0b\r\n\r\n", 400),
        (GET + b"X: " + b"a" * 200_000, 400),
        (b"G\x7fT / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (POST + b"Content-Length: -3\r\n\r\n", 400),
        (POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n", 400),
        (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        (POST + b"Transfer-Encoding: gzip\r\n\r\n" + BODY, 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n" + BODY, 400),
        (CHUNKED[:-2] + b"XX\r\n0\r\n\r\n", 400),
        (CHUNKED.replace(b"localhost", b"evil.example") + b"ZZ\r\n", 400),  # two reasons at once
        (POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + BODY, 408),
        (POST + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"GET /v2 HTTP/1.0\r\n\r\n", 421),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 421),
        (b"GET http://evil.example/v2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        (b"CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        (b"GET /%0d%0aSet-Cookie:x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        (b"TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405),
    ],
)
def test_what_is_no_request(server: Running, sent: bytes, status: int):
    with connected(server) as connection:
        connection.sendall(sent)
        refused(until_closed(connection), status)


@pytest.mark.parametrize("begun", [GET[:1], GET, POST])
def test_a_head_that_does_not_come_is_not_waited_for(server: Running, begun: bytes):
    with connected(server) as connection:
        connection.sendall(begun)
        refused(until_closed(connection), 408)


def test_a_head_that_comes_letter_by_letter_is_not_waited_for(server: Running):
    with connected(server) as connection:
        connection.settimeout(SHORT / 4)  # a letter, then this long nothing
        for letter in (GET * 100).decode():
            try:
                connection.sendall(letter.encode())
                answer = connection.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                return  # it closed while a letter was on its way
            refused(answer, 408)
            return
    raise AssertionError("every letter was waited for")


def test_a_connection_on_which_nothing_comes_is_closed(server: Running):
    with connected(server) as connection:
        assert until_closed(connection) == b""


def test_a_connection_is_kept_between_requests(server: Running):
    """Longer than a head may take: that clock runs from a head's first letter."""
    with connected(server) as connection:
        connection.sendall(GET + b"\r\n")
        answer = b""
        while not answer.endswith(b"}"):  # head and body may come one after the other
            answer += connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200")
        connection.settimeout(2 * SHORT)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(PATIENCE)
        connection.sendall(GET + b"Connection: close\r\n\r\n")
        assert until_closed(connection).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("path", [b"/predict", b"/nowhere"])
def test_what_goes_wrong_after_the_answer(patient: Running, path: bytes):
    """The answer to a path that is not there goes out before the body has come."""
    with connected(patient) as connection:
        connection.sendall(CHUNKED.replace(b"/predict", path))
        first = connection.recv(12) if path == b"/nowhere" else b""
        connection.sendall(b"no chunk\r\n")
        answer = first + until_closed(connection)
        refused(answer, 404 if path == b"/nowhere" else 400)
        assert answer.count(b"HTTP/1.1 4") == 1


def test_an_answer_that_nobody_takes_is_given_up(server: Running):
    rows = b"[" + b",".join([BODY[1:-1]] * 10_000) + b"]"
    asked = POST + f"Content-Length: {len(rows)}\r\n\r\n".encode() + rows
    with connected(server) as connection, pytest.raises(ConnectionError):
        connection.sendall(asked * 500)  # more than all buffers hold
