"""The tables of docs/doctor_zoo.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pellucid.doctor.rules import every_rule

from ..processes import ROOT
from ..report import table, write_page
from .judging import FAILED, LIKE, Said, findings

PAGE = ROOT / "docs" / "doctor_zoo.md"
NOT_RUN = (
    "**No unseen numbers.** Rules were changed since the unseen part was run, so nothing below is an independent "
    "judgement: thresholds were fitted on the very runs that are counted.\n"
)


def percent(part: int, whole: int) -> str:
    """A share with its counts.

    >>> percent(9, 10), percent(0, 0)
    ('90 % (9/10)', '')
    """
    return "" if not whole else f"{100 * part / whole:.0f} % ({part}/{whole})"


def in_words(said: Sequence[Said]) -> str:
    """What the doctor says of a run.

    >>> in_words([Said("overfitting", "fault"), Said("constant_inputs", "remark")]), in_words([])
    ('overfitting, remark: constant_inputs', 'nothing')
    """
    return ", ".join(f"remark: {rule}" if kind == "remark" else rule for rule, kind in said) or "nothing"


def overall(parts: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    rows = []
    for title, part in parts:
        total = part["all"]
        rows.append(
            [
                title,
                percent(total["found"], total["planted"]),
                str(total["as_remark"]),
                percent(total["first"], total["planted"]),
                str(part["failed"]),
                percent(total["true"], total["said"]),
                percent(part["silent"], part["healthy"]),
                percent(part["remarked"], part["healthy"]),
            ]
        )
    head = [
        "", "recall", "of these as a remark", "named first", "said to have failed, no cause known",
        "precision of the faults told", "healthy runs without a fault told", "healthy runs with a remark",
    ]  # fmt: skip
    return table(head, rows)


def rule_by_rule(kept: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    rows = []
    for rule in every_rule():
        one = part["rules"][rule.name]
        rows.append(
            [
                f"`{rule.name}`",
                f"{kept['thresholds'][rule.name]:g}",
                percent(one["found"], one["planted"]),
                str(one["as_remark"] or ""),
                percent(one["first"], one["planted"]),
                percent(one["true"], one["said"]),
                str(one["healthy"]),
                f"{one['remarks']} ({one['remarks_healthy']})" if rule.tolerable else "",
            ]
        )
    head = [
        "rule", "threshold", "recall", "of these as a remark", "named first", "precision",
        "faults told in healthy runs", "remarks (in healthy runs)",
    ]  # fmt: skip
    return table(head, rows)


def confidences_table(known: Mapping[str, Sequence[float | None]]) -> str:
    """What findings tell of themselves."""
    rows = [[f"`{name}`", *("" if one is None else f"{one:.2f}" for one in values)] for name, values in known.items()]
    return table(["rule", *LIKE], rows)


def failures(runs: Sequence[Mapping[str, Any]], thresholds: Mapping[str, float]) -> str:
    """The runs about which the doctor is wrong."""
    rules = every_rule()
    lines = []
    for run in runs:
        said = findings(run, rules, thresholds)
        true = {run["rule"], *run["also"]} | ({FAILED} if run["rule"] else set())
        wrong = any(kind == "fault" and name not in true for name, kind in said)
        missed = bool(run["rule"]) and run["rule"] not in [one.rule for one in said]
        if "crashed" in run:
            lines.append([run["name"], f"could not be run: {run['crashed']}"])
        elif wrong or missed:
            lines.append([run["name"], in_words(said)])
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


def markdown(seen: Mapping[str, Any], unseen: Mapping[str, Any] | None, cures: Mapping[str, Any] | None) -> str:
    """The tables; of the unseen part only where it was run with the rules as they are."""
    runs = (unseen or seen)["runs"]
    trained, asked = (sum(run["seconds"][i] for run in runs) / len(runs) for i in (0, 1))
    parts = [(f"Unseen: {counted(unseen['runs'])}; run on {unseen['made']}.\n" if unseen else NOT_RUN)]
    parts += [
        f"Seen: {counted(seen['runs'])}; run on {seen['made']}. A run trains for {trained:.1f} s on average, and "
        f"asking all rules takes {asked:.1f} s.\n",
        "## In all\n",
        overall([*_unseen_rows(unseen), ("seen, on which thresholds were fitted", seen["scores"])]),
        f"## Confidences, from what was {seen['confidences_from']}\n",
        confidences_table(seen["confidences"]),
    ]
    for name, part in (("unseen", unseen), ("seen", seen)):
        if part:
            parts += [
                f"## Rule by rule, on what was {name}\n",
                rule_by_rule(seen, part["scores"]),
                f"## Where the doctor is wrong, on what was {name}\n",
                failures(part["runs"], seen["thresholds"]),
            ]
    if cures and unseen:
        parts += [
            "## Cures\n",
            f"On the part that was unseen before this one, on {cures['made']}: runs whose fault is named first, with a "
            "change of the spec. "
            "Not counted: faults in the data, in layers of one's own and in networks that no spec can say: their "
            "remedies are words.\n",
            cures_table(cures["runs"]),
        ]
    return "\n".join(parts)


def _unseen_rows(unseen: Mapping[str, Any] | None) -> list[tuple[str, Mapping[str, Any]]]:
    if not unseen:
        return []
    return [
        ("**unseen**", unseen["scores"]),
        ("unseen, without plants that the seen part has for the same rule", unseen["apart"]),
    ]


def write(seen: Mapping[str, Any], unseen: Mapping[str, Any] | None, cures: Mapping[str, Any] | None) -> None:
    write_page(markdown(seen, unseen, cures), PAGE)
