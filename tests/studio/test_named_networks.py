"""A network that the spec names is shown as its layers, which become the spec's own without another number."""

from __future__ import annotations

from typing import Any

import pytest

from studio.conftest import Page


@pytest.mark.parametrize(
    ("spec", "network", "classes"),
    [
        ({"data": "digits", "network": "lenet", "layers": [16]}, "lenet",
         ["Reshape", "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense"]),
        ({"data": "austen", "layers": [8], "dropout": 0.2}, "gru", ["Embedding", "GRU", "Dropout", "Dense"]),
    ],
)  # fmt: skip
def test_it_is_written_out_with_the_same_numbers(page: Page, spec: dict[str, Any], network: str, classes: list[str]):
    told = page.post("check", {"spec": spec})
    assert told["ok"], told["problems"]
    assert [block["class"] for block in told["blocks"] if block["entry"]] == classes
    assert told["written"]["network"] == network
    assert told["code"]["command"].startswith(f"pellucid train {spec['data']}")
    own = {**spec, **told["written"]["change"]}
    again = page.post("check", {"spec": own})
    assert again["written"] is None
    assert again["code"]["python"] == told["code"]["python"]  # which tells every number of the training
    assert again["blocks"] == told["blocks"]
    assert page.post("data", {"spec": spec})["network"] == (network if spec["data"] == "austen" else None)


def test_one_that_does_not_suit_the_data_is_told_at_its_field(page: Page):
    (problem,) = page.post("check", {"spec": {"data": "moons", "network": "cnn", "layers": [8]}})["problems"]
    assert (problem["field"], problem["entry"]) == ("network", None)
    assert "pictures" in problem["error"]
