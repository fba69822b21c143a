"""What a network reads: a text's characters and places, what it is asked with; what classes and readings are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..actions.kinds.text import Text
from ..actions.kinds.windows import TableWindows
from ..actions.prepared import Prepared
from ..arrays import Array
from ..data import datasets
from ..data.text import read_whole
from ..errors import InvalidArgument

CONTEXT = 48  # characters before a place that are told with it
UNSEEN = {" ": "space", "\n": "new line", "\t": "tab", "\r": "return", "\u00a0": "fixed space"}
LOOKED_AT = 2000  # windows that tell the range of readings
RARE = 0.002  # share of the readings that may lie beyond each end of it
MARGIN = 0.2  # of the range, around it
MOST_PLACES, MOST_NUMBERS = 20_000, 4_000_000  # that are judged, and of their answers


def task_of(data: Prepared) -> str:
    """What is to be said, as the page calls it."""
    return "labels" if data.labels else "classification" if data.classes else "regression"


def names_told(data: Prepared) -> list[str]:
    """What the classes are called; characters that cannot be seen by a word, those of a data set by its own words."""
    known = _of_set(data, "CLASSES")
    if len(known) == data.classes:
        return known
    names = [str(name) for name in data.names or range(data.classes)]
    return [UNSEEN.get(name, name) for name in names] if isinstance(data, Text) else names


def channels_of(data: Prepared) -> list[str]:
    """What the readings at each step of a window are called."""
    known = [*data.channels] if isinstance(data, TableWindows) else _of_set(data, "CHANNELS")
    n = data.x_train.shape[-1]
    return known if len(known) == n else [f"channel {i + 1}" for i in range(n)]


def _of_set(data: Prepared, names: str) -> list[str]:
    """Names that a data set has for what it holds."""
    return [*getattr(getattr(datasets, data.source, None), names, ())] if data.source else []


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


def ranges_of(data: Prepared) -> list[list[float]]:
    """[low, high] of each channel, between which its readings lie but for a few that stand out, with a margin."""
    few = np.asarray(data.x_train[:LOOKED_AT], "float64").reshape(-1, data.x_train.shape[-1])
    low, high = np.quantile(few, (RARE, 1 - RARE), axis=0)
    margin = MARGIN * (high - low)
    found: list[list[float]] = np.stack([low - margin, high + margin], axis=1).round(4).tolist()
    return found


def windows_told(x: Array) -> list[Any]:
    """Windows of readings (N, T, C) with as many digits as lines can show."""
    found: list[Any] = np.asarray(x, "float64").round(4).tolist()
    return found
