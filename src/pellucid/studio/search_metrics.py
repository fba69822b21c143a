"""By what the tries of a search may be judged: everything that `pellucid tune` can judge such data by."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from ..actions.prepared import Prepared
from ..arrays import Array
from ..errors import PellucidError
from ..metrics.base import metrics
from ..metrics.resolve import KINDS
from ..tuning.measures import COSTS, Measure

OF_CLASSES = ("crossentropy", "accuracy")
OF_NUMBERS = ("root_mean_squared_error", "mean_absolute_error", "r2_score")
LOOKED_AT = 1000  # rows
NEAR = 1e-3  # to what is best, of a metric that is told what is true


def offered(data: Prepared) -> list[dict[str, Any]]:
    """{"name", "more" (is better), "usual"} of each; the first is the one unless another is chosen."""
    usual = OF_CLASSES if data.classes or data.labels else OF_NUMBERS
    names = [*usual, COSTS[0], *_others(data, usual), *COSTS[1:]]
    return [{"name": name, "more": Measure.of(name).more, "usual": name in (*usual, COSTS[0])} for name in names]


def _others(data: Prepared, usual: tuple[str, ...]) -> list[str]:
    """Every metric, by its plainest name, that suits the data. What a word such as accuracy stands for goes by that."""
    known: set[Any] = {kind for kinds in KINDS.values() for kind in kinds.values()}
    known |= {metrics.names[name] for name in usual if name in metrics.names}
    cases = _cases(data)
    found: dict[Any, str] = {}
    for name, kind in metrics.names.items():
        if kind not in known and name.islower() and all(_suits(name, *case) for case in cases):
            found.setdefault(kind, name)
    return sorted(found.values())


def _cases(data: Prepared) -> list[tuple[Array, Array, Array]]:
    """(what is true of rows that are held back, answers that are all right, others that are not)."""
    _, y = data.validation or (data.x_test, data.y_test)
    truth = np.asarray(data.restored(y[:LOOKED_AT]))
    if data.classes:
        right = np.eye(data.classes, dtype="float32")[truth.astype(np.intp).reshape(-1)]
        return [(truth, right, np.roll(right, 1, axis=1))]
    if data.labels:
        return [(truth, truth.astype("float32"), 1 - truth.astype("float32"))]
    # Numbers are no shares: far from 0 and 1 each counts as well.
    far = truth + (1 if truth.min() >= 0 else -1) * (2 * np.abs(truth).max() + 1)
    return [(true, right, right + _off(right)) for true in (truth, far) for right in [_rows(true)]]


def _rows(numbers: Array) -> Array:
    """As a network gives them, (B, columns)."""
    return numbers.reshape(len(numbers), -1).astype("float32")


def _off(right: Array) -> Array:
    """By how much each row is wrong, one more than the next."""
    found: Array = np.linspace(0.1, 1, len(right), dtype="float32")[:, None] * (right.std() + 1)
    return found


def _suits(name: str, truth: Array, right: Array, wrong: Array) -> bool:
    """Whether it tells right answers from wrong ones: what is for another kind of data cannot read them, finds fault
    with all, or with none."""
    try:
        measure = Measure.of(name)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            best, other = (measure.value(_Answers, None, truth, truth, outputs) for outputs in (right, wrong))
    except PellucidError:
        return False
    wanted = 1.0 if measure.more else 0.0
    return math.isclose(best, wanted, abs_tol=NEAR) and not math.isclose(other, wanted, abs_tol=NEAR)


class _Answers:
    """In the place of a model of whose loss nothing is known."""

    loss = None
