"""What is to blame: how much of another trial's success a run lacks."""

from __future__ import annotations

from .base import Case
from .copies import noisy_layers, penalized
from .experiments import HANDFUL, Trial, actual, affordable, trial
from .ordinary import reference

LONGER, LONGEST, STEPS_TO_TELL = 5.0, 50.0, 1000
MANY_DEAD = 0.65  # units of a layer
TELLING = 4  # samples more that are recognized: twice the root of their number, which is what chance allows
UNTOLD = 0.03  # a loss of success that no rule speaks of


def longer_by(case: Case) -> float:
    """How many times as long a run must be to tell whether it stopped early: 5, more if it was very short; 0 where that
    takes too long."""
    factor = max(LONGER, min(LONGEST, STEPS_TO_TELL / case.steps))
    return factor if factor * case.steps <= 3 * affordable(case) else 0.0


def lost(mine: Trial, other: Trial) -> float:
    """The share of another trial's success that mine lacks, on the training data and on the held-out ones alike: 0
    nothing, 1 all of it, more where mine is worse than a dummy."""
    if len(mine.train.counts) == 1:
        return 0.0  # only one class weighs anything: there is nothing to tell apart
    train = _lacking(mine.train.skill, other.train.skill)
    held = max(_lacking(mine.held.skill, other.held.skill), _lacking(mine.held.gain, other.held.gain))
    return min(train, held)


def room(mine: Trial) -> float:
    """The most that `lost` can find: how far mine is from perfect."""
    return min(1 - mine.train.skill, max(1 - mine.held.skill, 1 - mine.held.gain))


def lost_gain(mine: Trial, other: Trial) -> float:
    """As `lost`, of what accuracy or R² gains over a dummy's; 0 where it is a matter of a few held-out samples."""
    if len(mine.train.counts) == 1:
        return 0.0
    telling = TELLING if other.held.size >= HANDFUL else 1
    if mine.held.counts and (other.held.score - mine.held.score) * other.held.size < telling:
        return min(0.0, _lacking(mine.held.gain, other.held.gain))
    return min(_lacking(mine.train.gain, other.train.gain), _lacking(mine.held.gain, other.held.gain))


def blame(case: Case, other: Trial) -> float:
    """How far what the other trial did otherwise is to blame: the share of its success that the run lacks, and the same
    trial without the change lacks too; or the share of units that died, where with the change few do.

    Where even the other trial is far from what an ordinary network reaches, there is another cause: it counts less.
    """
    run, same = actual(case), trial(case)
    value = min(lost(run, other), lost(same, other))
    dead = min(run.dead, same.dead)
    if dead > MANY_DEAD and other.dead < dead / 2 and lost(other, run) < UNTOLD:
        value = max(value, dead - other.dead)
    return value * worth(case, other) if value > UNTOLD else value


def strengths(case: Case) -> float:
    """How far noise or penalties are to blame, whichever is more."""
    found = [0.0]
    if noisy_layers(case.model):
        found.append(blame(case, trial(case, noise=False)))
    if penalized(case.model):
        found.append(blame(case, trial(case, penalties=False)))
    return max(found)


def worth(case: Case, other: Trial) -> float:
    """The square of how near a trial comes to what an ordinary network reaches on held-out data, 1 at most."""
    there = reference(case).held.gain
    return min(1.0, max(0.0, other.held.gain) / there) ** 2 if there > 0.1 else 1.0


def _lacking(mine: float, other: float) -> float:
    return 1 - mine / other if other > 0.05 else 0.0
