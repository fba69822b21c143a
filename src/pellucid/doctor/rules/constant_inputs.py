"""Columns of x that hold one number only."""

from __future__ import annotations

import numpy as np

from ..base import Case, Remedy, Rule, Signal
from ..consequences import OUTCOMES

WIDE = 32  # columns; wider data (images, word counts) may have empty ones, up to half of them


def measure(case: Case) -> Signal | None:
    """Constant columns, relative to how many are no cause for concern: none of up to 32, half of the further ones."""
    x = np.asarray(case.x).reshape(len(case.x), -1)
    if len(x) < 2:
        return None
    still = x.max(axis=0) == x.min(axis=0)
    if case.validation is not None and len(case.validation[0]):  # a rare category may be missing from one part
        held = np.asarray(case.validation[0]).reshape(len(case.validation[0]), -1)
        still &= (held == x[0]).all(axis=0) if held.shape[1] == x.shape[1] else True
    binary = ((x == 0) | (x == 1)).all(axis=0)
    empty = np.flatnonzero(still & binary & (x[0] == 0))
    categories = int((binary & ~still).sum())
    still[empty[:categories]] = False  # one that no row here is of is a column of zeros beside others of 0 and 1
    constant = np.flatnonzero(still)
    value = len(constant) / (1 + max(0, x.shape[1] - WIDE) / 2)
    named = ", ".join(case.column(int(c)) for c in constant[:5]) + (", ..." if len(constant) > 5 else "")
    evidence = f"{len(constant)} of {x.shape[1]} input columns hold the same number in all {len(x)} rows"
    return Signal(value, evidence + (f": {named}." if len(constant) else "."), named)


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy("Leave these columns out, and look where they come from: most likely a join or a conversion failed.")


RULE = Rule(
    name="constant_inputs",
    title="Inputs are constant",
    measure=measure,
    threshold=0.7,
    meaning="A column that never changes tells the network nothing; where all are so, it can only learn the average.",
    remedy=remedy,
    source="skore 0.25, data checks; scikit-learn, VarianceThreshold",
    explains=OUTCOMES
    | {
        "duplicates_in_validation",
        "cannot_overfit_20_samples",
        "vanishing_gradient",
        "dead_relus",
        "saturated",
        "frozen_parameters",
    },
    tolerable=True,
    static=True,
)
