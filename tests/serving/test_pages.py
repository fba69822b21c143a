"""What a server tells of itself: its description, two pages, its counts, its log, and whom it answers."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import pellucid
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train
from pellucid.serving import Options, Shelf
from pellucid.serving.app import create_app
from serving.conftest import BASE

NAMES = ["people", "prices", "several", "plain", "loud"]


def test_every_example_in_the_description_is_answered_as_it_says(client: TestClient):
    described = client.get("/openapi.json").json()
    asked = 0
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            if method == "get":
                found = client.get(path)
            else:
                content = about["requestBody"]["content"]["application/json"]
                found = client.post(path, json=content["example"])
            assert found.status_code == 200, (path, found.text)
            answered = about["responses"]["200"]["content"]
            assert found.headers["content-type"].partition(";")[0] in answered
            if "example" in (answered.get("application/json") or {}):
                assert found.json() == answered["application/json"]["example"]
            asked += 1
    assert asked > 20
    assert {f"/predict/{name}" for name in NAMES} < described["paths"].keys()


def test_the_example_is_the_models_own_data(client: TestClient):
    (row,) = client.get("/openapi.json").json()["paths"]["/predict/people"]["post"]["requestBody"]["content"][
        "application/json"
    ]["example"]["instances"]
    assert row["city"] in ("Bern", "Köln", "Oslo")
    assert 40 < row["age"] < 60
    assert row["joined"].startswith("2024-0")


def test_the_example_of_arrays_is_a_row_of_the_runs_data(tmp_path: Path):
    train(TrainSpec(data="moons", layers=[2], epochs=0), out=tmp_path / "moons")
    (_, _), (x, _) = pellucid.datasets.moons.load_data()
    place = next(Shelf([str(tmp_path / "moons")]).places)
    assert place.served.trained.example == [pytest.approx(x[0].tolist())]


class Parts(HTMLParser):
    """What a page refers to, and its fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fields: dict[str, str] = {}
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        of = dict(attributes)
        self.links += [value for name in ("href", "src", "action", "data-address") if (value := of.get(name))]
        if "data-column" in of:
            self.fields[str(of["data-column"])] = tag


def test_the_pages_fetch_nothing_from_elsewhere(client: TestClient):
    for path in ["/", *(f"/form/{name}" for name in NAMES)]:
        page = client.get(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "http" not in policy
        parts = Parts(page.text)
        assert parts.links
        for link in parts.links:
            assert link.startswith("/")
            assert client.get(link).status_code == (405 if link.startswith("/predict") else 200)
        assert not re.search(r"https?://(?!localhost)|@import|url\(", page.text)
    assert "fetch(form.dataset.address" in client.get("/form.js").text


def test_a_form_has_a_field_for_each_column(client: TestClient):
    fields = Parts(client.get("/form/people").text).fields
    assert fields == {"age": "input", "city": "select", "member": "select", "fare": "input", "joined": "input"}
    assert "textarea" in Parts(client.get("/form/plain").text).tags


def test_a_form_is_filled_and_answered_as_the_columns_are_written(tmp_path: Path):
    """1.500 in a table with decimal commas is no 1.5: what is typed goes to the model as it stands."""
    rows = [f"{20 + i},5;{i}.5;{2 * i},25" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["warm;wide;sold", *rows]))
    train(TrainSpec(data=str(tmp_path / "t.csv"), target=["sold"], layers=[2], epochs=1), out=tmp_path / "run")
    with TestClient(create_app(Shelf([str(tmp_path / "run")])), BASE) as client:
        form, script = client.get("/form/run").text, client.get("/form.js").text
        asked = [{"warm": text, "wide": "31.5"} for text in ("1.050,5", "1050,5")]
        one, other = client.post("/predict/run", json=asked).json()["predictions"]
    assert 'data-decimal=","' in form
    values = dict(re.findall(r'data-column="(\w+)" value="([^"]+)"', form))
    assert re.fullmatch(r"\d\d(,5)?", values["warm"])
    assert "," not in values["wide"]
    assert one == other
    assert "Number(" not in script


def test_names_from_a_table_are_text_on_a_page(tmp_path: Path):
    nasty = '"><script>alert(1)</script>'
    quoted = '"' + nasty.replace('"', '""') + '"'
    rows = [f"{i},{['<b>', 'x'][i % 2]},{['a', 'b'][i % 3 == 0]}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join([f"age,{quoted},y", *rows]))
    train(TrainSpec(data=str(tmp_path / "t.csv"), target=["y"], layers=[2], epochs=1), out=tmp_path / "run")
    with TestClient(create_app(Shelf([str(tmp_path / "run")])), BASE) as client:
        form, index = Parts(client.get("/form/run").text), Parts(client.get("/").text)
    assert nasty in form.fields
    assert form.tags.count("script") == 1
    assert "script" not in index.tags
    assert "b" not in form.tags + index.tags


def test_counts_in_the_text_of_prometheus(folder: Path):
    lines: list[str] = []
    app = create_app(Shelf([str(folder / "plain.keras")]), Options(reload=False), lines.append)
    with TestClient(app, BASE) as client:
        assert client.post("/predict", json=[[1, 2], [3, 4]]).status_code == 200
        client.post("/predict", json=[[1]])
        client.get("/x%0aforged%20200")
        text = client.get("/metrics").text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert values['pellucid_requests_total{endpoint="predict",status="200"}'] == "1"
    assert values['pellucid_requests_total{endpoint="predict",status="422"}'] == "1"
    assert values['pellucid_rows_total{model="plain",version="1"}'] == "2"
    assert values['pellucid_request_seconds_count{endpoint="predict"}'] == "2"
    assert values['pellucid_request_seconds_bucket{endpoint="predict",le="+Inf"}'] == "2"
    assert values["pellucid_busy"] == "0"
    assert len(lines) == 4
    assert all(re.fullmatch(r"\S+Z \S+ [A-Z]+ \S+ \d{3} \d+\.\d\d ms", line) for line in lines)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("localhost:8000", 200), ("127.0.0.1:1", 200), ("[::1]:80", 200), ("LOCALHOST", 200),
        ("models.example:443", 200), ("evil.example", 421), ("evil.example:8000", 421), ("localhost.evil.example", 421),
        ("", 421), ("127.0.0.1.evil.example", 421), ("[::1", 421),
    ],
)  # fmt: skip
def test_only_its_own_names_are_answered(folder: Path, host: str, status: int):
    options = Options(reload=False, allowed_hosts=("models.example",))
    with TestClient(create_app(Shelf([str(folder / "plain.keras")]), options), BASE) as client:
        assert client.get("/v2", headers={"host": host}).status_code == status


def test_an_error_within_is_one_sentence_and_no_traceback(folder: Path, monkeypatch: pytest.MonkeyPatch):
    shelf = Shelf([str(folder / "plain.keras")])

    def broken(*given: object, **named: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("pellucid.serving.app.predicted", broken)
    with TestClient(create_app(shelf), BASE, raise_server_exceptions=False) as client:
        found = client.post("/predict", json=[[1, 2]])
    assert found.status_code == 500
    assert found.json() == {"error": "server: an error within it, which its log tells."}
