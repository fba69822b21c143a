"""Losses of how far two regions overlap: one value for all the numbers along some axes, or for the whole batch.

A region of ones in t (the truth) and one in y (soft: numbers from 0 to 1) share I = Σ t·y.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike

from .. import checks
from ..arrays import Array
from ..errors import DataError, InvalidArgument, ShapeError, Told
from .base import LossOptions, StandardLoss
from .targets import alike

Axes = int | Sequence[int] | None


def regions(name: str, y_true: ArrayLike, y_pred: ArrayLike, axis: Axes) -> tuple[Array, Array]:
    """Both as floating arrays of one shape, the truth from 0 to 1, with the axes that are asked for."""
    t, y = alike(name, y_true, y_pred)
    if t.size and (t.min() < 0 or t.max() > 1):
        raise DataError(
            f"{name}, y_true", "a mask of numbers from 0 to 1", Told(f"{t.min():g} to {t.max():g}"),
            "Class numbers become one mask for each class by utils.to_categorical.",
        )  # fmt: skip
    axes = [] if axis is None else [axis] if isinstance(axis, int) else list(axis)
    places = [a % t.ndim if -t.ndim <= a < t.ndim else None for a in axes]
    if None in places or len(set(places)) < len(places):
        raise ShapeError(f"{name}, y_true", f"a shape with axes {axis}, each once", t.shape)
    return t, y


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

    def _weighting(
        self, y_true: Array, values: Array, sample_weight: Any, mask: Array | None = None
    ) -> tuple[Array | None, float]:
        axes = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        if sample_weight is not None and any(a is None or a % y_true.ndim == 0 for a in axes):
            raise InvalidArgument(
                f"{self.name}, sample_weight", "none, since one value is formed over all samples", Told("weights"),
                f"Let each sample have a value: {type(self).__name__}(axis={tuple(range(1, max(y_true.ndim, 2)))}).",
            )  # fmt: skip
        return super()._weighting(y_true, values, sample_weight, mask)
