"""A gradient that is not the derivative of the loss."""

from __future__ import annotations

from ..base import Case, Remedy, Rule, Signal
from ..consequences import ALL
from ..inside import gradient_error


def measure(case: Case) -> Signal | None:
    """|dL/ds - slope| / max(|dL/ds|, |slope|) of the worst weight matrix: the derivative along a random direction s,
    from the gradients and from differences of the loss, in float64; the median over three directions. 0 where the loss
    is so rough that its differences along a long and a short step do not agree."""
    worst, error = gradient_error(case)
    if not worst:
        return None
    return Signal(
        error, f"Along random directions, the gradient of {worst!r} is off by {error:.2g} (0 is right).", worst
    )


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy(
        "Mend the backward of the layers behind that parameter, or the loss's gradient: check_gradients helps."
    )


RULE = Rule(
    name="wrong_gradient",
    title="A gradient is wrong",
    measure=measure,
    threshold=0.07,
    meaning="Training goes in a direction that is not downhill. The library's own layers are tested for this; layers "
    "and losses of one's own may err.",
    remedy=remedy,
    source="CS231n notes (gradient checks); Goodfellow, Bengio & Courville, Deep Learning (2016), section 11.5",
    explains=ALL - {"non_finite"},
)
