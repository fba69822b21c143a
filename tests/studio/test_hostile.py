"""What the studio refuses: strangers, foreign pages, paths that lead elsewhere, files that are not what they say."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.websockets import WebSocketDisconnect

from pellucid.errors import InvalidArgument
from pellucid.studio import Options
from studio.conftest import PROTOCOLS, TOKEN, Page

PATHS = ["hello", "schema", "runs", "runs/x", "runs/x/curve", "compare", "runs/x/download/zip"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": ""}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": f"Bearer {TOKEN}x"}, 401),
        ({"host": "evil.example"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1.evil.example"}, 403),
    ],
)
def test_strangers_are_refused(page: Page, path: str, headers: dict[str, str], status: int):
    answer = page.client.get(f"/api/{path}", headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("protocols", "headers"),
    [
        ([], {}),
        (["pellucid"], {}),
        (["pellucid", "token.d3Jvbmc"], {}),
        (PROTOCOLS, {"origin": "http://evil.example"}),
        (PROTOCOLS, {"host": "evil.example"}),
    ],
)
def test_strangers_get_no_socket(page: Page, protocols: list[str], headers: dict[str, str]):
    headers = {"authorization": "", **headers}
    with pytest.raises(WebSocketDisconnect):
        page.client.websocket_connect("ws://127.0.0.1/api/socket", subprotocols=protocols, headers=headers).__enter__()


def test_the_page_is_told_to_trust_nobody_else(page: Page):
    headers = page.client.get("/api/hello").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["/../desk.py", "/%2e%2e/desk.py", "/..%2fdesk.py", "/assets/../../desk.py", "/assets/%2e%2e%2f%2e%2e%2fdesk.py",
     "//etc/passwd", "/PROTOCOL.md"],
)  # fmt: skip
def test_no_file_but_the_pages_is_served(page: Page, path: str):
    answer = page.client.get(f"http://127.0.0.1{path}")
    assert answer.status_code == 404
    assert "class Desk" not in answer.text


@pytest.mark.parametrize("run", ["..", "%2e%2e", "..%2f..%2fetc", ".hidden", "data", "a%00b"])
def test_no_run_lies_elsewhere(page: Page, run: str):
    for path in ("", "/curve", "/results", "/download/zip", "/picture/weights"):
        assert page.client.get(f"/api/runs/{run}{path}").status_code == 404
    assert page.client.delete(f"/api/runs/{run}").status_code in (404, 405)


@pytest.mark.parametrize("data", ["/etc/passwd", "../secret.csv", "upload:../../x.csv", "upload:zz/x.csv", "upload:"])
def test_no_data_lie_elsewhere(page: Page, data: str, folder: Path):
    (folder.parent / "secret.csv").write_text("a,b\n1,2\n", "utf-8")
    answer = page.client.post("/api/data", json={"spec": {"data": data}})
    assert answer.status_code in (403, 404, 422)
    assert "," not in answer.json().get("columns", "")


def test_a_link_out_of_the_folder_is_not_followed(page: Page, folder: Path):
    (folder.parent / "secret.csv").write_text("a,b\n1,2\n", "utf-8")
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    assert page.client.post("/api/data", json={"spec": {"data": "link.csv"}}).status_code == 403


@pytest.mark.parametrize("name", ["../../x.csv", "..\\..\\x.csv", "/etc/x.csv", "a/b/../../x.csv"])
def test_an_upload_stays_in_its_folder(page: Page, name: str):
    assert page.upload(name, "a,b\n1,2\n").endswith("/x.csv")


def test_an_upload_into_a_folder_stays_in_it(page: Page, folder: Path):
    data = page.client.post("/api/uploads", params={"folder": "pictures"}).json()["data"].removeprefix("upload:")
    for path in ("..%2f..%2fx.png", "%2fx.png", "a%2f..%2f..%2fx.png", "x.py", "x.png%2f..%2f..%2fx.sh"):
        answer = page.client.put(f"/api/uploads/{data}/{path}", content=b"x")
        assert answer.status_code in (404, 405, 422), path
    assert not list(folder.parent.rglob("x.png"))


# Files that are not what they say ------------------------------------------------------------------------------------


def archive(entries: dict[str, bytes], claim: bool = False) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return file.getvalue()


def pickled() -> bytes:
    file = io.BytesIO()
    np.savez(file, x=np.array([{"a": 1}, None], dtype=object), y=np.arange(2))
    return file.getvalue()


BAD = {
    "empty.csv": b"",
    "binary.csv": bytes(range(256)) * 40,
    "ragged.csv": b"a,b,target\n1,2,x\n1,2,3,4,5\n" * 20,
    "one-row.csv": b"a,target\n1,yes\n",
    "no-target.csv": b"a,b\n" + b"1,2\n" * 30,
    "broken.npz": b"PK\x03\x04 nothing of the kind",
    "objects.npz": pickled(),
    "broken.parquet": b"PAR1 and nothing",
    "broken.zip": b"PK\x03\x04 nothing of the kind",
    "no-pictures.zip": archive({"a.txt": b"hello", "b/c.py": b"print(1)"}),
    "bomb.zip": archive({"a/x.png": b"\0" * 60_000_000}),
    "slip.zip": archive({"../../a/x.png": b"x", "../../b/x.png": b"y"}),
    "not-pictures.zip": archive({"a/x.png": b"hello", "b/x.png": b"hello"}),
    "program.exe": b"MZ",
    "script.py": b"import os",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_the_librarys_words(page: Page, name: str):
    answer = page.client.post("/api/uploads", params={"name": name}, content=BAD[name])
    if answer.status_code == 200:
        answer = page.client.post("/api/data", json={"spec": {"data": answer.json()["data"]}})
    told = answer.json()
    told = told.get("problem") or told
    assert answer.status_code in (200, 400, 413, 422), answer.text
    assert told["error"].endswith((".", "?")), told
    assert told["where"]
    assert "Traceback" not in told["error"]
    assert "pellucid-studio" not in str(told)  # where it lies is nothing that its owner knows


def test_a_body_that_is_too_large_is_not_taken(page: Page):
    content = b"a,b\n" + b"1,2\n" * 600_000
    answer = page.client.post("/api/uploads", params={"name": "large.csv"}, content=content)
    assert answer.status_code == 413
    told = page.client.post(
        "/api/uploads", params={"name": "huge.csv"}, content=b"x", headers={"content-length": "2000000001"}
    )
    assert told.status_code == 413


def test_all_uploads_together_are_bounded(page: Page):
    kept = []
    for _ in range(4):
        answer = page.client.post("/api/uploads", params={"name": "part.csv"}, content=b"a,b\n" + b"1,2\n" * 240_000)
        kept.append(answer.json().get("data", "").removeprefix("upload:").partition("/")[0])
    assert answer.status_code == 413
    for number in filter(None, kept):
        assert page.client.delete(f"/api/uploads/{number}").status_code == 204
    page.upload("small.csv", "a,b\n1,2\n")


def test_a_run_in_a_zip_brings_nothing_but_a_run(page: Page, folder: Path):
    spec = b'data = "digits"\n'
    content = archive({"spec.toml": spec, "../evil.txt": b"x", "run.py": b"x", "history.csv": b"epoch\n"})
    told = page.client.post("/api/runs", params={"name": "brought.zip"}, content=content).json()
    assert sorted(path.name for path in (Path("runs") / told["id"]).iterdir()) == ["history.csv", "spec.toml"]
    bomb = archive({"spec.toml": spec, "model.keras": b"\0" * 60_000_000})
    assert page.client.post("/api/runs", params={"name": "bomb.zip"}, content=bomb).status_code == 400
    assert page.client.post("/api/runs", params={"name": "none.zip"}, content=archive({"x": b""})).status_code == 400
    bad = archive({"spec.toml": b'layers = "many"\n'})
    assert page.client.post("/api/runs", params={"name": "bad.zip"}, content=bad).status_code == 422


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("check", {"spec": {"layers": "many"}}),
        ("check", {"spec": {"data": 3}}),
        ("check", {"spec": {"nonsense": 1}}),
        ("check", {"spec": {"layers": [{"class": "Sequential", "layers": [{"class": "Sequential", "layers": [3]}]}]}}),
        ("check", {"spec": {"layers": [{"class": "Lambda", "function": "os.system"}]}}),
        ("points", {"x": [[1, 2, 3]], "y": [1]}),
        ("points", {"x": "many", "y": None}),
        ("spec", {"toml": "= ="}),
    ],
)
def test_foolish_questions_are_answered_in_a_sentence(page: Page, path: str, told: Any):
    answer = page.client.post(f"/api/{path}", json=told)
    found = answer.json()
    sentence = found["problems"][0]["error"] if "problems" in found else found["error"]
    assert answer.status_code in (200, 400, 422)
    assert len(sentence) > 20


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"a":1,"a":2}', b"[" * 100_000, b"[1]", b'{"spec": NaN}'])
def test_what_is_no_json_is_refused(page: Page, content: bytes):
    assert page.client.post("/api/check", content=content).status_code in (400, 422)


def test_listening_further_wants_a_password_and_a_certificate(tmp_path: Path):
    with pytest.raises(InvalidArgument, match="a password where others"):
        Options(host="0.0.0.0")
    with pytest.raises(InvalidArgument, match="a certificate where others"):
        Options(host="0.0.0.0", password="long enough to be one")
    with pytest.raises(InvalidArgument, match="at least 16"):
        Options(password="short")
    file = tmp_path / "x.pem"
    file.write_text("x", "utf-8")
    options = Options(host="0.0.0.0", password="long enough to be one", certificate=file, certificate_key=file)
    assert options.fragment == ""
