"""Initializers that draw from a distribution the user gives: normal, truncated normal, uniform."""

from __future__ import annotations

import numpy.typing as npt

from .. import checks
from ..arrays import Array, Shape
from ..rng import Key
from .base import RandomInitializer, initializers


@initializers.add("normal")
class RandomNormal(RandomInitializer):
    """Normal numbers: w ~ N(mean, stddev²).

    >>> w = RandomNormal(mean=1.0, stddev=0.5, seed=1)((100, 100))
    >>> round(float(w.mean()), 1), round(float(w.std()), 1)
    (1.0, 0.5)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean = checks.number(self.where("mean"), mean)
        self.stddev = checks.number(self.where("stddev"), stddev, minimum=0)

    def draw(self, shape: Shape, dtype: npt.DTypeLike, key: Key) -> Array:
        return key.normal(shape, dtype, self.mean, self.stddev)


@initializers.add()
class TruncatedNormal(RandomInitializer):
    """Normal numbers, drawn again where they fall beyond two standard deviations from the mean.

    What is left has a standard deviation of 0.8796 · stddev.

    >>> w = TruncatedNormal(stddev=1.0, seed=1)((100, 100))
    >>> bool(abs(w).max() <= 2), round(float(w.std()), 2)
    (True, 0.88)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean = checks.number(self.where("mean"), mean)
        self.stddev = checks.number(self.where("stddev"), stddev, minimum=0)

    def draw(self, shape: Shape, dtype: npt.DTypeLike, key: Key) -> Array:
        return key.truncated_normal(shape, dtype, self.mean, self.stddev)


@initializers.add("uniform")
class RandomUniform(RandomInitializer):
    """Uniform numbers: w ~ U[minval, maxval).

    >>> w = RandomUniform(-1.0, 1.0, seed=1)((100, 100))
    >>> bool(w.min() >= -1 and w.max() < 1), round(float(w.std() * 3**0.5), 1)
    (True, 1.0)
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval = checks.number(self.where("minval"), minval)
        self.maxval = checks.number(self.where("maxval"), maxval, minimum=self.minval)

    def draw(self, shape: Shape, dtype: npt.DTypeLike, key: Key) -> Array:
        return key.uniform(shape, dtype, self.minval, self.maxval)
