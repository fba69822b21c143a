"""A softmax or sigmoid in front of a loss that applies its own."""

from __future__ import annotations

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..consequences import ALL
from ..wires import ends_in


def measure(case: Case) -> Signal | None:
    """1 where the output is a softmax or sigmoid and the loss has from_logits=True, else 0."""
    if not hasattr(case.model.loss, "from_logits"):
        return None
    end = ends_in(case.model)
    twice = facts.takes_logits(case) and end in ("softmax", "sigmoid")
    evidence = (
        f"The network ends in {end}, and the loss {case.model.loss.name} has from_logits={facts.takes_logits(case)}."
    )
    return Signal(float(twice), evidence, "output")


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy(
        "Keep the activation and pass the loss from_logits=False, or let the last layer have no activation.",
        {"loss": {"class": type(case.model.loss).__name__, "from_logits": False}},
    )


RULE = Rule(
    name="softmax_and_logits",
    title="The output is squashed twice: softmax with a loss that expects logits",
    measure=measure,
    threshold=0.5,
    meaning="The loss takes probabilities for logits and squashes them again: it can never come near 0, its gradient "
    "is small, and what it reports are not probabilities.",
    remedy=remedy,
    source="Keras, losses, argument from_logits; Karpathy, A recipe for training neural networks (2019)",
    explains=ALL,
    static=True,
)
