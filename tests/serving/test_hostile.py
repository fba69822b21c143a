"""What a server must refuse: every one of these is answered with 4xx and one sentence, and nothing else happens."""

from __future__ import annotations

import json
import struct
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from serving.test_predict import ROW
from serving.test_protocol import HEADER, PEOPLE, SEVERAL, tensor

JSON = {"content-type": "application/json"}


def refused(response: httpx.Response, status: int | tuple[int, ...], word: str = "") -> None:
    allowed = status if isinstance(status, tuple) else (status,)
    assert response.status_code in allowed, (response.status_code, response.text)
    assert response.headers["content-type"] == "application/json"
    found = response.json()
    assert found.keys() == {"error"}
    assert "\n" not in found["error"]
    assert "Traceback" not in found["error"]
    assert word in found["error"]
    assert len(found["error"]) < 900


def changed(**cells: Any) -> bytes:
    return json.dumps([{**ROW, **cells}]).encode()


PREDICT = [
    ("/predict", b"", 400, "JSON"),
    ("/predict", b"{", 400, "line 1, column 2"),
    ("/predict", b"[[[[" * 5000 + b"]]]]" * 5000, 400, "too deep"),
    ("/predict", b'{"a":' * 20_000, 400, "too deep"),
    ("/predict", b'[{"age": NaN}]', 400, "NaN"),
    ("/predict", b'[{"age": -Infinity}]', 400, "Infinity"),
    ("/predict", b'[{"age": 1, "age": 2}]', 400, "'age' twice"),
    ("/predict", b'[{"age": ' + b"9" * 5000 + b"}]", 400, "4,300"),
    ("/predict", b'[{"city": "\xff"}]', 400, "UTF-8"),
    ("/predict", b'[{"city": "\\ud800"}]', 400, "surrogate"),
    ("/predict", b"\xef\xbb\xbf[]", 400, "UTF-8 BOM"),
    ("/predict", b'[{"age": 1}]\x00', 400, "extra data"),
    ("/predict", b"null", 422, "list of objects"),
    ("/predict", b'"text"', 422, "list of objects"),
    ("/predict", b'{"instances": 3}', 422, "list of objects"),
    ("/predict", b'{"instances": [], "more": 1}', 422, "one key"),
    ("/predict", b"[]", 422, "at least one row"),
    ("/predict", b"[1]", 422, "row 0: expected an object"),
    ("/predict", json.dumps([ROW, {**ROW, "age": "old"}]).encode(), 422, "row 1, column 'age'"),
    ("/predict", json.dumps([ROW, {k: v for k, v in ROW.items() if k != "fare"}]).encode(), 422, "row 1"),
    ("/predict", changed(age="1e400"), 422, "row 0, column 'age'"),
    ("/predict", changed(age=10**400), 422, "column 'age'"),
    ("/predict", b'[{"age": 1e400, "city": "x", "member": "no", "fare": 1, "joined": null}]', 422, "column 'age'"),
    ("/predict", changed(age=[1]), 422, "one value"),
    ("/predict", changed(city={"a": 1}), 422, "column 'city'"),
    ("/predict", changed(member="perhaps"), 422, "column 'member'"),
    ("/predict", changed(joined="11th of May"), 422, "column 'joined'"),
    ("/predict", changed(joined=10**9), 422, "column 'joined'"),
    ("/predict", json.dumps([ROW] * 51).encode(), 413, "50 rows"),
    ("/predict", b'"' + b"x" * 200_000 + b'"', 413, "200,000 bytes"),
    ("/predict/nobody", b"[]", 404, "one of"),
    ("/predict/peeple", b"[]", 404, "Did you mean 'people'?"),
    ("/predict/people/versions/9", b"[]", 404, "version"),
    ("/predict/people/versions/%00", b"[]", 404, "version"),
    ("/predict/plain", b"[[1, 2], [3]]", 422, "row"),
    ("/predict/plain", b"[[1, 2, 3]]", 422, "shape"),
    ("/predict/plain", b"[[[1, 2]]]", 422, "shape"),
    ("/predict/plain", b"[1, 2]", 422, "shape"),
    ("/predict/plain", b"[[]]", 422, ""),
    ("/predict/plain", b'[["1", 2]]', 422, "row 0, column 0"),
    ("/predict/plain", b"[[null, 2]]", 422, "row 0, column 0"),
    ("/predict/plain", b"[[1e400, 2]]", 422, "row 0, column 0"),
    ("/predict/plain", b"[[1e300, 2]]", 422, "row 0"),
    ("/predict/loud", b"[[1, 1], [3e38, 3e38]]", 422, "row 1"),
    ("/predict/plain", b"[[" + b"9" * 400 + b", 2]]", 422, ""),
    ("/predict/plain", b'[{"a": 1}]', 422, ""),
    ("/predict/several", b"[[1, 2]]", 422, "an object by input"),
    ("/predict/several", b'[{"a": [1, 2]}]', 422, "an input 'b'"),
    ("/predict/several", b'[{"a": [1, 2], "b": [[1], [2]]}]', 422, "'b'"),
]


@pytest.mark.parametrize(("path", "body", "status", "word"), PREDICT, ids=range(len(PREDICT)))
def test_rows_that_are_none(client: TestClient, path: str, body: bytes, status: int, word: str):
    refused(client.post(path, content=body, headers=JSON), status, word)


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        ("/predict", b"", 400, "empty"),
        ("/predict", b"age,city\n1\n", 400, "line 2"),
        ("/predict", b"age,age\n1,2\n", 400, "twice"),
        ("/predict", b"age\0,city\n1,2\n", 400, "NUL"),
        ("/predict", b'age,city\n"1,2\n', 400, ""),
        (
            "/predict",
            b"30,Oslo,no,2,\n",
            422,
            "names of the columns, and rows under it, got one line alone: 30, Oslo, no",
        ),
        ("/predict", b"age,city,member,fare\n1,Oslo,no,2\n", 422, "'joined'"),
        ("/predict", b"age,city,member,fare,joined\n1,Oslo,no,x,\n", 422, "line 2"),
        ("/predict", b"\xff\xfea", 400, ""),
        ("/predict/plain", b"x,y,z\n1,2,3\n", 422, "2 columns"),
        ("/predict/plain", b"x,y\n1,nan\n", 422, "column 'y'"),
        ("/predict/plain", b"x,y\n1,1e400\n", 422, "column 'y'"),
        ("/predict/several", b"x,y\n1,2\n", 415, "application/json"),
    ],
)
def test_csv_that_is_none(client: TestClient, path: str, body: bytes, status: int, word: str):
    refused(client.post(path, content=body, headers={"content-type": "text/csv"}), status, word)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "multipart/form-data; boundary=x", "a" * 5000])
def test_other_content_types(client: TestClient, kind: str):
    headers = {"content-type": kind} if kind else {}
    refused(client.post("/predict", content=b"[]", headers=headers), 415, "Content-Type")
    refused(client.post("/predict", content=b"[]", headers={**JSON, "content-encoding": "gzip"}), 415, "compressed")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/predict", 405), ("PUT", "/v2", 405), ("DELETE", "/v2/models/people/infer", 405),
        ("GET", "/nowhere", 404), ("GET", "/v2/models/nobody", 404), ("GET", "/v2/models/people/versions/2/ready", 404),
        ("GET", "/form/nobody", 404), ("POST", "/v2/models/..%2f..%2fetc/infer", 404), ("GET", "/%ff%00", 404),
    ],
)  # fmt: skip
def test_other_paths_and_methods(client: TestClient, method: str, path: str, status: int):
    refused(client.request(method, path), status)


def described(**parts: Any) -> dict[str, Any]:
    return {"inputs": [{**SEVERAL[0], **parts}, SEVERAL[1]]}


PROTOCOL: list[tuple[str, Any, str]] = [
    ("several", [], "an object"),
    ("several", {}, "a list of tensors"),
    ("several", {"inputs": []}, "a list of tensors"),
    ("several", {"inputs": [3]}, "entry 0"),
    ("several", {"inputs": [{"name": 3}]}, "entry 0"),
    ("several", {"inputs": SEVERAL[:1]}, "an input 'a'"),
    ("several", {"inputs": [*SEVERAL, SEVERAL[0]]}, "two"),
    ("several", {"inputs": [*SEVERAL, tensor("c", "FP32", [2], [1, 2])]}, "'c'"),
    ("several", described(datatype="FP33"), "Did you mean"),
    ("several", described(datatype=None), "datatype"),
    ("several", described(datatype=["FP32"]), "datatype"),
    ("several", described(datatype="BYTES"), "element 0"),
    ("several", described(datatype="BOOL"), "element 0"),
    ("several", described(datatype="UINT8", data=[256] * 6), "element 0"),
    ("several", described(datatype="INT64", data=[2**63] * 6), "element 0"),
    ("several", described(data=["x"] * 6), "element 0"),
    ("several", described(data=[None] * 6), "'b'"),
    ("several", described(data=[10**400] * 6), ""),
    ("several", described(data={}), "a list"),
    ("several", described(data=[1, 2]), "6 values"),
    ("several", described(data=[[1, 2, 3], [1, 2]]), "lists of"),
    ("several", described(data=[[[[1]], [[2]], [[3]]]] * 2), "deeper"),
    ("several", described(shape=[2, -3, 1]), "sizes"),
    ("several", described(shape=[2.0, 3, 1]), "sizes"),
    ("several", described(shape=[True, 3, 1]), "sizes"),
    ("several", described(shape=[10**30]), "sizes"),
    ("several", described(shape=[]), "sizes"),
    ("several", described(shape=[1] * 33), "sizes"),
    ("several", described(shape=[2**31 - 1] * 3), "lists of"),
    ("several", described(shape=[0, 3, 1], data=[]), "at least one row"),
    ("several", described(shape=[2, 1, 3]), "shape"),
    ("several", described(shape=[1, 3, 1], data=[1, 2, 3]), "as many rows"),
    ("several", described(shape=[51, 1, 1], data=[1] * 51), "50 rows"),
    ("several", described(parameters=[]), "an object"),
    ("several", described(parameters={"shared_memory_region": "x"}), "binary_data_size"),
    ("several", described(parameters={"binary_data_size": 24}), "no data"),
    ("several", {"inputs": SEVERAL, "outputs": 3}, "outputs"),
    ("several", {"inputs": SEVERAL, "outputs": [{"name": "tow"}]}, "Did you mean 'two'?"),
    ("several", {"inputs": SEVERAL, "outputs": [{"name": {}}]}, "outputs"),
    ("several", {"inputs": SEVERAL, "outputs": [{"name": "two"}] * 2}, "twice"),
    ("several", {"inputs": SEVERAL, "outputs": [{"name": "two", "parameters": {"classification": 2}}]}, "binary_data"),
    ("several", {"inputs": SEVERAL, "outputs": [{"name": "two", "parameters": {"binary_data": 1}}]}, "true or false"),
    ("several", {"inputs": SEVERAL, "parameters": {"sequence_id": 1}}, "binary_data_output"),
    ("several", {"inputs": SEVERAL, "id": 7}, "a text"),
    ("people", {"inputs": PEOPLE[1:]}, "an input 'age'"),
    ("people", {"inputs": [tensor("age", "BYTES", [2], ["old", "1"]), *PEOPLE[1:]]}, "row 0, column 'age'"),
    ("people", {"inputs": [tensor("age", "FP64", [2, 2], [1] * 4), *PEOPLE[1:]]}, "one value"),
    ("people", {"inputs": [tensor("age", "FP64", [3], [1] * 3), *PEOPLE[1:]]}, "length"),
    ("people", {"inputs": [tensor("age", "FP64", [2], [1e308, 10**400]), *PEOPLE[1:]]}, "column 'age'"),
]


@pytest.mark.parametrize(("name", "said", "word"), PROTOCOL, ids=range(len(PROTOCOL)))
def test_tensors_that_are_none(client: TestClient, name: str, said: Any, word: str):
    refused(client.post(f"/v2/models/{name}/infer", json=said), (413, 422), word)


def blob(size: Any, data: bytes, length: Any = None, kind: str = "FP32", **more: Any) -> tuple[bytes, dict[str, str]]:
    one = {"name": "a", "datatype": kind, "shape": [2, 2], "parameters": {"binary_data_size": size}, **more}
    head = json.dumps({"inputs": [SEVERAL[0], one]}).encode()
    return head + data, {HEADER: str(len(head) if length is None else length)}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        blob(16, b"\0" * 15), blob(16, b"\0" * 17), blob(15, b"\0" * 15), blob(-1, b""), blob(-16, b"\0" * 16),
        blob(1 << 62, b"\0" * 16), blob(True, b"\0"), blob("16", b"\0" * 16), blob(16.0, b"\0" * 16),
        blob(None, b"\0" * 16), blob(16, b"\0" * 16, -1), blob(16, b"\0" * 16, 10**6), blob(16, b"\0" * 16, 0),
        blob(16, b"\0" * 16, "x"), blob(16, b"\0" * 16, 10), blob(16, b"\0" * 16, "1" * 400),
        blob(16, np.full(4, np.nan, "<f4").tobytes()), blob(16, np.full(4, np.inf, "<f4").tobytes()),
        blob(32, np.full(4, 1e300, "<f8").tobytes(), kind="FP64"),
        blob(16, struct.pack("<I", 2**32 - 1) + b"\0" * 12, kind="BYTES"), blob(3, b"\1\0\0", kind="BYTES"),
        blob(5, struct.pack("<I", 1) + b"\xff", kind="BYTES"), blob(16, b"\0" * 16, kind="BYTES"),
        blob(0, b"", shape=[2**31 - 1] * 32),
    ],
)  # fmt: skip
def test_binary_data_that_lie(client: TestClient, body: bytes, headers: dict[str, str]):
    refused(client.post("/v2/models/several/infer", content=body, headers=headers), (400, 413, 422))


KEYS = st.sampled_from([*ROW, "a", "b", "é"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=12,
)
PATHS = ["/predict", "/predict/prices", "/predict/plain", "/predict/several", "/v2/models/people/infer",
         "/v2/models/several/infer"]  # fmt: skip


def answered(response: httpx.Response) -> None:
    """Right, or refused in one sentence."""
    if response.status_code != 200:
        refused(response, (400, 413, 415, 422))


@given(path=st.sampled_from(PATHS), value=VALUES)
@example(path="/predict", value=[{**ROW, "city": "\0", "age": True}])
@example(path="/predict/plain", value=[[True, False]])
def test_any_json_is_answered(client: TestClient, path: str, value: Any):
    for said in (value, [value], {"instances": [value]}, {"inputs": [value]}):
        answered(client.post(path, json=said))


@given(cells=st.fixed_dictionaries(dict.fromkeys(ROW, VALUES)))
def test_any_cells_are_answered(client: TestClient, cells: dict[str, Any]):
    answered(client.post("/predict", json=[cells, ROW]))


@given(body=st.binary(max_size=80) | st.text(max_size=80).map(lambda text: text.encode("utf-8")))
def test_any_bytes_are_answered(client: TestClient, body: bytes):
    for path in PATHS:
        answered(client.post(path, content=body, headers=JSON))
        answered(client.post(path, content=body, headers={HEADER: str(len(body) // 2)}))
    answered(client.post("/predict", content=body, headers={"content-type": "text/csv"}))
    answered(client.post("/predict/plain", content=body, headers={"content-type": "text/csv"}))


@given(
    datatype=st.sampled_from(["FP32", "INT8", "BOOL", "BYTES", "UINT64"]),
    shape=st.lists(st.integers(-1, 4), max_size=4),
    data=st.lists(VALUES, max_size=6),
    size=st.none() | st.integers(-2, 40),
    rest=st.binary(max_size=40),
)
def test_any_tensor_is_answered(client: TestClient, datatype: str, shape: Any, data: Any, size: Any, rest: bytes):
    one = {"name": "a", "datatype": datatype, "shape": shape}
    one |= {"data": data} if size is None else {"parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [SEVERAL[0], one]}).encode()
    answered(client.post("/v2/models/several/infer", content=head + rest, headers={HEADER: str(len(head))}))
