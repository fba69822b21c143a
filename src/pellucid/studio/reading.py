"""Texts as a network reads them: its characters, what it is asked with, and the places of what is held back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..actions.data import Prepared
from ..arrays import Array
from ..data.text import read_whole
from ..errors import InvalidArgument

CONTEXT = 48  # characters before a place that are told with it
UNSEEN = {" ": "space", "\n": "new line", "\t": "tab", "\r": "return", "\u00a0": "fixed space"}
MOST_PLACES, MOST_NUMBERS = 20_000, 4_000_000  # that are judged, and of their answers


def names_told(data: Prepared) -> list[str]:
    """What the classes are called; characters that cannot be seen by a word."""
    names = [str(name) for name in data.names or range(data.classes)]
    return [UNSEEN.get(name, name) for name in names] if data.text else names


def characters_of(data: Prepared, numbers: Sequence[int] | Array) -> str:
    """The characters that these numbers stand for."""
    return "".join(str(data.names[int(number)]) for number in numbers)


def numbers_of(data: Prepared, text: Any) -> Array:
    """The end of a text, as the network takes it, (1, ...)."""
    if not isinstance(text, str):
        raise InvalidArgument("question, text", "some characters", text)
    numbers = read_whole("question, text", text, tuple(map(str, data.names)))
    return numbers[None, -data.x_train.shape[1] :].astype(data.x_train.dtype)


def few(data: Prepared, x: Array) -> int:
    """How many windows of those in x are judged place by place."""
    places = min(MOST_PLACES, MOST_NUMBERS // max(data.classes, 1))
    return min(len(x), max(1, places // int(x.shape[1])))


def before(data: Prepared, x: Array, place: int) -> str:
    """What is read up to a place, counted through all windows x (N, T)."""
    window, at = divmod(place, x.shape[1])
    return characters_of(data, x[window, max(0, at + 1 - CONTEXT) : at + 1])
