"""A learning rate at which nothing gets anywhere."""

from __future__ import annotations

from ..base import Case, Remedy, Rule, Signal
from ..blaming import UNTOLD, longer_by, lost, room, worth
from ..consequences import OUTCOMES, STRENGTHS
from ..experiments import actual, trial
from ..remedies import rate_now, rounded

HIGHER = (10.0, 100.0, 1000.0, 10000.0)


def measure(case: Case) -> Signal | None:
    """The share of a twin's success that the run lacks even in five times its steps or more, the twin being trained
    with 10, 100, ... times the learning rate in as many steps; on training and held-out data alike."""
    run, rate = actual(case), rate_now(case)
    if room(run) < UNTOLD:
        return Signal(0.0, f"With learning rate {rate:.3g} the training loss came to {run.train.loss:.3g}.")
    factor = longer_by(case)
    longer = trial(case, longer=factor) if factor else run
    found = {}
    for factor in HIGHER:
        other = trial(case, rate=factor)
        found[factor] = min(lost(run, other), lost(longer, other)) * worth(case, other)
    best = max(found, key=lambda factor: found[factor])
    other = trial(case, rate=best)
    evidence = (
        f"With learning rate {rate:.3g} the training loss came to {run.train.loss:.3g} (a dummy has "
        f"{run.train.dummy_loss:.3g}), in {longer.steps} steps to {longer.train.loss:.3g}; a copy trained for "
        f"{other.steps} steps with {rate * best:.1g} came to {other.train.loss:.3g}."
    )
    return Signal(found[best], evidence, aim=best)


def remedy(case: Case, signal: Signal) -> Remedy:
    rate = rounded(rate_now(case) * (signal.aim or 10))
    return Remedy(f"Raise the learning rate to about {rate:g}.", {"learning_rate": rate})


RULE = Rule(
    name="learning_rate_too_low",
    title="The learning rate is too low",
    measure=measure,
    threshold=0.4,
    confidence=0.95,
    meaning="Each step moves the weights so little that the training ends before it has got anywhere.",
    remedy=remedy,
    source="Goodfellow, Bengio & Courville, Deep Learning (2016), section 8.3.1; Karpathy, CS231n notes (updates of "
    "about 1/1000 of the weights)",
    explains=(OUTCOMES - {"class_imbalance"}) | STRENGTHS | {"cannot_overfit_20_samples", "frozen_parameters"},
)
