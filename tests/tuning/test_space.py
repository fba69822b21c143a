"""The space: what is drawn, when, and what a grid makes of it."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import InvalidArgument, UnknownName, WrongType
from pellucid.tuning.conditions import check_conditions
from pellucid.tuning.leaves import Choice, Leaf, Number, at_edges
from pellucid.tuning.space import Space, as_drawn


def lowest(name: str, leaf: Leaf) -> Any:
    return leaf.options[0] if isinstance(leaf, Choice) else leaf.low


def highest(name: str, leaf: Leaf) -> Any:
    return leaf.options[-1] if isinstance(leaf, Choice) else leaf.high


RATE = {"low": 1e-4, "high": 1e-1, "log": True}
SGD = {"class": "SGD", "momentum": {"low": 0.5, "high": 0.9}}

DRAWN: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("a range", {"r": RATE}, {"r": 1e-4}, {"r": 1e-1}),
    ("whole numbers", {"n": {"low": 2, "high": 5}}, {"n": 2}, {"n": 5}),
    ("a choice", {"a": ["relu", "tanh"]}, {"a": "relu"}, {"a": "tanh"}),
    ("a choice by name", {"a": {"choices": [1, 2]}}, {"a": 1}, {"a": 2}),
    ("lists to choose from", {"layers": [[64], [64, 32]]}, {"layers": [64]}, {"layers": [64, 32]}),
    ("a constant", {"a": "relu"}, {"a": "relu"}, {"a": "relu"}),
    ("within a choice", {"o": ["adam", SGD]}, {"o": "adam"}, {"o": {"class": "SGD", "momentum": 0.9}}),
    ("a table", {"o": SGD}, {"o": {"class": "SGD", "momentum": 0.5}}, {"o": {"class": "SGD", "momentum": 0.9}}),
    (
        "layers", {"layers": {"number": {"low": 0, "high": 2}, "units": {"low": 8, "high": 64}}},
        {"layers": []}, {"layers": [64, 64]},
    ),
    (
        "layers that shrink", {"layers": {"number": {"low": 1, "high": 3}, "units": [64], "shrink": [1.0, 0.5]}},
        {"layers": [64]}, {"layers": [64, 32, 16]},
    ),
    (
        "a condition", {"d": {"low": 0.1, "high": 0.5, "when": {"b": False}}, "b": [False, True]},
        {"b": False, "d": 0.1}, {"b": True},
    ),
    ("a condition of the base", {"d": {"low": 0.1, "high": 0.5, "when": {"base": [1, 2]}}}, {"d": 0.1}, {"d": 0.5}),
    ("a choice with a condition", {"d": {"choices": [1, 2], "when": {"base": 9}}, "c": [1]}, {"c": 1}, {"c": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("space", "low", "high"), [row[1:] for row in DRAWN], ids=[row[0] for row in DRAWN])
def test_what_is_drawn(space: dict[str, Any], low: dict[str, Any], high: dict[str, Any]):
    made = Space.of(space)
    assert made.drawn(lowest, {"base": 1}) == low
    assert made.drawn(highest, {"base": 1}) == high
    for draw, expected in ((lowest, low), (highest, high)):
        flat, leaves = made.flat(draw, {"base": 1})
        assert set(flat) == set(leaves)
        assert made.drawn(as_drawn(flat), {"base": 1}) == expected


@given(low=st.floats(1e-6, 1e3), span=st.floats(1.01, 1e4), share=st.floats(0, 1), log=st.booleans())
def test_a_share_of_a_range_and_back(low: float, span: float, share: float, log: bool):
    leaf = Number(low, low * span, log)
    assert leaf.low <= leaf.at(share) * (1 + 1e-9)
    assert leaf.at(share) <= leaf.high * (1 + 1e-9)
    assert math.isclose(leaf.share(leaf.at(share)), share, abs_tol=1e-6)


GRIDS = [
    ({"a": [1, 2], "b": ["x", "y"]}, 4),
    ({"n": {"low": 1, "high": 3}}, 3),
    ({"n": {"low": 0, "high": 100}}, 3),
    ({"n": {"low": 0, "high": 100, "step": 25}}, 5),
    ({"x": {"low": 0.0, "high": 1.0, "points": 7}}, 7),
    ({"o": ["adam", SGD]}, 1 + 3),
    ({"b": [False, True], "d": {"low": 0.1, "high": 0.5, "when": {"b": True}}}, 1 + 3),
    ({"layers": {"number": {"low": 1, "high": 2}, "units": [8, 16]}}, 2 + 4),
]


@pytest.mark.parametrize(("space", "size"), GRIDS)
def test_a_grid_has_every_point_once(space: dict[str, Any], size: int):
    grid = Space.of(space).grid()
    assert len(grid) == size
    assert len({repr(sorted(point.items())) for point in grid}) == size


def test_a_grid_takes_ends_and_the_geometric_middle():
    (low, middle, high) = (point["r"] for point in Space.of({"r": {"low": 1e-4, "high": 1e-2, "log": True}}).grid())
    assert (low, high) == (1e-4, 1e-2)
    assert math.isclose(middle, 1e-3)


MIDDLES = [
    ({"low": 1e-4, "high": 1e-2, "log": True}, 1e-3),
    ({"low": 0.0, "high": 0.5}, 0.25),
    ({"low": 1, "high": 4}, 2),
    ({"low": 16, "high": 1024, "log": True}, 128),
    ({"low": 16, "high": 60, "step": 16}, 32),
    ({"low": 0.0, "high": 1.0, "step": 0.25}, 0.5),
    (["relu", "tanh"], "relu"),
]


@pytest.mark.parametrize(("given", "expected"), MIDDLES)
def test_the_middle_of_a_range(given: Any, expected: Any):
    (found,) = Space.of({"r": given}).drawn(lambda name, leaf: leaf.middle()).values()
    assert found == pytest.approx(expected) if isinstance(expected, float) else found == expected


def test_a_grid_that_is_too_large_is_told():
    space = {name: {"low": 0.0, "high": 1.0, "points": 20} for name in "abcd"}
    with pytest.raises(InvalidArgument, match="fewer combinations"):
        Space.of(space).grid()


WRONG: list[tuple[Any, type[Exception], str]] = [
    ({}, InvalidArgument, "space: expected a table"),
    ({"r": {"low": 2, "high": 1}}, InvalidArgument, "no higher than high"),
    ({"r": {"low": 1}}, WrongType, "r, high: expected a number"),
    ({"r": {"low": 0, "high": 1, "log": True}}, InvalidArgument, "above 0"),
    ({"r": {"low": 0, "high": 1, "lgo": True}}, UnknownName, "one of high, log, low"),
    ({"r": {"low": 1, "high": 9, "step": 0}}, InvalidArgument, "step above 0"),
    ({"a": []}, InvalidArgument, "a list of choices"),
    ({"a": [1, 1]}, InvalidArgument, "choices that differ"),
    ({"layers": {"number": 2, "units": 8, "shrnk": 1}}, UnknownName, "shrink"),
    ({"a": {"low": 0, "high": 1, "when": 3}}, WrongType, "when"),
    (
        {"a": {"low": 0, "high": 1, "when": {"b": 1}}, "b": {"choices": [1], "when": {"a": 1}}},
        InvalidArgument,
        "circle",
    ),
    ({"a": [int, float]}, WrongType, "space, a: expected numbers, words"),
    ({"a": {"min": 1, "max": 8}}, InvalidArgument, "a range"),
    ({"a": {"choices": [1, 2], "default": 1}}, UnknownName, "choices"),
    ({"a": {"low": 1, "high": 10**400}}, InvalidArgument, "2\\^53"),
    ({"a": [math.nan, 1.0]}, InvalidArgument, "finite"),
    ({"a": {"low": -1e308, "high": 1e308}}, InvalidArgument, "finite width"),
    ({1: [1, 2]}, WrongType, "names"),
    ({"o": ["adam", {"class": "SGD", "momentum": {**RATE, "when": {"b": 1}}}]}, InvalidArgument, "one further in"),
]


@pytest.mark.parametrize(("space", "kind", "said"), WRONG)
def test_what_is_wrong_is_told(space: Any, kind: type[Exception], said: str):
    with pytest.raises(kind, match=said):
        Space.of(space)


NEVER: list[tuple[dict[str, Any], str]] = [
    ({"a": {**RATE, "when": {"bb": 1}}, "b": [1, 2]}, "when: expected one of a, b, base, got 'bb'"),
    ({"a": {**RATE, "when": {"b": "sgd"}}, "b": ["adam", SGD]}, "Did you mean 'SGD'"),
    ({"a": {**RATE, "when": {"b": 9}}, "b": {"low": 1, "high": 3}}, "what it may be: 1 to 3"),
    ({"a": {**RATE, "when": {"base": 2}}}, "a condition that can hold"),
    (
        {"a": ["x", "y"], "b": {"choices": [1, 2], "when": {"a": "x"}}, "c": {**RATE, "when": {"a": "y", "b": 1}}},
        "conditions that can hold together",
    ),
]


@pytest.mark.parametrize(("space", "said"), NEVER)
def test_a_condition_that_never_holds_is_told(space: dict[str, Any], said: str):
    with pytest.raises(InvalidArgument, match=said):
        check_conditions(Space.of(space), {"base": 1})


@pytest.mark.parametrize("space", [row[1] for row in DRAWN[:-1]], ids=[row[0] for row in DRAWN[:-1]])
def test_conditions_that_may_hold_are_let_be(space: dict[str, Any]):
    check_conditions(Space.of(space), {"base": 1})


def test_a_branch_that_its_base_opens_may_be_drawn():
    """b is not drawn where a is y, but then is 1, as the base says."""
    space = {"a": ["x", "y"], "b": {"choices": [1, 2], "when": {"a": "x"}}, "c": {**RATE, "when": {"a": "y", "b": 1}}}
    check_conditions(Space.of(space), {"b": 1})


def test_numbers_of_numpy_are_numbers_and_tuples_are_lists():
    space = Space.of({"a": np.arange(2), "b": list(np.arange(2)), "c": range(2), "d": ([8], (8, 4)), "e": (1, 2)})
    assert space.plain == {"a": [0, 1], "b": [0, 1], "c": [0, 1], "d": [[8], [8, 4]], "e": [1, 2]}
    assert json.loads(json.dumps(space.plain)) == space.plain


def test_the_corners_have_every_choice_and_both_ends():
    space = Space.of({"o": ["adam", SGD], "n": {"low": 1, "high": 9, "step": 5}, "d": {**RATE, "when": {"o": "adam"}}})
    corners = space.corners()
    assert corners[0] == {"o": "adam", "n": 1, "d": 1e-4}
    for name, values in {"o": {"adam", "SGD"}, "o.SGD.momentum": {0.5, 0.9}, "n": {1, 6}, "d": {1e-4, 1e-1}}.items():
        assert {point[name] for point in corners if name in point} == values


@pytest.mark.parametrize(
    "layers", [{"number": 10**6, "units": 8}, {"number": 2, "units": ["a"], "shrink": 0.5}, {"number": -1, "units": 8}]
)
def test_layers_that_no_network_has_are_told(layers: dict[str, Any]):
    with pytest.raises((InvalidArgument, WrongType), match="space, layers"):
        Space.of({"layers": layers}).corners()


@pytest.mark.parametrize("more", [{"step": 1e-9}, {"points": 10**9}])
def test_a_range_of_too_many_points_is_told_before_they_are_made(more: dict[str, Any]):
    with pytest.raises(InvalidArgument, match="fewer combinations"):
        Space.of({"r": {"low": 0.0, "high": 1.0, **more}}).grid()
    assert len(Space.of({"r": {"low": 0.0, "high": 1.0, **more}}).corners()) == 2


EDGES = [
    ({"low": 1e-4, "high": 1e-1, "log": True}, 9e-2, "high"),
    ({"low": 1e-4, "high": 1e-1, "log": True}, 1.1e-4, "low"),
    ({"low": 1e-4, "high": 1e-1, "log": True}, 1e-2, ""),
    ({"low": 0.0, "high": 0.5}, 0.001, ""),  # there is nothing below 0
    ({"low": 0.0, "high": 0.5}, 0.499, "high"),
    ({"low": 1, "high": 3}, 1, ""),  # nor before the first
    ({"low": 1, "high": 3}, 3, "high"),
]


@pytest.mark.parametrize(("given", "value", "side"), EDGES)
def test_an_edge_is_seen(given: dict[str, Any], value: float, side: str):
    flat, leaves = Space.of({"r": given}).flat(lambda name, leaf: value)
    assert [found[1] for found in at_edges(flat, leaves)] == ([side] if side else [])


def test_two_of_one_class_are_told_apart_by_their_settings():
    slow, fast = {"class": "SGD", "momentum": 0.5}, {"class": "SGD", "momentum": {"low": 0.8, "high": 0.9}}
    given = {"optimizer": ["adam", slow, fast], "rate": {"low": 0.1, "high": 1.0, "when": {"optimizer": "SGD"}}}
    space = Space.of(given)
    check_conditions(space, {})
    points = space.grid()
    drawn = [space.drawn(as_drawn(point)) for point in points]
    assert {str(point["optimizer"]) for point in points} == {"adam", "SGD (momentum 0.5)", "SGD (momentum 0.8 to 0.9)"}
    assert {round(one["optimizer"]["momentum"], 9) for one in drawn if "rate" in one} == {0.5, 0.8, 0.85, 0.9}
    assert [one for one in drawn if "rate" not in one] == [{"optimizer": "adam"}]
    for twice in ([slow, dict(slow)], ["adam", "adam"], ["SGD", {"class": "SGD"}]):
        with pytest.raises(InvalidArgument, match=r"choices that differ, got .* twice\. Leave one out, or give them"):
            Space.of({"optimizer": twice})
    with pytest.raises(UnknownName, match="Did you mean 'SGD'"):
        check_conditions(Space.of({**given, "rate": {**given["rate"], "when": {"optimizer": "SDG"}}}), {})
