"""Text made ready to be looked up: standardized, split into tokens, joined to n-grams. Letters and white space are
those of ASCII, as in Keras: "Ä" stays as it is."""

from __future__ import annotations

import codecs
import re
import string
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, InvalidArgument, ShapeError, Told, WrongType

LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
STRIP = str.maketrans("", "", string.punctuation)
TABLES = {"lower": LOWER, "strip_punctuation": STRIP, "lower_and_strip_punctuation": {**LOWER, **STRIP}}
WORD = re.compile(r"[^ \t\n\v\f\r]+")
SPLITS: dict[str, Callable[[str], list[str]]] = {"whitespace": WORD.findall, "character": list}


def decoded(where: str, texts: Array, encoding: str) -> Array:
    """Text whose bytes are read in this encoding."""
    if all(type(text) is str for text in texts.flat):
        return texts
    found: Array = np.empty(texts.shape, object)
    for index, text in np.ndenumerate(texts):
        try:
            found[index] = text.decode(encoding) if isinstance(text, bytes) else str(text)
        except UnicodeDecodeError:
            raise DataError(where, f"text in {encoding}", Told(f"{text!r}"[:80]), "Name its encoding.") from None
    return found


def standardized(texts: Array, how: Any) -> Array:
    """Text (...) in small letters, without punctuation, or as a function of one's own makes it.

    >>> standardized(np.array(["Hello, World!"], object), "lower_and_strip_punctuation")
    array(['hello world'], dtype=object)
    """
    if how is None:
        return texts
    if callable(how):
        given = texts.astype(str) if texts.size else texts
        made = np.asarray(how(given))
        if made.shape != texts.shape:
            raise ShapeError("standardize, what it returns", f"shape {texts.shape}, as it was given", made.shape)
        return made.astype(object)
    found: Array = np.empty(texts.shape, object)
    found.reshape(-1)[:] = [text.translate(TABLES[how]) for text in texts.flat]
    return found


def tokens_of(texts: Array, how: Any) -> list[list[str]]:
    """The tokens of each text (B,); of tokens that are there already (B, n), each row.

    >>> tokens_of(np.array(["a  big day", ""], object), "whitespace")
    [['a', 'big', 'day'], []]
    """
    if how is None:
        return [row.reshape(-1).tolist() for row in (texts if texts.ndim > 1 else texts[:, None])]
    if not callable(how):
        return [SPLITS[how](text) for text in texts]
    given = how(texts.astype(str) if texts.size else texts)
    given = list(given) if isinstance(given, Iterable) else [given]
    for one in given:
        if not isinstance(one, Iterable) or isinstance(one, str):
            raise WrongType("split, what it returns", "a list of tokens for each text", one)
    rows = [[_as_text(token) for token in row] for row in given]
    if len(rows) != len(texts):
        raise ShapeError("split, what it returns", f"{len(texts)} rows of tokens", Told(str(len(rows))))
    return rows


def _as_text(token: Any) -> str:
    if not isinstance(token, str | bytes):
        raise DataError("split, what it returns", "text", token)
    return token.decode() if isinstance(token, bytes) else str(token)


def grams(tokens: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Neighbours joined by a blank, for each width in turn.

    >>> grams(["a", "big", "day"], (1, 2))
    ['a', 'big', 'day', 'a big', 'big day']
    """
    return [" ".join(tokens[i : i + width]) for width in widths for i in range(len(tokens) - width + 1)]


def widths_argument(where: str, value: Any) -> tuple[int, ...]:
    """The widths of n-grams: up to a number, those named, or none."""
    given = value if isinstance(value, tuple | list) else [value]
    if not given or not all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in given):
        raise InvalidArgument(where, "None, a positive whole number, or a tuple of them", value)
    return tuple(given) if isinstance(value, tuple | list) else tuple(range(1, value + 1))


def encoding_argument(where: str, value: Any) -> str:
    """The name of an encoding that Python knows."""
    try:
        codecs.lookup(value)
    except (LookupError, TypeError):
        raise InvalidArgument(where, "an encoding such as 'utf-8' or 'latin-1'", value) from None
    return str(value)
