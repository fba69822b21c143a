"""Targets that the output activation cannot give."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..consequences import ALL
from ..wires import end_of, ends_in, function_of

FAR = 1e4  # from 0: where the range is looked for
UNBOUNDED = FAR / 100


def measure(case: Case) -> Signal | None:
    """The share of targets outside the range of the output activation; of a regression, or of -1 and 1 with a loss that
    is no hinge."""
    end, y, loss = ends_in(case.model), np.asarray(case.y), case.model.loss
    signs = facts.task(case).kind == "binary" and "hinge" not in loss.name and bool(y.min() < 0)
    if not (facts.task(case).kind == "numbers" or signs) or hasattr(loss, "from_logits"):
        return None
    last = end_of(case.model)
    if last is None:
        return None
    low, high = reach(function_of(last))
    share = float(((y < low) | (y > high)).mean())
    evidence = f"{share:.0%} of the targets ({y.min():.3g} to {y.max():.3g}) lie outside {low:g}..{high:g}, all that "
    return Signal(share, f"{evidence}the output activation {end} can give.", "output")


def reach(function: Any) -> tuple[float, float]:
    """The least and the largest that an activation gives.

    >>> from pellucid.activations import softsign
    >>> reach(None), tuple(round(end, 2) for end in reach(softsign))
    ((-inf, inf), (-1.0, 1.0))
    """
    if function is None:
        return -math.inf, math.inf
    far = np.logspace(-3, math.log10(FAR), 500)
    with np.errstate(all="ignore"):
        values = function(np.concatenate([-far, far])[None, :])
    low, high = float(values.min()), float(values.max())
    return (-math.inf if low < -UNBOUNDED else low), (math.inf if high > UNBOUNDED else high)


def remedy(case: Case, signal: Signal) -> Remedy:
    layers = list(case.spec.get("layers", ()))
    linear = [*layers[:-1], {**layers[-1], "activation": "linear"}] if layers and isinstance(layers[-1], dict) else None
    return Remedy("Let the last layer have no activation.", {"layers": linear} if linear else {})


RULE = Rule(
    name="unreachable_targets",
    title="The output activation cannot reach the targets",
    measure=measure,
    threshold=0.02,
    meaning="Whatever the network learns, its outputs stay within the activation's range.",
    remedy=remedy,
    source="Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2",
    explains=ALL,
    static=True,
)
