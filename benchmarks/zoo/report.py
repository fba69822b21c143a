"""The tables of docs/doctor_zoo.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pellucid.doctor.rules import every_rule

from ..processes import ROOT
from ..report import table, write_page
from .judging import findings

PAGE = ROOT / "docs" / "doctor_zoo.md"


def percent(part: int, whole: int) -> str:
    """A share with its counts.

    >>> percent(9, 10), percent(0, 0)
    ('90 % (9/10)', '')
    """
    return "" if not whole else f"{100 * part / whole:.0f} % ({part}/{whole})"


def overall(parts: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    rows = []
    for title, part in parts:
        total = part["all"]
        rows.append(
            [
                title,
                percent(total["found"], total["planted"]),
                percent(total["first"], total["planted"]),
                percent(total["true"], total["said"]),
                percent(part["silent"], part["healthy"]),
            ]
        )
    return table(["", "recall", "named first", "precision", "healthy runs without any finding"], rows)


def rule_by_rule(kept: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    rows = []
    for rule in every_rule():
        one = part["rules"][rule.name]
        rows.append(
            [
                f"`{rule.name}`",
                f"{kept['thresholds'][rule.name]:g}",
                percent(one["found"], one["planted"]),
                percent(one["first"], one["planted"]),
                percent(one["true"], one["said"]),
                str(one["healthy"]),
                f"{kept['confidences'][rule.name]:.2f}",
            ]
        )
    return table(["rule", "threshold", "recall", "named first", "precision", "in healthy runs", "confidence"], rows)


def failures(runs: Sequence[Mapping[str, Any]], thresholds: Mapping[str, float]) -> str:
    """The runs about which the doctor is wrong."""
    rules = every_rule()
    lines = []
    for run in runs:
        said = findings(run, rules, thresholds)
        wrong = [name for name in said if name != run["rule"] and name not in run["also"]]
        missed = bool(run["rule"]) and run["rule"] not in said
        if "crashed" in run:
            lines.append([run["name"], f"could not be run: {run['crashed']}"])
        elif wrong or missed:
            lines.append([run["name"], ", ".join(said) or "nothing"])
    return table(["run", "what the doctor says"], lines) if lines else "None.\n"


def cures_table(cures: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for rule in every_rule():
        own = [one for one in cures if one["rule"] == rule.name]
        tried = [one for one in own if one["change"] is not None]
        if tried:
            counts = [sum(one[key] for one in tried) for key in ("gone", "near", "cured")]
            rows.append([f"`{rule.name}`", str(len(own)), *(percent(n, len(tried)) for n in counts)])
    tried = [one for one in cures if one["change"] is not None]
    counts = [sum(one[key] for one in tried) for key in ("gone", "near", "cured")]
    rows.insert(0, ["**all**", str(len(cures)), *(percent(n, len(tried)) for n in counts)])
    return table(["rule", "runs with the fault", "finding gone", "as good as the healthy twin", "cured"], rows)


def counted(runs: Sequence[Mapping[str, Any]]) -> str:
    """How many runs, of how many recipes."""
    faulty = sum(1 for run in runs if run["rule"])
    return (
        f"{faulty} runs with a fault, of {len({run['group'] for run in runs if run['rule']})} recipes, and "
        f"{len(runs) - faulty} healthy ones, of {len({run['group'] for run in runs if not run['rule']})}"
    )


def markdown(seen: Mapping[str, Any], unseen: Mapping[str, Any], cures: Mapping[str, Any] | None) -> str:
    runs, total = unseen["runs"], unseen["scores"]["all"]
    trained, asked = (sum(run["seconds"][i] for run in runs) / len(runs) for i in (0, 1))
    parts = [
        f"Unseen: {counted(runs)}; run on {unseen['made']}.\n\nSeen: {counted(seen['runs'])}; run on {seen['made']}. "
        f"An unseen run trains for {trained:.1f} s on average, and asking all rules takes {asked:.1f} s.\n",
        "## In all\n",
        overall(
            [
                ("**unseen**", unseen["scores"]),
                ("unseen, without plants that the seen part has for the same rule", unseen["apart"]),
                ("seen, on which thresholds were fitted", seen["scores"]),
            ]
        ),
        f"Of the {total['said']} findings on what was unseen, {total['found']} name the planted fault itself, and "
        f"{total['true'] - total['found']} something else that the row says is true.\n",
        "## Rule by rule, on what was unseen\n",
        rule_by_rule(seen, unseen["scores"]),
        "## Where the doctor is wrong, on what was unseen\n",
        failures(runs, seen["thresholds"]),
        "## Rule by rule, on what was seen\n",
        rule_by_rule(seen, seen["scores"]),
        "## Where the doctor is wrong, on what was seen\n",
        failures(seen["runs"], seen["thresholds"]),
    ]
    if cures:
        parts += [
            "## Cures\n",
            f"On the part that was unseen before this one, on {cures['made']}: runs whose fault is named first, with a "
            "change of the spec. "
            "Not counted: faults in the data, in layers of one's own and in networks that no spec can say: their "
            "remedies are words.\n",
            cures_table(cures["runs"]),
        ]
    return "\n".join(parts)


def write(seen: Mapping[str, Any], unseen: Mapping[str, Any], cures: Mapping[str, Any] | None) -> None:
    write_page(markdown(seen, unseen, cures), PAGE)
