"""A loss that begins far above that of a network which knows nothing."""

from __future__ import annotations

import math

import numpy as np

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..consequences import OUTCOMES
from ..copies import noisy_layers, penalized
from ..inside import at_start, loss_of_draw
from ..remedies import with_default_weights

ENOUGH = 16  # samples in a batch, for its loss to be told from luck


def measure(case: Case) -> Signal | None:
    """(loss before the first step, a median over three draws) / (what chance gives): log C for C classes, log 2 for
    yes or no, and for numbers the loss of saying 0, or of a dummy, if that is larger."""
    chance = chance_loss(case)
    if chance is None or chance <= 0:
        return None
    looked = [look.loss for look in case.looks if look.step == 0]
    plain = not penalized(case.model) and not noisy_layers(case.model) and case.sample_weight is None
    drawn = [at_start(case).loss, *(loss_of_draw(case, seed) for seed in (1, 2))]
    loss = max([float(np.median(drawn)), *(looked if plain and case.batch_size >= ENOUGH else [])])
    if not math.isfinite(loss):
        return None
    evidence = f"The loss begins at {loss:.3g}, where chance gives {chance:.3g}"
    return Signal(loss / chance, f"{evidence}: {loss / chance:.1f} times as much.", "")


def chance_loss(case: Case) -> float | None:
    """The loss of a network that knows nothing; None for losses of which that cannot be said."""
    kind, classes = facts.task(case)
    if kind == "numbers":
        _, y = facts.sample(case)
        zeros = np.zeros(facts.shape_of_outputs(case, y), case.model.dtype)
        return max(float(case.model.loss.value_and_gradient(y, zeros)[0]), facts.dummy(case, y))
    if "crossentropy" not in case.model.loss.name or "focal" in case.model.loss.name:
        return None
    return math.log(max(facts.width_of(case) if kind == "classes" else classes, 2))


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy(
        "Draw the weights, above all the last layer's, by glorot_uniform with biases 0 (or the bias of the mean "
        "target); look for a custom initializer, or weights loaded from elsewhere.",
        with_default_weights(case),
    )


RULE = Rule(
    name="wrong_initial_loss",
    title="The initial loss is not what chance gives",
    measure=measure,
    threshold=5,
    meaning="The network begins by being sure of wrong answers; the first epochs go into unlearning them.",
    remedy=remedy,
    source="Karpathy, A recipe for training neural networks (2019); CS231n notes (sanity checks)",
    explains=OUTCOMES | {"dead_relus", "learning_rate_too_low", "cannot_overfit_20_samples"},
    tolerable=True,
)
