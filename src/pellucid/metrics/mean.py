"""Means and sums over samples: the metric of a value per sample is its (weighted) mean."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from ..arrays import Array
from ..errors import WrongType
from ..losses import Loss, losses
from ..losses.lowering import Places, weights_per_sample
from ..losses.targets import spread
from ..program import Buffer, CannotLower, Program
from ..registry import get_custom_objects, needs, plain, registered_name
from .base import Metric, State, Targets, function_name, metrics, ratio
from .shapes import same_rank


def mean_state(where: str, values: Array, weights: Array | None) -> State:
    """What values (B, ...) add to a mean over samples: Σ_b w_b · v_b and Σ_b w_b, v_b being the mean of values[b].

    >>> mean_state("mean", np.array([[1.0, 3.0], [5.0, 7.0]]), None)
    {'total': 8.0, 'count': 2.0}
    """
    if values.ndim == 0:
        count = 1.0 if weights is None else float(weights.sum())
        return {"total": float(values) * count, "count": count}
    inner = max(values.size // len(values), 1) if len(values) else 1  # values per sample
    if weights is not None:
        w = spread(where, weights, values.shape)
        return {"total": float((values * w).sum(dtype=np.float64)) / inner, "count": float(w.sum()) / inner}
    total = np.count_nonzero(values) if values.dtype == bool else values.sum(dtype=np.float64)
    return {"total": float(total) / inner, "count": float(len(values))}


def lower_mean(code: Program, values: Buffer, weights: Buffer | None, place: int) -> None:
    """Emit what these values add to a mean over samples, as `mean_state` has it."""
    each = weights_per_sample(weights, values.shape)
    code.emit("count.values", values, weights, place, values.size, each)


class Reduction(Metric):
    """A metric of values alone, with no target beside them: `update_state(values, sample_weight)`."""

    def update_state(self, values: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Count values (B, ...) in, with weights (B,) or finer."""
        weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        values = np.asarray(values)
        self.merge(self.added(values, values, weights))

    def __call__(self, values: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        self.update_state(values, sample_weight)
        return self.result()


class OfMean(Metric):
    """A metric that is Σ w·v / Σ w: its state is that of `mean_state`."""

    def counted(self) -> State:
        return {"total": 0.0, "count": 0.0, **self.state}

    def read(self, state: State) -> Any:
        return ratio(state["total"], state["count"])


@metrics.add()
class Mean(Reduction, OfMean):
    """The (weighted) mean of the values seen: Σ w·v / Σ w.

    >>> m = Mean()
    >>> m.update_state([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])
    >>> m.result()
    2.0
    """

    def added(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> State:
        return mean_state(self.name, y_pred, sample_weight)


@metrics.add()
class Sum(Reduction):
    """The (weighted) sum of the values seen: Σ w·v.

    >>> m = Sum()
    >>> m.update_state([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])
    >>> m.result()
    4.0
    """

    def added(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> State:
        if sample_weight is None:
            return {"total": float(y_pred.sum(dtype=np.float64))}
        return {"total": float((y_pred * spread(self.name, sample_weight, y_pred.shape)).sum(dtype=np.float64))}

    def counted(self) -> State:
        return {"total": 0.0, **self.state}

    def read(self, state: State) -> Any:
        return state["total"]


class MeanOverSamples(OfMean):
    """A metric that is the mean of one value per sample, which `values` computes."""

    @abstractmethod
    def values(self, y_true: Array, y_pred: Array) -> Array:
        """One value per sample (B,), or several (B, ...), of which the mean counts."""

    def added(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> State:
        return mean_state(self.name, self.values(y_true, y_pred), sample_weight)


def lower_loss(loss: Loss, code: Program, targets: Targets, y_pred: Buffer) -> tuple[Buffer, Buffer]:
    """Emit the values of a loss; returns (y_true as it reads them, values)."""
    if not loss.can_lower():
        raise CannotLower(f"metric of the loss {loss.name!r}")
    y_true, y_pred = targets.of(loss, y_pred)
    values = code.buffer(y_pred.shape[:-1])
    loss.lower(code, Places(y_true, y_pred, None, values, None))
    return y_true, values


class MeanLoss(MeanOverSamples):
    """A metric that is the mean of a loss."""

    direction = "down"
    loss: Loss

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return self.loss.values(*self.loss.check(y_true, y_pred))

    def lower(self, code: Program, targets: Targets, y_pred: Buffer, weights: Buffer | None, place: int) -> None:
        _, values = lower_loss(self.loss, code, targets, y_pred)
        lower_mean(code, values, weights, place)


@metrics.add()
class MeanMetricWrapper(MeanOverSamples):
    """The mean of fn(y_true, y_pred, **options), a function that gives a value per sample, or a `Loss`.

    A last axis of 1 that only one of y_true and y_pred has is evened out before fn sees them. Where fn gives one
    number for the whole batch, it counts for as many samples as the batch has; in Keras every batch
    counts alike, so that a short last batch weighs too much.

    >>> m = MeanMetricWrapper(lambda y_true, y_pred: abs(y_true - y_pred), name="distance")
    >>> m.update_state([0.0, 1.0], [1.0, 1.0])
    >>> m.result()
    0.5
    """

    def __init__(self, fn: Any, name: str | None = None, dtype: str | None = None, **options: Any) -> None:
        super().__init__(name, dtype)
        self.fn: Any = losses.deserialize(fn) if is_saved_loss(fn) else metrics.function(fn)
        self.options = options
        self.loss = loss_of(self.fn, options)

    @classmethod
    def takes(cls, name: str) -> bool:
        return cls is MeanMetricWrapper or super().takes(name)  # the wrapper takes fn's own options

    def values(self, y_true: Array, y_pred: Array) -> Array:
        if self.loss is not None:
            return self.loss.values(*self.loss.check(y_true, y_pred))
        values = np.asarray(self.fn(same_rank(y_true, y_pred), y_pred, **self.options))
        if values.dtype.kind not in "biuf":
            raise WrongType(f"metric {self.name}", "a function that returns numbers, one per sample", values.dtype.name)
        return values

    def lower(self, code: Program, targets: Targets, y_pred: Buffer, weights: Buffer | None, place: int) -> None:
        if self.loss is None:
            raise CannotLower(f"metric {self.name!r}, a function")
        _, values = lower_loss(self.loss, code, targets, y_pred)
        lower_mean(code, values, weights, place)

    def added(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> State:
        values = self.values(y_true, y_pred)
        if values.ndim == 0 and sample_weight is None:
            sample_weight = np.array(float(len(y_pred)) if y_pred.ndim else 1.0)
        return mean_state(self.name, values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The name, the dtype, the function by its name, and its options."""
        return {"name": self.name, "dtype": self.dtype, "fn": saved_function(self.fn), **plain(self.options)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The metric that a config describes; its function is the library's, or one that the user registered."""
        needs(f"{cls.__name__}.from_config", cls, config)
        return cls(**config)


def is_saved_loss(fn: Any) -> bool:
    """Whether this is the saved form of a loss."""
    return isinstance(fn, Mapping) and fn.get("class_name") in losses.parts


def loss_of(fn: Any, options: dict[str, Any]) -> Loss | None:
    """The loss that fn is, or that one of the library's loss functions belongs to; it brings shapes in order."""
    if isinstance(fn, Loss):
        return fn
    module = getattr(fn, "__module__", None) or ""  # code run by exec has none
    known = losses.get(fn) if module.startswith(Loss.__module__.rpartition(".")[0]) else None
    return None if known is None else type(known)(**options)


def saved_function(fn: Any) -> Any:
    """A function as Keras saves it: by its name."""
    if isinstance(fn, Loss):
        return plain(fn)
    name = registered_name(fn) if fn in get_custom_objects().values() else getattr(fn, "__name__", function_name(fn))
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": name}
