"""How often applying a finding's remedy cures a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pellucid.doctor.base import faults
from pellucid.doctor.examining import examine
from pellucid.errors import PellucidError

from .planters import IN_NETWORK
from .rows import BASES, Row
from .running import trained

NEAR = 0.1  # how far a cured run's score may be below its healthy twin's
CONDITIONS = frozenset({"fewer_rows", "noisy_targets", "rare_class"})  # plants that the healthy twin has, too


def twin_of(row: Row) -> Row:
    """The same data, rows and seed, with what suits the data."""
    base = {name: value for name, value in BASES[row.data].items() if name != "rows"}
    plants = tuple(plant for plant in row.plants if plant[0] in CONDITIONS)
    return replace(row, rule="", spec={**base, "seed": row.spec["seed"]}, plants=plants)


def cured(row: Row) -> dict[str, Any]:
    """Whether the change that the first finding proposes makes the finding go away, and the run as good as its twin.

    A network that no spec can say has no spec to change.
    """
    found = examine(trained(row).case)
    told: dict[str, Any] = {"name": row.name, "rule": row.rule, "found": found[0].rule if found else ""}
    said = all(name not in IN_NETWORK for name, _ in row.plants)
    if not said or not found or found[0].rule != row.rule or not found[0].change:
        return told | {"change": None}
    change = dict(found[0].change)
    healthy = trained(twin_of(row)).score
    told |= {"change": change, "twin": round(healthy, 4), "gone": False, "near": False, "cured": False}
    try:
        after = trained(replace(row, spec={**row.spec, **change}))
    except PellucidError as problem:  # a remedy that cannot be applied cures nothing
        return told | {"problem": str(problem)}
    left = [finding.rule for finding in faults(examine(after.case))]
    gone, near = row.rule not in left, after.score >= healthy - NEAR
    return told | {"left": left, "score": round(after.score, 4), "gone": gone, "near": near, "cured": gone and near}
