"""Products of matrices, and sums of products along any axes."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...arrays import Shape
from ...layers.contracting import lower_products
from ...program import Buffer, Program
from .. import linear as ops


@ops.matmul.lowers
def lower_matmul(code: Program, x1: Any, x2: Any) -> Buffer:
    """By letters: of the axes before the last two; of rows y, columns x, and z, along which products are summed."""
    n, m = (len(_shape(x)) for x in (x1, x2))
    before = string.ascii_lowercase[: max(n, m, 2) - 2]
    first = before[len(before) - max(n - 2, 0) :] + "yz"[-min(n, 2) :]
    second = before[len(before) - max(m - 2, 0) :] + "zx"[: min(m, 2)]
    return lower_products(code, [x1, x2], [first, second], before + "y" * (n > 1) + "x" * (m > 1))


@ops.summed_products.lowers
def lower_summed_products(code: Program, operands: Sequence[Any], subscripts: str) -> Buffer:
    letters, out = ops._letters(subscripts, [np.empty(_shape(x)) for x in operands])
    return lower_products(code, operands, letters, out)


def _shape(x: Any) -> Shape:
    """With an axis for the batch, where there is one."""
    return ((1,) * bool(x.each) + x.shape) if isinstance(x, Buffer) else np.shape(x)
