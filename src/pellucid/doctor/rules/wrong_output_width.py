"""More outputs than there are classes, or one where there must be two."""

from __future__ import annotations

import numpy as np

from ...arrays import Array
from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..consequences import ALL
from ..wires import ends_in


def measure(case: Case) -> Signal | None:
    """The share of the outputs that no sample's class needs; 1 for a softmax over a single output."""
    width, end = facts.width_of(case), ends_in(case.model)
    if width == 1 and end == "softmax":
        return Signal(1.0, "The network ends in a softmax over a single output, which is always 1.", "output")
    if facts.task(case).kind != "classes":
        return None
    there = classes_there(case)
    missing = np.setdiff1d(np.arange(width), there).tolist()
    evidence = f"The last layer has {width} outputs; the targets name {len(there)} classes"
    evidence += f", never {', '.join(map(str, missing[:5]))}{', ...' if len(missing) > 5 else ''}." if missing else "."
    return Signal(len(missing) / width, evidence, "output")


def classes_there(case: Case) -> Array:
    """The classes that the training or the validation data name."""
    y = [case.y] if case.validation is None else [case.y, case.validation[1]]
    return np.unique(np.concatenate([facts.labels(case, part) for part in y]))


def remedy(case: Case, signal: Signal) -> Remedy:
    width = facts.width_of(case)
    if width == 1:
        return Remedy("Use activation='sigmoid' with binary_crossentropy, or two outputs with softmax.")
    there = classes_there(case)
    words = f"Number the classes from 0 to {len(there) - 1} and give the last layer {len(there)} units."
    layers = list(case.spec.get("layers", ()))
    if layers and isinstance(layers[-1], dict) and len(there) == there.max() + 1:
        return Remedy(words, {"layers": [*layers[:-1], {**layers[-1], "units": len(there)}]})
    return Remedy(words)


RULE = Rule(
    name="wrong_output_width",
    title="The output has the wrong width",
    measure=measure,
    threshold=0.05,
    meaning="Outputs without samples take probability from those that have some; a softmax over one output says 1 "
    "whatever comes in, and nothing can be learned.",
    remedy=remedy,
    source="Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2.3",
    explains=ALL,
    tolerable=True,
    static=True,
)
