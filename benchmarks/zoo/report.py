"""The tables of docs/doctor_zoo.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pellucid.doctor.rules import every_rule

from ..processes import ROOT
from ..report import table, write_page
from .judging import FIRST, OTHER, findings, halves

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


def markdown(kept: Mapping[str, Any], third: Mapping[str, Any] | None, cures: Sequence[Mapping[str, Any]]) -> str:
    runs, half = kept["runs"], halves(kept["runs"])
    trained = sum(run["seconds"][0] for run in runs) / len(runs)
    asked = sum(run["seconds"][1] for run in runs) / len(runs)
    overview = [("the second half", kept[OTHER]), ("the first half, on which thresholds were fitted", kept[FIRST])]
    parts = [
        f"Both halves: {counted(runs)}; made on {kept['made']} in {kept['minutes']:.0f} minutes. On average a run "
        f"trains for {trained:.1f} s, and asking all rules takes {asked:.1f} s.\n",
    ]
    if third:
        overview.insert(0, ("**the third part**", third["scores"]))
        parts.append(f"The third part: {counted(third['runs'])}; made on {third['made']}.\n")
    parts += ["## In all\n", overall(overview)]
    if third:
        parts += [
            "## A third part, written after the rules were finished and run once\n",
            rule_by_rule(kept, third["scores"]),
            "## Where the doctor is wrong, in the third part\n",
            failures(third["runs"], kept["thresholds"]),
        ]
    parts += [
        "## Rule by rule, on the second half\n",
        rule_by_rule(kept, kept[OTHER]),
        "## Where the doctor is wrong, on the second half\n",
        failures([run for run in runs if half[run["group"]] == OTHER], kept["thresholds"]),
    ]
    if cures:
        parts += [
            "## Cures\n",
            "Over both halves, for the runs whose fault is named first with a change of the spec. Not counted: faults "
            "in the data, in layers of one's own and in networks that no spec can say: their remedies are words.\n",
            cures_table(cures),
        ]
    return "\n".join(parts)


def write(kept: Mapping[str, Any], third: Mapping[str, Any] | None, cures: Sequence[Mapping[str, Any]]) -> None:
    write_page(markdown(kept, third, cures), PAGE)
