"""Penalties that outweigh the task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import Case, Remedy, Rule, Signal
from ..blaming import blame
from ..consequences import OUTCOMES
from ..copies import copy_of, penalized
from ..experiments import actual, trial
from ..remedies import in_each_block, rounded

USUAL = 1e-3  # the most that a penalty is set to in its place
STRENGTHS = ("l1", "l2")  # what regularizers call theirs
PLAIN = {name: {"class": name.upper(), name: 1e-4} for name in ("l1", "l2")}  # a hundredth of what the word alone means


def measure(case: Case) -> Signal | None:
    """The share of a twin's success that the run lacks, the twin being trained without regularizers and weight decay;
    on training and held-out data alike."""
    if not penalized(case.model):
        return None
    run, other = actual(case), trial(case, penalties=False)
    value = blame(case, other)
    twin = copy_of(case.model)
    evidence = (
        f"The penalties add {sum(twin.losses):.3g} to a training loss of {run.train.loss:.3g}; a copy trained without "
        f"them came to {other.train.loss:.3g}, and on held-out data {other.held.loss:.3g} instead of "
        f"{run.held.loss:.3g}."
    )
    return Signal(value, evidence)


def remedy(case: Case, signal: Signal) -> Remedy:
    change: dict[str, Any] = {name: lower(case.spec[name]) for name in ("l1", "l2") if case.spec.get(name)}
    optimizer = case.spec.get("optimizer")
    if isinstance(optimizer, Mapping) and optimizer.get("weight_decay"):
        change["optimizer"] = {**optimizer, "weight_decay": rounded(optimizer["weight_decay"] / 100)}
    return Remedy(
        "Lower the penalties (or the weight decay) a hundredfold; 1e-5 to 1e-3 is common for l2.",
        change | in_each_block(case, milder),
    )


def lower(penalty: float) -> float:
    return min(rounded(penalty / 100), USUAL)


def milder(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """A table of a spec, a layer's or a regularizer's own, with lower penalties."""
    found: dict[str, Any] = {}
    for key, value in block.items():
        if key.endswith("_regularizer") and isinstance(value, str) and value in PLAIN:
            found[key] = PLAIN[value]
        else:
            found[key] = lower(float(value)) if key in STRENGTHS and value else value
    return found


RULE = Rule(
    name="regularization_too_strong",
    title="Regularization is too strong",
    measure=measure,
    threshold=0.08,
    meaning="Keeping the weights small pays more than fitting the data: the network stays too simple.",
    remedy=remedy,
    source="Goodfellow, Bengio & Courville, Deep Learning (2016), section 7.1",
    explains=OUTCOMES | {"dead_relus", "learning_rate_too_low"},
)
