"""Training that went on after the validation loss had its least."""

from __future__ import annotations

import math

import numpy as np

from ...arrays import Array
from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..experiments import rows
from ..remedies import rate_now, rounded

PARAMETERS = 400  # for each sample
ACCURACY = 4  # times as much as a lost share of the loss weighs one of the accuracy
LEAST = 0.1  # of accuracy above a dummy's, to speak of losing it
FINE = 3  # epochs: a best one that comes sooner wants to be looked for in smaller steps
FEWEST = 6  # epochs, to tell a turn from a wobble


def measure(case: Case) -> Signal | None:
    """(end - least) / (dummy's - least) of the validation loss, each a median over neighbouring epochs: the share of
    the best epoch's success that was lost since. Four times the same of the validation accuracy, if that is more: the
    loss of a network that is rarely sure forgives."""
    if case.model.count_params() > PARAMETERS * len(case.x):
        return None  # it overfits from the first epoch on: to stop earlier is no cure
    losses = np.array([float(v) for v in case.history.get("val_loss", ()) if v is not None])
    if len(losses) < FEWEST or not np.isfinite(losses).all():
        return None
    smooth = smoothed(losses)
    best = int(smooth.argmin())
    data = rows(case)
    dummy = facts.dummy(case, data.y_held)
    if smooth[best] >= dummy:
        return None  # there never was a good epoch to stop at
    value = float((smooth[-1] - smooth[best]) / (dummy - smooth[best]))
    evidence = (
        f"The validation loss had its least, {losses[best]:.3g}, in epoch {best + 1} and ended at {losses[-1]:.3g} in "
        f"epoch {len(losses)} (a dummy has {dummy:.3g})"
    )
    accuracies = smoothed(np.array(accuracies_of(case)))
    if len(accuracies):
        value = max(value, ACCURACY * lost_accuracy(accuracies, facts.labels(case, data.y_held)))
        evidence += f"; the accuracy went from {accuracies.max():.3f} to {accuracies[-1]:.3f}"
        best = max(best, int(accuracies.argmax()))
    return Signal(value, f"{evidence}.", aim=best + 1)


def accuracies_of(case: Case) -> list[float]:
    """The validation accuracies by epoch, if they were logged."""
    names = [name for name in case.history if name.startswith("val_") and name.endswith("accuracy")]
    if not names or facts.task(case).kind == "numbers":
        return []
    return [float(v) for v in case.history[names[0]] if v is not None]


def lost_accuracy(accuracies: Array, k: Array) -> float:
    """The share that was lost of what the accuracy on samples of classes k once had above a dummy's, beyond a standard
    error."""
    best, dummy = float(accuracies.max()), float(np.bincount(k).max() / len(k))
    lost = best - float(accuracies[-1]) - math.sqrt(best * (1 - best) / len(k))
    return lost / (best - dummy) if best - dummy > LEAST else 0.0


def smoothed(losses: Array) -> Array:
    """The median of each entry and its neighbours, as many on each side as a tenth of all.

    >>> smoothed(np.array([3.0, 1.0, 9.0, 1.0, 1.0]))
    array([2., 3., 1., 1., 1.])
    """
    reach = max(1, len(losses) // 10)
    return np.array([np.median(losses[max(0, i - reach) : i + reach + 1]) for i in range(len(losses))])


def remedy(case: Case, signal: Signal) -> Remedy:
    best = int(signal.aim) or 1
    return Remedy(
        f"Stop at about epoch {best}: callbacks.EarlyStopping(monitor='val_loss', patience={max(3, best // 5)}, "
        "restore_best_weights=True).",
        {"epochs": best} if best > FINE else {"epochs": 10 * best, "learning_rate": rounded(rate_now(case) / 10)},
    )


RULE = Rule(
    name="trained_too_long",
    title="Training went on too long",
    measure=measure,
    threshold=0.31,
    meaning="From its best epoch on the network learned peculiarities of the training data, and lost what holds for "
    "all.",
    remedy=remedy,
    source="Prechelt, Early stopping - but when? (1998); Amazon SageMaker Debugger, Overtraining",
)
