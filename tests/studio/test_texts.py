"""A text: described, designed for, trained on, looked into, judged, and had written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.actions.serve import opened
from pellucid.actions.writing import write
from pellucid.studio import frames
from studio.conftest import Page, train

BOOK = "The cat sat on the mat.\nThe dog sat on the log.\n" * 120
SPEC = {"layers": [12], "window": 32, "epochs": 20, "learning_rate": 0.02}


@pytest.fixture(scope="module")
def book(client: Any) -> str:
    page = Page(client)
    return train(page, {"data": page.upload("book.txt", BOOK), **SPEC})


def test_a_text_is_described_as_one(page: Page):
    told = page.post("data", {"spec": {"data": page.upload("book.txt", BOOK), "window": 32}})
    assert (told["kind"], told["network"], told["shape"]) == ("text", "gru", [32])
    assert told["sample"]["text"] == BOOK[:1200]
    assert {"new line", "space", "T", "c"} <= set(told["classes"])
    assert "characters" in told["why_held"]
    assert {"name": "austen", "kind": "text"}.items() <= {
        key: value for one in page.get("schema")["datasets"] if one["name"] == "austen" for key, value in one.items()
    }.items()


def test_blocks_for_a_text_are_offered_and_make_a_design(page: Page):
    parts = {part["class"]: part for part in page.get("schema")["layers"]}
    assert parts["Embedding"]["of_text"]
    assert not parts["Embedding"]["in_palette"]
    assert [one["name"] for one in parts["Embedding"]["arguments"] if one["required"]] == ["input_dim", "output_dim"]
    classes = len(set(BOOK))
    layers = [
        {"class": "Embedding", "input_dim": classes, "output_dim": 8},
        {"class": "Residual", "layers": [
            {"class": "MultiHeadAttention", "num_heads": 2, "key_dim": 4, "use_causal_mask": True}]},
        {"class": "GRU", "units": 8, "return_sequences": True},
        {"class": "Dense", "units": classes, "activation": "softmax"},
    ]  # fmt: skip
    spec = {"data": page.upload("book.txt", BOOK), "window": 32, "layers": layers}
    told = page.post("check", {"spec": spec})
    assert told["ok"], told["problems"]
    assert [block["output"] for block in told["blocks"] if len(block["entry"]) == 1] == [
        [32, 8], [32, 8], [32, 8], [32, classes]]  # fmt: skip
    told = page.post(
        "check", {"spec": {**spec, "layers": [layers[0], {**layers[2], "return_sequences": False}, layers[3]]}}
    )
    assert not told["ok"]
    assert "mend" not in told["problems"][0]  # one row of all characters would be no answer to each


def test_it_writes_what_the_command_line_writes(page: Page, book: str, folder: Path):
    told = page.get(f"runs/{book}")
    assert "write" in told["can"]
    assert told["input"]["kind"] == "text"
    asked = {"start": "The c", "length": 40, "temperature": 0.5, "seed": 3}
    reply = page.client.post(f"/api/runs/{book}/write", json=asked)
    assert reply.headers["content-type"].startswith("text/plain")
    expected = "".join(write(folder / "runs" / book, "The c", length=40, temperature=0.5, seed=3))
    assert reply.text == expected
    assert len(expected) == 45
    assert expected.startswith("The c")
    for wrong in ({"start": "Ünknown"}, {"length": 10**9}, {"start": 5}, {"temperature": -1}):
        reply = page.client.post(f"/api/runs/{book}/write", json=wrong)
        assert (reply.status_code, reply.json()["error"][:5]) == (422, "write")


def test_its_script_says_of_the_data_what_is_not_usual_alone(page: Page, book: str):
    whole = page.get(f"runs/{book}")["spec"]
    assert whole["target"] == []
    code = page.post("check", {"spec": whole})["code"]["python"]
    assert f"data = prepare(TrainSpec(data={whole['data']!r}, window=32))" in code


def test_a_server_of_it_gives_a_piece_of_the_text_as_an_example(page: Page, book: str, folder: Path):
    (numbers,) = opened(folder / "runs" / book).example
    known = page.get(f"runs/{book}")["input"]["characters"]
    assert "".join(known[number] for number in numbers) in BOOK
    assert len(numbers) == 20


def test_a_form_begins_with_whole_words_of_the_text(page: Page, book: str):
    words = page.get(f"runs/{book}")["input"]["example"].split()
    assert len(words) > 2
    assert {*words} <= {*BOOK.split()}


def test_it_says_what_comes_next(page: Page, book: str):
    told = page.post(f"runs/{book}/predict", {"text": "The cat sat on th"})
    assert told["said"] == "e"
    assert sum(one["value"] for one in told["outputs"]) == pytest.approx(1)
    assert [layer["shape"] for layer in told["layers"]] == [[32], [12], [len(set(BOOK))]]  # behind the last character
    assert told["why"] is None
    assert page.client.post(f"/api/runs/{book}/predict", json={"text": ""}).status_code == 422
    told = page.post(f"runs/{book}/explain", {"text": "The cat sat on th"})
    assert told["said"] == "e"
    assert told["steps"][0]["inputs"]["x"]["shape"] == [1, 17]


def test_it_is_judged_place_by_place(page: Page, book: str):
    told = page.get(f"runs/{book}/results")
    classes, matrix = told["classes"], np.array(told["matrix"])
    places = matrix.sum()
    assert places % 32 == 0
    assert np.trace(matrix) / places == pytest.approx(told["accuracy"], abs=1e-6)
    assert told["accuracy"] > 0.6
    worst = told["worst"][0]
    assert worst["text"] in BOOK * 2
    true, said = (int(i) for i in np.argwhere(matrix)[0])
    examples = page.get(f"runs/{book}/results/cell?true={true}&said={said}")["examples"]
    assert len(examples) == min(24, matrix[true, said])
    for one in examples:
        assert (one["true"], one["said"]) == (classes[true], classes[said])
        following = {" ": "space", "\n": "new line"}
        assert {following.get(BOOK[i + len(one["text"])], BOOK[i + len(one["text"])])
                for i in range(len(BOOK) - 60) if BOOK.startswith(one["text"], i)} == {one["true"]}  # fmt: skip


def test_its_neurons_are_shown_by_what_they_read(page: Page, book: str):
    reply = page.client.get(f"/api/runs/{book}/picture/neuron?layer=dense&unit=2")
    header, arrays = frames.unpacked(reply.content)
    assert "problem" not in header
    assert len(header["texts"]) == 9
    assert all(text in BOOK * 2 for text in header["texts"])
    assert (np.diff(arrays["outputs"]) <= 0).all()
    header, arrays = frames.unpacked(page.client.get(f"/api/runs/{book}/picture/confusion").content)
    assert arrays["matrix"].sum() > 32
    header, _ = frames.unpacked(page.client.get(f"/api/runs/{book}/picture/boundary").content)
    assert "problem" in header
