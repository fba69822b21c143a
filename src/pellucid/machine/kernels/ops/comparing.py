"""Ops that compare, and ops on what is true or false: 1 or 0."""

from __future__ import annotations

from typing import Any

from ..functions import ZERO, choose, precise
from ..mapped import mapped
from .elementwise import truth


@precise
def holds(x: Any) -> Any:
    return x != ZERO


for _name, _function in {
    "equal": lambda a, b: truth(a == b),
    "not_equal": lambda a, b: truth(a != b),
    "greater": lambda a, b: truth(a > b),
    "greater_equal": lambda a, b: truth(a >= b),
    "less": lambda a, b: truth(a < b),
    "less_equal": lambda a, b: truth(a <= b),
    "logical_and": lambda a, b: truth(holds(a) & holds(b)),
    "logical_or": lambda a, b: truth(holds(a) | holds(b)),
    "logical_xor": lambda a, b: truth(holds(a) != holds(b)),
    "logical_not": lambda a: truth(a == ZERO),
    "where": lambda condition, a, b: choose(holds(condition), a, b),
}.items():
    mapped(f"op.{_name}")(_function)
