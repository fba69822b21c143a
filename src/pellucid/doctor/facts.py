"""What can be said of a case without training anything: what the task is, and how well a model does beside a dummy.

Letters: N samples, C classes, O outputs. A *dummy* says the same whatever the input: the shares of the classes, or the
mean or median of the targets, whichever the loss likes best.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array, Shape
from ..metrics.r2_score import pooled_r2
from ..rng import Key
from .base import Case, once
from .wires import activation_of, ends_in

MOST, FEWEST_ROWS = 2000, 100  # answers looked at by one rule, enough for shares to within 1 %; and rows at least
CHUNK = 512  # rows that go through the network at a time
ODD_ROWS = 0.05  # the share with more or fewer labels than one, above which it is no slip
ROUNDING = 1e-12  # of the mean square: targets that vary less are all the same


class Task(NamedTuple):
    """What the targets are: "classes" (one of C), "binary" (yes or no, for each output), or "numbers"."""

    kind: str
    classes: int  # 0 for numbers


class Standing(NamedTuple):
    """How well a model does on some data, and how well a dummy does on the same."""

    loss: float  # without penalties
    score: float  # accuracy, or R² for numbers
    link: float  # between outputs and targets, 0 none, 1 perfect: accuracy above the dummy's; squared correlation
    dummy_loss: float
    dummy_score: float
    size: int
    recalls: Mapping[int, float] = MappingProxyType({})  # by class: the share of its samples that are recognized
    counts: Mapping[int, int] = MappingProxyType({})  # by class: its samples

    @property
    def skill(self) -> float:
        """1 - loss / dummy's loss: 1 perfect, 0 no better than a dummy, -1 the least it says (a loss of NaN, too)."""
        if not math.isfinite(self.loss) or self.dummy_loss <= 0:
            return -1.0
        return max(-1.0, 1 - self.loss / self.dummy_loss)

    @property
    def gain(self) -> float:
        """(score - dummy's) / (1 - dummy's): 1 perfect, 0 no better than a dummy."""
        return (self.score - self.dummy_score) / max(1 - self.dummy_score, 1e-9)

    @property
    def error(self) -> float:
        """The standard error of `score`, as that of a share of so many samples."""
        s = min(max(self.score, 0.02), 0.98)
        return math.sqrt(s * (1 - s) / self.size)


def picked(x: Array, y: Array, most: int) -> tuple[Array, Array]:
    """At most so many rows of both, drawn without order and always the same."""
    rows = drawn_rows(len(x), most)
    return x[rows], y[rows]


def drawn_rows(n: int, most: int) -> slice | Array:
    """The places of at most so many of n rows."""
    return slice(None) if n <= most else np.sort(Key(0).fold("doctor").permutation(n)[:most])


def spread_columns(width: int, most: int) -> Array:
    """The places of at most so many of `width` columns, at even distances.

    >>> spread_columns(3, 5), spread_columns(101, 3)
    (array([0, 1, 2]), array([  0,  50, 100]))
    """
    return np.arange(width) if width <= most else np.linspace(0, width - 1, most).astype(int)


def weighed(x: Array, y: Array, weights: Array | None) -> tuple[Array, Array]:
    """As many rows, each there as often as it weighs: what is measured on these counts as the loss does.

    >>> weighed(np.array([5, 6, 7]), np.array([0, 1, 2]), np.array([2.0, 1.0, 0.0]))[0]
    array([5, 5, 6])
    """
    if weights is None or not weights.any():
        return x, y
    total = np.cumsum(weights.reshape(len(x), -1).mean(axis=1, dtype=np.float64))
    places = np.searchsorted(total / total[-1], (np.arange(len(x)) + 0.5) / len(x))
    return x[places], y[places]


def weights_like(case: Case, y: Array) -> Array | None:
    """What samples (N,) that training did not see weigh: the mean weight of their class; None where that is unknown."""
    if case.sample_weight is None or not one_label_each(case):
        return None
    k, k_new = labels(case, case.y), labels(case, y)
    size = int(max(k.max(), k_new.max())) + 1
    w = case.sample_weight.reshape(len(k), -1).mean(axis=1)
    mean: Array = np.bincount(k, w, minlength=size) / np.maximum(np.bincount(k, minlength=size), 1)
    return mean[k_new]


@once
def sample(case: Case) -> tuple[Array, Array]:
    """Rows of the training data."""
    return picked(case.x, case.y, enough(case, case.y))


@once
def held_out(case: Case) -> tuple[Array, Array] | None:
    """Rows of the validation data, if there are any."""
    if case.validation is None or len(case.validation[0]) == 0:
        return None
    return picked(*case.validation, enough(case, case.validation[1]))


def enough(case: Case, y: Array, answers: int = MOST, fewest: int = FEWEST_ROWS) -> int:
    """How many rows have so many answers among them: a sequence that is answered step by step has one for each."""
    return max(fewest, answers // max(1, math.prod(shape_of_outputs(case, y)[1:-1])))


@once
def task(case: Case) -> Task:
    """What the targets are, told by the loss and the targets themselves."""
    y, loss = np.asarray(case.y), case.model.loss
    width = width_of(case)
    if loss.targets == "classes" or (loss.name.startswith("sparse") and width > 1):
        return Task("classes", int(y.max()) + 1)
    if y.ndim == 2 and y.shape[1] == width > 1 and _one_hot(y):
        return Task("classes", width)
    two = y.min() in (0, -1) and y.max() == 1 and bool((np.isin(y, (y.min(), 1))).all())
    if several_labels(case):
        return Task("binary", 2)
    if two and ("binary" in loss.name or "hinge" in loss.name or (width == 1 and ends_in(case.model) == "sigmoid")):
        return Task("binary", 2)
    return Task("numbers", 0)


@once
def several_labels(case: Case) -> bool:
    """Whether the targets (N, O) are yes or no for each of several labels, and the network is made to answer so: it
    ends in a softmax or sigmoid, or its loss is a cross-entropy; and rows have more or fewer labels than one."""
    y = np.asarray(case.y)
    if y.ndim != 2 or not 1 < y.shape[1] == width_of(case) or not ((y == 0) | (y == 1)).all() or not y.any():
        return False
    asked = "crossentropy" in case.model.loss.name or ends_in(case.model) in ("softmax", "sigmoid")
    return asked and float((y.sum(axis=1) != 1).mean()) > ODD_ROWS


def width_of(case: Case) -> int:
    """The number of outputs."""
    shape = case.model.output_shape
    return int(shape[-1] or 1) if len(shape) > 1 else 1


def hidden(case: Case, *activations: str) -> list[str]:
    """The paths of hidden layers that end with one of these activations."""
    steps = case.model.wiring.steps
    last = max((i for i, step in enumerate(steps) if step.layer.p), default=0)
    return [step.label for step in steps[:last] if activation_of(step.layer) in activations]


def units_last(case: Case, path: str, y: Array) -> Array:
    """The outputs y of a layer as (N, ..., U): of one whose channels come first, they are its units."""
    layer = next(step.layer for step in case.model.wiring.steps if step.label == path)
    first = getattr(layer, "data_format", "") == "channels_first" and y.ndim > 2
    return np.moveaxis(y, 1, -1) if first else y


def dead(y: Array) -> float:
    """The share of the units of y (N, ..., U) that are 0 throughout.

    >>> dead(np.array([[0.0, 1.0], [0.0, 0.0]]))
    0.5
    """
    return float((y.reshape(-1, y.shape[-1]) == 0).all(axis=0).mean())


def labels(case: Case, y: Array) -> Array:
    """The class of each sample, (N,) whole numbers."""
    k: Array = np.asarray(y)
    if task(case).kind == "binary":
        k = k > (0 if k.min(initial=0) < 0 else 0.5)
    elif k.ndim > 1 and k.shape[-1] > 1 and case.model.loss.targets != "classes":
        k = k.argmax(axis=-1)
    return k.astype(int).reshape(-1)


def one_label_each(case: Case) -> bool:
    """Whether each row is of one class: not several labels, nor one for each place of a sequence."""
    return task(case).kind != "numbers" and len(labels(case, case.y)) == len(case.y)


def chosen(case: Case, outputs: Array) -> Array:
    """The class that the outputs (N, ..., O) are for, (N,)."""
    k: Array = outputs.argmax(axis=-1)
    if task(case).kind == "binary":
        k = outputs > (0.0 if takes_logits(case) or "hinge" in case.model.loss.name else 0.5)
    return k.astype(int).reshape(-1)


def takes_logits(case: Case) -> bool:
    """Whether the loss is told to expect logits."""
    return bool(getattr(case.model.loss, "from_logits", False))


def run(model: Any, x: Array, y: Array, training: bool = False) -> tuple[Array, float]:
    """(outputs, mean loss without penalties) on the rows, by the definition."""
    outputs, total = [], 0.0
    for i in range(0, len(x), CHUNK):
        part, truth = np.asarray(x[i : i + CHUNK], model.dtype), y[i : i + CHUNK]
        out, cache = model.forward(model.p, part, training=training, rng=model.key)
        last = model.logits(cache)
        fused = None if last is None else model.loss.from_logits_of(last[0])
        loss, given = (model.loss, out) if last is None or fused is None else (fused, last[1])
        total += loss.value_and_gradient(truth, given)[0] * len(part)
        outputs.append(out)
    return np.concatenate(outputs), total / len(x)


def stand(case: Case, model: Any, x: Array, y: Array) -> Standing:
    """How well a model (the case's, or a copy that was trained otherwise) does on the rows."""
    outputs, loss = run(model, x, y)
    dummy_loss = dummy(case, y)
    if not np.isfinite(outputs).all():
        return Standing(math.nan, -1.0, 0.0, dummy_loss, 0.0, len(x))
    if task(case).kind == "numbers":
        t = np.asarray(y, np.float64).reshape(outputs.shape)
        return Standing(loss, *fit_of(t, outputs.astype(np.float64)), dummy_loss, 0.0, len(x))
    return of_classes(loss, chosen(case, outputs), labels(case, y), dummy_loss)


def of_classes(loss: float, said: Array, k: Array, dummy_loss: float) -> Standing:
    """The standing of class numbers (N,) said where k (N,) is true."""
    sizes, right = np.bincount(k), np.bincount(k[said == k], minlength=int(k.max()) + 1)
    score, most = float((said == k).mean()), float(sizes.max() / len(k))
    recalls = {int(c): float(right[c] / sizes[c]) for c in np.flatnonzero(sizes)}
    counts = {c: int(sizes[c]) for c in recalls}
    return Standing(loss, score, (score - most) / max(1 - most, 1e-9), dummy_loss, most, len(k), recalls, counts)


def fit_of(t: Array, y: Array) -> tuple[float, float]:
    """(R², squared correlation) of targets t and outputs y, pooled: a column counts as much as it varies, so that one
    that hardly does (the border of a picture) decides nothing. Of targets that are all the same, 1 or 0.

    >>> t = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.001]])
    >>> tuple(round(part, 3) for part in fit_of(t, t + 0.5))
    (0.813, 1.0)
    """
    t, y = t.reshape(len(t), -1), y.reshape(len(y), -1)
    total, r2 = float(t.var(axis=0).sum()), pooled_r2(t, y, ROUNDING)
    if total <= float(np.square(t).mean(axis=0).sum()) * ROUNDING:
        return r2, r2
    shared = ((t - t.mean(axis=0)) * (y - y.mean(axis=0))).mean(axis=0)
    explained = shared**2 / np.maximum(y.var(axis=0), 1e-30)  # the correlation's square, times the target's variance
    return r2, float(explained.sum()) / total


def dummy(case: Case, y: Array) -> float:
    """The least loss that outputs which are the same for every sample reach on these targets."""
    loss = case.model.loss
    return min(_loss_of_constant(loss, y, value, case) for value in _constants(case, y))


def _constants(case: Case, y: Array) -> list[Array]:
    if task(case).kind == "numbers":
        t = np.asarray(y, np.float64).reshape(len(y), -1)
        return [t.mean(axis=0), np.median(t, axis=0)]
    if task(case).kind == "classes":
        shares = np.bincount(labels(case, y), minlength=width_of(case))[: width_of(case)] / max(len(y), 1)
        shares = np.maximum(shares, 1e-7)
        return [np.log(shares) if takes_logits(case) else shares]
    t = np.asarray(y, np.float64).reshape(len(y), -1)
    if "hinge" in case.model.loss.name:
        return [np.full(t.shape[1], side) for side in (-1.0, 0.0, 1.0)]
    p = np.clip(t.mean(axis=0), 1e-7, 1 - 1e-7)
    return [np.log(p / (1 - p)) if takes_logits(case) else p]


def _loss_of_constant(loss: Any, y: Array, value: Array, case: Case) -> float:
    shape = shape_of_outputs(case, y)
    outputs = np.broadcast_to(value.reshape(-1)[-shape[-1] :], shape).astype(case.model.dtype)
    return float(loss.value_and_gradient(y, outputs)[0])


def shape_of_outputs(case: Case, y: Array) -> Shape:
    """The shape of the outputs for these targets, which tell the lengths that the network leaves open."""
    lengths = (*y.shape, *[1] * len(case.model.output_shape))
    return (len(y), *(n or lengths[i] for i, n in enumerate(case.model.output_shape) if i))


def _one_hot(y: Array) -> bool:
    return bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())
