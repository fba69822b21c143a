"""Batch normalization that predicts by moving averages which too few steps have moved."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...arrays import Array
from ...layers import BatchNormalization
from .. import facts
from ..base import Case, Remedy, Rule, Signal, once
from ..consequences import OUTCOMES, RATES, STRENGTHS
from ..copies import copy_of, without_noise
from ..experiments import actual, judged_on
from ..facts import Standing
from ..remedies import epochs_times

LEFT = 0.001  # of what the averages began with, which is 1 of a variance and may be a hundredfold: less is no matter
USUAL = 0.9  # the momentum that settles within seventy steps
MOST = 512  # rows that stand for a batch


class Settled(NamedTuple):
    """The network with the statistics of a batch in the place of its moving averages."""

    standing: Standing  # on training data
    where: str  # the layer whose averages are farthest from a batch's
    variances: tuple[float, float]  # its moving ones' median, and that of a batch


def measure(case: Case) -> Signal | None:
    """What the network does better on training data, as a share of what there is to gain over a dummy, in accuracy or
    in the loss, when it predicts by the statistics of a batch of them; where a moving average still holds more than a
    thousandth of what it began with, momentum^steps."""
    layers = normalizing(case.model)
    if not layers or not case.trained or case.stopped is not None:
        return None
    steps, momentum = steps_of(case), max(layer.momentum for layer in layers.values())
    if (left := momentum**steps) < LEFT:
        return None
    run, other = actual(case).train, settled(case)
    value = max(other.standing.gain - max(run.gain, -1.0), other.standing.skill - run.skill)
    moving, batch = other.variances
    name = "R²" if facts.task(case).kind == "numbers" else "accuracy"
    evidence = (
        f"After {steps} steps, moving averages of momentum {momentum:g} hold {1 - left:.1%} of what batches had "
        f"(1 - {momentum:g}^{steps}), the rest is what they began with; {other.where} has a moving variance of "
        f"{moving:.3g} where a batch of the training data has {batch:.3g} (medians). By the averages, as it predicts, "
        f"the {name} on training data is {run.score:.2f} and the loss {run.loss:.3g}; by that batch, as it trains, "
        f"they are {other.standing.score:.2f} and {other.standing.loss:.3g}."
    )
    return Signal(value, evidence, other.where, float(steps))


def normalizing(model: Any) -> dict[str, BatchNormalization]:
    """The layers whose averages move, by their paths."""
    return {path: layer for path, layer in model.leaves() if isinstance(layer, BatchNormalization) and layer.trainable}


def steps_of(case: Case) -> int:
    """Updates since the first: those of an earlier `fit` moved the averages, too."""
    return max(int(case.model.optimizer.steps_taken), case.steps)


@once
def settled(case: Case) -> Settled:
    """How a copy does that has taken over the statistics of one batch."""
    twin, (x, y) = copy_of(case.model), judged_on(case)[0]
    without_noise(twin)
    for layer in normalizing(twin).values():
        layer.momentum = layer.renorm_momentum = 0.0
    some = facts.drawn_rows(len(x), MOST)
    _, cache = twin.forward(twin.p, np.asarray(x[some], twin.dtype), training=True, rng=twin.key)
    after = {
        name: value
        for name, value in twin.state_after(twin.p, cache).items()
        if name.rpartition("/")[0] in normalizing(twin)
    }
    where = max(normalizing(twin), key=lambda path: _apart(twin.p, after, path))
    variances = f"{where}/moving_variance"
    medians = float(np.median(twin.p[variances])), float(np.median(after[variances]))
    for name, value in after.items():
        twin.p[name][...] = value
    return Settled(facts.stand(case, twin, x, y), where, medians)


def _apart(before: Mapping[str, Array], after: Mapping[str, Array], path: str) -> float:
    """How far a layer's averages are from a batch's, in its deviations, on average over the channels."""
    mean, variance = (after[f"{path}/{name}"] for name in ("moving_mean", "moving_variance"))
    deviation = np.sqrt(variance + 1e-6)
    shifted = np.abs(before[f"{path}/moving_mean"] - mean) / deviation
    scaled = np.abs(np.log(np.sqrt(before[f"{path}/moving_variance"] + 1e-6) / deviation))
    return float((shifted + scaled).mean())


def remedy(case: Case, signal: Signal) -> Remedy:
    steps = int(signal.aim)
    momentum = min(USUAL, math.floor(100 * LEFT ** (1 / steps)) / 100)
    highest = max(layer.momentum for layer in normalizing(case.model).values())
    needed = math.ceil(math.log(LEFT) / math.log(highest)) if highest < 1 else 10 * steps
    words = (
        f"BatchNormalization(momentum={momentum:g}), whose averages settle in so few steps; or about {needed} steps: "
        "more epochs, or smaller batches."
    )
    written = _with_momentum(case.spec.get("layers", ()), momentum)
    changed = written != list(case.spec.get("layers", ()))
    return Remedy(words, {"layers": written} if changed else epochs_times(case, needed / steps))


def _with_momentum(layers: Sequence[Any], momentum: float) -> list[Any]:
    """A spec's layers with this momentum in each batch normalization that is written out."""
    found = []
    for layer in layers:
        if isinstance(layer, Mapping) and layer.get("class") == "BatchNormalization":
            layer = {**layer, "momentum": momentum}
        elif isinstance(layer, Mapping) and isinstance(layer.get("layers"), Sequence):
            layer = {**layer, "layers": _with_momentum(layer["layers"], momentum)}
        found.append(layer)
    return found


RULE = Rule(
    name="unsettled_averages",
    title="The moving averages of batch normalization have not settled",
    measure=measure,
    threshold=0.4,
    meaning="In training a batch is normalized by its own mean and variance, in prediction by averages that begin at 0 "
    "and 1 and follow a hundredth of the way at each step: after few steps the network predicts by other numbers than "
    "those with which it was trained.",
    remedy=remedy,
    source="Ioffe & Szegedy, Batch normalization (ICML 2015), section 3.1; Keras, BatchNormalization, momentum",
    explains=OUTCOMES | RATES | STRENGTHS | {"saturated", "dead_relus"},
    tolerable=True,
)
