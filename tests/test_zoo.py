"""The doctor's zoo: its rows are fit to judge by, its arithmetic is right, and its numbers are those of the rules."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.doctor.base import Rule
from pellucid.doctor.rules import every_rule

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # benchmarks/ lies beside src/ and is never installed

from benchmarks.zoo import data, running  # noqa: E402
from benchmarks.zoo.curing import twin_of  # noqa: E402
from benchmarks.zoo.judging import between, confidence, findings, fitted, scores  # noqa: E402
from benchmarks.zoo.parts import SEEN, UNSEEN, alike  # noqa: E402
from benchmarks.zoo.planters import IN_DATA, IN_NETWORK  # noqa: E402
from benchmarks.zoo.rows import Recipe, Row  # noqa: E402

RULES = {rule.name: rule for rule in every_rule()}
SEEN_ROWS, UNSEEN_ROWS = ([row for recipe in part for row in recipe.rows()] for part in (SEEN, UNSEEN))
KEPT, KEPT_UNSEEN = (
    json.loads((ROOT / f"benchmarks/results/{name}.json").read_text("utf-8")) for name in ("zoo", "zoo_unseen")
)
BOTH = pytest.mark.parametrize(
    ("rows", "kept"), [(SEEN_ROWS, KEPT), (UNSEEN_ROWS, KEPT_UNSEEN)], ids=["seen", "unseen"]
)
IN_FIT = {"early_stopping", "balanced", "class_weight"}  # plants in the call of fit


# The rows ----------------------------------------------------------------------------------------------------------


@BOTH
def test_there_are_enough_runs_of_every_rule(rows: list[Row], kept: dict[str, Any]):
    recipes = Counter(rule for rule, _ in {(row.rule, row.group) for row in rows})
    assert recipes.keys() == {"", *RULES}
    assert min(recipes.values()) >= 2
    assert recipes[""] >= 40
    assert sum(1 for row in rows if row.rule) >= 80
    assert sum(1 for row in rows if not row.rule) >= 80
    assert len({row.name for row in rows}) == len(rows)


def test_no_recipe_is_in_both_parts():
    assert not {row.group for row in SEEN_ROWS} & {row.group for row in UNSEEN_ROWS}


def test_plants_and_rules_exist_and_are_used():
    for row in (*SEEN_ROWS, *UNSEEN_ROWS):
        assert row.also <= RULES.keys() - {row.rule}
    used = {name for row in (*SEEN_ROWS, *UNSEEN_ROWS) for name, _ in row.plants}
    assert used == {*IN_DATA, *IN_NETWORK, *IN_FIT}


# The arithmetic ----------------------------------------------------------------------------------------------------


def rule(name: str, threshold: float = 0.5, explains: tuple[str, ...] = ()) -> Rule:
    return replace(next(iter(RULES.values())), name=name, threshold=threshold, explains=frozenset(explains))


def run(planted: str, also: tuple[str, ...] = (), **signals: float | None) -> dict[str, Any]:
    return {"rule": planted, "also": list(also), "signals": signals}


def test_findings_drop_what_a_deeper_one_explains():
    rules = [rule("a", explains=("b",)), rule("b"), rule("c", explains=("a",))]
    thresholds = {"a": 0.5, "b": 0.5, "c": 0.5}
    assert findings(run("", a=1.0, b=1.0, c=0.0), rules, thresholds) == ["a"]
    assert findings(run("", a=0.0, b=1.0, c=None), rules, thresholds) == ["b"]
    assert findings(run("", a=1.0, b=1.0, c=1.0), rules, thresholds) == ["c"]


def test_thresholds_are_in_the_middle_of_the_gap_of_the_best_f1():
    rules = [rule("deep", explains=("a",)), rule("a")]
    runs = [run("a", a=0.9), run("a", a=0.7), run("a", a=0.1), run("", a=0.3), run("", a=0.2), run("deep", a=5.0)]
    low = replace(rules[1], threshold=0.05)
    assert fitted(low, rules, runs) == 0.5  # 2 of 3 found, nothing false; the run of `deep` is not asked
    assert fitted(replace(low, threshold=0.4), rules, runs) == 0.4  # as good as any: it stands
    assert fitted(low, rules, [run("a", a=1.0), run("", a=0.1), run("", ("a",), a=0.02)]) == 0.3
    assert fitted(low, rules, [run("a", a=None), run("", a=0.1)]) == 0.05


@pytest.mark.parametrize(("low", "high", "middle"), [(0.2, 0.9, 0.6), (0.0, 1.0, 0.5), (1.0, 400.0, 20.0), (-1, 1, 0)])
def test_between(low: float, high: float, middle: float):
    assert between(low, high) == middle


def test_scores_count_what_they_say():
    rules = [rule("a"), rule("b")]
    thresholds = {"a": 0.5, "b": 0.5}
    runs = [
        run("a", a=1.0, b=0.0),  # found, first
        run("a", ("b",), a=0.0, b=1.0),  # missed, but what is said is true
        run("b", a=1.0, b=1.0),  # found, second; a is false
        run("", a=0.0, b=1.0),  # false
        run("", a=0.0, b=None),  # silent
    ]
    found = scores(runs, rules, thresholds)
    assert found["rules"]["a"] == {"planted": 2, "found": 1, "first": 1, "said": 2, "true": 1, "healthy": 0}
    assert found["rules"]["b"] == {"planted": 1, "found": 1, "first": 0, "said": 3, "true": 2, "healthy": 1}
    assert found["all"] == {"planted": 3, "found": 2, "first": 1, "said": 5, "true": 3, "healthy": 1}
    assert (found["silent"], found["healthy"]) == (1, 2)
    assert confidence({"true": 3, "said": 3}, {"true": 8, "said": 10}) == round((3 + 4 * 0.8) / (3 + 4), 2)


def test_twins_lack_the_fault_but_not_the_conditions():
    (row,) = Recipe("overfitting", "r", ["digits"], {"layers": [9]}, {"fewer_rows": 50, "shuffled_labels": 1.0}).rows()
    twin = twin_of(row)
    assert twin.spec["layers"] == [64]
    assert twin.plants == (("fewer_rows", 50),)
    assert twin.spec["seed"] == row.spec["seed"]


# What was kept -----------------------------------------------------------------------------------------------------


def test_the_rules_have_the_numbers_of_the_zoo():
    for name, one in RULES.items():
        assert (name, one.threshold) == (name, pytest.approx(KEPT["thresholds"][name]))
        assert (name, one.confidence) == (name, pytest.approx(KEPT["confidences"][name]))


@BOTH
def test_what_was_kept_is_of_these_rows(rows: list[Row], kept: dict[str, Any]):
    assert [one["name"] for one in kept["runs"]] == [row.name for row in rows]
    for one, row in zip(kept["runs"], rows, strict=True):
        assert (one["rule"], one["group"], one["also"]) == (row.rule, row.group, sorted(row.also))
        assert one["signals"].keys() == RULES.keys()
        assert not one["stumbled"]


def test_the_numbers_follow_from_the_runs():
    rules, thresholds = every_rule(), KEPT["thresholds"]
    assert {name: fitted(one, rules, KEPT["runs"]) for name, one in RULES.items()} == thresholds
    for part in (KEPT, KEPT_UNSEEN):
        assert scores(part["runs"], rules, thresholds) == part["scores"]
    apart = [run for run in KEPT_UNSEEN["runs"] if run["name"] not in alike()]
    assert scores(apart, rules, thresholds) == KEPT_UNSEEN["apart"]
    unseen = KEPT_UNSEEN["scores"]
    assert {n: confidence(c, unseen["all"]) for n, c in unseen["rules"].items()} == KEPT["confidences"]


def test_the_doctor_is_right_often_enough():
    """On what nobody had looked at when the rules were made."""
    for part in (KEPT_UNSEEN["scores"], KEPT_UNSEEN["apart"]):
        assert part["all"]["found"] / part["all"]["planted"] >= 0.9
        assert part["all"]["true"] / part["all"]["said"] >= 0.9
        assert part["silent"] / part["healthy"] >= 0.95


AGAIN = (  # quick ones, of toy data and digits, which need no folder of data
    "healthy: as it comes, moons",
    "healthy: batch norm, moons",
    "vanishing_gradient: twelve sigmoid layers, moons",
    "dead_relus: biases far below zero, moons",
    "learning_rate_too_low: Adam at 1e-6, moons",
    "unscaled_inputs: one column in another unit, blobs",
)


@pytest.mark.parametrize("name", AGAIN)
def test_a_run_gives_what_was_kept(name: str):
    """To the same findings, and to nearly the same signals: another processor rounds otherwise."""
    (row,) = [row for row in SEEN_ROWS if row.name == name]
    (kept,) = [one for one in KEPT["runs"] if one["name"] == name]
    now = running.examined(row)
    assert findings(now, every_rule(), KEPT["thresholds"]) == findings(kept, every_rule(), KEPT["thresholds"])
    for rule_name, value in kept["signals"].items():
        assert (rule_name, now["signals"][rule_name] is None) == (rule_name, value is None)
        if value is not None:
            assert (rule_name, now["signals"][rule_name]) == (rule_name, pytest.approx(value, rel=0.1, abs=0.1))


def test_scaled_data_are_scaled():
    assert data.load("digits").x.max() == 1.0
    scaled = data.load("sine")
    assert scaled.y.mean() == pytest.approx(0, abs=1e-5)
    assert scaled.y.std() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(scaled.x.std(axis=0), 1, rtol=1e-4)
