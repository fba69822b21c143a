"""Progress in a notebook, for which IPython's `display` is played: one line, and few messages."""

from __future__ import annotations

import contextlib
import io
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import layers
from pellucid.callbacks import LambdaCallback
from pellucid.training.callbacks import notebook


class Shown:
    """What a notebook was told: `lines`, each with its updates."""

    def __init__(self) -> None:
        self.lines: list[list[dict[str, str]]] = []

    def display(self, data: dict[str, str], raw: bool, display_id: bool) -> Any:
        assert raw
        assert display_id
        line = [data]
        self.lines.append(line)
        return types.SimpleNamespace(update=lambda data, raw: line.append(data))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    shown = Shown()
    ipython = types.ModuleType("IPython")
    ipython.display = types.SimpleNamespace(display=shown.display)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", ipython.display)
    return shown


Stream = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})  # what a kernel prints to


@contextmanager
def kernel() -> Iterator[io.StringIO]:
    """Print to a notebook; what comes there as plain text."""
    with contextlib.redirect_stdout(Stream()) as printed:
        yield printed


def model() -> pellucid.Sequential:
    made = pellucid.Sequential([layers.Dense(1, input_shape=(2,))], seed=0)
    made.compile("sgd", "mse")
    return made


X, Y = np.ones((64, 2), "float32"), np.ones(64, "float32")


def test_many_epochs_are_one_line_whose_end_is_the_last(shown: Shown, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(notebook, "REFRESH", 3600.0)  # so that only what must be said is
    with kernel() as printed:
        model().fit(X, Y, epochs=200)
    assert printed.getvalue() == ""
    (line,) = shown.lines
    assert len(line) == 2
    assert line[0]["text/plain"].startswith("Epoch 1/200 1/2 loss ")
    assert line[-1]["text/plain"].startswith("Epoch 200/200 · ")
    assert line[-1]["text/html"].startswith("<code>Epoch 200/200 · ")


def test_what_evaluates_meanwhile_has_no_line_of_its_own_in_the_way(shown: Shown):
    made = model()
    evaluate = LambdaCallback(on_epoch_end=lambda epoch, logs: made.evaluate(X, Y))
    with kernel() as printed:
        made.fit(X, Y, epochs=2, callbacks=[evaluate])
        assert len(shown.lines) == 1
        assert printed.getvalue().count("Evaluation") == 2
        made.evaluate(X, Y)
    assert shown.lines[1][-1]["text/plain"].startswith("Evaluation · ")


def test_lines_where_they_are_asked_for_or_output_is_captured(shown: Shown):
    with kernel() as printed:
        model().fit(X, Y, epochs=2, verbose=2)
        with contextlib.redirect_stdout(io.StringIO()) as captured:
            model().fit(X, Y, epochs=2, verbose=1)
    assert printed.getvalue().count("\n") == captured.getvalue().count("\n") == 2
    assert not shown.lines


def test_a_bar_is_as_long_as_what_is_done_and_text_is_escaped(shown: Shown):
    bar = notebook.NotebookBar.free()
    assert bar is not None
    assert notebook.NotebookBar.free() is None
    bar.show("<b>", 3, 12, "loss 0.5")
    bar.close()
    (line,) = shown.lines
    assert line[0]["text/html"] == '<code>&lt;b&gt; <progress value="3" max="12"></progress> 3/12 loss 0.5</code>'
    assert line[-1] == {"text/plain": "", "text/html": ""}
