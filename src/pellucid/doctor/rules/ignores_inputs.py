"""Outputs that have nothing to do with the inputs, as far as the targets go."""

from __future__ import annotations

import numpy as np

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..copies import copy_of
from ..experiments import actual, judged_on
from ..ordinary import reference

FEWEST = 20  # samples, to tell ignorance from luck
TRAINED = 150  # samples to learn from: from fewer, a network may find nothing that holds for others
ERRORS = 2.5  # standard errors, by which chance is hardly ever off
LEARNED = 0.5  # R² on the training data
FINDABLE = 0.3  # a link that an ordinary network found
OTHERS_FIND = 0.1  # then the data can tell, and the network is more likely too small or badly trained


def measure(case: Case) -> Signal | None:
    """1 - (what the outputs tell of the targets on held-out data): accuracy above that of always saying the most
    frequent class, as a share of what is left, less 2.5 standard errors; for numbers the squared correlation."""
    if not case.trained:
        return None
    held = case.validation is not None
    found = actual(case).held if held else actual(case).train
    if found.size < FEWEST or len(case.x) < TRAINED or len(found.counts) == 1:
        return None
    other = reference(case).held
    x, y = judged_on(case)[1] if held else facts.sample(case)
    blind = facts.stand(case, copy_of(case.model), np.zeros_like(x), y)
    numbers = facts.task(case).kind == "numbers"
    shown = [one.link if numbers else one.score for one in (found, blind, other)]
    evidence = (
        f"On {'validation' if held else 'training'} data the {'squared correlation' if numbers else 'accuracy'} is "
        f"{shown[0]:.2f}; with the inputs set to 0 it is {shown[1]:.2f}, a dummy has "
        f"{0.0 if numbers else found.dummy_score:.2f}, and an ordinary network trained on the same data {shown[2]:.2f}."
    )
    return Signal(1 - sure_link(case, found) - (OTHERS_FIND if _told(case, other) > FINDABLE else 0.0), evidence)


def _told(case: Case, found: facts.Standing) -> float:
    """The link, or R², which a curve that follows the targets by chance lacks."""
    return found.score if facts.task(case).kind == "numbers" else found.link


def sure_link(case: Case, found: facts.Standing) -> float:
    """How much the outputs tell of the targets, as far as the samples allow to say: less 2.5 standard errors."""
    if facts.task(case).kind != "numbers":
        return max(0.0, found.link - ERRORS * found.error / max(1 - found.dummy_score, 1e-9))
    if actual(case).train.score < LEARNED:  # a curve that follows the targets by chance explains nothing
        return max(0.0, found.score)
    return found.link


def remedy(case: Case, signal: Signal) -> Remedy:
    if reference(case).held.link < 0.1:
        return Remedy(
            "Another network finds nothing either: check that x and y are in the same order (was one of them shuffled "
            "or sorted alone?), that the labels are right, and that the inputs can tell what is asked."
        )
    return Remedy("Other networks do find something: look at what lies between the input and the output.")


RULE = Rule(
    name="ignores_inputs",
    title="The network does no better than without its inputs",
    measure=measure,
    threshold=0.95,
    meaning="What was learned does not hold for new data at all: either the targets do not depend on the inputs as "
    "they are given, or the inputs do not reach the output.",
    remedy=remedy,
    source="Karpathy, A recipe for training neural networks (2019), input-independent baseline; skore, SKD002",
    explains=frozenset({
        "overfitting", "underfitting", "trained_too_long", "stopped_too_early", "one_class_always_wrong",
    }),
)  # fmt: skip
