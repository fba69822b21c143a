"""Which settings of the whole are offered for a design: those that say something of it, in words that suit the data."""

from __future__ import annotations

from typing import Any

import pytest

from pellucid.actions.spec import TrainSpec
from studio.conftest import Page

BOOK = "The cat sat on the mat.\nThe dog sat on the log.\n" * 120
SET: dict[str, Any] = {"activation": "tanh", "batch_norm": True, "dropout": 0.5, "l1": 0.1, "l2": 0.1, "frequencies": 4}


@pytest.fixture
def data(page: Page, request: pytest.FixtureRequest) -> str:
    return page.upload("book.txt", BOOK) if request.param == "book" else str(request.param)


@pytest.mark.parametrize(
    ("data", "more"), [("book", {}), ("sensors", {"network": "gru"}), ("moons", {})], indirect=["data"]
)
def test_the_fields_that_are_refused_are_idle(page: Page, data: str, more: dict[str, Any]):
    spec = {"data": data, "layers": [8], **more}
    told = page.post("check", {"spec": spec})
    assert told["ok"]
    for name, value in SET.items():
        refused = [problem["field"] for problem in page.post("check", {"spec": {**spec, name: value}})["problems"]]
        assert refused == ([name] if name in told["idle"] else []), name


def test_blocks_that_say_all_themselves_leave_nothing_to_what_all_have_in_common(page: Page):
    own = {"class": "Dense", "units": 8}
    told = [page.post("check", {"spec": {"data": "moons", "layers": layers}}) for layers in ([own, 4], [own], [])]
    assert [one["idle"] for one in told] == [
        ["frequencies"], ["activation", "batch_norm", "dropout", "l1", "l2", "frequencies"], ["frequencies"],
    ]  # fmt: skip
    assert {"activation", "batch_norm", "dropout", "l1", "l2"} < TrainSpec.model_fields.keys()


@pytest.mark.parametrize(
    ("data", "networks", "loss", "not_one"), [
        ("book", ["auto", "gru", "lstm"], "sparse_categorical_crossentropy", "mean_squared_error"),
        ("sensors", ["auto", "conv1d", "gru", "lstm"], "sparse_categorical_crossentropy", "hinge"),
        ("sine", ["auto"], "huber", "sparse_categorical_crossentropy"),
    ], indirect=["data"],
)  # fmt: skip
def test_words_that_suit_the_data(page: Page, data: str, networks: list[str], loss: str, not_one: str):
    told = page.post("check", {"spec": {"data": data, "layers": [8]}})
    assert told["fits"]["network"] == networks
    assert loss in told["fits"]["loss"]
    assert not_one not in told["fits"]["loss"]
    assert page.post("check", {"spec": {"data": data, "layers": [8], "loss": loss}})["ok"]
    assert not page.post("check", {"spec": {"data": data, "layers": [8], "loss": not_one}})["ok"]
