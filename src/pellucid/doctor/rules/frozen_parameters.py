"""Weights that stayed as they were drawn."""

from __future__ import annotations

import numpy as np

from ..base import Case, Remedy, Rule, Signal
from ..consequences import OUTCOMES
from ..copies import drawn, rates
from ..inside import at_start, now

STILL = 1e-9  # ‖Δp‖/‖p‖ of a step that moved nothing


def measure(case: Case) -> Signal | None:
    """The share of weight matrices that are, to the bit, what the model's key draws at first; or that no step that was
    looked at moved; or whose gradient is 0 throughout, before the first step and now, so that only penalties move them.
    """
    if not case.trained or (case.stopped is not None and len(case.history.get("loss", ())) < 2):
        return None
    first = drawn(case)
    kernels = {name: case.model.p[name] for name, p in first.items() if p.ndim >= 2}
    if not kernels or rates(case).max() == 0:
        return None
    unmoved = [
        name
        for name, p in kernels.items()
        if np.array_equal(p, first[name]) or _never_moved(case, name) or _led_nowhere(case, name)
    ]
    zero = [name for name in unmoved if not first[name].any()]
    evidence = f"{len(unmoved)} of {len(kernels)} weight matrices have not moved since they were drawn"
    frozen = [name for name in unmoved if name not in case.model.trained_names()]
    if unmoved:
        evidence += f" ({', '.join(unmoved[:4])}{', ...' if len(unmoved) > 4 else ''})"
        evidence += ": they are all 0." if zero == unmoved else ": trainable is False." if frozen == unmoved else "."
    return Signal(len(unmoved) / len(kernels), evidence.rstrip(".") + ".", unmoved[0] if unmoved else "")


def _led_nowhere(case: Case, name: str) -> bool:
    looks = [at_start(case), now(case)]
    return all(name in look.gradients and not look.gradients[name].any() for look in looks)


def _never_moved(case: Case, name: str) -> bool:
    ratios = [look.ratios[name] for look in case.looks if name in look.ratios]
    return len(ratios) >= 3 and all(abs(r) < STILL for r in ratios)


def remedy(case: Case, signal: Signal) -> Remedy:
    if "all 0" in signal.evidence:
        return Remedy(
            "Draw weights at random (glorot_uniform): units that begin alike, at 0, get no gradient or the same."
        )
    path = signal.where.rpartition("/")[0]
    return Remedy(
        f"Set trainable=True for layer {path!r} and compile again; where it is True, its gradient is exactly 0: look "
        "at the backward of the layers behind it."
    )


RULE = Rule(
    name="frozen_parameters",
    title="Parameters do not move",
    measure=measure,
    threshold=0.01,
    meaning="Training goes on around random weights. Freezing makes sense for weights that were trained before; these "
    "were not.",
    remedy=remedy,
    source="Amazon SageMaker Debugger, UnchangedTensor",
    explains=OUTCOMES | {"cannot_overfit_20_samples", "learning_rate_too_low"},
    tolerable=True,
)
