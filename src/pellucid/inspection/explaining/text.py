"""An explanation as text: a heading for each phase, a paragraph for each step, a line for each array."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence

from ...arrays import Array
from .numbers import columns, padded, row, shaped, statistics, told
from .step import PIECES, Step

NARROWEST = 60
MOST_WHOLE = 12  # entries of an array that needs no statistics
LEAST = 6  # entries, and the dots between them, beside statistics


def document(heading: str, notes: Sequence[str], steps: Sequence[Step], width: int | None) -> str:
    """All steps, in so many columns."""
    width = max(width or shutil.get_terminal_size((100, 24)).columns, NARROWEST)
    lines = _wrapped(heading, width, "")
    for note in notes:
        lines += _wrapped(note, width, "")
    before: Step | None = None
    for step in steps:
        if before is None or step.phase != before.phase:
            lines += ["", step.phase.capitalize()]
        lines += [*_head(step, before, width), *_arrays(step, width)]
        before = step
    return "\n".join(lines)


def _head(step: Step, before: Step | None, width: int) -> list[str]:
    """A step's name, formula and notes; in an update like the one before it, the name alone."""
    title = f"  {step.name} ({step.kind})"
    if step.phase == "update" and before is not None and (before.formula, before.notes) == (step.formula, step.notes):
        return _wrapped(f"{title}   likewise", width, " " * 6)
    one_line = f"{title}   {step.formula}"
    lines = [one_line]
    if columns(one_line) > width:
        lines = [*_wrapped(title, width, " " * 6), *_formulas(step.formula, width)]
    for note in step.notes:
        lines += _wrapped(f"    {note}", width, " " * 6)
    return lines


def _formulas(formula: str, width: int) -> list[str]:
    """Formulas on as few lines as they fit on, each broken between two of them where that can be."""
    lines = [""]
    for piece in PIECES.split(formula):
        joined = f"{lines[-1]}, {piece}" if lines[-1] else piece
        if lines[-1] and columns(joined) > width - 4:
            lines[-1] += ","
            joined = piece
            lines.append("")
        lines[-1] = joined
    return [line for text in lines for line in _wrapped(f"    {text}", width, " " * 6)]


def _arrays(step: Step, width: int) -> list[str]:
    arrays = list(_in_order(step))
    names = max((columns(name) for name, _, _ in arrays), default=0)
    shapes = max((len(shaped(a)) for _, _, a in arrays), default=0)
    lines = []
    for name, arrow, a in arrays:
        left = f"    {padded(name, names)}  {shaped(a):<{shapes}}  {arrow} "
        lines.append(left + _told(a, width - columns(left)))
    return lines


def _in_order(step: Step) -> Iterator[tuple[str, str, Array]]:
    """(name, arrow, array): what went in, then what came out; what an array has become, right under it."""
    for name, a in step.inputs.items():
        yield name, " ", a
        if name in step.outputs:
            yield name, "→", step.outputs[name]
    for name, a in step.outputs.items():
        if name not in step.inputs:
            yield name, "→", a


def _told(array: Array, room: int) -> str:
    """An array in a line: all of it, or its ends and statistics."""
    if array.size == 0:
        return "empty"
    if array.ndim == 0:
        return told(array.item())
    if array.size <= MOST_WHOLE:
        whole = row(array, room)
        if "…" not in whole:
            return whole
    if (whole := row(array, room)).startswith("all "):
        return whole
    for words in (statistics(array), statistics(array, short=True)):
        entries = row(array, room - len(words) - 3)
        if len(entries.split()) >= LEAST:
            return f"{entries}   {words}"
    return row(array, room)


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False) or [text]
