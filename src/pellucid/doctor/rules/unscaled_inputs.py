"""Inputs that reach the first weights in other sizes than about 1."""

from __future__ import annotations

import numpy as np

from ...arrays import Array
from ...layers import BatchNormalization, Embedding
from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..consequences import ALL
from ..copies import NOISE, copy_of
from ..wires import entering

LEAST = 0.03  # a largest column of this root mean square is as far off as one of 1 / 0.03 = 33


def measure(case: Case) -> Signal | None:
    """m = the largest root mean square of a column where it enters the first layer with weights; value max(m,
    0.03/m). Places in a table have no size."""
    if isinstance(next((layer for _, layer in case.model.leaves() if layer.count_params()), None), Embedding):
        return None
    given = entering_first_weights(case)
    sizes = np.sqrt(np.square(given.reshape(len(given), -1), dtype=np.float64).mean(axis=0))
    largest = float(sizes.max())
    if largest == 0 or not np.isfinite(largest):
        return None
    place = int(sizes.argmax())
    column = case.columns[place] if len(case.columns) == len(sizes) else f"column {place}"
    evidence = (
        f"The inputs reach the first weights with a root mean square of up to {largest:.3g} ({column}; the "
        f"median column has {np.median(sizes):.3g}, the values run from {given.min():.3g} to {given.max():.3g}); "
        "about 1 is what initial weights are made for."
    )
    return Signal(max(largest, LEAST / largest), evidence, column)


def entering_first_weights(case: Case) -> Array:
    """The sample after the layers in front of the first weights: scaling, flattening, batch normalization."""
    x, _ = facts.sample(case)
    twin = copy_of(case.model)
    return entering(twin, np.asarray(x, twin.dtype), without=NOISE, settles=BatchNormalization)


def remedy(case: Case, signal: Signal) -> Remedy:
    words = "Scale the inputs: pixels to 0..1 (layers.Rescaling(1/255)), columns to mean 0 and deviation 1 "
    return Remedy(f"{words}(layers.Normalization, adapted to the training data).", {"scale": "auto"})


RULE = Rule(
    name="unscaled_inputs",
    title="Inputs are not scaled",
    measure=measure,
    threshold=6,
    meaning="Large inputs make large activations and gradients: units saturate or die, and no learning rate suits all "
    "columns. Tiny ones are learned slowly.",
    remedy=remedy,
    source="LeCun, Bottou, Orr & Müller, Efficient BackProp (1998), section 4.3; UMLAUT (CHI 2021)",
    explains=ALL,
    tolerable=True,
    static=True,
)
