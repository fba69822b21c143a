"""Other sizes for pictures: each number that comes out is a weighted sum of numbers near its place, axis after axis.

Along an axis from n numbers to m, y[i] = Σ_j A[i, j]·x[j], where y[i] stands at u = (i + ½)·n / m − ½ among the x, and
A[i, j] is the kernel at |u − j|, the sum of each row being 1: the edges take the place of what lies beyond them.

Source: Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. ASSP 29 (1981), with a = −½.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ..arrays import Array
from ..program import Buffer, Program


def triangle(d: Array) -> Array:
    return np.asarray(np.maximum(0, 1 - d))


def cubic(d: Array) -> Array:
    near, far = (1.5 * d - 2.5) * d * d + 1, ((-0.5 * d + 2.5) * d - 4) * d + 2
    return np.where(d < 1, near, np.where(d < 2, far, 0))


def lanczos(d: Array, radius: int) -> Array:
    return np.where(d < radius, np.sinc(d) * np.sinc(d / radius), 0)


KERNELS: dict[str, Callable[[Array], Array]] = {
    "bilinear": triangle,
    "bicubic": cubic,
    "lanczos3": lambda d: lanczos(d, 3),
    "lanczos5": lambda d: lanczos(d, 5),
}
INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


def matrix(n: int, m: int, interpolation: str, antialias: bool = False) -> Array:
    """A (m, n); `antialias`: with the kernel as wide as a number that comes out, where those are fewer.

    >>> matrix(2, 4, "bilinear")
    array([[1.  , 0.  ],
           [0.75, 0.25],
           [0.25, 0.75],
           [0.  , 1.  ]])
    """
    u = (np.arange(m) + 0.5) * n / m - 0.5
    if interpolation == "nearest":
        return np.asarray(np.eye(n)[np.floor(u + 0.5).astype(int)])
    width = max(n / m, 1) if antialias else 1
    A = KERNELS[interpolation](np.abs(u[:, None] - np.arange(n)) / width)
    A = np.where(np.abs(A) > 1e-12, A, 0)  # what is 0 but for rounding
    return np.asarray(A / A.sum(axis=1, keepdims=True))


def resampled(x: Array, matrices: Sequence[Array]) -> Array:
    """y (B, *M, C) from x (B, *N, C), with a matrix (M, N) for each axis."""
    for axis, A in enumerate(matrices, 1):
        x = np.moveaxis(np.tensordot(A.astype(x.dtype), x, (1, axis)), 0, axis)
    return x


def resampled_grad(dy: Array, matrices: Sequence[Array]) -> Array:
    return resampled(dy, [A.T for A in matrices])  # y is linear in x


def lower_resampled(code: Program, x: Buffer, matrices: Sequence[Array]) -> Buffer:
    """Emit y (*M, C) from x (*N, C), and the way back."""
    code.back(lambda dy, wanted: _emitted(code, dy, [A.T for A in matrices]))
    return _emitted(code, x, matrices)


def _emitted(code: Program, x: Buffer, matrices: Sequence[Array]) -> Buffer:
    for axis, A in enumerate(matrices):
        if not np.array_equal(A, np.eye(len(A), A.shape[1])):
            x = _along(code, x, axis, A)
    return x


def _along(code: Program, x: Buffer, axis: int, A: Array) -> Buffer:
    """Emit the sums along one axis."""
    m, n = A.shape
    before, after = math.prod(x.shape[:axis]), math.prod(x.shape[axis + 1 :])
    y = code.buffer((*x.shape[:axis], m, *x.shape[axis + 1 :]))
    i, j = np.nonzero(A)
    ends = np.cumsum(np.tile(np.bincount(i, minlength=m), before))
    pixels = (np.arange(before)[:, None] * n + j).ravel() * after
    whole = [code.constant(part.astype("uint32").view("float32")) for part in (ends, pixels)]
    weights = code.constant(np.tile(A[i, j], before))
    code.emit("pool.weighted", x, y, *whole, weights, before * m, after, x.size, y.size)
    return y
