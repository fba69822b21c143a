"""Training that ended while it was still getting better."""

from __future__ import annotations

from ..base import Case, Remedy, Rule, Signal
from ..blaming import longer_by, lost_gain
from ..consequences import OUTCOMES
from ..experiments import actual, trial
from ..outcome import failed_at
from ..pace import at_better_pace, best_pace


def measure(case: Case) -> Signal | None:
    """The share of a twin's gain over a dummy, in accuracy or R², that the run lacks, the twin being trained alike
    for five times the steps, or for more where these were few; on training and held-out data alike. Where the run
    failed altogether, the twin may have a higher rate as well."""
    factor = longer_by(case)
    if not case.trained or not factor:
        return None
    run, other, same = actual(case), trial(case, longer=factor), trial(case)
    if failed_at(case) is not None:
        other = best_pace(case).came_to
    value = min(lost_gain(run, other), lost_gain(same, other))
    evidence = (
        f"After {case.steps} steps the training loss was {run.train.loss:.3g} and that on held-out data "
        f"{run.held.loss:.3g}; a copy trained for {other.steps} steps came to {other.train.loss:.3g} and "
        f"{other.held.loss:.3g}."
    )
    return Signal(value, evidence)


def remedy(case: Case, signal: Signal) -> Remedy:
    return at_better_pace(case)


RULE = Rule(
    name="stopped_too_early",
    title="Training stopped too early",
    measure=measure,
    threshold=0.1,
    meaning="The network was still learning, what it saw and what it did not see alike, when its epochs were over.",
    remedy=remedy,
    source="Goodfellow, Bengio & Courville, Deep Learning (2016), section 7.8",
    explains=OUTCOMES - {"class_imbalance"},
)
