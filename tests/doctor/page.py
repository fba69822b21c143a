"""The rules as docs/guide/doctor.md lists them. `PYTHONPATH=src python tests/doctor/page.py` writes them there."""

from __future__ import annotations

import inspect
from pathlib import Path

from pellucid.doctor import Rule
from pellucid.doctor.consequences import ALL, OUTCOMES, RATES, STRENGTHS
from pellucid.doctor.rules import all_rules

PAGE = Path(__file__).parents[2] / "docs/guide/doctor.md"
MOST = OUTCOMES | STRENGTHS | RATES | {"saturated", "dead_relus"}
BEGIN, END = "<!-- rules: written by tests/doctor/page.py -->\n", "<!-- end of rules -->"


def listed(rule: Rule) -> str:
    """One rule."""
    measured = " ".join(inspect.getdoc(rule.measure).split())
    explains = ", ".join(
        f"`{name}`" for name in sorted(rule.explains - ALL if rule.explains >= MOST else rule.explains)
    )
    if rule.explains >= MOST:
        explains = "all that can come of a training" + (f", {explains}" if explains else "")
    lines = [
        f"### {rule.name}",
        f"**{rule.title}.** {rule.meaning}",
        f"Measured: {measured}",
        f"Speaks up above {rule.threshold:g}{'; needs no training' if rule.static else ''}. Source: {rule.source}."
        + (f" Explains: {explains}." if explains else ""),
    ]
    return "\n\n".join(lines) + "\n"


def rules_section() -> str:
    """All rules, in the order in which they are asked."""
    return "\n".join(map(listed, all_rules())) + "\n"


def written(page: str) -> str:
    """The page with the section as the rules are now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{rules_section()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
