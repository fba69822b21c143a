"""One class that is hardly ever recognized while the others are."""

from __future__ import annotations

import numpy as np

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..experiments import unweighed
from .class_imbalance import relabelled

FEWEST = 5  # samples of a class, to judge it by
FEWEST_TO_LEARN = 10  # training samples: of a class with fewer, not many can be expected to be recognized


def measure(case: Case) -> Signal | None:
    """1 - (recall of the worst class) / (mean recall of the others), on the validation data."""
    if not facts.one_label_each(case) or not case.trained:
        return None
    found = unweighed(case).held if case.validation is not None else unweighed(case).train
    if not found.recalls:
        return None  # nothing finite comes out
    there = np.bincount(facts.labels(case, case.y), minlength=max(found.recalls) + 1)
    held = facts.labels(case, case.y if case.validation is None else case.validation[1])
    recalls = {
        c: r
        for c, r in found.recalls.items()
        if found.counts[c] >= FEWEST and (not 0 < there[c] < FEWEST_TO_LEARN or relabelled(c, there, held))
    }
    if len(recalls) < 2:
        return None
    worst = min(recalls, key=lambda c: recalls[c])
    others = sum(r for c, r in recalls.items() if c != worst) / (len(recalls) - 1)
    unheard = weightless(case, worst)
    if not unheard and (others < 0.5 or found.gain < 0.05):
        return None
    nothing = ", which weigh nothing" if unheard else ""
    evidence = (
        f"{recalls[worst]:.0%} of the {found.counts[worst]} samples of {case.called(worst)} are recognized, of the "
        f"others {others:.0%}; {there[worst]} of it are trained on{nothing}."
    )
    return Signal(1 - recalls[worst] / others, evidence, case.called(worst), worst)


def weightless(case: Case, c: int) -> bool:
    """Whether no sample of class c counts in the loss."""
    if case.sample_weight is None or not facts.one_label_each(case):
        return False
    of_it = case.sample_weight[facts.labels(case, case.y) == c]
    return bool(of_it.size and not of_it.any())


def remedy(case: Case, signal: Signal) -> Remedy:
    if weightless(case, int(signal.aim)):
        return Remedy(f"Give {signal.where} a weight above 0 in class_weight or sample_weight.")
    return Remedy(
        f"Look at the labels of {signal.where}, in the training and in the validation data: most likely they are "
        "mixed up with another's, or inputs of it are prepared differently; if it is merely rare, pass class_weight."
    )


RULE = Rule(
    name="one_class_always_wrong",
    title="One class is always wrong",
    measure=measure,
    threshold=0.87,
    meaning="The network learns the task but for one class: that points at this class's data, not at the training.",
    remedy=remedy,
    source="Amazon SageMaker Debugger, Confusion (70 % of a class wrong)",
    explains=frozenset({"underfitting", "overfitting", "trained_too_long"}),
)
