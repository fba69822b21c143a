"""plot_model: what is drawn, and that it can be drawn for any graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

import pellucid
from laws.graphs import built, dense_net, graphs, residual, unjoined
from pellucid import errors
from pellucid import layers as L
from pellucid.utils import plot_model

SVG = "{http://www.w3.org/2000/svg}"


def read(picture: str) -> tuple[list[str], list[tuple[float, ...]], int]:
    """(texts, boxes as (x, y, width, height), lines that end at a box)."""
    root = ElementTree.fromstring(picture)
    texts = [text.text or "" for text in root.iter(f"{SVG}text")]
    boxes = [tuple(float(r.get(k, "")) for k in ("x", "y", "width", "height")) for r in root.iter(f"{SVG}rect")]
    return texts, boxes, sum(path.get("marker-end") is not None for path in root.iter(f"{SVG}path"))


@pytest.mark.parametrize("make", [residual, dense_net, unjoined])
def test_every_use_of_a_layer_has_a_box_and_every_input_a_line(make: Any) -> None:
    model = make()
    texts, boxes, lines = read(plot_model(model))
    assert len(boxes) == 1 + len(model.graph.calls)
    assert lines == sum(len(call.inputs) for call in model.graph.calls)
    for layer in model.layers:
        assert layer.name in texts


def test_models_within_a_model_are_drawn_when_asked_for() -> None:
    model = residual()
    assert "inner" in read(plot_model(model))[0]
    texts, boxes, _ = read(plot_model(model, expand_nested=True, show_shapes=False, show_trainable=True))
    assert "inner" not in texts
    assert len(boxes) == 1 + len(model.wiring.steps)
    assert "(None, 4)" not in texts
    assert "42 parameters" in texts


@settings(max_examples=25)
@given(graphs())
def test_no_two_boxes_overlap_and_none_is_outside(steps: Any) -> None:
    picture = plot_model(built(steps))
    _, boxes, _ = read(picture)
    left, top, width, height = map(float, ElementTree.fromstring(picture).get("viewBox", "").split())
    for i, (x, y, w, h) in enumerate(boxes):
        assert left <= x < x + w <= left + width
        assert top <= y < y + h <= top + height
        for x2, y2, w2, h2 in boxes[:i]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_it_is_written_whole_and_text_is_escaped(tmp_path: Path) -> None:
    model = pellucid.Sequential([L.Dense(2, input_shape=(3,), name="a<b&c")])
    picture = plot_model(model, tmp_path / "model.svg")
    assert (tmp_path / "model.svg").read_text() == picture == picture._repr_svg_()
    assert "a<b&c" in read(picture)[0]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plot_model(3), "expected a model"),
        (lambda: plot_model(pellucid.Sequential([L.Dense(2)])), "a model that is built"),
        (lambda: plot_model(pellucid.Sequential([L.Dense(2, input_shape=(1,))]), "model.png"), "ends in .svg"),
    ],
)
def test_what_cannot_be_drawn_is_told(draw: Any, message: str) -> None:
    with pytest.raises(errors.PellucidError, match=message):
        draw()
