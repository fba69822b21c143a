"""The answer to `why`: where one number comes from, and, for a parameter, the update that follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .numbers import columns, padded, told
from .step import number
from .view import View

SHOWN = 12  # terms that are printed

Index = tuple[int, ...]


@dataclass(frozen=True)
class Term:
    """One summand: its name, the numbers whose product it is, and the product."""

    label: str
    factors: tuple[float, ...]
    value: float

    def __str__(self) -> str:
        product = " · ".join(map(told, self.factors))
        return product if len(self.factors) == 1 else f"{product} = {told(self.value)}"


@dataclass(frozen=True, repr=False)
class Why:
    """One number, and where it comes from.

    terms: what it is the sum of, the largest first. inputs: the numbers it was computed from, by name, where it is not
    a sum. update: for a trained parameter, (name, before, after) of each number in `update_formula`, its own change and
    the optimizer's memory; None after for what does not change.
    """

    name: str
    index: Index
    formula: str
    value: float  # as the engine computed it
    terms: tuple[Term, ...] = ()
    inputs: Mapping[str, float] = field(default_factory=dict)
    update: tuple[tuple[str, float, float | None], ...] = ()
    update_formula: str = ""
    notes: tuple[str, ...] = ()
    views: tuple[View, ...] = ()  # the same as pictures

    @property
    def sum(self) -> float:
        """The sum of the terms, added up here in float64: the value, but for rounding."""
        return float(sum(term.value for term in self.terms))

    def to_dict(self) -> dict[str, Any]:
        """All of it as lists and numbers."""
        return {
            "name": self.name,
            "index": list(self.index),
            "formula": self.formula,
            "value": number(self.value),
            "sum": number(self.sum) if self.terms else None,
            "terms": [
                {"label": t.label, "factors": [number(f) for f in t.factors], "value": number(t.value)}
                for t in self.terms
            ],
            "inputs": {name: number(v) for name, v in self.inputs.items()},
            "update_formula": self.update_formula,
            "update": [
                {"name": name, "before": number(a), "after": None if b is None else number(b)}
                for name, a, b in self.update
            ],
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        lines = [f"{self.name}{list(self.index)}: {self.formula}"]
        rows = [(name, told(v)) for name, v in self.inputs.items()]
        rows += [(t.label, str(t)) for t in self.terms[:SHOWN]]
        if len(self.terms) > SHOWN:
            rows.append(
                (f"and {len(self.terms) - SHOWN} smaller terms", told(sum(t.value for t in self.terms[SHOWN:])))
            )
        rows.append(("sum", told(self.sum)) if self.terms else ("value", told(self.value)))
        if self.terms and told(self.sum) != told(self.value):
            rows.append(("as the engine has it", told(self.value)))
        lines += [f"  {line}" for line in _aligned(rows)]
        if self.update:
            lines.append(f"  update: {self.update_formula}")
            lines += [f"    {note}" for note in self.notes]
            lines += [f"    {line}" for line in _aligned([_change(*change) for change in self.update])]
        return "\n".join(lines)


def _aligned(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max(columns(name) for name, _ in rows)
    for name, value in rows:
        yield f"{padded(name, width)}   {value}"


def _change(name: str, before: float, after: float | None) -> tuple[str, str]:
    if after is None:
        return name, told(before)
    return name, f"{told(before)} → {told(after)}   ({after - before:+.4g})"


def term(label: str, *factors: float) -> Term:
    """The product of these numbers."""
    values = tuple(map(float, factors))
    return Term(label, values, float(np.prod(values)))


def largest_first(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Sorted by size."""
    return tuple(sorted(terms, key=lambda t: -abs(t.value)))
