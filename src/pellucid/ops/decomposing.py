"""Linear algebra, `keras.ops.linalg`: determinants, inverses, equations, and matrices taken apart.     x (..., N, N)

Those that have one output and a gradient are ops; those that take a matrix apart are for arrays.
Source: Giles, "An extended collection of matrix derivative results for forward and reverse mode automatic
differentiation", Oxford (2008).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import InvalidArgument, ShapeError, Told, WrongType
from ..settings import floatx
from ..wiring import Tensor
from .arithmetic import multiply
from .base import op
from .constants import as_operand
from .elementwise import log
from .linear import matmul
from .options import truth
from .placing import diagonal, tril, triu
from .reductions import sum
from .shaping import swapaxes

LINALG = "keras.src.ops.linalg"
NO_GRADIENT = "Take the matrix apart before the model, or use ops.inv, solve, det or cholesky."


def _square(name: str, x: Any) -> Array:
    """x, which must be square matrices."""
    found = np.asarray(x)
    if found.ndim < 2 or found.shape[-1] != found.shape[-2]:
        raise ShapeError(f"ops.{name}", "square matrices along the last two axes", found.shape)
    return found


def _turned(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)


def _regular(x: Array) -> tuple[Array, Array]:
    """(x with 1 in place of each matrix that has no inverse, which of them have one (..., 1, 1))."""
    regular = (np.linalg.slogdet(x).sign != 0)[..., None, None]
    return np.where(regular, x, np.eye(x.shape[-1], dtype=x.dtype)), regular


def _definite(x: Array) -> tuple[Array, Array]:
    """(x with 1 in place of each matrix that is not positive definite, which of them are (..., 1, 1))."""
    definite = (np.linalg.eigvalsh(x).min(axis=-1) > 0)[..., None, None]
    return np.where(definite, x, np.eye(x.shape[-1], dtype=x.dtype)), definite


@op(module=LINALG)
def det(x: Any) -> Any:
    """y = the determinant of each matrix.     x (..., N, N), y (...)

    >>> float(det([[2.0, 1.0], [1.0, 3.0]]).round(3))
    5.0
    """
    return np.linalg.det(_square("det", x))


@det.gradient("dx = dy·(the cofactors of x)")
def det_grad(dy: Array, y: Array, x: Array) -> Array:
    U, s, Vt = np.linalg.svd(x)
    others = [np.prod(np.delete(s, i, axis=-1), axis=-1) for i in range(s.shape[-1])]  # a singular x has them, too
    signs = np.linalg.det(U) * np.linalg.det(Vt)
    dx: Array = (dy * signs)[..., None, None] * ((U * np.stack(others, axis=-1)[..., None, :]) @ Vt)
    return dx


@op(module=LINALG)
def inv(x: Any) -> Any:
    """y = x⁻¹: x·y is 1 on the diagonal and 0 beside it. NaN for a matrix that has none.

    >>> inv([[2.0, 0.0], [0.0, 4.0]])
    array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)
    """
    x, regular = _regular(_square("inv", x))
    return np.where(regular, np.linalg.inv(x), np.nan).astype(x.dtype)


@inv.gradient("dx = −yᵀ·dy·yᵀ")
def inv_grad(dy: Array, y: Array, x: Array) -> Array:
    return -_turned(y) @ dy @ _turned(y)


@op(2, module=LINALG)
def solve(a: Any, b: Any) -> Any:
    """y with a·y = b.     a (..., N, N), b (..., N, K) or, with one axis less than a, (..., N); y as b, NaN where a has
    no inverse

    >>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0])
    array([1. , 0.5], dtype=float32)
    """
    (a, regular), b = _regular(_square("solve", a)), np.asarray(b)
    vectors = b.ndim == a.ndim - 1
    y = np.where(regular, np.linalg.solve(a, b[..., None] if vectors else b), np.nan).astype(a.dtype)
    return y[..., 0] if vectors else y


@solve.gradient("da = −(a⁻ᵀ·dy)·yᵀ, db = a⁻ᵀ·dy")
def solve_grad(dy: Array, y: Array, a: Array, b: Array) -> Any:
    vectors, (a, _) = y.ndim == a.ndim - 1, _regular(a)
    dy, y = (dy[..., None], y[..., None]) if vectors else (dy, y)
    db = np.linalg.solve(_turned(a), dy)
    return -db @ _turned(y), db[..., 0] if vectors else db


@op(module=LINALG)
def cholesky(x: Any, upper: bool = False) -> Any:
    """y, 0 above its diagonal, with y·yᵀ = x; with `upper` yᵀ. Of x, (x + xᵀ) / 2 is taken; NaN where
    that is not positive definite.

    >>> cholesky([[4.0, 2.0], [2.0, 2.0]])
    array([[2., 0.],
           [1., 1.]], dtype=float32)
    """
    x = _square("cholesky", x)
    x, definite = _definite((x + _turned(x)) / 2)
    y = np.where(definite, np.linalg.cholesky(x), np.nan).astype(x.dtype)
    return _turned(y) if truth("ops.cholesky, argument upper", upper) else y


@cholesky.gradient("dx = (S + Sᵀ) / 2 with S = y⁻ᵀ·Φ(yᵀ·dy)·y⁻¹, where Φ halves the diagonal and drops what is above")
def cholesky_grad(dy: Array, y: Array, x: Array, upper: bool = False) -> Array:
    y, dy = (_turned(y), _turned(dy)) if upper else (y, dy)
    kept = np.tril(_turned(y) @ dy)
    kept = kept - kept * np.eye(y.shape[-1], dtype=y.dtype) / 2
    S = np.linalg.solve(_turned(y), _turned(np.linalg.solve(_turned(y), _turned(kept))))
    return (S + _turned(S)) / 2


@op(keras="SVD", module=LINALG)
def singular_values(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """y = the singular values of each matrix, from the largest on: `svd` with compute_uv=False, also of tensors.

    x (..., M, N), y (..., min(M, N))
    """
    if compute_uv:
        raise InvalidArgument("ops.svd, argument compute_uv", "False, of tensors", compute_uv, NO_GRADIENT)
    return np.linalg.svd(x, compute_uv=False)


@singular_values.gradient("dx = U·diag(dy)·Vᵀ, where x = U·diag(y)·Vᵀ")
def singular_values_grad(dy: Array, y: Array, x: Array, **options: Any) -> Any:
    U, _, Vt = np.linalg.svd(x, full_matrices=False)
    return (U * dy[..., None, :]) @ Vt


# Made of these --------------------------------------------------------------------------------------------------------


def logdet(x: Any) -> Any:
    """ln of the determinant of symmetric positive definite matrices: 2·Σ ln of the diagonal of `cholesky`.

    >>> float(logdet([[2.0, 0.0], [0.0, 0.5]]).round(3))
    0.0
    """
    return multiply(sum(log(diagonal(cholesky(x), axis1=-2, axis2=-1)), -1), 2.0)


def solve_triangular(a: Any, b: Any, lower: bool = False) -> Any:
    """y with a·y = b, of a the triangle above its diagonal alone; with `lower` that below. Shapes as in `solve`.

    >>> solve_triangular([[2.0, 1.0], [9.0, 4.0]], [4.0, 8.0])
    array([1., 2.], dtype=float32)
    """
    return solve(tril(a) if truth("ops.solve_triangular, argument lower", lower) else triu(a), b)


def cholesky_inverse(x: Any, upper: bool = False) -> Any:
    """The inverse of a matrix, from what `cholesky` gives: (x·xᵀ)⁻¹, or (xᵀ·x)⁻¹ with `upper`.

    >>> cholesky_inverse([[2.0, 0.0], [0.0, 1.0]])
    array([[0.25, 0.  ],
           [0.  , 1.  ]], dtype=float32)
    """
    y = inv(triu(x) if truth("ops.cholesky_inverse, argument upper", upper) else tril(x))
    turned = swapaxes(y, -1, -2)
    return matmul(y, turned) if upper else matmul(turned, y)


# Of arrays ------------------------------------------------------------------------------------------------------------


def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """(U, s, Vᵀ) with x = U·diag(s)·Vᵀ, s from its largest on; s alone without `compute_uv`, which tensors have, too.

    x (..., M, N), U (..., M, M), s (..., min(M, N)), Vᵀ (..., N, N); only min(M, N) columns and rows without
    `full_matrices`

    >>> svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False)
    array([4., 3.], dtype=float32)
    """
    if isinstance(x, Tensor) and not compute_uv:
        return singular_values(x, compute_uv=False)
    found = np.linalg.svd(_matrices("svd", x), truth("ops.svd, argument full_matrices", full_matrices))
    return tuple(found) if truth("ops.svd, argument compute_uv", compute_uv) else found[1]


def qr(x: Any, mode: str = "reduced") -> tuple[Array, Array]:
    """(Q, R) with x = Q·R, the columns of Q at right angles, R 0 below its diagonal. Of arrays, not tensors.

    x (..., M, N), Q (..., M, K), R (..., K, N), K = min(M, N), or M where mode is "complete"

    >>> [one.shape for one in qr(np.ones((3, 2)))]
    [(3, 2), (2, 2)]
    """
    checks.one_of("ops.qr, argument mode", mode, ["reduced", "complete"])
    Q, R = np.linalg.qr(_matrices("qr", x), "reduced" if mode == "reduced" else "complete")
    return Q, R


def eigh(x: Any) -> tuple[Array, Array]:
    """(λ, V) of symmetric matrices: x·V = V·diag(λ), λ from the smallest on. Of arrays, not tensors.

    x (..., N, N), λ (..., N), V (..., N, N)

    >>> eigh([[2.0, 0.0], [0.0, 1.0]])[0]
    array([1., 2.], dtype=float32)
    """
    values, vectors = np.linalg.eigh(_square("eigh", _matrices("eigh", x)))
    return values, vectors


def eig(x: Any) -> tuple[Array, Array]:
    """(λ, V) of square matrices: x·V = V·diag(λ), complex numbers where there are no others. Of arrays, not tensors.

    >>> eig([[2.0, 0.0], [0.0, 1.0]])[0].real
    array([2., 1.], dtype=float32)
    """
    values, vectors = np.linalg.eig(_square("eig", _matrices("eig", x)))
    return values, vectors


def pinv(x: Any, rcond: float | None = None) -> Array:
    """Moore and Penrose's inverse: (..., N, M) of x (..., M, N). Singular values below rcond times the largest count
    as 0. Of arrays, not tensors.

    >>> pinv([[2.0], [0.0]])
    array([[0.5, 0. ]], dtype=float32)
    """
    x = _matrices("pinv", x)
    least = 10 * max(x.shape[-2:]) * np.finfo(x.dtype).eps if rcond is None else rcond
    found: Array = np.linalg.pinv(x, least)
    return found


def lstsq(a: Any, b: Any, rcond: float | None = None) -> Array:
    """y of least ‖a·y − b‖².     a (M, N), b (M,) or (M, K), y (N,) or (N, K). Of arrays, not tensors.

    >>> lstsq([[1.0], [1.0]], [1.0, 3.0]).round(4)
    array([2.], dtype=float32)
    """
    a = _matrices("lstsq", a)
    found: Array = np.linalg.lstsq(a, np.asarray(as_operand(b, "lstsq"), a.dtype), rcond)[0]
    return found


def matrix_rank(x: Any, tol: float | None = None) -> Array:
    """How many singular values are larger than tol; unless given, the largest times max(M, N) times the least step
    from 1. Of arrays, not tensors.

    >>> matrix_rank([[1.0, 2.0], [2.0, 4.0]])
    array(1, dtype=int32)
    """
    return np.asarray(np.linalg.matrix_rank(_matrices("matrix_rank", x), tol), "int32")


def slogdet(x: Any) -> tuple[Array, Array]:
    """(sign, ln |determinant|) of square matrices. Of arrays, not tensors.

    >>> [float(one) for one in slogdet([[1.0, 0.0], [0.0, -1.0]])]
    [-1.0, 0.0]
    """
    sign, log_of = np.linalg.slogdet(_square("slogdet", _matrices("slogdet", x)))
    return np.asarray(sign), np.asarray(log_of)


def _matrices(name: str, x: Any) -> Array:
    """x, an array of numbers with decimals whose last two axes are matrices."""
    if isinstance(x, Tensor):
        raise WrongType(f"ops.{name}, argument x", "an array", x, f"It has no gradient here. {NO_GRADIENT}")
    found = np.asarray(as_operand(x, name))
    if found.ndim < 2:
        raise ShapeError(f"ops.{name}, argument x", "matrices along the last two axes", found.shape)
    if not found.size or not np.isfinite(found).all():
        raise InvalidArgument(f"ops.{name}, argument x", "matrices of finite numbers", Told("others, or none"))
    return found if found.dtype.kind == "f" else found.astype(floatx())
