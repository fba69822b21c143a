"""From the signals of runs to thresholds, and to what these are worth, judged on runs that nobody had seen.

A run is *planted* for a rule if the rule ought to name its fault. A finding is *true* if the run was planted for that
rule, or if the row says that this is true of it, too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pellucid.doctor.base import Rule

Kept = Mapping[str, Any]  # what running.examined keeps of a row
DRAWN = 4  # findings that what is known of all rules counts as
SUREST = 0.99  # nobody can be certain


def findings(run: Kept, rules: Sequence[Rule], thresholds: Mapping[str, float]) -> list[str]:
    """The rules that speak up, as doctor/examining.py lets them: what a deeper finding explains is dropped, and what it
    only remarks of a training that works."""
    remarks = {name for name, kind in run.get("said", ()) if kind == "remark"}
    explained: set[str] = set()
    found: list[Rule] = []
    for rule in rules:
        value = run["signals"].get(rule.name)
        if rule.name not in explained and value is not None and value > thresholds[rule.name]:
            found.append(rule)
            explained |= rule.explains
    return [rule.name for rule in found if rule.name not in explained | remarks]


def told(runs: Sequence[Kept]) -> str:
    """What the doctor said of runs, in a line; remarks do not count as faults, and a failure without a cause does.

    >>> told([{"rule": "a", "also": [], "said": [["a", "fault"]]}, {"rule": "", "also": [], "said": [["a", "remark"]]}])
    'causes named 1/1 (0 of them in remarks alone, 1 first), statements true 1/1, healthy runs silent 1/1'
    """
    faulty, healthy = ([run for run in runs if bool(run["rule"]) == planted] for planted in (True, False))
    faults = [[name for name, kind in run.get("said", ()) if kind == "fault"] for run in (*faulty, *healthy)]
    of_faulty = list(zip(faulty, faults, strict=False))
    named = sum(any(name == run["rule"] for name, _ in run.get("said", ())) for run in faulty)
    as_fault = sum(run["rule"] in said for run, said in of_faulty)
    first = sum(said[:1] == [run["rule"]] for run, said in of_faulty)
    true = sum(name in (run["rule"], *run["also"]) for run, said in of_faulty for name in said)
    silent = sum(not said for said in faults[len(faulty) :])
    return (
        f"causes named {named}/{len(faulty)} ({named - as_fault} of them in remarks alone, {first} first), statements "
        f"true {true}/{sum(map(len, faults))}, healthy runs silent {silent}/{len(healthy)}"
    )


# Thresholds ----------------------------------------------------------------------------------------------------------


def fitted(rule: Rule, rules: Sequence[Rule], runs: Sequence[Kept]) -> float:
    """The rule's own threshold, if it has the best F1 that any has; else one in the middle of the gap that has it.

    So where the runs leave a wide gap, it is for the rule's author to say where in it the fault begins. Runs planted
    for a rule that explains this one do not count: there this rule is not asked.
    """
    silencing = {other.name for other in rules if rule.name in other.explains}
    judged = [
        (float(run["signals"][rule.name]), run["rule"] == rule.name)
        for run in runs
        if run["signals"].get(rule.name) is not None
        and (run["rule"] == rule.name or not (run["rule"] in silencing or rule.name in run["also"]))
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


def scores(runs: Sequence[Kept], rules: Sequence[Rule], thresholds: Mapping[str, float]) -> dict[str, Any]:
    """For each rule, and over all: counts of planted runs, of those found, of those named first, of findings, of true
    ones, and of runs without a fault in which it spoke up."""
    count = {rule.name: dict.fromkeys(("planted", "found", "first", "said", "true", "healthy"), 0) for rule in rules}
    silent = healthy = 0
    for run in runs:
        said = findings(run, rules, thresholds)
        if run["rule"]:
            one = count[run["rule"]]
            one["planted"] += 1
            one["found"] += run["rule"] in said
            one["first"] += said[:1] == [run["rule"]]
        else:
            healthy += 1
            silent += not said
        for name in said:
            count[name]["said"] += 1
            count[name]["true"] += name == run["rule"] or name in run["also"]
            count[name]["healthy"] += not run["rule"]
    total = {key: sum(one[key] for one in count.values()) for key in next(iter(count.values()))}
    return {"rules": count, "all": total, "silent": silent, "healthy": healthy}


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
