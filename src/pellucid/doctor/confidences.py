"""How often what a rule calls a fault is one, in the zoo's runs like the one at hand (docs/doctor_zoo.md).

The table is written by `python -m benchmarks.zoo fit`.
"""

from __future__ import annotations

from .base import Case
from .outcome import SIZES, like

LIKE = tuple(f"{task}, {size}" for task in ("classes", "numbers") for size in SIZES)
NONE: tuple[float | None, ...] = (None,) * len(LIKE)
TRUE: dict[str, tuple[float | None, ...]] = {
    # measured: begin
    "constant_inputs": (None, None, None, None),
    "unscaled_inputs": (None, 0.99, None, None),
    "unscaled_targets": (None, None, None, None),
    "softmax_and_logits": (None, None, None, None),
    "missing_output_activation": (None, None, None, None),
    "unreachable_targets": (None, None, None, None),
    "wrong_output_width": (None, None, None, None),
    "batch_norm_batch_of_one": (None, None, None, None),
    "linear_stack": (None, None, None, None),
    "duplicates_in_validation": (None, None, None, None),
    "validation_differs": (None, None, None, None),
    "non_finite": (None, None, None, None),
    "wrong_gradient": (None, None, None, None),
    "frozen_parameters": (None, None, None, None),
    "exploding_gradient": (None, None, None, None),
    "vanishing_gradient": (None, None, None, None),
    "learning_rate_too_high": (None, None, None, None),
    "saturated": (None, None, None, None),
    "wrong_initial_loss": (None, None, None, None),
    "dead_relus": (None, None, None, None),
    "dropout_too_strong": (None, None, None, None),
    "regularization_too_strong": (None, None, None, None),
    "learning_rate_too_low": (None, None, None, None),
    "cannot_overfit_20_samples": (None, None, None, None),
    "stopped_too_early": (None, None, None, None),
    "class_imbalance": (None, None, None, None),
    "ignores_inputs": (None, None, None, None),
    "one_class_always_wrong": (None, 0.86, None, None),
    "trained_too_long": (None, None, None, None),
    "overfitting": (None, None, None, None),
    "underfitting": (None, None, None, None),
    # measured: end
}


def confidence(rule: str, case: Case) -> float | None:
    """How often the rule's word on a run like this one is true; None where too few such were ever tested."""
    kind = like(case)
    return None if kind is None else TRUE.get(rule, NONE)[LIKE.index(kind)]
