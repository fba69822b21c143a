"""Outputs that are not probabilities in front of a loss that takes them for such."""

from __future__ import annotations

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..consequences import ALL

PROBABILITIES = ("softmax", "sigmoid", "hard_sigmoid", "sparsemax")


def measure(case: Case) -> Signal | None:
    """1 where the loss expects probabilities and the output activation gives none, else 0."""
    loss = case.model.loss
    if not hasattr(loss, "from_logits"):
        return None
    end = facts.ends_in(case.model)
    bare = not facts.takes_logits(case) and end not in PROBABILITIES
    evidence = f"The network ends in {end}; the loss {loss.name}, with from_logits=False, expects probabilities."
    return Signal(float(bare), evidence, "output")


def remedy(case: Case, signal: Signal) -> Remedy:
    name = "sigmoid" if facts.width_of(case) == 1 or "binary" in case.model.loss.name else "softmax"
    layers = list(case.spec.get("layers", ()))
    change = {}
    if layers and isinstance(layers[-1], dict):
        change = {"layers": [*layers[:-1], {**layers[-1], "activation": name}]}
    return Remedy(f"Give the last layer activation={name!r}, or pass the loss from_logits=True.", change)


RULE = Rule(
    name="missing_output_activation",
    title="The output activation is missing",
    measure=measure,
    threshold=0.5,
    confidence=0.99,
    meaning="Logarithms are taken of numbers that are no probabilities: they are clipped to 0..1, and where that "
    "happens there is no gradient.",
    remedy=remedy,
    source="UMLAUT (CHI 2021); Keras, losses, argument from_logits",
    explains=ALL,
    static=True,
)
