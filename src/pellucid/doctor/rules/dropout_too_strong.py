"""Dropout, or other noise, that leaves too little to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import Case, Remedy, Rule, Signal
from ..blaming import blame
from ..consequences import OUTCOMES
from ..copies import NOISE, NOISY, noisy_layers
from ..experiments import actual, trial
from ..remedies import in_each_block, rounded


def measure(case: Case) -> Signal | None:
    """The share of a twin's success that the run lacks, the twin being trained without noise; on training and held-out
    data alike."""
    noisy = noisy_layers(case.model)
    if not noisy:
        return None
    run, other = actual(case), trial(case, noise=False)
    strength = {path: max(float(getattr(layer, name, 0.0)) for name in NOISE) for path, layer in noisy}
    worst = max(strength, key=lambda path: strength[path])
    value = blame(case, other)
    evidence = (
        f"With noise of {strength[worst]:g} in {worst!r} the training loss, measured without noise, came to "
        f"{run.train.loss:.3g}; a copy trained without came to {other.train.loss:.3g}, and on held-out data "
        f"{other.held.loss:.3g} instead of {run.held.loss:.3g}."
    )
    return Signal(value, evidence, worst)


def remedy(case: Case, signal: Signal) -> Remedy:
    now = float(case.spec.get("dropout", 0.0))
    change: dict[str, Any] = {"dropout": less(now)} if now else {}
    return Remedy(
        "Drop less, 0.1 to 0.3, or nothing where the network does not overfit without.",
        change | in_each_block(case, quieter),
    )


def less(strength: float) -> float:
    return rounded(min(strength / 4, 0.2))


def quieter(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """A block of a spec with less noise, if it is one that makes noise."""
    if block["class"] not in NOISY:
        return block
    return {key: less(float(value)) if key in NOISE else value for key, value in block.items()}


RULE = Rule(
    name="dropout_too_strong",
    title="Dropout is too strong",
    measure=measure,
    threshold=0.124,
    meaning="So much of the signal is thrown away in training that the network cannot fit what it could.",
    remedy=remedy,
    source="Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, Dropout (JMLR 2014), section 7.3",
    explains=OUTCOMES | {"dead_relus", "learning_rate_too_low"},
)
