"""The Open Inference Protocol, version 2, as its clients speak it."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

A, B = np.array([[1.0, 2.0], [0.0, 1.0]], "<f4"), np.arange(6, dtype="<f4").reshape(2, 3, 1)
HEADER = "Inference-Header-Content-Length"


def tensor(name: str, datatype: str, shape: list[int], data: Any) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


SEVERAL = [tensor("b", "FP32", [2, 3, 1], B.tolist()), tensor("a", "FP32", [2, 2], A.ravel().tolist())]
PEOPLE = [
    tensor("age", "INT32", [2], [30, 41]),
    tensor("city", "BYTES", [2, 1], [["Oslo"], [None]]),
    tensor("member", "BOOL", [2], [True, False]),
    tensor("fare", "FP64", [2], [2.5, None]),
    tensor("joined", "BYTES", [2], ["2024-05-11", "2024-06-11"]),
]


def inferred(client: TestClient, name: str, said: dict[str, Any]) -> dict[str, Any]:
    response = client.post(f"/v2/models/{name}/infer", json=said)
    assert response.status_code == 200, response.text
    return response.json()


def test_health_and_metadata(client: TestClient):
    for path in (
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/people/ready",
        "/v2/models/people/versions/1/ready",
    ):
        assert client.get(path).status_code == 200
    assert client.get("/v2").json()["extensions"] == ["binary_tensor_data"]
    found = client.get("/v2/models/people/versions/1").json()
    assert found == client.get("/v2/models/people").json()
    kinds = {"age": "FP64", "city": "BYTES", "member": "BOOL", "fare": "FP64", "joined": "BYTES"}
    assert {one["name"]: one["datatype"] for one in found["inputs"]} == kinds
    assert found["outputs"] == [
        {"name": "label", "datatype": "BYTES", "shape": [-1]},
        {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2], "parameters": {"classes": ["no", "yes"]}},
    ]
    several = client.get("/v2/models/several").json()
    assert several["inputs"][1] == {"name": "b", "datatype": "FP32", "shape": [-1, 3, 1]}
    assert several["outputs"][1] == {"name": "two", "datatype": "FP32", "shape": [-1, 2]}


def test_columns_as_tensors_say_what_rows_say(client: TestClient):
    found = inferred(client, "people", {"id": "7", "inputs": PEOPLE})
    rows = [
        {"age": 30, "city": "Oslo", "member": True, "fare": 2.5, "joined": "2024-05-11"},
        {"age": 41, "city": None, "member": False, "fare": None, "joined": "2024-06-11"},
    ]
    same = client.post("/predict", json=rows).json()["predictions"]
    label, probabilities = found["outputs"]
    assert (found["id"], found["model_name"], found["model_version"]) == ("7", "people", "1")
    assert label["data"] == [one["label"] for one in same]
    assert probabilities["shape"] == [2, 2]
    np.testing.assert_allclose(probabilities["data"], [p for one in same for p in one["probabilities"].values()], 1e-6)


def test_inputs_and_outputs_by_name_in_any_order(client: TestClient):
    found = inferred(client, "several", {"inputs": SEVERAL, "outputs": [{"name": "two"}, {"name": "one"}]})
    rows = [{"a": a, "b": b} for a, b in zip(A.tolist(), B.tolist(), strict=True)]
    same = client.post("/predict/several", json=rows).json()["predictions"]
    assert [one["name"] for one in found["outputs"]] == ["two", "one"]
    assert found["outputs"][0]["data"] == [value for one in same for value in one["two"]]
    assert found["outputs"][1]["data"] == [value for one in same for value in one["one"]]


@pytest.mark.parametrize("datatype", ["UINT8", "INT8", "INT16", "UINT32", "INT64", "FP16", "FP32", "FP64"])
def test_binary_data_both_ways(client: TestClient, datatype: str):
    dtype = {"FP16": "<f2", "FP32": "<f4", "FP64": "<f8"}.get(datatype) or np.dtype(datatype.lower()).newbyteorder("<")
    a, b = (x.astype(dtype).tobytes() for x in (A, B))
    said = {
        "inputs": [
            {"name": "b", "datatype": datatype, "shape": [2, 3, 1], "parameters": {"binary_data_size": len(b)}},
            {"name": "a", "datatype": datatype, "shape": [2, 2], "parameters": {"binary_data_size": len(a)}},
        ],
        "outputs": [{"name": "two", "parameters": {"binary_data": True}}, {"name": "one"}],
    }
    head = json.dumps(said).encode()
    headers = {HEADER: str(len(head)), "content-type": "application/octet-stream"}
    response = client.post("/v2/models/several/infer", content=head + b + a, headers=headers)
    n = int(response.headers[HEADER])
    answer = json.loads(response.content[:n])
    assert answer["outputs"][0]["parameters"] == {"binary_data_size": len(response.content) - n}
    plain = inferred(client, "several", {"inputs": SEVERAL})["outputs"]
    np.testing.assert_allclose(np.frombuffer(response.content[n:], "<f4"), plain[1]["data"], 1e-6)
    np.testing.assert_allclose(answer["outputs"][1]["data"], plain[0]["data"], 1e-6)


def test_bytes_and_truth_values_in_binary(client: TestClient):
    texts = {"city": ["Oslo", "Köln"], "joined": ["2024-05-11", ""]}
    blobs = {
        "age": np.array([30, 41], "<i8").tobytes(),
        "member": b"\x01\x00",
        "fare": np.array([2.5, np.nan], "<f8").tobytes(),
        **{k: b"".join(struct.pack("<I", len(t.encode())) + t.encode() for t in v) for k, v in texts.items()},
    }
    kinds = {"age": "INT64", "member": "BOOL", "fare": "FP64", "city": "BYTES", "joined": "BYTES"}
    inputs = [
        {"name": k, "datatype": kinds[k], "shape": [2], "parameters": {"binary_data_size": len(v)}}
        for k, v in blobs.items()
    ]
    head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    response = client.post(
        "/v2/models/people/infer", content=head + b"".join(blobs.values()), headers={HEADER: str(len(head))}
    )
    n = int(response.headers[HEADER])
    label, probabilities = json.loads(response.content[:n])["outputs"]
    size = label["parameters"]["binary_data_size"]
    data = response.content[n:]
    p = np.frombuffer(data[size:], "<f4").reshape(probabilities["shape"])
    rows = [
        {"age": 30, "city": "Oslo", "member": True, "fare": 2.5, "joined": "2024-05-11"},
        {"age": 41, "city": "Köln", "member": False, "fare": None, "joined": None},
    ]
    same = client.post("/predict", json=rows).json()["predictions"]
    np.testing.assert_allclose(p, [[*one["probabilities"].values()] for one in same], 1e-6)
    assert data[:size] == b"".join(struct.pack("<I", len(one["label"])) + one["label"].encode() for one in same)
