"""Short trainings of copies: what would have come of the run had one thing been different.

Every trial begins from the weights that the run began from, sees the same rows in the same batches, and takes as many
steps as the run did, up to a limit that keeps it short; the learning rate's schedule is played over those steps. So a
difference between two trials is owed to what was changed, not to chance.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import NonFinite
from ..registry import is_ours
from ..rng import Key
from . import facts
from .base import Case, Unasked, once
from .copies import compiled, copy_of, fresh, without_noise, without_penalties
from .facts import Standing, stand

MOST_ROWS = 4000  # that a trial trains on
MOST_STEPS, FEWEST_STEPS = 1500, 200
WORK = 2e10  # multiplications in one trial at most: a fraction of a second
SLOWER = 8  # a network that the compiled engine lacks parts for
HELD_SHARE = 5  # every fifth row is held out where a case has no validation data


HANDFUL = 20  # rows, of which none can be spared: what is learned of them is all that can be judged


class Trial(NamedTuple):
    """What a copy came to."""

    train: Standing
    held: Standing  # on the validation data; where there are none, on rows that trials don't train on
    stopped: bool  # by a number that was not finite
    steps: int
    dead: float = 0.0  # the largest share, over hidden layers, of ReLU units that give 0 for every sample


class Rows(NamedTuple):
    """What trials train on and are judged on."""

    x: Array
    y: Array
    x_held: Array
    y_held: Array
    weights: Array | None = None  # (N, ...) of the samples trained on


@once
def rows(case: Case) -> Rows:
    """The data of all trials."""
    some = facts.drawn_rows(len(case.x), MOST_ROWS)
    x, y, weights = case.x[some], case.y[some], None if case.sample_weight is None else case.sample_weight[some]
    held = facts.held_out(case)
    if held is not None:
        return Rows(x, y, *held, weights)
    if len(x) < HANDFUL:
        return Rows(x, y, x, y, weights)
    order = Key(1).fold("doctor").permutation(len(x))
    first = max(1, len(x) // HELD_SHARE)
    out, kept = np.sort(order[:first]), np.sort(order[first:])
    return Rows(x[kept], y[kept], x[out], y[out], None if weights is None else weights[kept])


@once
def affordable(case: Case) -> int:
    """How many steps a trial may take."""
    model = case.model
    slower = SLOWER if model.run_eagerly or not all(is_ours(type(layer)) for _, layer in model.leaves()) else 1
    each = 6 * max(model.count_params(), 1000) * min(case.batch_size, len(case.x))
    return int(min(MOST_STEPS, max(FEWEST_STEPS, WORK / each)) / slower)


@once
def trial(case: Case, *, rate: float = 1.0, longer: float = 1.0, noise: bool = True, penalties: bool = True) -> Trial:
    """The run again with the learning rate times `rate`, `longer` times as many steps, without noise or penalties."""
    asked_for(case)
    steps = max(1, int(min(case.steps, affordable(case)) * longer))
    twin = fresh(case)
    if not noise:
        without_noise(twin)
    if not penalties:
        without_penalties(twin)
    compiled(case, twin, steps, factor=rate, decays=penalties)
    data = rows(case)
    stopped = train_copy(twin, data.x, data.y, case.batch_size, steps, data.weights)
    return Trial(*judged(case, twin), stopped, steps, dead_share(case, twin))


@once
def actual(case: Case) -> Trial:
    """What the run itself came to; before any training, what a rehearsal of it comes to."""
    if not case.trained:
        return trial(case)
    twin = copy_of(case.model)
    return Trial(*judged(case, twin), case.stopped is not None, case.steps, dead_share(case, twin))


@once
def unweighed(case: Case) -> Trial:
    """What the run itself came to on the samples as they are, even those that weigh nothing in the loss."""
    return actual(replace(case, sample_weight=None, notes={})) if case.sample_weight is not None else actual(case)


@once
def by_heart(case: Case, *, steps: int) -> float:
    """The best skill on 20 distinct samples that the network, freed of noise and penalties, reaches by heart, with the
    run's learning rate or a tenth, 10, 100 or 1000 times of it."""
    asked_for(case)
    x, y = few(case)
    found = []
    for factor in (1.0, 10.0, 0.1, 100.0, 1000.0):
        twin = fresh(case)
        without_noise(twin)
        without_penalties(twin)
        compiled(case, twin, steps, factor=factor, decays=False)
        train_copy(twin, x, y, len(x), steps)
        loss = facts.run(twin, x, y, training=True)[1]
        found.append(Standing(loss, 0, 0, facts.dummy(case, y), 0, len(x)).skill)
        if found[-1] > 0.6:
            break
    return max(found)


def few(case: Case, most: int = 20) -> tuple[Array, Array]:
    """At most 20 samples whose inputs differ from one another."""
    x, y = facts.sample(case)
    _, first = np.unique(np.asarray(x).reshape(len(x), -1), axis=0, return_index=True)
    chosen = np.sort(first)[:: max(1, len(first) // most)][:most]
    return x[chosen], y[chosen]


def dead_share(case: Case, twin: Any) -> float:
    """The largest share, over hidden layers, of ReLU units that give 0 for each of up to 500 samples."""
    layers = set(facts.hidden(case, "relu", "relu6"))
    if not layers:
        return 0.0
    x = np.asarray(rows(case).x[:500], twin.dtype)
    shares = [facts.dead(y) for path, y in twin.walk(twin.p, x, training=False, rng=twin.key) if path in layers]
    return max(shares, default=0.0)


def judged(case: Case, twin: Any) -> tuple[Standing, Standing]:
    """How a copy does on training and held-out data."""
    train, held = judged_on(case)
    return stand(case, twin, *train), stand(case, twin, *held)


@once
def judged_on(case: Case) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Rows (x, y) of training and held-out data, each as often as it weighs."""
    data = rows(case)
    some = facts.drawn_rows(len(data.x), facts.enough(case, data.y))
    train = facts.weighed(data.x[some], data.y[some], None if data.weights is None else data.weights[some])
    return train, facts.weighed(data.x_held, data.y_held, facts.weights_like(case, data.y_held))


def asked_for(case: Case) -> None:
    """Called before a copy is trained: whoever did not ask for experiments does without what they would tell."""
    if not case.experiments:
        raise Unasked


def train_copy(twin: Any, x: Array, y: Array, batch_size: int, steps: int, weights: Array | None = None) -> bool:
    """Train for so many steps; whether a number that was not finite ended it."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            twin.fit(x, y, batch_size=batch_size, epochs=1, steps_per_epoch=steps, sample_weight=weights, verbose=0)
        except NonFinite:
            return True
    return False
