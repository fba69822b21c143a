"""How often what a rule calls a fault is one, in the zoo's runs like the one at hand (docs/doctor_zoo.md).

The table is written by `python -m benchmarks.zoo fit`.
"""

from __future__ import annotations

from .base import Case
from .outcome import SIZES, like

LIKE = tuple(f"{task}, {size}" for task in ("classes", "numbers") for size in SIZES)
NONE: tuple[float | None, ...] = (None,) * len(LIKE)
TRUE: dict[str, tuple[float | None, ...]] = {
    # measured: begin
    # measured: end
}


def confidence(rule: str, case: Case) -> float | None:
    """How often the rule's word on a run like this one is true; None where too few such were ever tested."""
    kind = like(case)
    return None if kind is None else TRUE.get(rule, NONE)[LIKE.index(kind)]
