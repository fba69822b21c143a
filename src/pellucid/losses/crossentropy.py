"""The word "crossentropy" ("ce"): which cross-entropy it is, the first targets and outputs tell by their shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array, Shape
from .base import Loss, StandardLoss
from .binary_crossentropy import BinaryCrossentropy
from .categorical_crossentropy import CategoricalCrossentropy
from .sparse_categorical_crossentropy import SparseCategoricalCrossentropy


class UnsettledCrossentropy(StandardLoss):
    """A cross-entropy that becomes the binary, sparse or categorical one when it first meets data; Keras's rule.

    One output: binary. Targets with fewer axes than the outputs, or a last axis of 1: class numbers. Else one-hot.

    >>> from pellucid import losses
    >>> loss = losses.get("crossentropy")
    >>> round(float(loss([1, 0], [[0.5, 0.5], [1.0, 0.0]])), 4), loss.name
    (0.3466, 'sparse_categorical_crossentropy')
    """

    def check(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """As the cross-entropy does that these shapes ask for."""
        return self._settled(y_true, y_pred).check(y_true, y_pred)

    def settle(self, y_true: Shape, y_pred: Shape) -> None:
        """Be, from now on, of the class that the shapes ask for: whoever holds the loss need not ask what it is."""
        kind: type[StandardLoss] = CategoricalCrossentropy
        if len(y_pred) < 2 or y_pred[-1] == 1:
            kind = BinaryCrossentropy
        elif len(y_true) < len(y_pred) or y_true[-1] == 1:
            kind = SparseCategoricalCrossentropy
        made: Loss = kind(reduction=self.reduction, dtype=self.dtype)
        self.__class__ = kind  # type: ignore[assignment]
        for name, value in vars(made).items():
            setattr(self, name, value)

    def _settled(self, y_true: Any, y_pred: Any) -> Loss:
        self.settle(np.shape(y_true), np.shape(y_pred))
        return self

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return self._settled(y_true, y_pred).values(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return self._settled(y_true, y_pred).gradient(y_true, y_pred)
