"""Validation data that were not drawn as the training data were."""

from __future__ import annotations

import math

import numpy as np

from ...arrays import Array
from ...rng import Key
from .. import facts
from ..base import Case, Remedy, Rule, Signal
from ..experiments import actual
from ..ordinary import reference_apart

DOUBT = 1e-3  # how often data of one distribution may look this different by chance, all columns together
MOST_COLUMNS = 2048  # that are looked at, at even distances
WIDE = 128  # columns that are compared one by one
DIRECTIONS = 32  # along which inputs are compared besides their columns
MOST = 3000  # rows of each
MISSING = 0.1  # of a class's share in training: with less, validation lacks it
EXPECTED = 6  # validation samples of a class, for their lack to mean something
FEWEST = 8  # samples of a class in both, to judge it by
DOUBTFUL = 0.1  # a gap between training and validation that asks for another network's opinion
LITTLE = 0.1  # a difference that is not spoken of
SLACK = 0.1  # of accuracy or R², by which two samples of one distribution may differ besides


def measure(case: Case) -> Signal | None:
    """How much the two samples differ beyond what chance allows (at 0.1 %, Bonferroni): the largest Kolmogorov-Smirnov
    distance over the columns, random directions and numeric targets, classes being weighed alike in both; or the share
    of a class that validation lacks. After training, also how much worse an ordinary network recognizes most classes in
    the validation data than in training data that it has not seen."""
    if case.validation is None or len(case.validation[0]) < 5 or len(case.x) < 5:
        return None
    x, y = facts.picked(case.x, case.y, MOST)
    x_held, y_held = facts.picked(*case.validation, MOST)
    if np.shape(x)[1:] != np.shape(x_held)[1:]:
        return None
    found = [_inputs(case, x, y, x_held, y_held), _targets(case, y, y_held)]
    if case.trained and actual(case).train.gain - actual(case).held.gain > DOUBTFUL:
        found.append(_meaning(case))
    largest = max((signal for signal in found if signal is not None), key=lambda signal: signal.value)
    room = max(0.0, largest.value)
    return Signal(largest.value, f"{largest.evidence}, {room:.2f} more than chance explains.", largest.where)


def _inputs(case: Case, x: Array, y: Array, x_held: Array, y_held: Array) -> Signal | None:
    """How the inputs differ; where it is those of one class alone, how the others do: that class has a fault of its
    own."""
    columns = facts.spread_columns(math.prod(np.shape(x)[1:]), MOST_COLUMNS)
    names = np.array([case.column(int(c)) for c in columns])
    a, b = (np.reshape(part, (len(part), -1))[:, columns].astype(np.float64) for part in (x, x_held))
    if not facts.one_label_each(case):
        return _difference(a, b, np.ones(len(a)), names)
    k, k_held = facts.labels(case, y), facts.labels(case, y_held)
    found = _by_class(a, b, k, k_held, names)
    if found is None or found.value <= LITTLE:
        return found
    for c in np.unique(k):
        others = _by_class(a[k != c], b[k_held != c], k[k != c], k_held[k_held != c], names)
        if others is not None and others.value <= LITTLE:
            return others
    return found


def _by_class(a: Array, b: Array, k: Array, k_held: Array, names: Array) -> Signal | None:
    """The lesser of the differences with classes weighed alike, as one that is merely rarer in one part is not another
    distribution, and as the rows come, as wrong labels weigh wrongly."""
    if len(k) == 0 or len(k_held) == 0:
        return None
    as_it_comes = _difference(a, b, np.ones(len(a)), names)
    w, known = _weights(k, k_held)
    alike = _difference(a[w > 0], b[known], w[w > 0], names)
    if as_it_comes is None or alike is None:
        return None
    return min(alike, as_it_comes, key=lambda signal: signal.value)


def _difference(a: Array, b: Array, w: Array, names: Array) -> Signal | None:
    """Of the columns (N, D) of these names."""
    if len(a) < 5 or len(b) < 5:
        return None
    inputs = _projected(a, b)
    distances = np.array([ks(u, v, w) for u, v in inputs])
    n = float(w.sum() ** 2 / np.square(w).sum())  # how many equal weights tell as much
    excess = distances - _allowed(n, len(b), len(inputs))
    worst = int(excess.argmax())
    compared = names[facts.spread_columns(len(names), WIDE)]
    what = str(compared[worst]) if worst < len(compared) else "a mixture of columns"
    evidence = f"Of the inputs, {what} has the Kolmogorov-Smirnov distance {distances[worst]:.2f} between training and "
    return Signal(float(excess[worst]), f"{evidence}validation data", what)


def _weights(k: Array, k_held: Array) -> tuple[Array, Array]:
    """Weights (N,) that give the training rows the shares of the classes in the validation data, and which validation
    rows are of a class that training knows."""
    classes = int(max(k.max(), k_held.max())) + 1
    n, m = (np.bincount(v, minlength=classes) for v in (k, k_held))
    return np.where(n > 0, m / np.maximum(n, 1), 0.0)[k], n[k_held] > 0


def _columns(x: Array) -> Array:
    return x.reshape(len(x), -1).astype(np.float64)


def _projected(a: Array, b: Array) -> list[tuple[Array, Array]]:
    """The columns of both, and both along random directions of the standardized inputs."""
    both = [(a[:, c], b[:, c]) for c in facts.spread_columns(a.shape[1], WIDE)]
    if a.shape[1] > 1:
        mean, deviation = a.mean(axis=0), a.std(axis=0)
        usable = deviation > 0
        directions = Key(0).fold("directions").uniform((int(usable.sum()), DIRECTIONS), "float64", -1, 1)
        u, v = (((z - mean)[:, usable] / deviation[usable]) @ directions for z in (a, b))
        both += [(u[:, d], v[:, d]) for d in range(DIRECTIONS)]
    return both


def ks(a: Array, b: Array, w: Array | None = None) -> float:
    """The largest distance between the distribution functions of a, weighed by w, and b.

    >>> ks(np.array([1.0, 2.0, 3.0]), np.array([2.5, 3.5, 4.5]))
    0.6666666666666667
    """
    order, b = np.argsort(a), np.sort(b)
    a, w = a[order], np.ones(len(a)) if w is None else w[order]
    at = np.concatenate([a, b])
    below = np.concatenate([[0.0], np.cumsum(w) / w.sum()])
    Fa, Fb = below[np.searchsorted(a, at, side="right")], np.searchsorted(b, at, side="right") / len(b)
    return float(np.abs(Fa - Fb).max())


def _allowed(n: float, m: float, tests: int) -> float:
    """The distance that chance exceeds with probability DOUBT in any of so many tests."""
    return math.sqrt(-math.log(DOUBT / (2 * tests)) / 2 * (n + m) / (n * m))


def _targets(case: Case, y: Array, y_held: Array) -> Signal:
    if facts.task(case).kind == "numbers":
        both = list(zip(_columns(np.asarray(y)).T, _columns(np.asarray(y_held)).T, strict=True))
        distance = max(ks(u, v) for u, v in both)
        evidence = (
            f"The targets have the Kolmogorov-Smirnov distance {distance:.2f} between training and validation data"
        )
        return Signal(distance - _allowed(len(y), len(y_held), len(both)), evidence, "targets")
    k, k_held = facts.labels(case, y), facts.labels(case, y_held)
    classes = int(max(k.max(), k_held.max())) + 1
    p, q = (np.bincount(v, minlength=classes) / len(v) for v in (k, k_held))
    missing = np.where((q < p * MISSING) & (p * len(k_held) >= EXPECTED), p, 0.0)
    most = int(missing.argmax())
    where = case.called(most)
    named = where.replace("class", "Class", 1)
    evidence = f"{named} makes {p[most]:.0%} of the training and {q[most]:.0%} of the validation data"
    return Signal(float(missing.sum()), evidence, where)


def _meaning(case: Case) -> Signal | None:
    """Whether inputs mean the same in both: an ordinary network, trained on four fifths of the training data, judged on
    the last fifth and on the validation data; by the median over the classes, since one of them may have its own
    fault."""
    inner, outer = reference_apart(case)
    error = 3 * math.hypot(inner.error, outer.error) + SLACK
    if facts.task(case).kind == "numbers":
        seen, unseen, name = inner.score, max(outer.score, -1.0), "R²"
    else:
        known = [c for c in inner.recalls if inner.counts[c] >= FEWEST and outer.counts.get(c, 0) >= FEWEST]
        if len(known) < 2:
            return None
        differences = sorted((inner.recalls[c] - outer.recalls[c], c) for c in known)
        c = differences[(len(known) - 1) // 2][1]
        seen, unseen, name = inner.recalls[c], outer.recalls[c], f"recall of {case.called(c)}"
        if len(known) == 2:
            seen, unseen = (sum(part.recalls[c] for c in known) / 2 for part in (inner, outer))
            name = "mean recall"
    evidence = (
        f"An ordinary network trained on four fifths of the training data has the {name} {seen:.2f} on the last "
        f"fifth and {unseen:.2f} on the validation data"
    )
    return Signal(seen - unseen - error, evidence, "what inputs mean")


def remedy(case: Case, signal: Signal) -> Remedy:
    return Remedy(
        "Shuffle before splitting (utils.train_test_split(..., stratify=y); validation_split takes the last rows), and "
        "prepare both parts by the same steps with the same numbers. What is to be forecast stays split by time, and "
        "should learn what does not drift: changes, say, in place of levels."
    )


RULE = Rule(
    name="validation_differs",
    title="Validation data are not drawn as the training data are",
    measure=measure,
    threshold=LITTLE,
    meaning="Validation then measures another task than the one that is trained: its numbers can be far better or "
    "worse than those on data like the training data.",
    remedy=remedy,
    source="Kolmogorov-Smirnov test with Bonferroni's correction; Rabanser, Günnemann & Lipton, Failing loudly "
    "(NeurIPS 2019), which found just these to detect shifts best",
    explains=frozenset({"overfitting", "trained_too_long", "ignores_inputs", "one_class_always_wrong", "underfitting"}),
    static=True,
)
