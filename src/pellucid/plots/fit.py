"""How well numbers are predicted: the fitted curve of one input, and predictions beside the truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, ShapeError
from .base import BLUE, PANEL, VERMILLION, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS_ALONG = 400  # of the curve
MOST = 2000  # points drawn, the first ones


def fitted_curve(predict: Callable[[Array], Any], x: Any, y: Any, *, transparent: bool = False) -> Figure:
    """Draw what is predicted for one input over its range, and the data.

    predict: from inputs (N, 1) to numbers (N, 1) or (N,). x, y: (N, 1) or (N,).

    >>> figure = fitted_curve(lambda x: x**2, [[0.0], [1.0]], [0.0, 1.0])
    >>> float(figure.axes[0].lines[0].get_ydata()[-1])
    1.0
    """
    x, y = _column("plots.fitted_curve, x", x), _column("plots.fitted_curve, y", y)
    _alike("plots.fitted_curve, y", x, y)
    along = np.linspace(x.min(), x.max(), POINTS_ALONG, dtype=np.float32)
    page = sheet(*PANEL, transparent)
    axes = page.panel()
    axes.plot(along, _column("plots.fitted_curve, predict", predict(along[:, None])), color=VERMILLION, linewidth=2,
              label="predicted", zorder=3)  # fmt: skip
    axes.scatter(x[:MOST], y[:MOST], s=12, color=BLUE, alpha=0.7, linewidths=0, label="data")
    axes.set(xlabel="x", ylabel="y")
    page.legend(axes)
    return page.figure


def predicted_and_true(true: Any, predicted: Any, *, transparent: bool = False) -> Figure:
    """Draw each prediction over the true number; on the line they agree.

    true, predicted: (N,), (N, 1) or (N, O), whose numbers are all drawn alike.

    >>> figure = predicted_and_true([1.0, 2.0, 3.0], [1.1, 1.9, 3.2])
    >>> figure.axes[0].get_xlabel()
    'true'
    """
    y, given = np.asarray(true, dtype=np.float64).ravel(), np.asarray(predicted, dtype=np.float64).ravel()
    _alike("plots.predicted_and_true, predicted", y, given)
    ends = [min(y.min(), given.min()), max(y.max(), given.max())]
    page = sheet(PANEL[0], 3.6, transparent)
    axes = page.panel()
    axes.plot(ends, ends, color=page.ink, linewidth=1, linestyle=":", label="predicted = true")
    axes.scatter(y[:MOST], given[:MOST], s=12, color=BLUE, alpha=0.6, linewidths=0)
    axes.set(xlabel="true", ylabel="predicted")
    page.legend(axes)
    return page.figure


def _column(where: str, given: Any) -> Array:
    values = np.asarray(given, dtype=np.float64)
    values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    if values.ndim != 1:
        raise ShapeError(where, "one number per sample, (N,) or (N, 1)", values.shape)
    return values


def _alike(where: str, a: Array, b: Array) -> None:
    if a.shape != b.shape:
        raise ShapeError(where, f"{len(a)} numbers, as many as before", b.shape)
    if not a.size or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise DataError(where, "finite numbers, at least one")
