"""The worst mistakes: the right ones, in the right order, as they are."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from pellucid import errors
from pellucid.plots import worst_mistakes
from pellucid.plots.mistakes import as_picture, is_picture, mistakes, png


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(2, 5))
def test_they_are_wrong_and_the_least_likely_comes_first(seed: int, n: int, C: int):
    rng = np.random.default_rng(seed)
    p, y = rng.dirichlet(np.ones(C), n), rng.integers(0, C, n)
    found = mistakes(y, p, n)
    assert {m.row for m in found} == {i for i in range(n) if p[i].argmax() != y[i]}
    assert [m.of_true for m in found] == sorted(m.of_true for m in found)
    for m in found:
        assert (m.true, m.predicted) == (y[m.row], p[m.row].argmax())
        assert (m.of_true, m.probability) == (p[m.row, y[m.row]], p[m.row].max())
    assert mistakes(y, p, 2) == found[:2]


def test_pictures_are_drawn_as_they_are():
    x = np.random.default_rng(0).integers(0, 255, (3, 4, 5)).astype(np.uint8)
    figure = worst_mistakes(x, [0, 1, 1], [[0.1, 0.9], [0.2, 0.8], [0.7, 0.3]], ["cat", "dog"])
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["cat, taken for dog\n90 %, row 0", "dog, taken for cat\n70 %, row 2"]
    scaled = (x[2] - x.min()) / np.ptp(x).astype(float)
    assert np.allclose(figure.axes[1].images[0].get_array()[..., 0], scaled)


def test_other_data_is_a_table():
    figure = worst_mistakes(np.arange(24.0).reshape(2, 12), [0, 1], [[0.4, 0.6], [0.3, 0.7]])
    cells = figure.axes[0].tables[0].get_celld()
    assert [cells[1, column].get_text().get_text() for column in range(5)] == ["0", "0", "1", "60 %", "0"]


def test_no_mistake_is_said():
    assert worst_mistakes(np.zeros((1, 2)), [0], [[0.9, 0.1]]).axes[0].get_title(loc="left") == "no mistake"


@pytest.mark.parametrize(
    ("shape", "picture"), [((8, 8), True), ((8, 8, 1), True), ((8, 8, 3), True), ((8, 8, 2), False), ((8,), False)]
)
def test_what_a_picture_is(shape: tuple[int, ...], picture: bool):
    assert is_picture(shape) is picture


def test_a_png_holds_every_pixel():
    grey = np.linspace(0, 1, 12).reshape(3, 4)
    read = imread(io.BytesIO(png(as_picture(grey, 0.0, 1.0))))
    assert read.shape[:2] == (3, 4)
    assert np.allclose(read[..., 0], grey, atol=1 / 255)


@pytest.mark.parametrize(
    ("x", "y", "p", "message"),
    [
        (np.zeros((2, 2)), [0, 2], np.full((2, 2), 0.5), "labels from 0 to 1"),
        (np.zeros((2, 2)), [0.5, 1.0], np.full((2, 2), 0.5), "labels from 0 to 1"),
        (np.zeros((2, 2)), [0], np.full((2, 2), 0.5), "for labels"),
        (np.zeros((3, 2)), [0, 1], np.full((2, 2), 0.5), "one input for each of the 2"),
    ],
)
def test_what_does_not_fit_is_told(x: Any, y: Any, p: Any, message: str):
    with pytest.raises(errors.PellucidError, match=message):
        worst_mistakes(x, y, p)


def test_names_of_another_number_are_told():
    with pytest.raises(errors.InvalidArgument, match="2 names"):
        worst_mistakes(np.zeros((1, 2)), [1], [[0.9, 0.1]], ["a"])
