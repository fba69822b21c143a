"""Small things that several of the studio's answers are made of."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import PellucidError, shown
from ..tables.cells import with_decimal

PLACE = re.compile(r"\S*/pellucid-studio-\w+/(?:[0-9a-f]{8}/)?")  # of an upload: nothing that its owner knows
ENTRY = re.compile(r"layers, entry (\d+)((?:, layers, entry \d+)*)")


def stat_of(path: Path) -> os.stat_result | None:
    """What the system tells of a file; None where there is none. A folder in which somebody trains has files that were
    there a moment ago: what is being written has another name until it is whole."""
    try:
        return path.stat()
    except OSError:
        return None


def changed(path: Path) -> int:
    """When a file was last written, in nanoseconds; 0 where there is none."""
    found = stat_of(path)
    return 0 if found is None else found.st_mtime_ns


def told_number(value: float, decimal: str = ".") -> str:
    """A number as the page writes it: four digits that matter, and all before the point; with the decimal mark that the
    table has, to whose owner 2,004 is little more than two.

    >>> told_number(11671.4), told_number(0.36), told_number(1250000), told_number(2004.2, ",")
    ('11,671', '0.36', '1,250,000', '2.004')
    """
    text = f"{value:,.0f}" if 1000 <= abs(value) < 1e12 else f"{value:.4g}"
    return with_decimal(text, decimal)


def plain_cell(cell: Any) -> Any:
    """A cell as JSON has it; None where it is missing."""
    if cell is None or cell != cell:
        return None
    if isinstance(cell, np.number):
        return cell.item()
    return cell if isinstance(cell, int | float | str) else str(cell)


def told_problem(problem: BaseException) -> dict[str, Any]:
    """An error as the page shows it: the sentence and its parts, and the block at which it stands."""
    if not isinstance(problem, PellucidError):
        sentence = f"{type(problem).__name__}: {problem}" if str(problem) else type(problem).__name__
        return {"error": PLACE.sub("", sentence), "where": "", "expected": "", "got": "", "fix": "", "entry": None}
    got = problem.got if isinstance(problem.got, str) else shown(problem.got)
    found = ENTRY.search(problem.where)
    entry = None if found is None else [int(n) - 1 for n in re.findall(r"entry (\d+)", found[0])]
    parts = {
        "error": str(problem),
        "where": problem.where,
        "expected": problem.expected,
        "got": got,
        "fix": problem.fix,
    }
    return {**{name: PLACE.sub("", str(part)) for name, part in parts.items()}, "entry": entry}
