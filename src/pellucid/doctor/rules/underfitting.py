"""A network that does worse than an ordinary one, on what it has seen, too."""

from __future__ import annotations

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..experiments import actual
from ..ordinary import reference

LEAST = 0.1  # of what there is to gain, that the ordinary network must gain for its word to count


def measure(case: Case) -> Signal | None:
    """The share of an ordinary network's success that the run lacks on training and held-out data alike, less twice the
    standard error; the ordinary one has two hidden layers of 128 ReLU units."""
    if not case.trained:
        return None
    run, other = actual(case), reference(case)
    if other.held.gain < LEAST or len(run.train.counts) == 1:
        return None
    train = 1 - run.train.gain / max(other.train.gain, LEAST)
    held = (other.held.gain - run.held.gain) / other.held.gain
    error = 2 * run.held.error / max(1 - run.held.dummy_score, 1e-9) / other.held.gain
    name = "R²" if facts.task(case).kind == "numbers" else "accuracy"
    evidence = (
        f"The {name} is {run.train.score:.3f} on training and {run.held.score:.3f} on held-out data; an ordinary "
        f"network (two hidden layers of 128) reaches {other.train.score:.3f} and {other.held.score:.3f} on the same."
    )
    return Signal(min(train, held - error), evidence)


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy("Use more or wider hidden layers, such as 128,128.", {"layers": [128, 128]} if case.spec else {})


RULE = Rule(
    name="underfitting",
    title="The network underfits",
    measure=measure,
    threshold=0.08,
    meaning="It is too small, or otherwise unable, to follow what the data have to tell.",
    remedy=remedy,
    source="Goodfellow, Bengio & Courville, Deep Learning (2016), section 5.2; skore, SKD002",
)
