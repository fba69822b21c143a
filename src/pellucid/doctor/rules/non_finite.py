"""A loss, an output, a gradient or a parameter that became NaN or infinite."""

from __future__ import annotations

import math

import numpy as np

from ..base import Case, Remedy, Rule, Signal
from ..consequences import INSIDE, OUTCOMES, STRENGTHS
from ..remedies import rate_now, rounded


def measure(case: Case) -> Signal | None:
    """1 where training was stopped by such a number, or the logs or parameters hold one, else 0."""
    if case.stopped is not None:
        return Signal(1.0, str(case.stopped), case.stopped.where)
    for name, values in case.history.items():
        bad = [i for i, v in enumerate(values) if not math.isfinite(float(np.sum(v)))]
        if bad and "loss" in name:
            return Signal(1.0, f"{name} is {values[bad[0]]} in epoch {bad[0] + 1}.", name)
    for name, p in case.model.p.items():
        if not np.isfinite(p).all():
            return Signal(1.0, f"{int((~np.isfinite(p)).sum())} entries of {name!r} are not finite.", name)
    return Signal(0.0, "Every loss and parameter is finite.")


def remedy(case: Case, signal: Signal) -> Remedy:
    rate = rounded(rate_now(case) / 10)
    return Remedy(
        f"Begin with what the evidence names; most often a learning rate of {rate:g} or global_clipnorm=1 cures it.",
        {"learning_rate": rate},
    )


RULE = Rule(
    name="non_finite",
    title="Numbers are no longer finite",
    measure=measure,
    threshold=0.5,
    meaning="A NaN spreads to every number that is computed from it: nothing after it means anything.",
    remedy=remedy,
    source="DeepDiagnosis (ICSE 2022); Amazon SageMaker Debugger, NotANumber",
    explains=OUTCOMES | STRENGTHS | (INSIDE - {"exploding_gradient", "vanishing_gradient"}) | {"learning_rate_too_low"},
)
