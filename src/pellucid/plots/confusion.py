"""The confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, InvalidArgument, ShapeError
from .base import BLUE, POINTS, VERMILLION, Sheet, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEGIBLE = 20  # classes, up to which a cell has room for its count
DEEPEST = 0.55  # opacity of a colour, so that ink reads on it
FAINTEST = 0.15  # of that, for one sample among however many


def confusion_matrix(matrix: Any, names: Sequence[str] | None = None, *, transparent: bool = False) -> Figure:
    """Draw how many samples of each class (row) were given which class (column).

    matrix: counts (C, C), as `metrics.confusion_matrix` gives them. names: of the classes; their numbers unless given.
    Blue, on the diagonal, is right; vermillion is wrong; the deeper, the larger the square root of the cell's share of
    its row, so that one error among a hundred is seen. Up to 20 classes each cell has its count.
    scikit-learn's ConfusionMatrixDisplay colours by count, which hides the errors of small classes.

    >>> figure = confusion_matrix([[3, 1], [0, 4]], ["cat", "dog"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['3', '1', '4']
    """
    counts = _checked(matrix)
    C = len(counts)
    labels = [str(name) for name in (range(C) if names is None else names)]
    if len(labels) != C:
        raise InvalidArgument("plots.confusion_matrix, argument names", f"{C} names", labels)
    side = float(np.clip(1.6 + 0.28 * C, 3.4, 10.5))
    page = sheet(side, side, transparent)
    axes = page.panel()
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.imshow(_colours(counts), interpolation="none")
    if C <= LEGIBLE:
        _write(page, axes, counts)
    _label(axes, labels)
    return page.figure


def _checked(matrix: Any) -> Array:
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise ShapeError("plots.confusion_matrix, matrix", "a square table (C, C)", counts.shape)
    if counts.dtype.kind not in "iuf" or not np.isfinite(counts).all() or (counts < 0).any():
        raise DataError("plots.confusion_matrix, matrix", "counts, none of them negative")
    return counts


def _colours(counts: Array) -> Array:
    """(C, C, 4): red, green, blue and opacity of each cell."""
    from matplotlib.colors import to_rgb

    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)
    right = np.eye(len(counts), dtype=bool)
    cells = np.empty((*counts.shape, 4))
    cells[..., :3] = np.where(right[..., None], to_rgb(BLUE), to_rgb(VERMILLION))
    cells[..., 3] = DEEPEST * np.where(share > 0, FAINTEST + (1 - FAINTEST) * np.sqrt(share), 0.0)
    return cells


def _write(page: Sheet, axes: Axes, counts: Array) -> None:
    longest = max(len(f"{count:g}") for count in counts.flat)
    size = POINTS - 1.0 if longest < 4 else POINTS - 2.5
    for (row, column), count in np.ndenumerate(counts):
        if count:
            weight = "bold" if row == column else "normal"
            axes.text(
                column, row, f"{count:g}", ha="center", va="center", color=page.ink, fontsize=size, fontweight=weight
            )


def _label(axes: Axes, labels: list[str]) -> None:
    C = len(labels)
    size = POINTS - 1 if C <= 2 * LEGIBLE else max(4.5, 380 / C)  # at most as high as a row
    turned = 90 if max(map(len, labels)) > 2 else 0
    axes.set_xticks(range(C), labels, fontsize=size, rotation=turned)
    axes.set_yticks(range(C), labels, fontsize=size)
    axes.tick_params(length=0)
    axes.set(xlabel="predicted", ylabel="true")
