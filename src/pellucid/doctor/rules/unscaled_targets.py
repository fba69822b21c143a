"""Numbers to predict that are far from the size of a network's outputs."""

from __future__ import annotations

import numpy as np

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..consequences import ALL

LEAST = 0.03  # targets of this root mean square are as far off as those of 1 / 0.03 = 33


def measure(case: Case) -> Signal | None:
    """m = the root mean square of the targets; value max(m, 0.03/m)."""
    if facts.task(case).kind != "numbers":
        return None
    y = np.asarray(case.y, np.float64)
    size = float(np.sqrt(np.square(y).mean()))
    if size == 0 or not np.isfinite(size):
        return None
    evidence = f"The targets have a root mean square of {size:.3g} (mean {y.mean():.3g}, deviation {y.std():.3g}); "
    return Signal(max(size, LEAST / size), evidence + "a fresh network's outputs are about 1.", "targets")


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy(
        "Scale the targets to mean 0 and deviation 1, and predictions back; or end the network in "
        "Normalization(invert=True); or predict their logarithm."
    )


RULE = Rule(
    name="unscaled_targets",
    title="Targets are not scaled",
    measure=measure,
    threshold=30,
    meaning="The last layer must first grow, or shrink, by orders of magnitude, and the gradient has the targets' "
    "size: a learning rate that suits one phase does not suit the other.",
    remedy=remedy,
    source="LeCun, Bottou, Orr & Müller, Efficient BackProp (1998), section 4.5",
    explains=ALL,
    tolerable=True,
    static=True,
)
