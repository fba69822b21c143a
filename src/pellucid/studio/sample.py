"""What a network is asked with, as it takes it: a row, numbers, one of the rows to test on, a drawing, or a picture."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..actions.kinds.pictures import Pictures
from ..arrays import Array
from ..data.pictures import load_img, pixels
from ..errors import DataError, InvalidArgument, Told
from ..tables import Table
from ..tables.cells import truth
from ..tables.columns import cells_of
from ..tables.encodings import Category, Encoding, Number, Truth
from .parts import plain_cell
from .pictures import Scene
from .reading import numbers_of

LOOKED_AT = 200  # pictures that tell how large what is on them is
INK = 0.2  # of the brightest, from which on a point counts as drawn
MOST_POINTS = 1024  # along a side of a drawing


class Sample(NamedTuple):
    """x (1, ...), its target (1, ...) where it is known, and of a known row of a table its cells by column."""

    x: Array
    y: Array | None = None
    row: dict[str, Any] | None = None


def sample_of(scene: Scene, told: Mapping[str, Any]) -> Sample:
    """The sample that a question brings."""
    given = [name for name in ("row", "x", "drawing", "text", "sample") if name in told]
    if len(given) != 1:
        raise InvalidArgument("question", "one of row, x, drawing, text and sample", Told(", ".join(given) or "none"))
    name = given[0]
    if name == "sample":
        return _known(scene, told[name])
    makers = {"row": _row, "x": _numbers, "drawing": _drawing, "text": _text}
    return Sample(makers[name](scene, told[name]))


def from_picture(scene: Scene, content: bytes) -> Sample:
    """A picture in a file; where the network learned from other things than files, as a drawing."""
    if not scene.is_picture:
        raise InvalidArgument("question", "a row", Told("a picture"), "This network learned from rows.")
    if isinstance(scene.data, Pictures):
        return Sample(pixels(io.BytesIO(content), scene.shape)[None])
    grey = np.asarray(load_img(io.BytesIO(content), "grayscale"), "float64") / 255
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return Sample(_drawing(scene, 1 - grey if np.median(border) > 0.5 else grey))


def _known(scene: Scene, row: Any) -> Sample:
    last = len(scene.data.x_test) - 1
    if isinstance(row, bool) or not isinstance(row, int) or not 0 <= row <= last:
        raise InvalidArgument("question, sample", f"a row from 0 to {last}", row)
    cells = None
    if (table := scene.table) is not None:
        own = table.test.take(np.array([row]))
        columns = table.encoder.columns
        cells = {one.name: _told(scene, one, cells_of(own, one.name, one.kind)[0]) for one in columns}
    return Sample(scene.data.x_test[row : row + 1], scene.data.y_test[row : row + 1], cells)


def _told(scene: Scene, column: Encoding, cell: Any) -> Any:
    """A cell as a form asks for it: one of the words that it offers."""
    plain = plain_cell(cell)
    if isinstance(column, Truth) and plain is not None:
        yes, no = truths_of(scene, column)
        return yes if truth(str(plain)) else no
    return plain


def truths_of(scene: Scene, column: Truth) -> list[str]:
    """The words for yes and no that a column of the table has; true and false, where it has several for one of them."""
    words = _counted(scene, column)
    found = {truth(word): word for word in words}
    return [found[1.0], found[0.0]] if len(words) == len(found) == 2 else ["true", "false"]


def _counted(scene: Scene, column: Encoding) -> Counter[str]:
    """How often each word stands in a column of the rows to test on."""
    assert scene.table is not None
    cells = map(plain_cell, cells_of(scene.table.test, column.name, column.kind).tolist())
    return Counter(str(cell) for cell in cells if cell is not None)


def levels_of(scene: Scene, column: Encoding) -> list[str]:
    """The words that a column may hold, where they are known."""
    return truths_of(scene, column) if isinstance(column, Truth) else [*getattr(column, "levels", ())]


def written(scene: Scene, column: Encoding, cell: Any) -> Any:
    """A cell as the column's own are written, with a decimal comma where they have one: so a form shows how to. Of
    words the commonest: the first of them may be what is hardly ever there."""
    if isinstance(column, Truth | Category):
        return max(levels_of(scene, column), key=_counted(scene, column).__getitem__, default=cell)
    comma = isinstance(column, Number) and column.form.startswith("comma")
    return f"{cell:g}".replace(".", ",") if comma else cell


def _row(scene: Scene, row: Any) -> Array:
    if (table := scene.table) is None:
        raise InvalidArgument("question, row", "x, as this network learned from numbers", Told("a row of columns"))
    if not isinstance(row, dict) or any(isinstance(cell, list | dict) for cell in row.values()):
        raise DataError("question, row", "an object by column", row)
    names = [column.name for column in table.encoder.columns]
    return table.encoder.transform(Table.of({name: [row.get(name)] for name in names}, "question"))


def _text(scene: Scene, text: Any) -> Array:
    if not scene.is_text:
        raise InvalidArgument("question", "a row or a picture", Told("a text"), "This network learned from others.")
    return numbers_of(scene.data, text)


def _numbers(scene: Scene, given: Any) -> Array:
    try:
        x = np.array(given, "float32")
    except (TypeError, ValueError):
        raise InvalidArgument("question, x", f"numbers of the shape {scene.shape}", Told("others")) from None
    if x.shape != scene.shape or not np.isfinite(x).all():
        raise InvalidArgument("question, x", f"finite numbers of the shape {scene.shape}", Told(f"shape {x.shape}"))
    return x[None]


# Drawings ------------------------------------------------------------------------------------------------------------


def _drawing(scene: Scene, given: Any) -> Array:
    """A drawing brought to where and how large things are on the pictures that were learned."""
    if not scene.is_picture:
        raise InvalidArgument("question", "a row", Told("a drawing"), "This network learned from rows.")
    try:
        ink = np.array(given, "float64")
    except (TypeError, ValueError):
        ink = np.zeros(0)
    if ink.ndim != 2 or not 0 < max(ink.shape) <= MOST_POINTS or not np.isfinite(ink).all():
        expected = f"rows of numbers from 0 to 1, at most {MOST_POINTS} along a side"
        raise InvalidArgument("question, drawing", expected, Told(f"shape {ink.shape}"))
    height, width = scene.shape[:2]
    side, brightest, inverted = scene.kept.setdefault("drawn", _habits(scene))
    drawn = placed(np.clip(ink, 0, 1), (height, width), side)
    drawn = (1 - drawn if inverted else drawn) * brightest
    drawn = np.repeat(drawn[:, :, None], 3, axis=2) if len(scene.shape) == 3 else drawn
    dtype = scene.data.x_train.dtype
    return np.asarray(np.rint(drawn) if dtype.kind in "iu" else drawn, dtype)[None]


def _habits(scene: Scene) -> tuple[float, float, bool]:
    """(how many points what is on a picture measures, the largest value, whether it is dark on bright)."""
    pictures = np.asarray(scene.data.x_train[:LOOKED_AT], "float64")
    pictures = pictures.mean(axis=-1) if pictures.ndim == 4 else pictures
    brightest = float(scene.data.largest) or 1.0
    inverted = bool(np.median(pictures) > brightest / 2)
    ink = brightest - pictures if inverted else pictures
    sides = [max(bottom - top, right - left) for top, bottom, left, right in map(box, ink)]
    return float(np.median(sides)) if sides else float(min(scene.shape[:2])), brightest, inverted


def box(ink: Array) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of what is drawn.

    >>> box(np.array([[0, 0, 0], [0, 1, 1]]))
    (1, 2, 1, 3)
    """
    there = ink > INK * max(float(ink.max()), 1e-9)
    if not there.any():
        return 0, ink.shape[0], 0, ink.shape[1]
    down, across = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    return int(down[0]), int(down[-1]) + 1, int(across[0]), int(across[-1]) + 1


def placed(ink: Array, shape: tuple[int, int], side: float) -> Array:
    """A drawing of any size on a picture of this shape: its longer side measures `side` points, and its middle, by
    weight where there is room for it, is the picture's."""
    top, bottom, left, right = box(ink)
    cut = ink[top:bottom, left:right]
    scale = side / max(cut.shape)
    height, width = (min(max(1, round(n * scale)), most) for n, most in zip(cut.shape, shape, strict=True))
    small = shares(cut.shape[0], height) @ cut @ shares(cut.shape[1], width).T
    small = small / max(float(small.max()), 1e-9)
    picture = np.zeros(shape)
    weight = max(float(small.sum()), 1e-9)
    center = (
        small.sum(axis=1) @ (np.arange(height) + 0.5) / weight,
        small.sum(axis=0) @ (np.arange(width) + 0.5) / weight,
    )
    at = [
        min(max(0, round(whole / 2 - middle)), whole - size)
        for whole, middle, size in zip(shape, center, small.shape, strict=True)
    ]
    picture[at[0] : at[0] + height, at[1] : at[1] + width] = small
    return picture


def shares(old: int, new: int) -> Array:
    """(new, old): how much of each of `new` stretches of a line each of `old` covers; the rows sum to 1.

    >>> shares(4, 2)
    array([[0.5, 0.5, 0. , 0. ],
           [0. , 0. , 0.5, 0.5]])
    """
    edges, ends = np.linspace(0, old, new + 1), np.arange(old + 1)
    low = np.maximum(edges[:-1, None], ends[None, :-1])
    high = np.minimum(edges[1:, None], ends[None, 1:])
    found: Array = np.clip(high - low, 0, None) * (new / old)
    return found
