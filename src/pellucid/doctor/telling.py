"""Findings in words, for a terminal or a notebook."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

from ..markup import Html, block, folded, heading, html
from .base import Finding, faults, remarks
from .rules import every_rule, rules_of_kinds

WIDTH = 100
WORKS_ALL_THE_SAME = "Remarks, on what the training works well in spite of:"


def as_text(finding: Finding) -> str:
    """A finding as a short block: what is wrong, the evidence, what it means, what to do."""
    known = "" if finding.confidence is None else f" (true in {finding.confidence:.0%} of tests)"
    lines = [f"{'Remark: ' if finding.kind == 'remark' else ''}{finding.title}{known}"]
    for label, words in (("seen", finding.evidence), ("means", finding.meaning), ("do", finding.remedy)):
        lines += _wrapped(label, words)
    if finding.change:
        lines += _wrapped("spec", changes(finding))
    lines += _wrapped("source", finding.source)
    return "\n".join(lines)


def told(found: Sequence[Finding], asked: Sequence[str]) -> str:
    """All that was found: the faults, and under them, as such, the remarks on a training that works all the same."""
    parts = list(map(as_text, faults(found)))
    if remarks(found):
        no_fault = "No fault found. " if not parts else ""
        parts.append(textwrap.fill(f"{no_fault}{WORKS_ALL_THE_SAME}", WIDTH))
        parts += map(as_text, remarks(found))
    return "\n\n".join(parts) if parts else nothing_found(asked)


def as_html(found: Sequence[Finding], asked: Sequence[str]) -> str:
    """The same for a notebook: each finding opens to its evidence and what to do."""
    if not found:
        words = nothing_found(asked) if asked else "Nothing was looked at yet."
        return block(heading("The doctor"), html("<p>{}</p>", words))
    parts = [_folded(one) for one in faults(found)]
    if remarks(found):
        parts += [html("<p>{}</p>", WORKS_ALL_THE_SAME), *map(_folded, remarks(found))]
    return block(heading("The doctor"), *parts)


def _folded(finding: Finding) -> Html:
    known = "" if finding.confidence is None else f"true in {finding.confidence:.0%} of tests"
    title = html('<strong>{}</strong> <span class="soft">{}</span>', finding.title, known)
    told = [("seen", finding.evidence), ("means", finding.meaning), ("do", finding.remedy), ("spec", changes(finding))]
    lines = [html('<p><span class="soft">{}</span> {}</p>', label, words) for label, words in told if words]
    return folded(title, *lines, html('<p class="soft">{}</p>', finding.source))


def nothing_found(asked: Sequence[str]) -> str:
    """What was looked at, where nothing is wrong: the names of the rules that could judge."""
    of_kinds = [rule for rule in rules_of_kinds() if rule.name in asked]  # of networks that have such layers
    count = len(every_rule()) + len(of_kinds)
    words = f"Nothing found. {len(asked)} of {count} rules could judge, and none speaks up: "
    return textwrap.fill(words + ", ".join(name.replace("_", " ") for name in asked) + ".", WIDTH)


def _wrapped(label: str, words: str) -> list[str]:
    return textwrap.wrap(words, WIDTH, initial_indent=f"  {label:<7}", subsequent_indent=" " * 9)


def changes(finding: Finding) -> str:
    """What a spec is to say instead, as a spec says it."""
    return ", ".join(f"{name} = {json.dumps(value)}" for name, value in finding.change.items())
