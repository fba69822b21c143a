"""Classes of very different sizes, the rare ones neglected."""

from __future__ import annotations

import math

import numpy as np

from ...arrays import Array
from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..experiments import unweighed

COMMON = 5  # times as frequent in the validation data
FEWEST = 10  # samples there


def measure(case: Case) -> Signal | None:
    """Samples of the most frequent class for one of the rarest, of which there might by chance be n + 2√n + 1 where
    there are n. Before training times what they count in the loss; after it, times how far the recall of the rarest
    class is below the mean recall of the others."""
    if not facts.one_label_each(case):  # letters of a text are as often as its language has them
        return None
    counts = np.bincount(facts.labels(case, case.y))
    there = np.flatnonzero(counts)
    if len(there) < 2:
        return None
    most, least = int(counts.argmax()), int(there[counts[there].argmin()])
    n = counts[least]
    if case.validation is not None and relabelled(least, counts, facts.labels(case, case.validation[1])):
        return None  # not rare, but under another name
    ratio = counts[most] / (n + 2 * math.sqrt(n) + 1)
    rare = case.called(least)
    evidence = f"{counts[most]} samples of {case.called(most)}, {n} of {rare}: {counts[most] / n:.1f} to 1"
    if not case.trained:
        return Signal(float(ratio * _weight(case, most) / _weight(case, least)), f"{evidence}.", rare)
    seen, unseen = unweighed(case).train.recalls, unweighed(case).held.recalls
    recall = unseen.get(least, seen.get(least, 0.0))
    known = [value for c, value in (unseen or seen).items() if c != least and c in there]
    others = sum(known) / len(known) if known else 0.0
    return Signal(
        float(ratio) * max(0.0, others - recall),
        f"{evidence}; {recall:.0%} of {rare} are found, of the others {others:.0%}.",
        rare,
    )


def _weight(case: Case, c: int) -> float:
    """What a sample of class c counts in the loss, on average."""
    return 1.0 if case.sample_weight is None else float(case.sample_weight[facts.labels(case, case.y) == c].mean())


def relabelled(c: int, counts: Array, held: Array) -> bool:
    """Whether class c is far more frequent among validation labels than among the counts (C,) of training labels, and
    another class has in training what c lacks."""
    there = np.bincount(held, minlength=len(counts))[: len(counts)]
    p, q = counts / counts.sum(), there / len(held)
    if there[c] < FEWEST or q[c] < COMMON * p[c] or q[c] == 1:
        return False
    surplus = p - q * (1 - p[c]) / (1 - q[c])  # over the shares of the others, were some of c merely missing
    return bool(surplus.max() > (q[c] - p[c]) / 2)


def remedy(case: Case, signal: Signal) -> Remedy:
    counts = np.maximum(np.bincount(facts.labels(case, case.y)), 1)
    weights = {c: round(len(case.y) / (len(counts) * int(n)), 2) for c, n in enumerate(counts)}
    shown = f"class_weight={weights}" if len(weights) <= 10 else "class_weight"
    how, change = f"Pass fit({shown})", {}
    if case.sample_weight is not None:
        how = "Weigh it more"
    elif case.spec:
        how, change = "Let rows of rare classes count more", {"class_weight": "balanced"}
    words = f"{how}, or draw the rare classes more often; judge by recall per class or F1, not by accuracy."
    return Remedy(words, change)


RULE = Rule(
    name="class_imbalance",
    title="Classes are unbalanced",
    measure=measure,
    threshold=5,
    meaning="Saying the frequent class is nearly always right, and so the rare one is hardly learned; accuracy hides "
    "it.",
    remedy=remedy,
    source="Amazon SageMaker Debugger, ClassImbalance (10 to 1); He & Garcia, Learning from imbalanced data (TKDE "
    "2009)",
    explains=frozenset({"one_class_always_wrong", "underfitting", "overfitting", "trained_too_long", "ignores_inputs"}),
    static=True,
)
