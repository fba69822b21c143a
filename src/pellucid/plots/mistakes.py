"""The worst mistakes: where a network was surest of what is not so."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import DataError, InvalidArgument, ShapeError
from .base import POINTS, Sheet, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 24
ACROSS = 6  # pictures in a row
COLUMNS = 8  # of a table, shown


class Mistake(NamedTuple):
    """A sample that was given a wrong class."""

    row: int
    true: int
    predicted: int
    probability: float  # that it gave to the predicted class
    of_true: float  # and to the true one


def mistakes(y: Any, probabilities: Any, most: int = MOST) -> list[Mistake]:
    """The wrongly classified samples, those first whose true class got the least probability, so the greatest loss.

    y: labels (N,). probabilities: (N, C).

    >>> [m.row for m in mistakes([0, 1, 0], [[0.9, 0.1], [0.8, 0.2], [0.4, 0.6]])]
    [1, 2]
    """
    y, p = np.asarray(y), np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 2 or y.shape != p.shape[:1]:
        raise ShapeError("plots.mistakes, probabilities", f"(N, C) for labels {y.shape}", p.shape)
    if y.dtype.kind not in "iub" or (len(y) and not 0 <= y.min() <= y.max() < p.shape[1]):
        raise DataError("plots.mistakes, y", f"labels from 0 to {p.shape[1] - 1}", y)
    y = y.astype(np.intp)
    given, rows = p.argmax(axis=1), np.arange(len(y))
    of_true = p[rows, y]
    worst = np.argsort(of_true, kind="stable")
    worst = worst[given[worst] != y[worst]][:most]
    return [Mistake(int(i), int(y[i]), int(given[i]), float(p[i, given[i]]), float(of_true[i])) for i in worst]


def worst_mistakes(
    x: Any, y: Any, probabilities: Any, names: Sequence[str] | None = None, *, most: int = MOST,
    transparent: bool = False,
) -> Figure:  # fmt: skip
    """Draw the samples that were most surely mistaken for something else: pictures as pictures, other data as a table.

    x: inputs (N, ...), pictures where they are (N, height, width) or (N, height, width, channels). y: labels (N,).
    probabilities: (N, C). names: of the classes. Each tells the true class, the predicted one, and how probable the
    network called it. The order is `mistakes`'. Without a mistake the figure says so.

    >>> figure = worst_mistakes(np.zeros((2, 4, 4)), [0, 1], [[0.9, 0.1], [0.7, 0.3]])
    >>> figure.axes[0].get_title(loc="left")
    '1, taken for 0\\n70 %, row 1'
    """
    x, found = np.asarray(x), mistakes(y, probabilities, most)
    C = np.shape(probabilities)[1]
    labels = [str(name) for name in (range(C) if names is None else names)]
    if len(labels) != C:
        raise InvalidArgument("plots.worst_mistakes, argument names", f"{C} names", labels)
    if len(x) != len(np.asarray(y)):
        raise ShapeError("plots.worst_mistakes, x", f"one input for each of the {len(np.asarray(y))} labels", x.shape)
    if not found:
        page = sheet(4.2, 1.0, transparent)
        page.bare(title="no mistake")
        return page.figure
    if not is_picture(x.shape[1:]):
        return _table(x.reshape(len(x), -1), found, labels, transparent)
    columns = min(ACROSS, len(found))
    rows = -(-len(found) // columns)
    page = sheet(max(1.25 * columns, 1.8), 1.6 * rows, transparent)
    low, high = value_range(x)
    for i, m in enumerate(found):
        title = f"{labels[m.true]}, taken for {labels[m.predicted]}\n{m.probability:.0%}, row {m.row}".replace(
            "%", " %"
        )
        axes = page.bare(rows, columns, i + 1, title)
        axes.title.set_fontsize(POINTS - 2)
        axes.set_title(title, loc="left", fontsize=POINTS - 2, color=page.ink)
        axes.imshow(as_picture(x[m.row], low, high), interpolation="none")
    return page.figure


def is_picture(shape: Sequence[int]) -> bool:
    """Whether one input of this shape is a picture: (height, width), or with 1, 3 or 4 channels behind."""
    return len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3, 4))


def value_range(x: Array) -> tuple[float, float]:
    """The least and the greatest value, which become black and white; (0, 1) where all are alike."""
    low, high = float(x.min()), float(x.max())
    return (low, high) if high > low else (0.0, 1.0)


def as_picture(one: Array, low: float, high: float) -> Array:
    """(height, width, 3) from 0 to 1, of one input."""
    scaled = np.clip((one.astype(np.float64) - low) / (high - low), 0, 1)
    scaled = scaled[..., None] if scaled.ndim == 2 else scaled
    return np.repeat(scaled, 3, axis=-1) if scaled.shape[-1] == 1 else scaled[..., :3]


def png(picture: Array) -> bytes:
    """A picture (height, width, 3) from 0 to 1 as the content of a PNG file, a pixel for each."""
    try:
        from matplotlib.image import imsave
    except ImportError:
        from ..errors import MissingExtra

        raise MissingExtra("plots", "matplotlib", "plot") from None
    content = io.BytesIO()
    imsave(content, picture, format="png")
    return content.getvalue()


def _table(x: Array, found: Sequence[Mistake], labels: Sequence[str], transparent: bool) -> Figure:
    shown = min(x.shape[1], COLUMNS)
    head = [
        "row",
        "true",
        "predicted",
        "sure",
        *(f"x{j}" for j in range(shown)),
        *(["…"] if shown < x.shape[1] else []),
    ]
    page = sheet(0.75 * len(head), 0.28 * (len(found) + 1), transparent)
    axes = page.bare()
    rows = [
        [str(m.row), labels[m.true], labels[m.predicted], f"{100 * m.probability:.0f} %",
         *(f"{v:.3g}" for v in x[m.row, :shown]), *(["…"] if shown < x.shape[1] else [])]
        for m in found
    ]  # fmt: skip
    _write(page, axes, head, rows)
    return page.figure


def _write(page: Sheet, axes: Any, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    drawn = axes.table(cellText=rows, colLabels=head, loc="center", edges="horizontal", cellLoc="right", colLoc="right")
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(POINTS - 1)
    for (row, _), cell in drawn.get_celld().items():
        cell.set(edgecolor=page.ink, linewidth=0.5, facecolor="none")
        cell.get_text().set(color=page.ink, fontweight="bold" if row == 0 else "normal")
