"""Losses of how far two regions overlap: one value for all the numbers along some axes, or for the whole batch.

A region of ones in t (the truth) and one in y (soft: numbers from 0 to 1) share I = Σ t·y.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import InvalidArgument, Told
from .base import LossOptions, StandardLoss

Axes = int | Sequence[int] | None


def over(x: Array, axis: Axes, *, keepdims: bool = False) -> Array:
    """The sum along the axes."""
    axes = axis if axis is None or isinstance(axis, int) else tuple(axis)
    return np.asarray(x.sum(axis=axes, keepdims=keepdims))


class RegionLoss(StandardLoss):
    """A loss with one value for the numbers along `axis`: an axis, several, or None for the whole batch."""

    by_rows = False

    def __init__(self, axis: Any, **options: Unpack[LossOptions]) -> None:
        super().__init__(**options)
        if isinstance(axis, Mapping):  # Keras's saved form of a tuple
            axis = axis.get("items")
        if isinstance(axis, Sequence) and not isinstance(axis, str) and len(axis):
            self.axis = tuple(checks.integer(self.where("axis"), a) for a in axis)
        else:
            self.axis = None if axis is None else checks.integer(self.where("axis"), axis)

    def _spread(self, slope: Array, y_pred: Array) -> Array:
        if self.axis is None:
            return slope.reshape((1,) * y_pred.ndim)
        return np.expand_dims(slope, self.axis)

    def _weighting(self, y_true: Array, values: Array, sample_weight: Any) -> tuple[Array | None, float]:
        axes = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        if sample_weight is not None and any(a is None or a % y_true.ndim == 0 for a in axes):
            raise InvalidArgument(
                f"{self.name}, sample_weight", "none, since one value is formed over all samples", Told("weights"),
                f"Let each sample have a value: {type(self).__name__}(axis={tuple(range(1, max(y_true.ndim, 2)))}).",
            )  # fmt: skip
        return super()._weighting(y_true, values, sample_weight)
