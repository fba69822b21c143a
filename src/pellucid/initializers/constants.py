"""Initializers that draw nothing: zeros, ones, a constant, the identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import checks
from ..arrays import Array, Shape
from ..errors import InvalidArgument, ShapeError, WrongType
from ..rng import Key
from .base import Initializer, initializers


@initializers.add("zero")
class Zeros(Initializer):
    """Zeros everywhere: the customary start of a bias.

    >>> Zeros()((2,))
    array([0., 0.], dtype=float32)
    """

    def draw(self, shape: Shape, dtype: npt.DTypeLike, key: Key) -> Array:
        return np.zeros(shape, dtype)


@initializers.add("one")
class Ones(Initializer):
    """Ones everywhere: the customary start of a scale.

    >>> Ones()((2,))
    array([1., 1.], dtype=float32)
    """

    def draw(self, shape: Shape, dtype: npt.DTypeLike, key: Key) -> Array:
        return np.ones(shape, dtype)


@initializers.add()
class Constant(Initializer):
    """One number everywhere, or an array of numbers stretched to the shape.

    >>> Constant(0.5)((2,))
    array([0.5, 0.5], dtype=float32)
    >>> Constant([1.0, 2.0])((2, 2))
    array([[1., 2.],
           [1., 2.]], dtype=float32)
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = _constant(value)

    def draw(self, shape: Shape, dtype: npt.DTypeLike, key: Key) -> Array:
        try:
            return np.broadcast_to(self.value, shape).astype(dtype)
        except ValueError:
            raise ShapeError("Constant", f"a shape that an array of shape {np.shape(self.value)} fits", shape) from None


def _constant(value: Any) -> float | Array:
    """A finite number, or an array of them; Keras saves an array under "value" in a mapping."""
    where = "Constant, argument value"
    if isinstance(value, Mapping):
        value = (value.get("config") or {}).get("value")
    if not isinstance(value, np.ndarray | list | tuple):
        return checks.number(where, value)
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise WrongType(where, "a number or an array of numbers", value) from None
    if not np.isfinite(array).all():
        raise InvalidArgument(where, "finite numbers", value)
    return array


@initializers.add("IdentityInitializer")
class Identity(Initializer):
    """The identity matrix times a gain: W = gain · I, for matrices alone.

    >>> Identity(gain=2.0)((2, 3))
    array([[2., 0., 0.],
           [0., 2., 0.]], dtype=float32)

    Source: Le, Jaitly & Hinton, "A simple way to initialize recurrent networks of rectified linear units",
    arXiv:1504.00941 (2015). Keras 3.15 does not save the gain; here it is saved.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = checks.number(self.where("gain"), gain)

    def draw(self, shape: Shape, dtype: npt.DTypeLike, key: Key) -> Array:
        if len(shape) != 2:
            raise ShapeError("Identity", "a matrix's shape", shape, "Use Orthogonal for arrays of more axes.")
        I, O = shape
        return self.gain * np.eye(I, O, dtype=dtype)
