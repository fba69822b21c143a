"""From the signals of runs to thresholds, and to what these are worth.

A run is *planted* for a rule if the rule ought to name its fault. A finding is *true* if the run was planted for that
rule, or if the row says that this is true of it, too. What is said of a training that works all the same is a *remark*:
it names a planted fault as well as another finding does, but is no alarm, neither a true one nor a false one. That a
training *failed*, for a reason that no rule knows, names no fault; of a healthy run it is a false alarm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pellucid.doctor.base import Rule
from pellucid.doctor.confidences import LIKE
from pellucid.doctor.rules import every_rule

Kept = Mapping[str, Any]  # what running.examined keeps of a row
DRAWN = 4  # findings that what is known of all rules counts as
ENOUGH = 4  # findings of a rule in runs that are alike, for a confidence of their own
SUREST = 0.99  # nobody can be certain
FAILED = "failed"  # what is said where a training failed and no rule knows why


class Said(NamedTuple):
    """The name of a rule, or "failed", and what the doctor makes of it: a "fault" or a "remark"."""

    rule: str
    kind: str


def findings(run: Kept, rules: Sequence[Rule], thresholds: Mapping[str, float]) -> list[Said]:
    """What is said of a run, as doctor/examining.py has it: faults before remarks, what a deeper finding explains is
    dropped, and a remark explains remarks alone."""
    tolerable = frozenset(rule.name for rule in rules if rule.tolerable)
    explained: set[str] = set()
    found: list[Said] = []
    for rule in rules:
        value = run["signals"].get(rule.name)
        if rule.name not in explained and value is not None and value > thresholds[rule.name]:
            remark = rule.tolerable and run["works"]
            found.append(Said(rule.name, "remark" if remark else "fault"))
            explained |= rule.explains & tolerable if remark else rule.explains
    told = [one for one in found if one.rule not in explained]
    faults, remarks = ([one for one in told if one.kind == kind] for kind in ("fault", "remark"))
    if not faults and run["failed"]:
        faults = [Said(FAILED, "fault")]
    return [*faults, *remarks]


def measured_now(runs: Sequence[Kept]) -> bool:
    """Whether the runs were measured by the rules that there are, and by a doctor that knows remarks."""
    names = {rule.name for rule in every_rule()}
    asked = [run for run in runs if "crashed" not in run]
    return all({"works", "failed", "like"} <= run.keys() and run["signals"].keys() == names for run in asked)


# Thresholds ----------------------------------------------------------------------------------------------------------


def fitted(rule: Rule, rules: Sequence[Rule], runs: Sequence[Kept]) -> float:
    """The rule's own threshold, if it has the best F1 that any has; else one in the middle of the gap that has it.

    So where the runs leave a wide gap, it is for the rule's author to say where in it the fault begins. Runs planted
    for a rule that explains this one do not count: there this rule is not asked; nor do those of which it would only
    remark something.
    """
    silencing = {other.name for other in rules if rule.name in other.explains}
    judged = [
        (float(run["signals"][rule.name]), run["rule"] == rule.name)
        for run in runs
        if run["signals"].get(rule.name) is not None
        and (run["rule"] == rule.name or not (run["rule"] in silencing or rule.name in run["also"]))
        and (run["rule"] == rule.name or not (rule.tolerable and run["works"]))
    ]
    planted = sum(1 for run in runs if run["rule"] == rule.name)
    values = sorted({value for value, _ in judged})

    def f1(threshold: float) -> float:
        above = [is_planted for value, is_planted in judged if value > threshold]
        return 2 * sum(above) / (len(above) + planted) if planted else 0.0

    gaps = list(zip([values[0] - 1, *values], values, strict=False)) if values else []
    best = max((f1(low) for low, _ in gaps), default=0.0)
    if f1(rule.threshold) >= best:
        return rule.threshold
    return next(between(low, high) for low, high in gaps if f1(low) == best)


def between(low: float, high: float) -> float:
    """A short number about the middle of low and high: the geometric mean, if they are both positive and far apart.

    >>> between(0.2, 0.9), between(1.0, 400.0), between(0.0, 1.0)
    (0.6, 20.0, 0.5)
    """
    middle = math.sqrt(low * high) if low > 0 and high > 5 * low else (low + high) / 2
    for digits in range(1, 17):
        short = float(f"{middle:.{digits}g}")
        if abs(short - middle) < (high - low) / 8:
            return short
    return middle


# What they are worth -------------------------------------------------------------------------------------------------


COUNTS = ("planted", "found", "as_remark", "first", "said", "true", "healthy", "remarks", "remarks_healthy")


def scores(runs: Sequence[Kept], rules: Sequence[Rule], thresholds: Mapping[str, float]) -> dict[str, Any]:
    """What came of all runs, for each rule and over all.

    Of a rule: the runs that were planted for it; those in which it names the fault, of these those in which it only
    remarks it, and those in which that comes first; the faults that it names, how many of them are true, and how many
    in healthy runs; its remarks, and how many in healthy runs. Over all also: runs that are said to have failed without
    a cause, and healthy runs, those that are said to have failed, those of which no fault is told, and those of which
    something is remarked.
    """
    count = {rule.name: dict.fromkeys(COUNTS, 0) for rule in rules}
    runs_of = dict.fromkeys(("healthy", "silent", "remarked", "failed", "failed_healthy"), 0)
    for run in runs:
        said = findings(run, rules, thresholds)
        names = [one.rule for one in said]
        failed = said[:1] == [Said(FAILED, "fault")]
        if run["rule"]:
            one = count[run["rule"]]
            one["planted"] += 1
            one["found"] += run["rule"] in names
            one["as_remark"] += Said(run["rule"], "remark") in said
            one["first"] += names[:1] == [run["rule"]]
            runs_of["failed"] += failed
        else:
            runs_of["healthy"] += 1
            runs_of["silent"] += all(one.kind == "remark" for one in said)
            runs_of["remarked"] += any(one.kind == "remark" for one in said)
            runs_of["failed_healthy"] += failed
        for name, kind in said[failed:]:
            which = ("remarks", "remarks_healthy") if kind == "remark" else ("said", "healthy")
            count[name][which[0]] += 1
            count[name][which[1]] += not run["rule"]
            count[name]["true"] += kind == "fault" and (name == run["rule"] or name in run["also"])
    total = {key: sum(one[key] for one in count.values()) for key in COUNTS}
    return {"rules": count, "all": total, **runs_of}


def share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def confidence(counts: Mapping[str, int], total: Mapping[str, int]) -> float:
    """How far to trust a finding: the rule's precision, drawn towards that of all rules as by DRAWN more findings; of
    two or three findings alone one cannot know it.

    >>> confidence({"true": 2, "said": 2}, {"true": 90, "said": 100})
    0.93
    """
    known = (counts["true"] + DRAWN * share(total["true"], total["said"])) / (counts["said"] + DRAWN)
    return min(round(known, 2), SUREST)


def confidences(
    runs: Sequence[Kept], rules: Sequence[Rule], thresholds: Mapping[str, float]
) -> dict[str, list[float | None]]:
    """For each rule its confidence in runs of each kind in LIKE; None where it named fewer faults than ENOUGH there."""
    parts = [scores([run for run in runs if run["like"] == kind], rules, thresholds) for kind in LIKE]
    return {
        rule.name: [
            confidence(part["rules"][rule.name], part["all"]) if part["rules"][rule.name]["said"] >= ENOUGH else None
            for part in parts
        ]
        for rule in rules
    }
