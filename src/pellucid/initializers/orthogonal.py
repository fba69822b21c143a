"""Orthogonal: W with WᵀW = gain² · I, or WWᵀ where W is wider than tall."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .. import checks
from ..arrays import Array, Shape
from ..errors import ShapeError
from ..rng import Key
from .base import RandomInitializer, initializers


@initializers.add("OrthogonalInitializer")
class Orthogonal(RandomInitializer):
    """A random orthogonal matrix times a gain; an array (..., O) is one matrix (product of ..., O).

    It is the Q of a normal matrix's QR decomposition, computed in float64, its columns' signs set so that every
    orthogonal matrix is equally likely. Lengths stay what they are when multiplied by it.

    >>> W = Orthogonal(seed=1)((4, 3))
    >>> bool(np.allclose(W.T @ W, np.eye(3), atol=1e-6))
    True

    Source: Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", ICLR 2014; Mezzadri, "How to generate random matrices from the classical compact groups" (2007).
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = checks.number(self.where("gain"), gain)

    def draw(self, shape: Shape, dtype: npt.DTypeLike, key: Key) -> Array:
        if len(shape) < 2:
            raise ShapeError("Orthogonal", "a shape of two axes or more", shape)
        I, O = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(key.normal((max(I, O), min(I, O)), "float64"))
        q *= np.where(np.diag(r) < 0, -1, 1)
        return (self.gain * (q if I >= O else q.T)).reshape(shape).astype(dtype)
