"""Cells that are no numbers, or no dates, where nearly all others of their column are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import numpy as np

from ..arrays import Array
from ..errors import DataError
from .cells import (
    BRACKETS,
    FORMATS,
    TRIED,
    is_number,
    mark_at,
    marked,
    moment,
    moments,
    numbers,
    reads,
    style_of,
    unbracketed,
)
from .table import Table

MOSTLY = 0.98  # share of a column's different values that are numbers or dates, from which on the others are mistakes
MANY = 20  # different numbers or dates, beyond which the share of cells tells as much,
NEARLY = 0.95  # which must be so large
OFTEN = 0.9  # share of cells, from which on it is said why a column is one of words
SHOWN = 3  # words in a sentence


def but_for(table: Table, name: str, cells: Array, counts: Counter[str], style: str) -> str:
    """Why a column of which most cells are numbers, in this style, or dates is one of words all the same; "" where they
    are not. counts: of its different words. Raises DataError where nearly all are, so that the others are mistakes.

    >>> table = Table.of({"size": ["1", "2", "3", "4"] * 5 + ["5?"]})
    >>> but_for(table, "size", table["size"], Counter(table["size"].tolist()), "plain")
    "is read as words for 1 of its 21 cells, which is no number: '5?' (row 20)"
    """
    bad, kind = numbers(cells, style)[1], "number"
    if bad.sum() > (1 - OFTEN) * counts.total() and (form := _usual_format(counts.keys())):
        bad, kind = moments(cells, form)[1], "date"
    wrong = {*cells[bad].tolist()}
    right, share = len(counts) - len(wrong), 1 - int(bad.sum()) / counts.total()
    if not wrong:  # dates that are too long, or too short, to be taken for some
        return ""
    if right >= MOSTLY * len(counts) or (right > MANY and share >= NEARLY):
        row, *others = _firsts(cells, wrong)
        more = f"Likewise {_listed(table, cells, others)}. " if others else ""
        fix = f"{more}Correct {'each' if others else 'the'} cell, or leave it empty where the {kind} is missing"
        fix += f"; or leave the column out: --drop {name}."
        unit = f" with {mark}" if kind == "number" and (mark := _mark(style)) else ""
        like = f"a {kind}{unit}, as elsewhere in the column"
        raise DataError(table.place(row, name), like, cells[row], fix)
    if share >= OFTEN:
        n, what = int(bad.sum()), f"is no {kind}" if bad.sum() == 1 else f"are no {kind}s"
        told = _listed(table, cells, _firsts(cells, wrong))
        return f"is read as words for {n} of its {counts.total()} cells, which {what}: {told}"
    return _in_two_styles(table, cells, counts.keys()) or _in_two_units(table, cells, counts)


def usual_mark(counts: Counter[str]) -> str:
    """The sign or unit at nearly all of these words, each counted; "" where there is none.

    >>> usual_mark(Counter({"12 kg": 50, "13kg": 49, "14": 1})), usual_mark(Counter({"12 kg": 1, "13": 1}))
    ('kg', '')
    """
    by_mark = Counter[str]()
    for text, count in counts.items():
        by_mark[mark_at(unbracketed(text))] += count
    mark, most = max(by_mark.items(), key=lambda item: item[1], default=("", 0))
    return mark if most >= NEARLY * counts.total() else ""


def without_mark(table: Table, cells: Array, counts: Counter[str], style: str) -> str:
    """What there is to say of numbers in this style of which some lack the sign or unit that the others have."""
    mark = _mark(style)
    lacking = {text for text in counts if mark and mark_at(unbracketed(text)) != mark}
    if not lacking:
        return ""
    n, total = sum(counts[text] for text in lacking), counts.total()
    told = _listed(table, cells, _firsts(cells, lacking))
    return f"has {mark} at {total - n} of its {total} numbers, and the others are read as if they had it: {told}"


def but_for_capitals(words: Collection[str]) -> str:
    """What there is to say where some of these words are the same but for capitals; "" for none.

    >>> but_for_capitals(["Oslo", "Bern", "oslo"])
    'holds words that differ in capitals alone, such as Oslo and oslo; they are told apart'
    """
    first: dict[str, str] = {}
    for word in words:
        if (other := first.setdefault(word.casefold(), word)) != word:
            return f"holds words that differ in capitals alone, such as {other} and {word}; they are told apart"
    return ""


def _in_two_styles(table: Table, cells: Array, different: Collection[str]) -> str:
    """What there is to say where all are numbers, some with a decimal comma and some with a point."""
    if not different or not all(any(is_number(style, text) for style in ("plain", "comma")) for text in different):
        return ""
    style, _ = style_of(different)
    one = next(text for text in different if is_number(style, text) and not text.isdigit())
    other = next(text for text in different if not is_number(style, text))
    told = _listed(table, cells, _firsts(cells, {one, other}))
    return f"is read as words, as its numbers are not written in one way: {told}"


def _in_two_units(table: Table, cells: Array, counts: Counter[str]) -> str:
    """What there is to say where most are numbers, of which some have a sign or unit and others another, or none."""
    marks: dict[str, list[str]] = {}
    mark_of = {text: mark_at(unbracketed(text)) for text in counts}
    if len(set(mark_of.values())) < 2:
        return ""
    for text, mark in mark_of.items():
        if any(is_number(style, marked(text, [BRACKETS, mark])) for style in ("plain", "grouped", "comma")):
            marks.setdefault(mark, []).append(text)
    found = sum(counts[text] for texts in marks.values() for text in texts)
    if len(marks) < 2 or found < OFTEN * counts.total():
        return ""
    told = _listed(table, cells, _firsts(cells, [texts[0] for texts in marks.values()]))
    bare = sum(counts[text] for text in marks.get("", []))
    if bare:
        units = f"{found - bare} of its {counts.total()} cells have a unit and {bare} have none"
        return f"is read as words, as {units}: {told}"
    return f"is read as words, as its numbers have different units: {told}"


def _mark(style: str) -> str:
    """The sign or unit that belongs to a style of numbers; "" for none."""
    return next((mark for mark in style.split(" ")[1:] if mark != BRACKETS), "")


def _usual_format(texts: Collection[str]) -> str:
    """The format in which most of these different texts are dates; "" for none.

    >>> _usual_format(["2025-01-31", "2025-13-45", "2025-02-01"]), _usual_format(["a1", "b2"])
    ('iso', '')
    """
    few = [text for text in list(texts)[:TRIED] if any(map(str.isdigit, text))]
    likely = [form for form in FORMATS if any(reads(moment, text, form) for text in few[:3])]
    fits = {form: sum(reads(moment, text, form) for text in few) for form in likely}
    best = max(fits, key=lambda form: fits[form], default="")
    return best if best and fits[best] > len(few) / 2 else ""


def _firsts(cells: Array, wrong: Collection[str]) -> list[int]:
    """The row in which each of these words stands first, in their order."""
    found: dict[str, int] = {}
    for row in np.flatnonzero([cell in wrong for cell in cells.tolist()]).tolist():
        found.setdefault(cells[row], row)
    return list(found.values())


def _listed(table: Table, cells: Array, rows: list[int]) -> str:
    """Some of these rows' words, and where they stand."""
    told = [f"{cells[row]!r} ({table.spot(row)})" for row in rows[:SHOWN]]
    if len(rows) > SHOWN:
        return f"{', '.join(told)} and {len(rows) - SHOWN} other{'s' if len(rows) > SHOWN + 1 else ''}"
    return " and ".join(filter(None, [", ".join(told[:-1]), told[-1]]))
