"""How names, numbers and texts are spelled in C: nothing that comes from a model ends a comment or a string."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Sequence

import numpy as np

from ...arrays import Array

WIDTH = 120
_WORDS = """alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl const constexpr
const_cast continue decltype default delete do double dynamic_cast else enum explicit export extern false float for
friend goto if inline int long main mutable namespace new noexcept not not_eq nullptr operator or or_eq private
protected public register reinterpret_cast restrict return short signed sizeof static static_assert static_cast struct
switch template this thread_local throw true try typedef typeid typename typeof union unsigned using virtual void
volatile wchar_t while xor xor_eq stdin stdout stderr errno assert offsetof unix linux near far huge interrupt"""
RESERVED = frozenset(_WORDS.split())  # words of C and C++, and macros of their libraries


def identifier(text: str) -> str:
    """A name of C for a name of any kind.

    >>> identifier("dense/kernel"), identifier("2nd try"), identifier("class"), identifier("Öl")
    ('dense_kernel', 'n2nd_try', 'class_', 'l')
    """
    name = re.sub(r"[^a-z0-9]+", "_", text.lower())[:60].strip("_") or "unnamed"
    name = f"n{name}" if name[0].isdigit() else name
    return f"{name}_" if name in RESERVED else name


def number(value: float, dtype: str = "float32") -> str:
    """A literal that is this very number: nine digits tell a float, seventeen a double.

    >>> number(0.1), number(-0.0), number(3, "float64"), number(float("inf"))
    ('0.100000001f', '-0.0f', '3.0', 'INFINITY')
    """
    single = dtype == "float32"
    value = float(np.float32(value) if single else value)
    if not math.isfinite(value):
        return "NAN" if math.isnan(value) else "INFINITY" if value > 0 else "-INFINITY"
    text = f"{value:.9g}" if single else f"{value:.17g}"
    text = repr(value) if not single and float(repr(value)) == value and len(repr(value)) < len(text) else text
    text = text if re.search(r"[.e]", text) else f"{text}.0"
    return f"{text}f" if single else text


def string(text: str) -> str:
    r"""A literal of a text, in UTF-8.

    >>> print(string('a "b"\n'), string("*/ ??/"))
    "a \"b\"\012" "*/ \077\077/"
    """
    return '"' + "".join(_letter(byte) for byte in text.encode("utf-8", "surrogatepass")) + '"'


def _letter(byte: int) -> str:
    letter = chr(byte)
    if letter in '"\\':
        return f"\\{letter}"
    return letter if 32 <= byte < 127 and letter != "?" else f"\\{byte:03o}"


def comment(text: str) -> str:
    """A text that may stand in a comment.

    >>> comment("*/ int x"), comment("Größe"), comment("line" + chr(10))
    ('* / int x', 'Gr\\\\xf6\\\\xdfe', 'line\\\\n')
    """
    plain = text.encode("unicode_escape").decode("ascii").replace("??/", "? ?/")
    return re.sub(r"(?<=\*)(?=/)|(?<=/)(?=\*)", " ", plain)


def array(type_: str, name: str, values: Array | Sequence[str], words: Iterable[str]) -> str:
    """The definition of a constant array, its numbers in lines that a page holds."""
    text = textwrap.fill(
        ", ".join(words), WIDTH - 4, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip
    return f"static const {type_} {name}[{len(values)}] = {{\n{text}\n}};"
