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
from pellucid.doctor.confidences import TRUE
from pellucid.doctor.rules import every_rule, rules_of_kinds

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # benchmarks/ lies beside src/ and is never installed

from benchmarks.zoo import data, running  # noqa: E402
from benchmarks.zoo.curing import twin_of  # noqa: E402
from benchmarks.zoo.judging import (  # noqa: E402
    LIKE,
    between,
    confidence,
    confidences,
    findings,
    fitted,
    measured_now,
    scores,
)
from benchmarks.zoo.kinds import KINDS, Kind  # noqa: E402
from benchmarks.zoo.kinds import examined as of_kind  # noqa: E402
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


def rule(name: str, threshold: float = 0.5, explains: tuple[str, ...] = (), tolerable: bool = False) -> Rule:
    first = next(iter(RULES.values()))
    return replace(first, name=name, threshold=threshold, explains=frozenset(explains), tolerable=tolerable)


def run(
    planted: str, also: tuple[str, ...] = (), works: bool = False, failed: bool = False, like: str | None = None,
    **signals: float | None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "rule": planted, "also": list(also), "works": works, "failed": failed, "like": like, "signals": signals,
    }  # fmt: skip


def test_findings_drop_what_a_deeper_one_explains():
    rules = [rule("a", explains=("b",)), rule("b"), rule("c", explains=("a",))]
    thresholds = {"a": 0.5, "b": 0.5, "c": 0.5}
    assert findings(run("", a=1.0, b=1.0, c=0.0), rules, thresholds) == [("a", "fault")]
    assert findings(run("", a=0.0, b=1.0, c=None), rules, thresholds) == [("b", "fault")]
    assert findings(run("", a=1.0, b=1.0, c=1.0), rules, thresholds) == [("c", "fault")]


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
    none = {"as_remark": 0, "remarks": 0, "remarks_healthy": 0}
    assert found["rules"]["a"] == {"planted": 2, "found": 1, "first": 1, "said": 2, "true": 1, "healthy": 0, **none}
    assert found["rules"]["b"] == {"planted": 1, "found": 1, "first": 0, "said": 3, "true": 2, "healthy": 1, **none}
    assert found["all"] == {"planted": 3, "found": 2, "first": 1, "said": 5, "true": 3, "healthy": 1, **none}
    assert (found["silent"], found["healthy"]) == (1, 2)
    assert confidence({"true": 3, "said": 3}, {"true": 8, "said": 10}) == round((3 + 4 * 0.8) / (3 + 4), 2)


REMARKED = {"a": rule("a", tolerable=True, explains=("b", "c")), "b": rule("b"), "c": rule("c", tolerable=True)}


@pytest.mark.parametrize(
    ("what", "said"),
    [
        # a fault explains everything, a remark remarks only; faults come first, whatever the order of the rules
        (run("", a=1.0, b=1.0, c=1.0), ["a"]),
        (run("", works=True, a=1.0, b=0.0, c=1.0), ["(a)"]),
        (run("", works=True, a=1.0, b=1.0, c=1.0), ["b", "(a)"]),
        (run("", works=True, a=0.0, b=0.0, c=1.0), ["(c)"]),
        # a failure is only told where no fault is
        (run("", failed=True, a=0.0, b=0.0, c=0.0), ["failed"]),
        (run("", failed=True, a=0.0, b=1.0, c=0.0), ["b"]),
    ],
)
def test_faults_remarks_and_failures_are_told_apart(what: dict[str, Any], said: list[str]):
    found = findings(what, list(REMARKED.values()), dict.fromkeys(REMARKED, 0.5))
    assert [f"({name})" if kind == "remark" else name for name, kind in found] == said


def test_a_remark_is_no_false_alarm_and_a_failure_names_no_cause():
    rules, thresholds = list(REMARKED.values()), dict.fromkeys(REMARKED, 0.5)
    quiet = {"a": 0.0, "b": 0.0, "c": 0.0}
    runs = [
        run("", works=True, **quiet | {"a": 1.0}),  # healthy: a remark
        run("", failed=True, **quiet),  # healthy, and said to have failed
        run("b", failed=True, **quiet),  # its fault is not named
        run("c", works=True, **quiet | {"c": 1.0}),  # named, as a remark
    ]
    found = scores(runs, rules, thresholds)
    assert [found[key] for key in ("healthy", "silent", "remarked", "failed", "failed_healthy")] == [2, 1, 1, 1, 1]
    total = {"planted": 2, "found": 1, "as_remark": 1, "first": 1, "said": 0, "true": 0, "healthy": 0}
    assert found["all"] == {**total, "remarks": 2, "remarks_healthy": 1}


def test_a_threshold_does_not_flee_from_mere_remarks():
    runs = [run("a", a=1.0), run("", works=True, a=2.0)]
    mild = rule("a", threshold=1.5, tolerable=True)
    assert fitted(mild, [mild], runs) < 1.0  # both may speak up
    strict = rule("a", threshold=1.5)
    alarm = run("", a=2.0)
    assert fitted(strict, [strict], [run("a", a=3.0), alarm, alarm, alarm]) > 2.0  # an alarm would be a false one


def test_a_confidence_is_of_runs_that_are_alike():
    rules, thresholds = [rule("a"), rule("b")], {"a": 0.5, "b": 0.5}
    right = [run("a", a=1.0, b=0.0, like=LIKE[0]) for _ in range(6)]
    wrong = [run("b", a=1.0, b=1.0, like=LIKE[1]) for _ in range(4)]
    few = [run("a", a=1.0, b=0.0, like=LIKE[2]) for _ in range(3)]
    found = confidences([*right, *wrong, *few, run("a", a=1.0, like=None)], rules, thresholds)
    assert found["a"] == [0.99, round((0 + 4 * 0.5) / 8, 2), None, None]
    assert found["b"] == [None, round((4 + 4 * 0.5) / 8, 2), None, None]


def test_twins_lack_the_fault_but_not_the_conditions():
    (row,) = Recipe("overfitting", "r", ["digits"], {"layers": [9]}, {"fewer_rows": 50, "shuffled_labels": 1.0}).rows()
    twin = twin_of(row)
    assert twin.spec["layers"] == [64]
    assert twin.plants == (("fewer_rows", 50),)
    assert twin.spec["seed"] == row.spec["seed"]


# What was kept -----------------------------------------------------------------------------------------------------


NEEDS_UNSEEN = pytest.mark.skipif(
    not measured_now(KEPT_UNSEEN["runs"]), reason="rules were changed since the unseen part was run"
)


def test_the_rules_have_the_numbers_of_the_zoo():
    for name, one in RULES.items():
        assert (name, one.threshold) == (name, pytest.approx(KEPT["thresholds"][name]))
    assert {name: list(known) for name, known in TRUE.items()} == KEPT["confidences"]


@pytest.mark.parametrize(
    ("rows", "kept"),
    [(SEEN_ROWS, KEPT), pytest.param(UNSEEN_ROWS, KEPT_UNSEEN, marks=NEEDS_UNSEEN)], ids=["seen", "unseen"],
)  # fmt: skip
def test_what_was_kept_is_of_these_rows(rows: list[Row], kept: dict[str, Any]):
    assert [one["name"] for one in kept["runs"]] == [row.name for row in rows]
    for one, row in zip(kept["runs"], rows, strict=True):
        assert (one["rule"], one["group"], one["also"]) == (row.rule, row.group, sorted(row.also))
        assert one["signals"].keys() == RULES.keys()
        assert not one["stumbled"]


def test_the_seen_part_was_measured_by_the_rules_as_they_are():
    assert measured_now(KEPT["runs"])
    assert {one["like"] for one in KEPT["runs"]} <= {None, *LIKE}


def test_the_numbers_follow_from_the_runs():
    rules, thresholds = every_rule(), KEPT["thresholds"]
    assert {name: fitted(one, rules, KEPT["runs"]) for name, one in RULES.items()} == thresholds
    assert scores(KEPT["runs"], rules, thresholds) == KEPT["scores"]
    unseen = measured_now(KEPT_UNSEEN["runs"])
    judges = KEPT_UNSEEN if unseen else KEPT
    assert KEPT["confidences_from"] == ("unseen" if unseen else "seen")
    assert confidences(judges["runs"], rules, thresholds) == KEPT["confidences"]


@NEEDS_UNSEEN
def test_the_numbers_of_the_unseen_part_follow_from_its_runs():
    rules, thresholds = every_rule(), KEPT["thresholds"]
    assert scores(KEPT_UNSEEN["runs"], rules, thresholds) == KEPT_UNSEEN["scores"]
    apart = [run for run in KEPT_UNSEEN["runs"] if run["name"] not in alike()]
    assert scores(apart, rules, thresholds) == KEPT_UNSEEN["apart"]


def right_often_enough(part: dict[str, Any]) -> None:
    total = part["all"]
    assert total["found"] / total["planted"] >= 0.9
    assert total["true"] / total["said"] >= 0.9
    assert part["silent"] / part["healthy"] >= 0.95
    assert part["failed_healthy"] == 0


@NEEDS_UNSEEN
@pytest.mark.parametrize("part", ["scores", "apart"])
def test_the_doctor_is_right_often_enough(part: str):
    """On what nobody had looked at when the rules were made."""
    right_often_enough(KEPT_UNSEEN[part])


def test_the_doctor_is_right_about_what_it_was_made_on():
    right_often_enough(KEPT["scores"])


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


# Networks of other kinds --------------------------------------------------------------------------------------------


QUICK = ("healthy: word vectors", "constant_inputs: the same word throughout")


def test_rules_of_kinds_are_asked_of_networks_that_have_time():
    planted = Counter(kind.rule for kind in KINDS)
    assert all(planted[rule.name] >= 2 for rule in rules_of_kinds())
    assert planted[""] >= 8


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=() if k.name in QUICK else pytest.mark.long, id=k.name) for k in KINDS]
)
def test_every_rule_holds_for_networks_of_other_kinds_or_does_not_know(kind: Kind):
    found = of_kind(kind)
    assert found.right, (found.said, found.stumbled)


def test_scaled_data_are_scaled():
    assert data.load("digits").x.max() == 1.0
    scaled = data.load("sine")
    assert scaled.y.mean() == pytest.approx(0, abs=1e-5)
    assert scaled.y.std() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(scaled.x.std(axis=0), 1, rtol=1e-4)
