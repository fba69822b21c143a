"""Outputs that are not probabilities in front of a loss that takes them for such."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..consequences import ALL
from ..wires import UNKNOWN, ends_in

PROBABILITIES = ("softmax", "sigmoid", "hard_sigmoid", "sparsemax")
SHARED_OUT = ("softmax", "sparsemax", "log_softmax")  # one label takes from another


def measure(case: Case) -> Signal | None:
    """1 where the loss expects probabilities and the output activation gives none, or gives those of one label of many
    where rows have several, or those of several where the loss expects one, else 0."""
    loss, end = case.model.loss, ends_in(case.model)
    if end == UNKNOWN:
        return None
    several, one_of_many = facts.several_labels(case), "categorical" in loss.name
    if not hasattr(loss, "from_logits") and not several:
        return None
    if several and (end in SHARED_OUT or one_of_many):
        sizes = np.asarray(case.y).sum(axis=1)
        evidence = (
            f"The rows have {sizes.min():.0f} to {sizes.max():.0f} labels ({sizes.mean():.2g} on average); the network "
            f"ends in {end}, and the loss {loss.name} {'expects' if one_of_many else 'is given'} "
            f"{'one label in each row' if one_of_many else 'shares that add up to 1'}."
        )
        return Signal(1.0, evidence, "output")
    if end == "sigmoid" and one_of_many and facts.width_of(case) > 1 and not facts.takes_logits(case):
        evidence = f"The network ends in sigmoid; the loss {loss.name} expects shares of the classes that add up to 1."
        return Signal(1.0, evidence, "output")
    bare = hasattr(loss, "from_logits") and not facts.takes_logits(case) and end not in PROBABILITIES
    evidence = f"The network ends in {end}; the loss {loss.name}, with from_logits=False, expects probabilities."
    return Signal(float(bare), evidence, "output")


def remedy(case: Case, signal: Signal) -> Remedy:
    if facts.several_labels(case):
        words = "Rows have several labels, or none: end in activation='sigmoid', with the loss 'binary_crossentropy'."
        return Remedy(words, {**ending_in(case, "sigmoid"), "loss": "binary_crossentropy"})
    name = "sigmoid" if facts.width_of(case) == 1 or "binary" in case.model.loss.name else "softmax"
    return Remedy(f"Give the last layer activation={name!r}, or pass the loss from_logits=True.", ending_in(case, name))


def ending_in(case: Case, name: str) -> dict[str, Any]:
    """The layers with another output activation; nothing, where they are not written out."""
    layers = list(case.spec.get("layers", ()))
    if not layers or not isinstance(layers[-1], dict):
        return {}
    return {"layers": [*layers[:-1], {**layers[-1], "activation": name}]}


RULE = Rule(
    name="missing_output_activation",
    title="The output activation does not suit the loss and the targets",
    measure=measure,
    threshold=0.5,
    meaning="Where outputs are no probabilities, they are clipped to 0..1 before their logarithm is taken, and have no "
    "gradient there; and where rows have several labels, a softmax must take from one what it gives to another.",
    remedy=remedy,
    source="UMLAUT (CHI 2021); Keras, losses, argument from_logits",
    explains=ALL,
    static=True,
)
