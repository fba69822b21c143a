"""Products of matrices, and sums of products along any axes.     x1 (..., M, K), x2 (..., K, N), y (..., M, N)"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InvalidArgument, ShapeError, Told
from .base import op


@op(2, exact=True)
def matmul(x1: Any, x2: Any) -> Any:
    """y = x1·x2: rows by columns, for each of the axes before; a vector is a row on the left and a column on the right.

    >>> matmul([[1.0, 2.0]], [[3.0], [4.0]])
    array([[11.]], dtype=float32)
    """
    return np.matmul(x1, x2)


@matmul.gradient("dx1 = dy·x2ᵀ, dx2 = x1ᵀ·dy")
def matmul_grad(dy: Array, y: Array, x1: Any, x2: Any) -> Any:
    a = x1[None, :] if x1.ndim == 1 else x1
    b = x2[:, None] if x2.ndim == 1 else x2
    dy = dy[..., None, :] if x1.ndim == 1 and x2.ndim > 1 else dy
    dy = dy[..., None] if x2.ndim == 1 else dy
    dy = dy.reshape(1, 1) if x1.ndim == x2.ndim == 1 else dy
    da, db = np.matmul(dy, np.swapaxes(b, -1, -2)), np.matmul(np.swapaxes(a, -1, -2), dy)
    return (da.reshape(-1, *x1.shape).sum(0) if x1.ndim == 1 else da), (
        db.reshape(-1, *x2.shape).sum(0) if x2.ndim == 1 else db
    )


@op(0, keras="Einsum", exact=True, spread=True, name="einsum")
def summed_products(operands: Any, subscripts: str) -> Any:
    """`einsum`, with its operands in a list."""
    _refuse_unlike(_letters(subscripts, operands)[0], operands, subscripts)
    return np.einsum(subscripts, *operands, optimize=len(operands) > 2)


@summed_products.gradient("dxᵢ = the sums of dy times all other x")
def summed_products_grad(dy: Array, y: Array, operands: Any, subscripts: str) -> list[Array]:
    ins, out = _letters(subscripts, operands)
    found = []
    for i, (x, mine) in enumerate(zip(operands, ins, strict=True)):
        others = [(o, letters) for j, (o, letters) in enumerate(zip(operands, ins, strict=True)) if j != i]
        there = "".join(dict.fromkeys("".join([out, *(letters for _, letters in others)])))
        kept = "".join(letter for letter in mine if letter in there)
        terms = ",".join([out, *(letters for _, letters in others)])
        dx = np.einsum(f"{terms}->{kept}", dy, *(o for o, _ in others))
        dx = dx.sum(
            axis=tuple(i for i, c in enumerate(kept) if x.shape[mine.index(c)] == 1), keepdims=True
        )  # stretched
        shape = [x.shape[mine.index(letter)] if letter in kept else 1 for letter in mine]
        found.append(np.broadcast_to(dx.reshape(shape), x.shape))
    return found


def _letters(subscripts: str, operands: Any) -> tuple[list[str], str]:
    """The letters of each operand's axes, and of the output's, `...` written out. No letter stands twice in one."""
    left, arrow, out = subscripts.partition("->")
    ins = left.split(",")
    if len(ins) != len(operands):
        raise InvalidArgument("ops.einsum, argument subscripts", f"letters for {len(operands)} operands", subscripts)
    free = [letter for letter in string.ascii_letters if letter not in subscripts]
    dots = max((np.ndim(x) - len(s.replace("...", "")) for x, s in zip(operands, ins, strict=True)), default=0)
    spelled = [
        s.replace("...", "".join(free[dots - (np.ndim(x) - len(s.replace("...", ""))) : dots]))
        for x, s in zip(operands, ins, strict=True)
    ]
    if not arrow:
        everything = "".join(spelled)
        plain = sorted(letter for letter in set(everything) if everything.count(letter) == 1 and letter in left)
        out = ("..." if "..." in left else "") + "".join(plain)
    out = out.replace("...", "".join(free[:dots]))
    if any(len(set(s)) != len(s) for s in spelled):
        raise InvalidArgument("ops.einsum, argument subscripts", "each letter once in an operand", subscripts)
    return spelled, out


def _refuse_unlike(letters: Sequence[str], operands: Any, subscripts: str) -> None:
    """Raise where axes of one letter differ; NumPy would stretch one of length 1, and Keras does so for `...` alone."""
    sizes: dict[str, int] = {}
    for x, mine in zip(operands, letters, strict=True):
        named = [(letter, n) for letter, n in zip(mine, np.shape(x), strict=False) if letter in subscripts]
        if any(sizes.setdefault(letter, n) != n for letter, n in named):
            told = " and ".join(str(np.shape(one)) for one in operands)
            raise ShapeError(
                "ops.einsum", "axes as long in all operands that name them", Told(f"{told} for {subscripts}")
            )


def einsum(subscripts: str, *operands: Any) -> Any:
    """Sums of products along the axes named by letters: "bij,bjk->bik" is a product of matrices for each b.

    >>> einsum("ij,jk->ik", [[1.0, 2.0]], [[3.0], [4.0]])
    array([[11.]], dtype=float32)
    """
    if not isinstance(subscripts, str) or not operands:
        raise InvalidArgument("ops.einsum, argument subscripts", "letters of axes, such as 'ij,jk->ik'", subscripts)
    return summed_products(list(operands), subscripts=subscripts.replace(" ", ""))
