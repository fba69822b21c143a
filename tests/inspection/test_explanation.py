"""An explanation as text, as HTML and as data."""

from __future__ import annotations

import html.parser
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import pellucid
from pellucid import layers as L
from pellucid.inspection.explaining.explanation import Explanation
from pellucid.inspection.explaining.html import fragment
from pellucid.inspection.explaining.numbers import columns, row, statistics, told
from pellucid.inspection.explaining.step import Step
from pellucid.inspection.explaining.text import document
from pellucid.rng import Key


def explained(samples: int = 3, inputs: int = 64, **options: Any) -> Explanation:
    stack = [L.Input((inputs,)), L.Dense(30, "relu"), L.BatchNormalization(), L.Dropout(0.3), L.Dense(10, "softmax")]
    model = pellucid.Sequential(stack, seed=1, name="net")
    model.compile(pellucid.optimizers.Adam(0.01, clipnorm=1.0), "sparse_categorical_crossentropy")
    return model.explain(Key(2).normal((samples, inputs)), np.arange(samples) % 10, **options)


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_text_keeps_to_its_width(width: int) -> None:
    text = explained().text(width)
    assert max(map(columns, text.splitlines())) <= width
    for part in ("Forward", "Loss", "Backward", "Update", "z = xW + b, y = relu(z)", "(64, 30)", "likewise"):
        assert part in text


def test_the_text_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    explanation = explained()
    monkeypatch.setenv("COLUMNS", "72")
    assert str(explanation) == explanation.text(72)
    assert str(explanation) != explanation.text(120)


def test_arrays_stand_under_each_other() -> None:
    lines = explained().text(110).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("  batch_normalization ("))
    block = [line for line in lines[start + 1 : start + 12] if re.match(r"    \S+ +\(\d", line)]
    assert len(block) >= 9
    assert len({columns(line[: line.index("(")]) for line in block}) == 1  # the shapes begin in one column
    assert len({columns(line.partition("→")[0]) for line in block if "→" in line}) == 1


numbers = st.floats(width=32, allow_nan=True, allow_infinity=True)


@given(
    arrays.arrays(np.float32, arrays.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=40), elements=numbers)
)
def test_any_array_is_told_in_a_line(a: np.ndarray) -> None:
    line = row(a, 60)
    assert "\n" not in line
    assert len(line) <= 60
    shown = {told(v) for v in a.reshape(-1)}
    words = line.replace("[", " ").replace("]", " ").replace("all ", "").split()
    assert set(words) - {"…"} <= shown
    finite = a[np.isfinite(a)]
    if finite.size:
        assert f"min {finite.min() + 0.0:.3g}" in statistics(a)
    assert (f"{a.size - finite.size} not finite" in statistics(a)) == (a.size > finite.size)


class Reader(html.parser.HTMLParser):
    """Balanced tags, and what they hold."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.seen.append(tag)
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attributes)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data if self.open[-1:] != ["style"] else ""


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert not reader.open
    return reader


def test_the_html_has_every_step_and_nothing_from_elsewhere() -> None:
    explanation = explained()
    for text in (explanation._repr_html_(), explanation.html()):
        reader = read(text)
        assert reader.seen.count("details") == len(explanation)
        assert not {"script", "link", "img", "iframe"} & set(reader.seen)
        assert "url(" not in text
        assert "@import" not in text
        assert "prefers-color-scheme: dark" in text
        for step in explanation:
            assert step.name in reader.text
    assert explanation.html().startswith("<!DOCTYPE html>")


def test_every_text_is_escaped_in_html() -> None:
    bad = "<script>alert('x')</script>&"
    step = Step("forward", bad, bad, bad, {bad: np.ones((2, 2))}, {}, (bad,))
    text = fragment(bad, (bad,), [step])
    assert "<script>" not in text
    assert read(text).text.count("alert") == 7
    model = pellucid.Sequential([L.Dense(1, name="<b>dense", input_shape=(1,))], name="<i>")
    assert "<b>" not in model.explain([[1.0]])._repr_html_()
    assert "<i>" not in model.explain([[1.0]]).html()


@pytest.mark.parametrize("shape", [(), (1,), (0,), (3, 0), (2, 2), (9, 13), (2, 3, 4), (2, 3, 4, 5), (1, 28, 28)])
def test_any_shape_is_shown(shape: tuple[int, ...]) -> None:
    step = Step("forward", "a", "b", "c", {"x": np.ones(shape)}, {"y": np.full(shape, np.nan)})
    read(fragment("", (), [step]))
    assert str(shape) in document("", (), [step], 100)


def test_a_table_is_tinted_by_sign_and_size() -> None:
    text = fragment("", (), [Step("forward", "a", "b", "c", {"x": np.array([[2.0, -1.0, 0.0]])}, {})])
    assert '"background: rgba(var(--up), 0.45)">2<' in text
    assert '"background: rgba(var(--down), 0.23)">-1<' in text or '"background: rgba(var(--down), 0.22)">-1<' in text
    assert '"background: rgba(var(--up), 0.00)">0<' in text


def test_the_data_are_all_there_and_json_holds_them() -> None:
    explanation = explained()
    again = json.loads(json.dumps(explanation.to_dict(), allow_nan=False))
    assert (again["model"], again["engine"], again["samples"], again["step"]) == ("net", "compiled", 3, 1)
    assert again["loss"] == explanation.loss
    assert [s["name"] for s in again["steps"]] == [s.name for s in explanation]
    for saved, step in zip(again["steps"], explanation, strict=True):
        for which in ("inputs", "outputs"):
            for letter, array in getattr(step, which).items():
                np.testing.assert_array_equal(np.array(saved[which][letter], array.dtype), array)


def test_the_guide_shows_what_is_printed() -> None:
    guide = (Path(__file__).parents[2] / "docs/guide/explain.md").read_text(encoding="utf-8")
    code, shown = re.findall(r"```(?:python|text)\n(.*?)```", guide, re.DOTALL)[:2]
    names: dict[str, Any] = {}
    exec(code.replace("print(explanation)", ""), names)
    assert names["explanation"].text(100) == shown.rstrip()


def test_iteration_and_names() -> None:
    explanation = explained()
    assert len(explanation) == len(list(explanation)) == len(explanation.steps)
    phases = [step.phase for step in explanation]
    assert phases == sorted(phases, key=("forward", "loss", "backward", "update").index)
    assert list(explanation.backward) == list(reversed(explanation.forward))
    assert explanation.loss_step is not None
    assert repr(explanation).startswith("<Explanation: Model 'net': training step 1 on 3 samples")
    assert repr(explanation.steps[0]) == "<Step forward dense: z = xW + b, y = relu(z)>"
    assert repr(explanation.why("dense", 0, 0)) == str(explanation.why("dense", 0, 0))
