"""Explain a trained network on rows of data: the step that training would take next, laid open."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from ..data.labels import Names
from ..errors import InvalidArgument, Told
from ..files import write_text_whole
from ..inspection.explaining import Explanation, Why
from .apply import opened_for, targets_of

ENTRY = re.compile(r"([^\[\]]+)\[\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*\]")  # dense/kernel[3, 5]


def explain(path: Path, data: str | None, rows: Sequence[int], engine: str = "auto") -> tuple[Explanation, Names]:
    """What a run (its folder) or a .keras file computes for these rows of the test part of a data set, or of an .npz
    file; without targets in it, the forward pass alone. And the names of the classes, () for none."""
    opened = opened_for(path, data, whole=True)
    last = len(opened.x) - 1
    for row in rows:
        if not 0 <= row <= last:
            raise InvalidArgument("explain, --row", f"a row from 0 to {last}", row)
    chosen = list(rows)
    if opened.y is None:
        return opened.model.explain(opened.x[chosen], engine=engine), opened.names
    y = targets_of(opened, f"data {data or 'of the run'}, y")
    return opened.model.explain(opened.x[chosen], y[chosen], engine=engine), opened.names


def why(explanation: Explanation, entry: str) -> Why:
    """Where the number that "dense/kernel[3,5]" names comes from."""
    found = ENTRY.fullmatch(entry.strip())
    if found is None:
        raise InvalidArgument("explain, --why", "a name and an index, such as 'dense/kernel[3,5]'", entry)
    return explanation.why(found[1].strip(), *(int(word) for word in found[2].split(",")))


def as_json(told: Explanation | Why) -> str:
    """It as JSON."""
    return json.dumps(told.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)


def write(out: Path, explanation: Explanation) -> None:
    """Write it to a file, whole: a page, JSON or text, as its name ends."""
    forms: dict[str, Callable[[], str]] = {
        ".html": explanation.html,
        ".json": lambda: as_json(explanation) + "\n",
        ".txt": lambda: explanation.text() + "\n",
    }
    form = forms.get(out.suffix.lower())
    if form is None:
        raise InvalidArgument("explain, --out", f"a file that ends in one of {', '.join(forms)}", Told(out.name))
    write_text_whole(out, form())
