"""Normalization: y = (x − μ) / sqrt(σ²), with μ and σ² taken from the data once, beforehand.
x (B, ..., C)   μ, σ² (C,)   y (B, ..., C)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..activations.axes import stretched
from ..arrays import Array, Arrays, Shape, fits
from ..errors import DataError, InvalidArgument, ShapeError, Told
from ..initializers import initializers
from ..program import Buffer, Program
from ..registry import plain
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .holding import Parameter
from .rescaling import Rescaling
from .shapes import along, axes_of, axis_argument, must_fit

SMALLEST = 1e-7  # a smaller deviation is taken as this: a constant feature becomes 0, not NaN
LARGEST = 1e19  # the square of a larger one is none that float32 has
CHUNK = 8192  # rows of an array whose moments are taken at once
_TOO_LARGE = "Divide the data first."


@layers.add()
class Normalization(Layer):
    """Bring features to mean 0 and variance 1: y = (x − μ) / max(sqrt(σ²), 1e-7). With invert=True, the way back.

    axis: the axis or axes whose places each have their own μ and σ², the batch being axis 0; None for one μ and σ²
    in all. μ and σ² are given as `mean` and `variance`, or taken from data by `adapt`, before the model is trained.

    >>> layer = Normalization()
    >>> layer.adapt(np.array([[0.0, 10.0], [2.0, 30.0]]))
    >>> layer([[2.0, 20.0]])
    array([[1., 0.]], dtype=float32)

    Saved with it: mean, variance, and a count that Keras writes but leaves at 0, as this layer does.
    """

    supports_masking = True
    formula = "y = (x − mean) / √variance"
    formula_back = "dx = dy / √variance"

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        # Keras's forms: (), (-1,), (1, 2)
        axis = () if axis is None or axis == () or axis == [] else axis_argument(self.where("axis"), axis)
        self.axis: tuple[int, ...] = (axis,) if isinstance(axis, int) else axis
        if (mean is None) != (variance is None):
            raise InvalidArgument("Normalization", "mean and variance together", {"mean": mean, "variance": variance})
        self.input_mean = None if mean is None else self._finite("mean", mean)
        self.input_variance = None if variance is None else self._finite("variance", variance)
        if self.input_variance is not None and not (self.input_variance >= 0).all():
            raise InvalidArgument(self.where("variance"), "numbers at least 0", variance)
        self.invert = bool(invert)
        if self.invert:
            self.formula, self.formula_back = "y = x·√variance + mean", "dx = dy·√variance"

    def _finite(self, argument: str, value: Any) -> Array:
        array: Array = checks.arrays(self.where(argument), [value])[0].astype("float64")
        if not np.isfinite(array).all():
            raise InvalidArgument(self.where(argument), "finite numbers", value)
        if (largest := float(abs(array).max(initial=0.0))) > float(np.finfo(self.dtype).max):
            raise InvalidArgument(self.where(argument), f"numbers that {self.dtype} can hold", largest, _TOO_LARGE)
        return array

    @property
    def mean(self) -> Array | None:
        """μ, given or adapted, shaped to broadcast against a batch; None where neither is known."""
        return self._statistics(self.p, self.shape)[0] if self.built else None

    @property
    def variance(self) -> Array | None:
        """σ², as `mean`."""
        return self._statistics(self.p, self.shape)[1] if self.built else None

    def output_shape_for(self, shape: Shape) -> Shape:
        size = self._size(shape)
        for name, value in (("mean", self.input_mean), ("variance", self.input_variance)):
            if value is not None:
                must_fit(self.name, name, value.shape, size, shape)
        return shape

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        if self.input_mean is not None:
            return ()
        size = self._size(shape)
        zeros, ones = initializers.get("zeros"), initializers.get("ones")
        return [
            Parameter("mean", size, zeros, trainable=False),
            Parameter("variance", size, ones, trainable=False),
            Parameter("count", (), zeros, trainable=False),
        ]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        mean, deviation = self._mean_and_deviation(p, x)
        return mean + x * deviation if self.invert else (x - mean) / deviation, None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        _, deviation = self._mean_and_deviation(p, dy)
        return dy * deviation if self.invert else dy / deviation, {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        mean, s = (stretched(code, w, x.shape) for w in self._lower_statistics(code, x.shape))
        y = code.buffer(x.shape)
        none = code.constant(np.zeros(x.shape))
        kernel = "rescaling.each" if self.invert else "normalization"
        code.emit(kernel, x, *((s, mean) if self.invert else (mean, s)), y, x.size)

        def undo(dy: Buffer, wanted: bool) -> Buffer:
            dx = code.buffer(x.shape)
            code.emit(kernel, dy, *((s, none) if self.invert else (none, s)), dx, x.size)
            return dx

        code.back(undo)
        return y

    def _lower_statistics(self, code: Program, shape: Shape) -> tuple[Buffer, Buffer]:
        """Emit μ and the deviation, of a sample's number of axes."""
        axes = [a - 1 for a in self._axes(shape)]
        size = tuple(n if i in axes else 1 for i, n in enumerate(shape))
        if self.input_mean is None:
            mean, variance = code.parameter("mean").shaped(size), code.parameter("variance").shaped(size)
        else:
            mean, variance = (code.constant(w[0]) for w in self._statistics({}, shape))
        s = code.block(size)
        code.emit("normalization.deviation", variance, s, s.size)
        return mean, s

    def adapt(self, data: Any) -> None:
        """Take μ and σ² from data: an array (N, ...), a data frame, or batches (B, ...) one after another.

        Moments are merged batch by batch in float64: Chan, Golub & LeVeque, "Updating formulae and a pairwise
        algorithm for computing sample variances" (1979).
        """
        if self.input_mean is not None:
            raise InvalidArgument(f"layer {self.name!r}, adapt", "a layer without a mean of its own", self.input_mean)
        n, mean, squares = 0, np.zeros(()), np.zeros(())  # squares: Σ (x − mean)²
        for x in _batches(data):
            x = self._checked(x)
            axes = self._axes(x.shape[1:])
            over = tuple(i for i in range(x.ndim) if i not in axes)
            m = int(np.prod([x.shape[i] for i in over]))
            d = x.mean(axis=over) - mean
            squares = squares + x.var(axis=over) * m + d * d * (n * m / (n + m))
            mean = mean + d * (m / (n + m))
            n += m
        if n == 0:
            raise DataError(f"layer {self.name!r}, adapt", "at least one sample", Told("none"))
        variance = squares / n
        if (largest := max(abs(mean).max(), variance.max())) > np.finfo(self.dtype).max:
            where = f"layer {self.name!r}, adapt"
            raise DataError(where, f"a variance that {self.dtype} can hold", Told(f"{largest:.3g}"), _TOO_LARGE)
        self.p["mean"][...], self.p["variance"][...] = mean, variance

    def get_config(self) -> dict[str, Any]:
        """The arguments; what `adapt` found is among the weights."""
        given = {"mean": plain(self.input_mean), "variance": plain(self.input_variance)}
        return {**super().get_config(), **given}

    def _axes(self, shape: Shape) -> tuple[int, ...]:
        return axes_of(self.name, self.axis, shape)

    def _size(self, shape: Shape) -> Shape:
        return tuple(shape[a - 1] for a in self._axes(shape))

    def _checked(self, data: Any) -> Array:
        """One batch in float64, of the right shape, every number finite."""
        where = f"layer {self.name!r}, adapt"
        try:
            x: Array = np.asarray(data, "float64")
        except (TypeError, ValueError):
            raise DataError(where, "numbers", Told(f"something of type {type(data).__name__}")) from None
        if x.ndim == 0:
            raise ShapeError(where, "an array with a batch axis", x.shape)
        if x.ndim == 1 and self.known_input_shape() == (1,):
            x = x[:, None]
        self.build((None, *x.shape[1:]))
        if not fits(x.shape[1:], self._built_shape("adapt")):
            raise ShapeError(where, f"shape {(None, *(self.shape or ()))}", x.shape)
        if not np.isfinite(x).all():
            raise DataError(where, "finite numbers", Told("NaN or infinity"), "Fill or drop what is missing first.")
        return x

    def _statistics(self, p: Arrays, shape: Shape | None) -> tuple[Array, Array]:
        """(μ, σ²), shaped to broadcast against a batch of samples of this shape."""
        shape = shape or ()
        axes, size = self._axes(shape), self._size(shape)
        mean = p["mean"] if self.input_mean is None else np.broadcast_to(self.input_mean, size)
        variance = p["variance"] if self.input_variance is None else np.broadcast_to(self.input_variance, size)
        return along(mean, axes, len(shape) + 1), along(variance, axes, len(shape) + 1)

    def _mean_and_deviation(self, p: Arrays, x: Array) -> tuple[Array, Array]:
        mean, variance = self._statistics(p, x.shape[1:])
        return mean.astype(x.dtype), np.maximum(np.sqrt(variance.astype(x.dtype)), SMALLEST)


def to_scale(mean: Array, variance: Array) -> Layer:
    """What brings columns of these moments (C,) to mean 0 and variance 1: `Normalization`, or, where a deviation is too
    small for it or its square too large for float32, `Rescaling`.

    >>> to_scale(np.array([0.0, 5.0]), np.array([1e-24, 4.0]))([[1e-12, 3.0]])
    array([[ 1., -1.]], dtype=float32)
    """
    deviation = np.sqrt(variance)
    varies = deviation > np.maximum(np.finfo("float32").eps * abs(mean), np.finfo("float32").tiny)
    if not (varies & ((deviation < SMALLEST) | (deviation > LARGEST))).any():
        return Normalization(mean=mean, variance=variance)
    deviation = np.where(varies, deviation, 1.0)
    return Rescaling(1 / deviation, -mean / deviation)


def _batches(data: Any) -> Iterator[Any]:
    """An array in chunks of rows, or the batches of an iterable, each x or a tuple (x, ...)."""
    holds_arrays = isinstance(data, list | tuple) and len(data) > 0 and isinstance(data[0], np.ndarray)
    if hasattr(data, "__array__") or (isinstance(data, list | tuple) and not holds_arrays):
        data = np.asarray(data)
        yield from (data[i : i + CHUNK] for i in range(0, len(data), CHUNK))
    elif isinstance(data, Iterable):
        yield from (batch[0] if isinstance(batch, tuple) else batch for batch in data)
    else:
        raise DataError("Normalization, adapt", "an array, or batches one after another", data)
