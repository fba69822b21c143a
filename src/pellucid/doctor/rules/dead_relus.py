"""ReLU units that give 0 for every sample."""

from __future__ import annotations

from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..consequences import OUTCOMES
from ..copies import drawn
from ..inside import at_start, now
from ..remedies import rate_now, rounded, with_activation, with_default_weights

KINDS = ("relu", "relu6")


def measure(case: Case) -> Signal | None:
    """The largest share, over hidden layers, of ReLU units that give exactly 0 for each of up to 2,000 samples."""
    layers = facts.hidden(case, *KINDS)
    if not layers:
        return None
    look = now(case) if case.trained else at_start(case)
    shares = {path: facts.dead(facts.units_last(case, path, look.outputs[path])) for path in layers}
    worst = max(layers, key=lambda path: shares[path])
    y = facts.units_last(case, worst, look.outputs[worst])
    kernels = [p for name, p in drawn(case).items() if name.startswith(f"{worst}/") and p.ndim >= 2]
    if kernels and not any(p.any() for p in kernels):
        return None  # weights that begin at 0 never move: frozen_parameters
    first = facts.dead(facts.units_last(case, worst, at_start(case).outputs[worst]))
    evidence = (
        f"{shares[worst]:.0%} of the {y.shape[-1]} units of layer {worst!r} give 0 for all of {len(y)} samples"
        f" ({first:.0%} before the first step)."
    )
    return Signal(shares[worst], evidence, worst)


def remedy(case: Case, signal: Signal) -> Remedy:
    rate = rounded(rate_now(case) / 10)
    return Remedy(
        f"Lower the learning rate (to {rate:g}), draw weights by he_normal with biases 0, or use leaky_relu, elu or "
        "gelu, whose gradient does not vanish.",
        with_default_weights(case) or {**with_activation(case, "leaky_relu"), "learning_rate": rate},
    )


RULE = Rule(
    name="dead_relus",
    title="ReLU units are dead",
    measure=measure,
    threshold=0.8,
    meaning="A unit that is 0 for every sample has no gradient and never comes back: it is lost, most often by one "
    "step that was too large.",
    remedy=remedy,
    source="Lu, Shin, Su & Karniadakis, Dying ReLU and initialization (2020); CS231n notes",
    explains=OUTCOMES
    | {
        "cannot_overfit_20_samples",
        "learning_rate_too_low",
        "frozen_parameters",
    },
    tolerable=True,
)
