"""The two parts of the zoo: what rules and thresholds were made on, and what they are judged by."""

from __future__ import annotations

from . import more, others, unseen
from .faults import FAULTS
from .healthy import HEALTHY
from .later import LATER

SEEN = [*FAULTS, *HEALTHY, *LATER, *others.RECIPES, *more.RECIPES]
UNSEEN = unseen.RECIPES
SPECS = more.RECIPES  # what was unseen before: remedies change a spec, and programs have none


def alike() -> set[str]:
    """The names of the unseen runs that have a plant which seen ones have for the same rule, too."""
    seen = set().union(*(row.marks for recipe in SEEN for row in recipe.rows()))
    return {row.name for recipe in UNSEEN for row in recipe.rows() if row.marks & seen}
