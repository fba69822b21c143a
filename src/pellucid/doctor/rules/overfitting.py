"""A network that does much better on what it has seen."""

from __future__ import annotations

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..experiments import actual


def measure(case: Case) -> Signal | None:
    """Accuracy (R² for numbers) on the training data less that on the validation data, less the latter's standard
    error."""
    if not case.trained or case.validation is None:
        return None
    run = actual(case)
    value = min(run.train.score, 1.0) - max(run.held.score, -1.0) - run.held.error
    name = "R²" if facts.task(case).kind == "numbers" else "accuracy"
    evidence = (
        f"The {name} is {run.train.score:.3f} on training and {run.held.score:.3f} on validation data (± "
        f"{run.held.error:.3f}); the network has {case.model.count_params()} parameters for {len(case.x)} samples."
    )
    return Signal(value, evidence)


def remedy(case: Case, signal: Signal) -> Remedy:
    change = {"l2": max(0.01, case.spec.get("l2", 0.0))} if case.spec else {}
    if case.spec and not case.spec.get("dropout"):
        change["dropout"] = 0.5
    return Remedy(
        "More data helps most, made by augmentation if need be: where there are few rows, dropout, l2, a smaller "
        "network and early stopping lessen the gap, and do not close it.",
        change,
    )


RULE = Rule(
    name="overfitting",
    title="The network overfits",
    measure=measure,
    threshold=0.1,
    meaning="It has learned the training data by heart rather than what they have in common with new ones.",
    remedy=remedy,
    source="Goodfellow, Bengio & Courville, Deep Learning (2016), section 5.2; AUTOTRAINER (ICSE 2021); skore, SKD001",
)
