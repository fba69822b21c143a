"""An experiment: can the network learn 20 samples by heart?"""

from __future__ import annotations

from ..base import Case, Remedy, Rule, Signal
from ..consequences import OUTCOMES
from ..experiments import affordable, by_heart, few

STEPS = 500
NARROW = 8  # units in the widest hidden layer: fewer cannot be expected to tell 20 samples apart


def measure(case: Case) -> Signal | None:
    """1 - the best skill (1 - loss / dummy's) on 20 samples after 500 steps, without noise and penalties, with the
    run's learning rate or another. None for a network too small for that."""
    if not case.model.trained_names() or len(case.x) < 2:
        return None
    if widest(case) < NARROW:
        return None
    steps = min(STEPS, affordable(case))
    skill = by_heart(case, steps=steps)
    evidence = (
        f"A fresh copy without noise and penalties, trained on {len(few(case)[0])} samples alone for {steps} steps, "
        f"removes {skill:.0%} of the loss of a dummy; one that works removes nearly all of it."
    )
    return Signal(1 - skill, evidence)


def widest(case: Case) -> int:
    """The largest number of units in a hidden layer; 0 without one."""
    steps = [(step, given) for step, given in case.model.steps(*case.model.sample_shapes)
             if any(p.ndim >= 2 for p in step.layer.p.values())]  # fmt: skip
    shapes = [step.layer.output_shapes_for(*given)[0] for step, given in steps[:-1]]
    return max((int(shape[-1] or 1) for shape in shapes if shape), default=0)


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy("Look for a layer that passes nothing on: a product with 0, a mask, an activation that is flat.")


RULE = Rule(
    name="cannot_overfit_20_samples",
    title="The network cannot even learn 20 samples by heart",
    measure=measure,
    threshold=0.389,
    meaning="Any network with more parameters than that can memorize so few: where it cannot, its gradients are wrong, "
    "or nothing of the input reaches the output.",
    remedy=remedy,
    source="Karpathy, A recipe for training neural networks (2019); CS231n notes (sanity checks)",
    explains=OUTCOMES | {"learning_rate_too_low", "dropout_too_strong", "regularization_too_strong"},
)
