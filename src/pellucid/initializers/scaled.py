"""Initializers whose spread follows the number of inputs and outputs, so that signals keep their size through layers.

All are one law: the weights' variance is scale / n, with n = fan_in, fan_out or their mean. What they are called:

              n = fan_in             n = (fan_in + fan_out)/2
    scale 1   LecunNormal/Uniform    GlorotNormal/Uniform
    scale 2   HeNormal/Uniform
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy.typing as npt

from .. import checks
from ..arrays import Array, Shape
from ..rng import Key
from .base import RandomInitializer, fans, initializers

MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")
TRUNCATED_STDDEV = 0.87962566103423978  # of a standard normal cut at ±2


class FanScaled(RandomInitializer):
    """The law itself; each initializer below fixes scale, mode and distribution."""

    scale: float
    mode: str
    distribution: str

    def __init__(
        self,
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed)
        self.input_axes = self._axes("input_axes", input_axes)
        self.output_axes = self._axes("output_axes", output_axes)

    def _axes(self, argument: str, axes: Sequence[int] | None) -> list[int] | None:
        where = self.where(argument)
        return None if axes is None else [checks.integer(where, axis) for axis in axes]

    def draw(self, shape: Shape, dtype: npt.DTypeLike, key: Key) -> Array:
        fan_in, fan_out = fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1, n))
        if self.distribution == "uniform":
            limit = math.sqrt(3) * stddev
            return key.uniform(shape, dtype, -limit, limit)
        if self.distribution == "untruncated_normal":
            return key.normal(shape, dtype, 0.0, stddev)
        return key.truncated_normal(shape, dtype, 0.0, stddev / TRUNCATED_STDDEV)


@initializers.add()
class VarianceScaling(FanScaled):
    """Weights of variance scale / n, where n is the "fan_in", the "fan_out" or "fan_avg", their mean.

    distribution: "truncated_normal" (cut at two standard deviations; "normal" is another word for it),
    "untruncated_normal" or "uniform".

    >>> w = VarianceScaling(scale=2.0, mode="fan_out", distribution="uniform", seed=1)((100, 200))
    >>> round(float(w.var() * 200), 1)
    2.0

    Source: He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015, section 2.2, for the reasoning.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed, input_axes, output_axes)
        self.scale = checks.number(self.where("scale"), scale, above=0)
        self.mode = checks.one_of(self.where("mode"), mode, MODES)
        chosen = distribution.lower() if isinstance(distribution, str) else distribution
        chosen = "truncated_normal" if chosen == "normal" else chosen
        self.distribution = checks.one_of(self.where("distribution"), chosen, DISTRIBUTIONS)


@initializers.add()
class GlorotUniform(FanScaled):
    """Uniform on [-a, a] with a = sqrt(6 / (fan_in + fan_out)), which keeps the variance of signals and gradients.

    >>> bool(abs(GlorotUniform(seed=1)((100, 200))).max() < (6 / 300) ** 0.5)
    True

    Source: Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010. Also known as Xavier's. PyTorch's Linear begins otherwise, uniform within 1 / sqrt(fan_in).
    """

    scale, mode, distribution = 1.0, "fan_avg", "uniform"


@initializers.add()
class GlorotNormal(FanScaled):
    """Truncated normal of standard deviation sqrt(2 / (fan_in + fan_out)), measured after the cut.

    >>> round(float(GlorotNormal(seed=1)((100, 300)).var() * 200), 1)
    1.0

    Source: Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010. PyTorch's xavier_normal_ does not cut.
    """

    scale, mode, distribution = 1.0, "fan_avg", "truncated_normal"


@initializers.add()
class HeUniform(FanScaled):
    """Uniform on [-a, a] with a = sqrt(6 / fan_in): the start for relu, which halves the signal's variance.

    >>> bool(abs(HeUniform(seed=1)((100, 200))).max() < (6 / 100) ** 0.5)
    True

    Source: He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015.
    """

    scale, mode, distribution = 2.0, "fan_in", "uniform"


@initializers.add()
class HeNormal(FanScaled):
    """Truncated normal of standard deviation sqrt(2 / fan_in), measured after the cut: the start for relu.

    >>> round(float(HeNormal(seed=1)((100, 300)).var() * 100), 1)
    2.0

    Source: He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015. PyTorch's kaiming_normal_ does not cut.
    """

    scale, mode, distribution = 2.0, "fan_in", "truncated_normal"


@initializers.add()
class LecunUniform(FanScaled):
    """Uniform on [-a, a] with a = sqrt(3 / fan_in).

    >>> bool(abs(LecunUniform(seed=1)((100, 200))).max() < (3 / 100) ** 0.5)
    True

    Source: LeCun, Bottou, Orr & Müller, "Efficient BackProp" (1998), section 4.6.
    """

    scale, mode, distribution = 1.0, "fan_in", "uniform"


@initializers.add()
class LecunNormal(FanScaled):
    """Truncated normal of standard deviation sqrt(1 / fan_in), measured after the cut: the start for selu.

    >>> round(float(LecunNormal(seed=1)((100, 300)).var() * 100), 1)
    1.0

    Source: LeCun, Bottou, Orr & Müller, "Efficient BackProp" (1998), section 4.6; Klambauer et al.,
    "Self-normalizing neural networks", NeurIPS 2017.
    """

    scale, mode, distribution = 1.0, "fan_in", "truncated_normal"
