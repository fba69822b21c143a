"""Findings in words, for a terminal."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import Any

from .base import Finding, faults, remarks
from .rules import every_rule

WIDTH = 100
WORKS_ALL_THE_SAME = "Remarks, on what the training works well in spite of:"


def as_text(finding: Finding) -> str:
    """A finding as a short block: what is wrong, how anyone knows, what it means, what to do."""
    known = "" if finding.confidence is None else f" (true in {finding.confidence:.0%} of tests)"
    lines = [f"{'Remark: ' if finding.kind == 'remark' else ''}{finding.title}{known}"]
    for label, words in (("seen", finding.evidence), ("means", finding.meaning), ("do", finding.remedy)):
        lines += _wrapped(label, words)
    changes = ", ".join(f"{name} = {_shown(value)}" for name, value in finding.change.items())
    if changes:
        lines += _wrapped("spec", changes)
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


def nothing_found(asked: Sequence[str]) -> str:
    """What was looked at, where nothing is wrong: the names of the rules that could judge."""
    words = f"Nothing found. {len(asked)} of {len(every_rule())} rules could judge, and none speaks up: "
    return textwrap.fill(words + ", ".join(name.replace("_", " ") for name in asked) + ".", WIDTH)


def _wrapped(label: str, words: str) -> list[str]:
    return textwrap.wrap(words, WIDTH, initial_indent=f"  {label:<7}", subsequent_indent=" " * 9)


def _shown(value: Any) -> str:
    return json.dumps(value)
