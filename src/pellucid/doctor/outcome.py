"""What came of a training: whether it works, whatever may be said of it, or failed."""

from __future__ import annotations

import warnings

import numpy as np

from . import facts
from .base import Case, once
from .experiments import HANDFUL, actual
from .ordinary import reference

WELL = 0.95  # of what there is to gain over a dummy: nobody need ask what others reach
SOME, NEARLY = 0.3, 0.02  # it, and what it may lack of an ordinary network's, where less can be gained
NOTHING = 0.15  # of it, and of the loss
NOT_BY_HEART = 0.5  # of the loss, of a handful of rows

# The zoo's runs have 50 to 2,500 rows, and one label or number for each; of more, rules look at a part anyway.
SIZES = {"50 to 499 rows": (50, 499), "500 to 10,000 rows": (500, 10_000)}


def like(case: Case) -> str | None:
    """The kind of the zoo's runs that are like this one, such as "classes, 50 to 499 rows"; None where none is."""
    if facts.several_labels(case) or (facts.task(case).kind != "classes" and facts.width_of(case) > 1):
        return None
    task = "numbers" if facts.task(case).kind == "numbers" else "classes"
    return next((f"{task}, {size}" for size, (low, high) in SIZES.items() if low <= len(case.x) <= high), None)


@once
def works(case: Case) -> bool:
    """Whether the run does well on training and held-out data alike: very well, or as well as an ordinary network on
    scaled inputs. Before any training, and where no number comes out, nobody knows: False."""
    if not case.trained or case.stopped is not None:
        return False
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        run = actual(case)
        gain = min(run.train.gain, run.held.gain)
        if len(run.train.counts) == 1 or not gain > SOME:
            return False
        if gain > WELL or not case.experiments:
            return gain > WELL
        other = reference(case)
        chance = 2 * run.held.error / max(1 - run.held.dummy_score, 1e-9) if run.held.counts else 0.0
        near = run.held.gain > other.held.gain - NEARLY - chance
        return bool(near and run.train.gain > other.train.gain - 5 * NEARLY)


def failed_at(case: Case) -> str | None:
    """How the run does, in words, where it does hardly better than a dummy on the very rows that it was trained on, or
    does not know even a handful by heart; None where it does."""
    if not case.trained or case.stopped is not None:
        return None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        run = actual(case).train
    if len(run.counts) == 1 or run.dummy_loss <= 0:
        return None
    handful = len(case.x) < HANDFUL
    least, skill = (NOT_BY_HEART, run.skill) if handful else (NOTHING, max(run.skill, run.gain))
    if skill >= least:
        return None
    name = "R²" if facts.task(case).kind == "numbers" else "accuracy"
    return (
        f"On the {len(case.x)} rows it was trained on, the {name} is {run.score:.2f} (one answer for all has "
        f"{run.dummy_score:.2f}) and the loss {run.loss:.3g} (one answer for all has {run.dummy_loss:.3g})."
    )
