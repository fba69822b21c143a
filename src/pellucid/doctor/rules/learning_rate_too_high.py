"""A learning rate at which steps overshoot."""

from __future__ import annotations

import itertools

from ..base import Case, Remedy, Rule, Signal
from ..blaming import MANY_DEAD, UNTOLD, blame, room, strengths
from ..consequences import INSIDE, OUTCOMES, STRENGTHS
from ..experiments import actual, trial
from ..remedies import rate_now, rounded

LOWEST = 1e-8  # of the run's rate
LEARNING = 0.05  # skill of a copy that learns at all
CLEARLY = 0.1  # more to blame
ENOUGH = 0.9  # a share so large that the next tenth need not be tried


def measure(case: Case) -> Signal | None:
    """The share of a twin's success that the run lacks, the twin being trained alike with a tenth, a hundredth, ... of
    the learning rate (in as many steps at most); on training and held-out data alike. Or the share of units that died
    where with the lower rate few do. 0 where a twin without noise or penalties makes clearly more of it."""
    run, rate = actual(case), rate_now(case)
    if room(run) < UNTOLD and run.dead < MANY_DEAD:
        return Signal(0.0, f"With learning rate {rate:.3g} the training loss came to {run.train.loss:.3g}.")
    found = searched(case)
    best = max(found, key=lambda factor: found[factor])
    value = found[best] if strengths(case) < found[best] + CLEARLY else 0.0
    other = trial(case, rate=best)
    evidence = (
        f"With learning rate {rate:.3g} the training loss came to {run.train.loss:.3g}; a copy trained for "
        f"{other.steps} steps with {rate * best:.1g} came to {other.train.loss:.3g} "
        f"(a dummy has {other.train.dummy_loss:.3g})"
    )
    losses = [float(v) for v in case.history.get("loss", ())]
    rises = sum(b > a for a, b in itertools.pairwise(losses))
    if len(losses) > 3 and rises:
        evidence += f"; in the run the loss rose in {rises} of {len(losses) - 1} epochs"
    if case.stopped is not None:
        evidence += f"; the run was ended by {case.stopped.got} ({case.stopped.where})"
    return Signal(value, f"{evidence}.", aim=best)


def searched(case: Case) -> dict[float, float]:
    """The blame by the factor of the rate: down to a hundredth, and on while nothing is learned or each helps more."""
    found: dict[float, float] = {}
    factor, best = 0.1, UNTOLD
    while factor >= LOWEST:
        other = trial(case, rate=factor)
        found[factor] = blame(case, other)
        learns = not other.stopped and other.train.skill > LEARNING
        if found[factor] > ENOUGH or (factor <= 0.01 and learns) or found[factor] < best > UNTOLD:
            break
        best = max(best, found[factor])
        factor /= 10
    return found


def remedy(case: Case, signal: Signal) -> Remedy:
    factor = signal.aim or 0.1
    if trial(case, rate=factor / 10).held.skill > trial(case, rate=factor).held.skill:
        factor /= 10
    rate = rounded(rate_now(case) * factor)
    return Remedy(f"Lower the learning rate to about {rate:g}.", {"learning_rate": rate})


RULE = Rule(
    name="learning_rate_too_high",
    title="The learning rate is too high",
    measure=measure,
    threshold=0.0524,
    meaning="Each step goes beyond the valley that it aims at: the loss jumps about, stays high, or grows without "
    "bound.",
    remedy=remedy,
    source="Goodfellow, Bengio & Courville, Deep Learning (2016), section 8.3.1; Smith, Cyclical learning rates (WACV "
    "2017)",
    explains=OUTCOMES | STRENGTHS | (INSIDE - {"exploding_gradient", "wrong_initial_loss"}) | {"learning_rate_too_low"},
)
