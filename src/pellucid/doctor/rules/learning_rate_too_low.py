"""A learning rate at which nothing gets anywhere."""

from __future__ import annotations

from ..base import Case, Remedy, Rule, Signal
from ..blaming import UNTOLD, longer_by, lost, room, worth
from ..consequences import OUTCOMES, STRENGTHS
from ..experiments import actual, trial
from ..pace import at_better_pace, higher
from ..remedies import rate_now

HIGHER = (10.0, 100.0, 1000.0, 10000.0)


def measure(case: Case) -> Signal | None:
    """The share of a twin's success that the run lacks even in five times its steps or more, the twin being trained
    with 10, 100, ... times the learning rate in as many steps, none above what the optimizer's kind is ever used with;
    on training and held-out data alike."""
    run, rate = actual(case), rate_now(case)
    factors = higher(case, HIGHER)
    if room(run) < UNTOLD or not factors:
        return Signal(0.0, f"With learning rate {rate:.3g} the training loss came to {run.train.loss:.3g}.")
    factor = longer_by(case)
    longer = trial(case, longer=factor) if factor else run
    found = {}
    for factor in factors:
        other = trial(case, rate=factor)
        found[factor] = min(lost(run, other), lost(longer, other)) * worth(case, other)
    best = max(found, key=lambda factor: found[factor])
    other = trial(case, rate=best)
    evidence = (
        f"With learning rate {rate:.3g} the training loss came to {run.train.loss:.3g} (a dummy has "
        f"{run.train.dummy_loss:.3g}), in {longer.steps} steps to {longer.train.loss:.3g}; a copy trained for "
        f"{other.steps} steps with {rate * best:.1g} came to {other.train.loss:.3g}."
    )
    return Signal(max(0.0, found[best]), evidence)


def remedy(case: Case, signal: Signal) -> Remedy:
    return at_better_pace(case)


RULE = Rule(
    name="learning_rate_too_low",
    title="The learning rate is too low",
    measure=measure,
    threshold=0.4,
    meaning="Each step moves the weights so little that the training ends before it has got anywhere.",
    remedy=remedy,
    source="Goodfellow, Bengio & Courville, Deep Learning (2016), section 8.3.1; Karpathy, CS231n notes (updates of "
    "about 1/1000 of the weights)",
    explains=(OUTCOMES - {"class_imbalance"}) | STRENGTHS | {"cannot_overfit_20_samples", "frozen_parameters"},
)
