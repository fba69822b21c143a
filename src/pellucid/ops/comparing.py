"""Ops that compare, and ops on what is true or false: no gradient flows through them. Where: a choice between two.
x1 (...), x2 (...), y (...)"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array
from .base import Operation, op


def comparison(forward: Any, formula: str, y: str, operands: int = 2) -> Operation:
    """The op of a function of NumPy's that gives true or false. y: what it gives for the example."""

    def one(x: Any) -> Any:
        return forward(x)

    def two(x1: Any, x2: Any) -> Any:
        return forward(x1, x2)

    compute = one if operands == 1 else two
    name, example = forward.__name__, ", ".join(["[0, 1, 2]", "1"][:operands])
    compute.__name__ = name
    compute.__doc__ = f"y = {formula}, true or false.\n\n    >>> {name}({example})\n    array({y})\n    "
    return op(operands)(compute)


equal = comparison(np.equal, "x1 = x2", "[False,  True, False]")
not_equal = comparison(np.not_equal, "x1 ≠ x2", "[ True, False,  True]")
greater = comparison(np.greater, "x1 > x2", "[False, False,  True]")
greater_equal = comparison(np.greater_equal, "x1 ≥ x2", "[False,  True,  True]")
less = comparison(np.less, "x1 < x2", "[ True, False, False]")
less_equal = comparison(np.less_equal, "x1 ≤ x2", "[ True,  True, False]")
logical_and = comparison(np.logical_and, "x1 and x2", "[False,  True,  True]")
logical_or = comparison(np.logical_or, "x1 or x2", "[ True,  True,  True]")
logical_xor = comparison(np.logical_xor, "either x1 or x2", "[ True, False, False]")
logical_not = comparison(np.logical_not, "not x", "[ True, False, False]", 1)


@op(2)
def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """y = whether |x1 − x2| is at most atol + rtol·|x2|.

    >>> isclose([1.0, 2.0], [1.000001, 2.1])
    array([ True, False])
    """
    return np.isclose(x1, x2, rtol, atol, equal_nan)


isclose.in_call = ("rtol", "atol")


@op(3)
def where(condition: Any, x1: Any, x2: Any) -> Any:
    """y = x1 where the condition holds, x2 elsewhere; so does the gradient flow.

    >>> where([True, False], [1.0, 2.0], 0.0)
    array([1., 0.], dtype=float32)
    """
    return np.where(np.asarray(condition) != 0, x1, x2)


@where.gradient("dx1 = dy where condition, dx2 = dy elsewhere")
def where_grad(dy: Array, y: Array, condition: Any, x1: Any, x2: Any) -> Any:
    holds = np.asarray(condition) != 0
    return None, np.where(holds, dy, 0), np.where(holds, 0, dy)
