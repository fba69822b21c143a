"""Readings of a sensor: a table whose rows follow each other, described, learned from, looked into, and judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.actions.serve import opened
from pellucid.data.datasets import sensors
from pellucid.studio import frames
from studio.conftest import Page, train

STEPS, CHANNELS = 16, ["turn", "lift"]
SPEC = {"window": STEPS, "group_by": "who", "target": ["does"], "layers": [6], "epochs": 4}


def motion() -> str:
    """Six people who wave or stand still; the third channel is words."""
    rows = ["who,turn,lift,mood,does"]
    for who in range(6):
        for does, strength in (("wave", 1.0), ("still", 0.05)):
            for t in range(64):
                angle = t / 2 + who
                rows.append(
                    f"p{who},{strength * np.sin(angle):.4f},{who / 10 + strength * np.cos(angle):.4f},fine,{does}"
                )
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def waving(client: Any) -> str:
    page = Page(client)
    return train(page, {"data": page.upload("motion.csv", motion()), **SPEC})


def test_a_table_of_readings_is_described_as_windows(page: Page):
    data = page.upload("motion.csv", motion())
    told = page.post("data", {"spec": {"data": data, **SPEC}})
    assert (told["kind"], told["shape"], told["classes"]) == ("windows", [STEPS, 2], ["still", "wave"])
    assert told["network"] == "conv1d"
    roles = {column["name"]: (column["role"], column["said"]) for column in told["columns"]}
    assert roles["who"] == ("left out", "tells which rows belong together")
    assert roles["turn"] == ("input", "")
    assert roles["does"][0] == "target"
    assert roles["mood"][0] == "left out"
    assert told["why_held"].endswith("All windows with the same who are in one of the parts.")
    sample = told["sample"]
    assert sample["channels"] == CHANNELS
    assert np.shape(sample["windows"]) == (12, STEPS, 2)
    assert {*sample["labels"]} == {"still", "wave"}
    (low, high), _ = sample["ranges"]
    assert low < -1 < 1 < high
    later = page.post("data", {"spec": {**SPEC, "data": data, "group_by": ""}})
    assert later["why_held"].endswith("What comes later is in a later part.")
    wrong = page.post("data", {"spec": {"data": data, **SPEC, "keep": ["mood"]}})
    assert wrong["problem"]["error"]
    assert {column["name"] for column in wrong["columns"]} == roles.keys()  # so that another can be chosen


def test_windows_of_what_is_forecast_are_told_with_its_numbers(page: Page):
    rows = "\n".join(f"{t},{t / 2}" for t in range(200))
    spec = {"data": page.upload("line.csv", f"t,level\n{rows}\n"), "window": 8, "target": ["level"]}
    near, far = (page.post("data", {"spec": {**spec, "ahead": ahead}})["sample"]["labels"][0] for ahead in (1, 3))
    assert float(far) == pytest.approx(float(near) + 1, abs=0.01)
    numbers = [float(label) for label in page.post("data", {"spec": spec})["sample"]["labels"]]
    assert np.all(np.diff(numbers) > 2)  # of neighbours it would be half


def test_a_single_column_is_asked_whether_its_rows_go_on(page: Page):
    data = page.upload("line.csv", "level\n" + "".join(f"{t % 9}.5\n" for t in range(200)))
    told = page.post("data", {"spec": {"data": data}})
    assert told["target"] == ["level"]
    assert "follow each other in time" in told["problem"]["fix"]
    told = page.post("data", {"spec": {"data": data, "target": ["level"], "window": 8}})
    assert (told["kind"], told["task"]) == ("windows", "regression")


def test_parts_of_a_forecast_are_told_as_they_are(page: Page):
    rows = "\n".join(f"{t},{room},{t % 70 + room / 7:.3f}" for t in range(200) for room in (1, 2))
    spec = {"data": page.upload("rooms.csv", f"t,room,level\n{rows}\n"), "window": 8, "target": ["level"]}
    told = page.post("data", {"spec": {**spec, "group_by": "room"}})
    assert told["why_held"].endswith("Of each room, what comes later is in a later part.")
    assert {one["name"]: one["said"] for one in told["columns"]}["t"].startswith("is left out, as the remarks say")


def test_the_data_set_of_sensors_is_told_in_its_own_words(page: Page):
    told = page.post("data", {"spec": {"data": "sensors"}})
    assert told["classes"] == [*sensors.CLASSES]
    assert told["sample"]["channels"] == [*sensors.CHANNELS]
    assert told["sample"]["labels"][0] == "walking"
    assert "sensors" in [one["name"] for one in page.get("schema")["datasets"]]


def test_it_is_asked_with_windows(page: Page, waving: str):
    told = page.get(f"runs/{waving}")
    assert (told["input"]["kind"], told["input"]["shape"], told["input"]["inputs"]) == ("windows", [STEPS, 2], CHANNELS)
    assert np.shape(told["input"]["ranges"]) == (2, 2)
    answer = page.post(f"runs/{waving}/predict", {"sample": 1})
    assert answer["seen"] is None
    x = np.reshape(answer["x"], (STEPS, 2))
    assert {one["input"] for one in answer["why"]} == {*CHANNELS}
    assert sum(abs(one["share"]) for one in answer["why"]) == pytest.approx(1)
    layers = {layer["name"]: layer for layer in answer["layers"]}
    assert layers["normalization"]["pictures"] == [1, 2, STEPS]
    lines = np.reshape(layers["normalization"]["values"], (2, STEPS))
    assert np.corrcoef(lines[0], x[:, 0])[0, 1] == pytest.approx(1, abs=1e-4)  # time goes across
    assert page.post(f"runs/{waving}/predict", {"x": x.tolist()})["outputs"] == answer["outputs"]
    drawn = page.client.post(f"/api/runs/{waving}/predict", json={"drawing": [[0, 1], [1, 0]]})
    assert drawn.status_code == 422


def test_a_server_of_it_gives_a_window_as_an_example(page: Page, waving: str):
    (window,) = opened(Path("runs") / waving).example
    answer = page.post(f"runs/{waving}/predict", {"sample": 0})
    np.testing.assert_allclose(window, np.reshape(answer["x"], (STEPS, 2)))


def test_its_mistakes_and_what_its_filters_answer_to_are_windows(page: Page, waving: str):
    told = page.get(f"runs/{waving}/results")
    assert told["samples"] == np.sum(told["matrix"])
    true, said = (int(i) for i in np.argwhere(np.array(told["matrix"]))[0])
    (example, *_) = page.get(f"runs/{waving}/results/cell?true={true}&said={said}")["examples"]
    assert example["picture"] is None
    assert np.shape(example["window"]) == (STEPS, 2)
    header, arrays = frames.unpacked(page.client.get(f"/api/runs/{waving}/picture/weights").content)
    assert (header["layer"], header["filters"], header["along"]) == ("conv1d", True, True)
    assert arrays["weights"].shape == (32, 2, 5)
    header, arrays = frames.unpacked(page.client.get(f"/api/runs/{waving}/picture/neuron?layer=conv1d&unit=2").content)
    assert arrays["windows"].shape == (9, STEPS, 2)
    assert (np.diff(arrays["outputs"]) <= 0).all()
    header, _ = frames.unpacked(page.client.get(f"/api/runs/{waving}/picture/boundary").content)
    assert "problem" in header


def test_a_file_of_readings_comes_back_with_an_answer_for_each_window(page: Page, waving: str):
    data = page.upload("new.csv", motion())
    reply = page.client.post(f"/api/runs/{waving}/predictions", json={"data": data})
    lines = reply.text.splitlines()
    assert lines[0] == "row,class,probability_still,probability_wave"
    assert [line.split(",")[0] for line in lines[1:4]] == ["0", "8", "16"]
