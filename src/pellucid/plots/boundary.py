"""What a network of two inputs decides where: the plane it cuts into classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, ShapeError
from .base import Sheet, class_colours, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GRID = 160  # points along each axis, at which the network is asked
MARGIN = 0.06  # of the data's width, around it
MARKS = "os^DvPX"  # of the classes, for those who see no colours
FAINTEST, DEEPEST = 0.06, 0.5  # opacity of a class that is no likelier than any, and of a certain one


def decision_boundary(predict: Callable[[Array], Any], x: Any, y: Any, *, transparent: bool = False) -> Figure:
    """Draw what is predicted all over the plane, and the data on it.

    predict: from inputs (N, 2) to the probability of each class (N, C), or to that of class 1, (N, 1) or (N,); for
    y that are no whole numbers, to a number. x: (N, 2). y: labels (N,), or numbers to predict. A class's colour is the
    deeper, the surer the network is; a line runs where two classes are equally likely; points of a class have its
    colour and mark, and a ring where the network is wrong.

    >>> x = np.array([[0.0, 0.0], [1.0, 1.0], [0.2, 0.9]])
    >>> figure = decision_boundary(lambda x: x[:, 0] > 0.5, x, [0, 1, 1])
    >>> figure.axes[0].get_legend_handles_labels()[1]
    ['class 0', 'class 1', 'wrong: 1 of 3']
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or x.shape[1] != 2 or not len(x):
        raise ShapeError("plots.decision_boundary, x", "points (N, 2)", x.shape)
    y = y.reshape(len(y), -1)[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if y.shape != (len(x),):
        raise ShapeError("plots.decision_boundary, y", f"one target for each of the {len(x)} points", y.shape)
    if not np.isfinite(x).all():
        raise DataError("plots.decision_boundary, x", "finite numbers", "NaN or infinity")
    page = sheet(4.2, 3.9, transparent)
    axes = page.panel()
    axes.grid(visible=False)
    if y.dtype.kind in "iub":
        _classes(page, axes, predict, x, y.astype(np.intp))
    else:
        _numbers(page, axes, predict, x, y)
    axes.set(xlabel="x₀", ylabel="x₁")
    return page.figure


def _classes(page: Sheet, axes: Axes, predict: Callable[[Array], Any], x: Array, y: Array) -> None:
    from matplotlib.colors import to_rgb

    points, extent, across, up = _plane(x)
    p = _probabilities(predict(points)).reshape(GRID, GRID, -1)
    C = max(p.shape[-1], int(y.max()) + 1)
    colours = class_colours(C)
    leading, certain = p.argmax(axis=-1), p.max(axis=-1)
    cells = np.empty((GRID, GRID, 4))
    cells[..., :3] = np.array([to_rgb(c) for c in colours])[leading]
    least = 1 / p.shape[-1]
    cells[..., 3] = FAINTEST + (DEEPEST - FAINTEST) * np.clip((certain - least) / (1 - least), 0, 1)
    axes.imshow(cells, origin="lower", extent=extent, interpolation="none", aspect="auto")
    for c in range(p.shape[-1] if p.shape[-1] > 2 else 1):
        lead = p[..., c] - np.delete(p, c, axis=-1).max(axis=-1)
        if lead.min() < 0 < lead.max():
            axes.contour(across, up, lead, levels=[0], colors=[page.ink], linewidths=0.8)
    given = _probabilities(predict(x)).argmax(axis=-1)
    for c in np.unique(y):
        chosen = y == c
        axes.scatter(
            x[chosen, 0],
            x[chosen, 1],
            s=16,
            color=colours[c],
            marker=MARKS[c % len(MARKS)],
            edgecolors="white",
            linewidths=0.4,
            label=f"class {c}",
        )
    wrong = given != y
    if wrong.any():
        axes.scatter(
            x[wrong, 0],
            x[wrong, 1],
            s=48,
            facecolors="none",
            edgecolors=page.ink,
            linewidths=0.9,
            label=f"wrong: {wrong.sum()} of {len(y)}",
        )
    _named_above(page, axes)


def _numbers(page: Sheet, axes: Axes, predict: Callable[[Array], Any], x: Array, y: Array) -> None:
    points, extent, _, _ = _plane(x)
    predicted = np.asarray(predict(points), dtype=np.float64).reshape(GRID, GRID, -1)[..., 0]
    low, high = min(y.min(), predicted.min()), max(y.max(), predicted.max())
    drawn = axes.imshow(
        predicted, origin="lower", extent=extent, interpolation="none", aspect="auto", vmin=low, vmax=high
    )
    axes.scatter(x[:, 0], x[:, 1], s=18, c=y, vmin=low, vmax=high, edgecolors="white", linewidths=0.6, label="data")
    page.scale(drawn, axes)
    _named_above(page, axes)


def _named_above(page: Sheet, axes: Axes) -> None:
    """The names above the plane, where they hide nothing."""
    page.legend(axes, loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2, columnspacing=1.2)


def _plane(x: Array) -> tuple[Array, tuple[float, float, float, float], Array, Array]:
    """Points (GRID², 2) all over the data's rectangle, its extent, and the points along each axis."""
    low, high = x.min(axis=0).astype(np.float64), x.max(axis=0).astype(np.float64)
    margin = MARGIN * np.where(high > low, high - low, 1.0)
    (left, bottom), (right, top) = low - margin, high + margin
    across, up = np.linspace(left, right, GRID), np.linspace(bottom, top, GRID)
    points = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2).astype(np.float32)
    return points, (left, right, bottom, top), across, up


def _probabilities(given: Any) -> Array:
    """(N, C) from the probability of each class, or of class 1 alone."""
    p = np.asarray(given, dtype=np.float64)
    p = p[:, None] if p.ndim == 1 else p
    if p.ndim != 2:
        raise ShapeError("plots.decision_boundary, predict", "probabilities (N, C), (N, 1) or (N,)", p.shape)
    return np.concatenate([1 - p, p], axis=1) if p.shape[1] == 1 else p
