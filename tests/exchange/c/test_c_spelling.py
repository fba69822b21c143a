"""Numbers, names and texts in C: each number is itself again, and no text ends what it stands in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from exchange.c.building import Program, with_compiler
from pellucid import Sequential
from pellucid import layers as L
from pellucid.errors import InvalidArgument, NotReady, PellucidError
from pellucid.exchange.c.spelling import RESERVED, comment, identifier, number, string
from pellucid.models import Model


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_is_itself_again(value: float):
    text = number(value)
    assert text.endswith("f")
    assert np.float32(text[:-1]).tobytes() == np.float32(value).tobytes()
    assert np.float32(float(text[:-1])).tobytes() == np.float32(value).tobytes()  # rounded by way of a double, too


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_is_itself_again(value: float):
    assert np.float64(number(value, "float64")).tobytes() == np.float64(value).tobytes()


@given(st.text())
def test_no_text_ends_what_it_stands_in(text: str):
    told = comment(text)
    assert told.isascii()
    assert told.isprintable()
    assert not re.search(r"\*/|/\*|\?\?/", told)
    assert re.fullmatch(r'"([ !#-\[\]-~]|\\["\\]|\\[0-7]{3})*"', string(text))
    assert "??" not in string(text)
    assert re.fullmatch(r"[a-z][a-z0-9_]*", identifier(text))
    assert identifier(text) not in RESERVED


@with_compiler
def test_weights_of_any_size_arrive_bit_by_bit(tmp_path: Path):
    odd = np.array([[3e38, -0.0, 1e-45, 1.1754942e-38, 0.1, 16777217.0]], "f4")
    model = Sequential([L.Input((1,)), L.Dense(6, use_bias=False)])
    model.set_weights([odd])
    (y,) = Program(tmp_path, {"odd": model}).run("odd", [np.ones((1, 1), "f4")])
    np.testing.assert_array_equal(y, odd)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"prefix": "9"}, "argument prefix: expected a name of small letters"),
    ({"prefix": "a b"}, "argument prefix"),
    ({"prefix": "int"}, "argument prefix"),
    ({"classes": [1.5]}, "argument classes: expected texts or whole numbers"),
]


@pytest.mark.parametrize(("options", "told"), REFUSED)
def test_what_cannot_be_is_told_in_a_sentence(options: dict[str, Any], told: str, tmp_path: Path):
    with pytest.raises(PellucidError, match=told):
        Sequential([L.Input((4,)), L.Dense(2)]).to_c(tmp_path / "m.c", **options)
    assert not list(tmp_path.iterdir())


def test_what_is_no_model_yet_or_no_place_for_a_header_is_refused(tmp_path: Path):
    with pytest.raises(NotReady, match="a model that is built"):
        Sequential([L.Dense(2)]).to_c(tmp_path / "m.c")
    with pytest.raises(InvalidArgument, match=r"argument path: expected a path that ends in \.c"):
        Sequential([L.Input((4,)), L.Dense(2)]).to_c(tmp_path / "m.h", header=True)
    noisy = Sequential([L.Input((4,)), L.Dense(2)])
    y = L.Dropout(0.5)(noisy.output, training=True)
    with pytest.raises(InvalidArgument, match="layer 'dropout': expected a layer that predicts, got one called with"):
        Model(noisy.input, y).to_c(tmp_path / "m.c")


class Own(L.Dense):
    def forward(self, p: Any, x: np.ndarray, **options: Any) -> Any:
        return super().forward(p, 2 * x, **options)


def test_a_part_of_one_s_own_is_refused_by_name(tmp_path: Path):
    with pytest.raises(InvalidArgument, match="to_c, layer 'mine': expected a part of the library's own"):
        Sequential([L.Input((4,)), Own(2, name="mine")]).to_c(tmp_path / "m.c")
