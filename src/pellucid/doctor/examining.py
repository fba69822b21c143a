"""The examination: every rule is asked, causes first; what a deeper finding explains is left out."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..data.labels import Names
from .base import Case, Finding, Found, Rule, Signal, faults, remarks
from .confidences import confidence
from .misleading import misleading_metric
from .outcome import failed_at, works
from .rules import all_rules
from .several import apart, together


def examine(case: Case) -> list[Finding]:
    """What is wrong with a training, the most fundamental first, and after that what is remarkable though the training
    works (`kind` "remark"); an empty list where there is neither. One that failed is said to have failed, even where no
    rule knows why.

    Findings that a deeper one explains are dropped: inputs that are not scaled make for dead units, and the dead units
    for a poor result, but only the inputs are named. Nothing of the case is changed: experiments are made on copies.

    >>> from pellucid import Sequential, layers
    >>> x = np.linspace(0, 255, 200, dtype="float32").reshape(100, 2)
    >>> y = (x[:, 0] > 100).astype(int)
    >>> model = Sequential([layers.Dense(8, activation="relu", input_shape=(2,)), layers.Dense(2, "softmax")], seed=0)
    >>> model.compile("adam", "sparse_categorical_crossentropy")
    >>> [finding.title for finding in examine(Case(model, x, y))]
    ['Inputs are not scaled']
    """
    found = [(name, _examined(part)) for name, part in apart(case)]
    if len(found) == 1:
        return found[0][1]
    every = together(found)
    return [*faults(every), *remarks(every)]


def _examined(case: Case) -> list[Finding]:
    """As `examine`, of a model with one input and one output."""
    found = _asked(case, all_rules())
    failed = None if faults(found) else failure(case)
    return [*([] if failed is None else [failed]), *found, *_misled(case)]


def before_training(
    model: Any, x: Array, y: Array, validation: tuple[Array, Array] | None = None, batch_size: int = 32,
    sample_weight: Array | None = None, spec: Mapping[str, Any] | None = None, *, names: Names = (),
    columns: Sequence[str] = (),
) -> list[Finding]:  # fmt: skip
    """What can be seen of the model and the data without any training: takes a moment. spec: a run's, of which remedies
    are then told as new values. names, columns: what the classes and the columns of x are called."""
    rules = tuple(rule for rule in all_rules() if rule.static)
    x, y = np.asarray(x), np.asarray(y)
    case = Case(
        model, x, y, validation, batch_size, spec=spec or {}, sample_weight=sample_weight, columns=columns, names=names
    )
    return [*_asked(case, rules), *_misled(case)]


def _asked(case: Case, rules: tuple[Rule, ...]) -> list[Finding]:
    found: list[tuple[Rule, Signal, bool]] = []
    explained: set[str] = set()
    for rule in rules:
        if rule.name in explained:
            continue
        signal = measured(rule, case)
        if signal is not None and signal.value > rule.threshold:
            remark = rule.tolerable and works(case)
            found.append((rule, signal, remark))
            explained |= rule.explains & tolerable() if remark else rule.explains
    told = [finding(case, rule, signal, remark) for rule, signal, remark in found if rule.name not in explained]
    return [*faults(told), *remarks(told)]


def failure(case: Case) -> Finding | None:
    """That the training failed, with what was ruled out, where no rule knows why; None where it did not fail."""
    evidence = failed_at(case)
    if evidence is None:
        return None
    ruled_out = ", ".join(name.replace("_", " ") for name in judged(case))
    return Finding(
        "failed", "The training failed, and why is not known", evidence, None,
        f"It does hardly better than one answer for all rows. Ruled out, as far as these rules can tell: {ruled_out}.",
        "Ask whether the inputs can tell what is asked and the targets are those of their rows; then try more or wider "
        "hidden layers, other seeds, and more epochs.",
    )  # fmt: skip


def _misled(case: Case) -> list[Finding]:
    """The remark on an accuracy that is no measure of the task, if there is one."""
    found = guarded(misleading_metric, case, "misleading_metric")
    return [] if found is None else [found]


def judged(case: Case) -> list[str]:
    """The names of the rules that can judge the case; quick after an examination, whose measurements are kept."""
    parts = [part for _, part in apart(case)]
    return [rule.name for rule in all_rules() if any(measured(rule, part) is not None for part in parts)]


def measured(rule: Rule, case: Case) -> Signal | None:
    """The rule's signal; None where it cannot judge."""
    if rule.name not in case.notes:
        case.notes[rule.name] = _measured(rule, case)
    return case.notes[rule.name]  # type: ignore[no-any-return]


def _measured(rule: Rule, case: Case) -> Signal | None:
    signal = guarded(rule.measure, case, rule.name)
    return None if signal is None or np.isnan(signal.value) else signal


def guarded(ask: Callable[[Case], Found | None], case: Case, name: str) -> Found | None:
    """Odd data must not end a training: what a question stumbles over counts as not having been able to judge, and is
    told in the log alone."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return ask(case)
        except Exception:
            import logging  # here, so that importing the library stays quick

            logging.getLogger("pellucid").info("The doctor's rule %r could not judge.", name, exc_info=True)
            return None


@functools.cache
def tolerable() -> frozenset[str]:
    """The names of the rules that a training may break and work: all that a mere remark can be the reason of."""
    return frozenset(rule.name for rule in all_rules() if rule.tolerable)


def finding(case: Case, rule: Rule, signal: Signal, remark: bool = False) -> Finding:
    """The rule's finding, with its remedy worked out for the case."""
    remedy = rule.remedy(case, signal)
    change: dict[str, Any] = {name: value for name, value in remedy.change.items() if case.spec.get(name) != value}
    known = None if remark else confidence(rule.name, case)
    return Finding(
        rule.name, rule.title, signal.evidence, known, rule.meaning, remedy.words, change, signal.where,
        rule.source, "remark" if remark else "fault",
    )  # fmt: skip
