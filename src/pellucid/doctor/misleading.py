"""An accuracy that is no measure of the task: true as a number, and yet it tells nothing of how well the network does.

No training is hurt by it, so this is only ever a remark.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..metrics import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    Metric,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from ..metrics.accuracy import SignAccuracy
from ..metrics.resolve import resolve
from . import facts
from .base import Case, Finding
from .wires import ends_in

ONE_OF_MANY = (CategoricalAccuracy, TopKCategoricalAccuracy)
ACCURACIES = (Accuracy, BinaryAccuracy, *ONE_OF_MANY, SparseCategoricalAccuracy, SparseTopKCategoricalAccuracy)


class _Told(NamedTuple):
    evidence: str
    meaning: str
    remedy: str


def misleading_metric(case: Case) -> Finding | None:
    """What an accuracy among the metrics of `compile` hides: of numbers to predict, of targets of -1 and 1, of rows
    with several labels, or of logits that it takes for probabilities. None where there is none, or it is right."""
    for metric in _accuracies(case):
        for ask in (_of_numbers, _of_signs, _of_several_labels, _of_logits):
            told = ask(case, metric)
            if told is not None:
                return Finding(
                    "misleading_metric", "The accuracy misleads", told.evidence, None, told.meaning, told.remedy,
                    where=metric.name, source="Keras, metrics: Accuracy, BinaryAccuracy, CategoricalAccuracy",
                    kind="remark",
                )  # fmt: skip
    return None


def _accuracies(case: Case) -> list[Metric]:
    """The accuracies that `compile` was given, each of the kind that its word stands for here."""
    given = [one for part in case.model.metric_arguments.values() for one in part or ()]
    y = (None, *np.shape(case.y)[1:])
    found = [resolve(one, y, case.model.output_shape, case.model.loss) for one in given if one is not None]
    return [metric for metric in found if isinstance(metric, ACCURACIES)]


def _of_numbers(case: Case, metric: Metric) -> _Told | None:
    y = np.asarray(case.y)
    if facts.task(case).kind != "numbers" or np.isin(y, (-1, 0, 1)).all():
        return None
    return _Told(
        f"The targets are {len(np.unique(y))} different numbers from {y.min():.3g} to {y.max():.3g}; the metric "
        f"{metric.name!r} ({type(metric).__name__}) counts answers that are right or wrong.",
        "Of a number that is predicted it matters how far off it is; hardly one is equal to its target, however good "
        "the network is.",
        "Judge by metrics=['mae'] or metrics.R2Score().",
    )


def _of_signs(case: Case, metric: Metric) -> _Told | None:
    y = np.asarray(case.y)
    signed = isinstance(metric, SignAccuracy)
    if signed or not isinstance(metric, BinaryAccuracy) or not np.isin(y, (-1, 1)).all() or y.min() == y.max():
        return None
    return _Told(
        f"{(y == -1).mean():.0%} of the targets are -1; the metric {metric.name!r} compares them with 0 and 1, and so "
        "counts each of them as wrong.",
        "It cannot rise above the share of the 1s.",
        "Make the targets 0 and 1; the hinge losses take these as well.",
    )


def _of_several_labels(case: Case, metric: Metric) -> _Told | None:
    if not isinstance(metric, ONE_OF_MANY) or not facts.several_labels(case):
        return None
    sizes = np.asarray(case.y).sum(axis=1)
    return _Told(
        f"The rows have {sizes.min():.0f} to {sizes.max():.0f} labels ({sizes.mean():.2g} on average); the metric "
        f"{metric.name!r} ({type(metric).__name__}) looks at the largest output of each row alone.",
        "It says nothing of the other labels, nor whether a label that is not there is told.",
        "Judge by metrics.BinaryAccuracy(), or where labels are rare by metrics.F1Score(threshold=0.5).",
    )


def _of_logits(case: Case, metric: Metric) -> _Told | None:
    if not isinstance(metric, BinaryAccuracy) or not facts.takes_logits(case) or metric.threshold != 0.5:
        return None
    if "binary" not in case.model.loss.name or ends_in(case.model) == "sigmoid":
        return None
    x, y = facts.sample(case)
    outputs = facts.run(case.model, x, y)[0]
    truth = np.asarray(y).reshape(outputs.shape) > 0.5
    at_half, at_zero = (float(((outputs > level) == truth).mean()) for level in (0.5, 0.0))
    return _Told(
        f"The outputs are logits, and {metric.name!r} takes those above 0.5 for a yes; a probability of one half is a "
        f"logit of 0. So it tells {at_half:.3f} where {at_zero:.3f} are right.",
        "Between 0 and 0.5 the network says yes (a probability of up to 0.62), and it is counted as a no.",
        "Pass metrics=[metrics.BinaryAccuracy(threshold=0)].",
    )
