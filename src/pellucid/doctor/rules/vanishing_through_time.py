"""Gradients that are lost on their way back through a sequence: what happened long ago cannot be learned from."""

from __future__ import annotations

from ..base import Case, Remedy, Rule, Signal
from ..blaming import UNTOLD, longer_by, lost, room, worth
from ..consequences import OUTCOMES, STRENGTHS
from ..experiments import actual, trial
from ..remembering import remembering
from ..through_time import at_start, now, told

FADED = 0.01  # of a gradient, at the first step: more can be learned from


def measure(case: Case) -> Signal | None:
    """The share of a twin's success that the run lacks, where of a gradient at the last step of a recurrent layer less
    than 1 % arrives at the first, before training and now; the twin having GRU for SimpleRNN, and biases with which
    gates begin by keeping the state. It is trained for five times the steps, or for more where these were few, and so
    is a copy of the run, which must lack as much. None without a recurrent layer of 8 steps or more."""
    found, later = at_start(case), now(case)
    faded = [
        label for label in found if found[label].first < FADED and (not case.trained or later[label].first < FADED)
    ]
    if not found:
        return None
    worst = min(faded or found, key=lambda label: found[label].first)
    words, run = told(worst, found[worst]), actual(case)
    if not faded or room(run) < UNTOLD:
        return Signal(0.0, f"{words}.", worst)
    factor = longer_by(case) or 1.0
    other, same = remembering(case, longer=factor), trial(case, longer=factor)
    if other is None:
        return None
    value = min(lost(run, other), lost(same, other)) * worth(case, other)
    evidence = (
        f"{words} before training, {later[worst].first:.1e} now; a tenth or more of it over {found[worst].memory} "
        f"steps. In {other.steps} steps the training loss of a copy comes to {same.train.loss:.3g}, with gates that "
        f"begin by keeping the state to {other.train.loss:.3g}."
    )
    return Signal(value, evidence, worst)


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy(
        "Use LSTM or GRU instead of SimpleRNN, with a bias that lets gates keep the state at first (of LSTM's forget "
        "gate, about the logarithm of the number of steps); draw recurrent weights by orthogonal; cut sequences into "
        "shorter windows, or let attention look back."
    )


RULE = Rule(
    name="vanishing_through_time",
    title="The gradient vanishes on its way back through time",
    measure=measure,
    threshold=0.2,
    meaning="Each step passes only a part of the gradient on to the step before it: the layer learns from the last few "
    "steps, and nothing of what happened long ago.",
    remedy=remedy,
    source="Hochreiter (1991); Bengio, Simard & Frasconi, Learning long-term dependencies with gradient descent is "
    "difficult (IEEE Transactions on Neural Networks 5, 1994)",
    explains=OUTCOMES | STRENGTHS | {"cannot_overfit_20_samples"},
)
