"""The learning rate and the number of steps: plain numbers that also answer to what Keras's variables are asked."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np


class Rated(Protocol):
    """Something with a learning rate that may be set."""

    @property
    def learning_rate(self) -> float: ...
    @learning_rate.setter
    def learning_rate(self, value: Any) -> None: ...


class LearningRate(float):
    """A learning rate as a float; `assign` sets its optimizer's.

    >>> from pellucid.optimizers import SGD
    >>> optimizer = SGD(0.5)
    >>> optimizer.learning_rate.assign(optimizer.learning_rate / 2)
    >>> optimizer.learning_rate, optimizer.learning_rate.numpy().dtype
    (0.25, dtype('float64'))

    It is the number at the time of asking: one that was kept does not change with its optimizer, as Keras's does.
    """

    _optimizer: Rated

    @classmethod
    def of(cls, optimizer: Rated, value: float) -> LearningRate:
        """The learning rate of this optimizer."""
        made = cls(value)
        made._optimizer = optimizer
        return made

    @property
    def value(self) -> float:
        """The number itself."""
        return float(self)

    def numpy(self) -> np.float64:
        """The number as NumPy's."""
        return np.float64(self)

    def assign(self, value: Any) -> None:
        """Set the optimizer's learning rate."""
        self._optimizer.learning_rate = value

    def __reduce__(self) -> tuple[type[float], tuple[float]]:
        """A copy is a number and no more."""
        return float, (float(self),)


class Count(int):
    """A number of steps.

    >>> Count(3).numpy() + 1
    np.int64(4)
    """

    @property
    def value(self) -> int:
        """The number itself."""
        return int(self)

    def numpy(self) -> np.int64:
        """The number as NumPy's."""
        return np.int64(self)
