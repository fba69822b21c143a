"""A view: arrays of a step arranged so that they can be drawn, and what is to be said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...arrays import Array

MOST = 1 << 19  # numbers that one picture shows

Axes = tuple[int | None, ...]


@dataclass(frozen=True, repr=False, eq=False)
class View:
    """Arrays of one sample as a picture of some `kind`, which says how to draw `arrays`:

    maps      `maps` (N, H, W): N pictures; (N, M, H, W): N rows of M pictures
    colours   `maps` (N, H, W, 3): N pictures in colour
    lines     `lines` (N, M, T): N groups of M lines
    heat      `heat` (N, T, S): N tables of shares, and `hidden` (T, S): where a mask lets nothing be seen
    steps     by name (T, H): what each step of a sequence had; and `back` (T,): how strong a gradient came back to it
    rows      `rows` (T, D): a row of numbers for each of T things
    patch     `x` (M, H, W): the part of the input that a number comes from; of a sum `w` and `product`, of what goes
              back `back`, all of that shape

    letter, axes: the array of the step that it shows, and where in that the number at a place of the picture stands:
    for each of the array's axes, one of the picture's; None is the sample. names: what is said of places along an axis,
    or of an array. told: what else there is to know, as plain data.
    """

    kind: str
    title: str
    arrays: Mapping[str, Array]
    says: str = ""
    letter: str = ""
    axes: Axes = ()
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in self.arrays.items())
        return f"<View {self.kind}: {self.title}: {shapes}>"

    def to_dict(self) -> dict[str, Any]:
        """All but the numbers."""
        return {
            "kind": self.kind,
            "title": self.title,
            "says": self.says,
            "letter": self.letter,
            "axes": list(self.axes),
            "names": {name: list(words) for name, words in self.names.items()},
            "told": dict(self.told),
        }


def maps(letter: str, array: Array, sample: int, title: str, says: str = "", first: bool = False) -> View | None:
    """The channels of one sample of (B, H, W, C), or of (B, C, H, W) where they stand `first`; of (B, H, W) the one
    picture. None of what is no picture."""
    if array.ndim == 3:
        return View("maps", title, {"maps": array[sample][None]}, says, letter, (None, 1, 2))
    if array.ndim != 4 or not array.size:
        return None
    own: Axes = (None, 0, 1, 2) if first else (None, 1, 2, 0)
    pictures = array[sample] if first else np.moveaxis(array[sample], -1, 0)
    shown = pictures[: max(1, MOST // (pictures[0].size or 1))]
    return View("maps", title, {"maps": shown}, says, letter, own, told={"of": len(pictures)})


def lines(letter: str, array: Array, sample: int, title: str, says: str = "", first: bool = False) -> View:
    """The channels of one sample of (B, T, C), or of (B, C, T), each as a line."""
    own: Axes = (None, 1, 2) if first else (None, 2, 1)
    shown = (array[sample] if first else array[sample].T)[None]
    return View("lines", title, {"lines": shown}, says, letter, own)
