"""What a notebook shows of a model, a history, the doctor and a table: escaped, small, without scripts."""

from __future__ import annotations

import re
import warnings
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import layers
from pellucid.callbacks import Doctor, History
from pellucid.errors import MissingExtra
from pellucid.tables import load_table

BAD = "<script>alert('x')"
EMPTY = ("path", "use", "rect", "br", "img", "meta", "link", "input")
LARGEST = 60_000  # bytes, of which a picture's curves are most


class Reader(HTMLParser):
    """The tags there are, each of which must be closed, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.seen.append(tag)
        assert not [name for name, _ in attributes if name.startswith("on")]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def model() -> pellucid.Sequential:
    made = pellucid.Sequential([layers.Dense(3, name=BAD, input_shape=(2,)), layers.Dense(1)], name=BAD, seed=0)
    made.compile("sgd", "mse")
    return made


def history() -> History:
    found = History()
    found.history = {"loss": [1.0, 0.5], "val_loss": [1.5, 0.75], BAD: [0.0, float("nan")]}
    return found


def doctor() -> Doctor:
    watching = Doctor(verbose=0, experiments=False)
    x = 255 * np.linspace(0, 1, 64, dtype="float32").reshape(32, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model().fit(x, x[:, 0] / 255, epochs=3, callbacks=[watching], verbose=0)
    return watching


def table() -> Any:
    ages = list(range(20, 60))
    return load_table({BAD: ages, "same": [1] * 40, "old": [BAD if a > 40 else "no" for a in ages]}, "old")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (model, ["Model: ", "Dense", "(None, 3)", "9", "Total params: 13 (52.00 B)"]),
        (history, ["History of 2 epochs", "0.75", "epoch 2, the best"]),
        (doctor, ["The doctor", "means", "do"]),
        (Doctor, ["Nothing was looked at yet."]),
        (History, ["no epoch yet"]),
        (table, ["number", "same", ": left out", "Target: old", "rows to train on", "to test"]),
    ],
)
def test_what_a_notebook_shows(make: Any, words: list[str]):
    text = make()._repr_html_()
    reader = Reader(text)
    assert not {"script", "link", "img", "iframe"} & set(reader.seen)
    assert "<script" not in text
    assert "prefers-color-scheme: dark" in text
    assert len(text.encode()) < LARGEST
    for word in words:
        assert word in reader.text
    if make in (model, history, table):
        assert BAD in reader.text


def test_a_model_that_is_not_built_has_no_picture_yet():
    unbuilt = pellucid.Sequential([layers.Dense(3)])
    assert "<svg" not in unbuilt._repr_html_()
    assert "<svg" in model()._repr_html_()


def test_history_without_matplotlib_is_a_table(monkeypatch: pytest.MonkeyPatch):
    assert "<svg" in history()._repr_html_()

    def missing(*_: Any, **__: Any) -> None:
        raise MissingExtra("plots", "matplotlib", "plot")

    monkeypatch.setattr("pellucid.plots.curves.learning_curves", missing)
    text = history()._repr_html_()
    assert "<svg" not in text
    assert "0.75" in text


def test_two_histories_on_a_page_share_no_ids():
    one, other = history(), history()
    other.history["loss"] = [2.0, 1.0]
    ids = [set(re.findall(r'id="([^"]*)"', found._repr_html_())) for found in (one, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
