"""Training that went on after the validation loss had its least."""

from __future__ import annotations

import numpy as np

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..experiments import rows

PARAMETERS = 400  # for each sample
FEWEST = 6  # epochs, to tell a turn from a wobble


def measure(case: Case) -> Signal | None:
    """(end - least) / (dummy's - least) of the validation loss, each a median over neighbouring epochs: the share of
    the best epoch's success that was lost since."""
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
        f"epoch {len(losses)} (a dummy has {dummy:.3g})."
    )
    return Signal(value, evidence, str(best + 1))


def smoothed(losses: np.ndarray) -> np.ndarray:
    """The median of each entry and its neighbours, as many on each side as a tenth of all.

    >>> smoothed(np.array([3.0, 1.0, 9.0, 1.0, 1.0]))
    array([2., 3., 1., 1., 1.])
    """
    reach = max(1, len(losses) // 10)
    return np.array([np.median(losses[max(0, i - reach) : i + reach + 1]) for i in range(len(losses))])


def remedy(case: Case, signal: Signal) -> Remedy:
    best = int(signal.where or 1)
    return Remedy(
        f"Stop at about epoch {best}: callbacks.EarlyStopping(monitor='val_loss', patience={max(3, best // 5)}, "
        "restore_best_weights=True).",
        {"epochs": best},
    )


RULE = Rule(
    name="trained_too_long",
    title="Training went on too long",
    measure=measure,
    threshold=0.4,
    confidence=0.96,
    meaning="From its best epoch on the network learned peculiarities of the training data, and lost what holds for "
    "all.",
    remedy=remedy,
    source="Prechelt, Early stopping - but when? (1998); Amazon SageMaker Debugger, Overtraining",
    explains=frozenset({"overfitting"}),
)
