"""`/predict`: rows in, what the model predicts for them out."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from pellucid.models import load_model
from pellucid.tables import attached
from serving.conftest import PEOPLE

ROW = {"age": 30, "city": "Oslo", "member": "no", "fare": 2.5, "joined": "2024-05-11"}
CSV = {"content-type": "text/csv"}


def asked(client: TestClient, rows: Any, path: str = "/predict") -> Any:
    response = client.post(path, json=rows)
    assert response.status_code == 200, response.text
    return response.json()["predictions"]


def test_a_classifier_answers_with_labels_and_probabilities_by_name(client: TestClient):
    (one,) = asked(client, [ROW])
    assert one.keys() == {"label", "probabilities"}
    assert one["probabilities"].keys() == {"no", "yes"}
    assert sum(one["probabilities"].values()) == pytest.approx(1)
    assert one["label"] == max(one["probabilities"], key=one["probabilities"].get)


def test_json_and_csv_say_what_the_model_predicts(client: TestClient, folder: Path):
    some = "\n".join(PEOPLE.splitlines()[:41])
    rows = list(csv.DictReader(io.StringIO(some)))
    model = load_model(folder / "people" / "model.keras")
    expected = model.predict(attached(model).encoder.transform(rows), verbose=0)
    numbers = [{**row, "age": float(row["age"]), "fare": float(row["fare"])} for row in rows]
    by_json = asked(client, numbers)
    response = client.post("/predict", content=some.encode(), headers=CSV)
    assert response.json()["predictions"] == by_json
    np.testing.assert_allclose([[*one["probabilities"].values()] for one in by_json], expected, 1e-5)
    assert [one["label"] for one in by_json] == [["no", "yes"][i] for i in expected.argmax(axis=1)]


def test_rows_may_come_as_instances_with_more_columns_in_any_order(client: TestClient):
    (plain,) = asked(client, [ROW])
    turned = {"unasked": 7, **dict(reversed(ROW.items()))}
    assert asked(client, {"instances": [turned]}) == [plain]
    assert asked(client, {"instances": [ROW, turned]}, "/predict/people/versions/1") == [plain, plain]


def test_null_is_a_missing_value_and_a_row_is_the_same_in_any_batch(client: TestClient):
    missing = dict.fromkeys(ROW)
    alone, together = asked(client, [missing]), asked(client, [ROW, missing])
    assert together[1] == alone[0] != together[0]


def test_numbers_come_in_the_columns_own_units(client: TestClient, folder: Path):
    found = asked(client, [{"age": 40, "city": "Bern"}], "/predict/prices")
    assert len(found) == 1
    assert 90 < found[0] < 230


def test_logits_become_probabilities(client: TestClient, folder: Path):
    rows = [[0.5, 1], [2, 2]]
    found = asked(client, rows, "/predict/plain")
    z = load_model(folder / "plain.keras").predict(np.array(rows), verbose=0)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    np.testing.assert_allclose([[*one["probabilities"].values()] for one in found], e / e.sum(1, keepdims=True), 1e-5)
    assert [one["label"] for one in found] == z.argmax(axis=1).tolist()


def test_several_inputs_and_outputs_go_by_name(client: TestClient, folder: Path):
    a, b = np.array([[1.0, 2.0], [0.0, 1.0]]), np.arange(6.0).reshape(2, 3, 1)
    rows = [{"b": y, "a": x} for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    found = asked(client, rows, "/predict/several")
    one, two = load_model(folder / "several.keras").predict([a, b], verbose=0)
    np.testing.assert_allclose([row["one"] for row in found], one, 1e-6)
    np.testing.assert_allclose([row["two"] for row in found], two, 1e-6)


def test_csv_answers_where_it_is_asked_for_and_arrays_take_it(client: TestClient):
    response = client.post("/predict/plain", content=b"x,y\n0.5,1\n2,2\n", headers={**CSV, "accept": "text/csv"})
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    by_json = asked(client, [[0.5, 1], [2, 2]], "/predict/plain")
    assert [row["class"] for row in rows] == [str(one["label"]) for one in by_json]
    assert [float(row["probability_1"]) for row in rows] == [one["probabilities"]["1"] for one in by_json]


def test_letters_beyond_ascii_come_through(client: TestClient):
    body = json.dumps([{**ROW, "city": "Köln"}], ensure_ascii=True)
    escaped = client.post("/predict", content=body, headers={"content-type": "application/json"}).json()
    assert escaped["predictions"] == asked(client, [{**ROW, "city": "Köln"}])
