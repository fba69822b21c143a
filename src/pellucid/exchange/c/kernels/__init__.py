r"""The functions of C that files call, each with its comment; a file holds those that it calls, and no others.

They are written for float; a file of a model in double precision has them with double. Functions of rows take what lies
along the last axis, `rows` times, and may write where they read. A NaN that enters comes out: comparisons are written
so that what is neither smaller nor larger passes through.
"""

from __future__ import annotations

import re

from .columns import COLUMNS
from .numbers import NUMBERS
from .products import PRODUCTS
from .rows import ROWS

_NAMED = re.compile(r"^static \w+ \*?(\w+)\(", re.MULTILINE)


def _parted(text: str) -> dict[str, str]:
    """Each function with the comment above it, by its name."""
    found = {}
    for part in re.split(r"\n\n(?=static|/\*)", text.strip()):
        (name,) = _NAMED.findall(part)
        found[name] = part
    return found


KERNELS = {name: part for text in (NUMBERS, ROWS, PRODUCTS, COLUMNS) for name, part in _parted(text).items()}


def called_in(text: str) -> set[str]:
    """The functions of ours that a text of C calls."""
    return set(re.findall(r"\b(\w+)\(", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))) & set(KERNELS)


def needed_by(text: str) -> list[str]:
    """The functions that a text of C needs, those that they call in turn before them."""
    wanted, queue = set[str](), [text]
    while queue:
        new = called_in(queue.pop()) - wanted
        wanted |= new
        queue += [KERNELS[name] for name in new]
    return [part for name, part in KERNELS.items() if name in wanted]


_DOUBLE = [
    (re.compile(r"\bfloat\b"), "double"),
    (re.compile(r"(?<![\w.])(\d+\.\d*(?:e[+-]?\d+)?)f\b"), r"\1"),
    (re.compile(r"\b(fabs|expm1|exp2|exp|log1p|log2|log10|log|sqrt|cbrt|tanh|sinh|cosh|tan|sin|cos|atan2|atanh|asinh|"
                r"acosh|asin|acos|atan|erfc|erf|hypot|fmod|floor|ceil|trunc|rint|pow|copysign)f\("), r"\1("),
]  # fmt: skip
_PRECISE = {  # constants that float has room for, with all the digits that double has
    "0.707106781f": "0.70710678118654752f", "1.59576912f": "1.5957691216057308f",
    "1.05070099f": "1.0507009873554805f", "1.67326324f": "1.6732632423543772f",
}  # fmt: skip


def in_double(text: str) -> str:
    """A text of C for float, for double."""
    for short, whole in _PRECISE.items():
        text = text.replace(short, whole)
    for pattern, instead in _DOUBLE:
        text = pattern.sub(instead, text)
    return text
