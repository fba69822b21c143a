"""One class that is hardly ever recognized while the others are."""

from __future__ import annotations

import numpy as np

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..experiments import actual

FEWEST = 5  # samples of a class, to judge it by
FEWEST_TO_LEARN = 10  # training samples: with fewer, not many can be expected to be recognized


def measure(case: Case) -> Signal | None:
    """1 - (recall of the worst class) / (mean recall of the others), on the validation data."""
    if facts.task(case).kind == "numbers" or not case.trained:
        return None
    found = actual(case).held if case.validation is not None else actual(case).train
    if not found.recalls:
        return None  # nothing finite comes out
    there = np.bincount(facts.labels(case, case.y), minlength=max(found.recalls) + 1)
    recalls = {
        c: r for c, r in found.recalls.items() if found.counts[c] >= FEWEST and not 0 < there[c] < FEWEST_TO_LEARN
    }
    if len(recalls) < 2:
        return None
    worst = min(recalls, key=lambda c: recalls[c])
    others = sum(r for c, r in recalls.items() if c != worst) / (len(recalls) - 1)
    if others < 0.5 or found.gain < 0.05:
        return None
    evidence = (
        f"{recalls[worst]:.0%} of the {found.counts[worst]} samples of class {worst} are recognized, of the others "
    )
    return Signal(1 - recalls[worst] / others, f"{evidence}{others:.0%}.", f"class {worst}")


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy(
        f"Look at the labels of {signal.where}, in the training and in the validation data: most likely they are "
        "mixed up with another's, or inputs of it are prepared differently; if it is merely rare, pass class_weight."
    )


RULE = Rule(
    name="one_class_always_wrong",
    title="One class is always wrong",
    measure=measure,
    threshold=0.92,
    confidence=0.93,
    meaning="The network learns the task but for one class: that points at this class's data, not at the training.",
    remedy=remedy,
    source="Amazon SageMaker Debugger, Confusion (70 % of a class wrong)",
    explains=frozenset({"underfitting", "overfitting", "trained_too_long"}),
)
