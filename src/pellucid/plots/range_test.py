"""The learning rate range test as a picture: the loss over the rate, on a logarithmic axis."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import Array
from .base import BLUE, POINTS, VERMILLION, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def range_test(
    rates: Array, losses: Array, smoothed: Array, suggestion: float | None = None, reason: str = "", *,
    transparent: bool = False,
) -> Figure:  # fmt: skip
    """Draw the curve of a range test, each repeat's batches behind it, and the suggested rate.

    rates (S,); losses (R, S), of R repeats; smoothed (S,); NaN where a repeat had ended. reason: a sentence to stand
    above. transparent: no paper, and ink that reads on light and dark. The axis of the loss shows where it fell; where
    it shoots up, it leaves the picture.

    >>> rates = np.geomspace(1e-4, 1, 30)
    >>> curve = 2 - np.sin(np.linspace(0, 3, 30))
    >>> figure = range_test(rates, curve[None] + 0.1, curve, suggestion=0.004)
    >>> figure.axes[0].get_xscale()
    'log'
    """
    page = sheet(7.0, 4.0, transparent)
    axes = page.panel()
    for i, repeat in enumerate(losses):
        axes.plot(rates, repeat, color=page.ink, linewidth=0.5, alpha=0.35, label=None if i else "batches")
    axes.plot(rates, smoothed, color=BLUE, linewidth=2.2, label="smoothed")
    if suggestion is not None:
        label = f"suggestion, {suggestion:.2g}"
        axes.axvline(suggestion, color=VERMILLION, linestyle="--", linewidth=1.6, label=label)
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss", xlim=(rates[0], rates[-1]))
    shown = smoothed[np.isfinite(smoothed)]
    if len(shown):
        room = max(shown[0] - shown.min(), 0.1 * abs(shown[0]), 1e-12)
        axes.set_ylim(shown.min() - 0.35 * room, shown[0] + 0.6 * room)
    axes.set_title("\n".join(textwrap.wrap(reason, 95)), loc="left", fontsize=POINTS, color=page.ink)
    page.legend(axes)
    return page.figure
