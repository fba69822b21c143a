"""Findings in words, for a terminal."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import Any

from .base import Finding
from .rules import every_rule

WIDTH = 100


def as_text(finding: Finding) -> str:
    """A finding as a short block: what is wrong, how anyone knows, what it means, what to do."""
    lines = [f"{finding.title} (true in {finding.confidence:.0%} of tests)"]
    for label, words in (("seen", finding.evidence), ("means", finding.meaning), ("do", finding.remedy)):
        lines += _wrapped(label, words)
    changes = ", ".join(f"{name} = {_shown(value)}" for name, value in finding.change.items())
    if changes:
        lines += _wrapped("spec", changes)
    lines += _wrapped("source", finding.source)
    return "\n".join(lines)


def nothing_found(asked: Sequence[str]) -> str:
    """What was looked at, where nothing is wrong: the names of the rules that could judge."""
    words = f"Nothing found. {len(asked)} of {len(every_rule())} rules could judge, and none speaks up: "
    return textwrap.fill(words + ", ".join(name.replace("_", " ") for name in asked) + ".", WIDTH)


def _wrapped(label: str, words: str) -> list[str]:
    return textwrap.wrap(words, WIDTH, initial_indent=f"  {label:<7}", subsequent_indent=" " * 9)


def _shown(value: Any) -> str:
    return json.dumps(value)
