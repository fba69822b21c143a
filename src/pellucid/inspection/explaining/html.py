"""An explanation as HTML: nothing fetched, no scripts, light and dark; arrays as tables tinted by their values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

from ...arrays import Array
from ...markup import Html, block, html
from .numbers import shaped, statistics, told
from .step import PHASES, PIECES, Step

ROWS, COLUMNS = 8, 12  # of a table; what is larger is shortened
EDGE = "…"


def fragment(heading: str, notes: Sequence[str], steps: Sequence[Step]) -> str:
    """What a notebook shows."""
    parts = [html("<p><strong>{}</strong></p>", heading), *(html("<p>{}</p>", note) for note in notes)]
    for phase in PHASES:
        chosen = [step for step in steps if step.phase == phase]
        if chosen:
            parts.append(html("<h3>{}</h3>", phase.capitalize()))
            parts += [Html(_step(step)) for step in chosen]
    return block(*parts)


def page(title: str, body: str) -> str:
    """A file of its own."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>body {{ margin: 0 }}</style></head>\n<body>{body}</body></html>\n"
    )


def _step(step: Step) -> str:
    notes = "".join(f'<p class="soft">{escape(note)}</p>' for note in step.notes)
    arrays = "".join(_arrays(step))
    pieces = PIECES.split(step.formula)
    formula = f"<span>{',</span><span>'.join(map(escape, pieces))}</span>"
    return (
        f"<details><summary><strong>{escape(step.name)}</strong> "
        f'<span class="soft">{escape(step.kind)}</span> <span class="formula">{formula}</span></summary>'
        f"{notes}{arrays}</details>"
    )


def _arrays(step: Step) -> Iterator[str]:
    for arrays, arrow in ((step.inputs, ""), (step.outputs, "→ ")):
        for name, a in arrays.items():
            words = f" · {statistics(a)}" if a.size > 1 else ""
            yield (
                f'<div class="array"><strong>{arrow}{escape(name)}</strong> '
                f'<span class="soft">{escape(shaped(a) + words)}</span>{_array(a)}</div>'
            )


def _array(a: Array) -> str:
    """A table of the last two axes, of the first sample where there are more."""
    if a.size == 0:
        return ""
    if a.ndim > 2:
        first = (0,) * (a.ndim - 2)
        more = f'<span class="soft"> · shown: {list(first)}</span>'
        return more + _array(a[first])
    grid = a.reshape(1, -1) if a.ndim < 2 else a
    largest = float(np.abs(grid[np.isfinite(grid)]).max(initial=0.0)) or 1.0
    rows: list[str] = []
    for i in _chosen(grid.shape[0], ROWS):
        cells = (
            f"<td>{EDGE}</td>" if i is None or j is None else _cell(float(grid[i, j]), largest)
            for j in _chosen(grid.shape[1], COLUMNS)
        )
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _cell(value: float, largest: float) -> str:
    """A number on a tint of its sign, as strong as it is large."""
    strength = min(abs(value) / largest, 1.0) if np.isfinite(value) else 1.0
    colour = "--up" if value >= 0 else "--down"
    return f'<td style="background: rgba(var({colour}), {0.45 * strength:.2f})">{escape(told(value))}</td>'


def _chosen(n: int, most: int) -> list[int | None]:
    """The rows or columns to show: all, or the first and the last with a gap, None, between."""
    if n <= most:
        return list(range(n))
    last = most // 3
    return [*range(most - last - 1), None, *range(n - last, n)]
