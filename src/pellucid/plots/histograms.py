"""Histograms over time: how the numbers of a layer or a parameter are spread, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import DataError, Told
from .base import along_steps, named, panels
from .flow import Looked, Summed, names_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = ("outputs", "gradients", "weights")
ROWS = 64  # of values, in a picture


def histogram_flow(
    looks: Sequence[Looked], kind: str = "outputs", names: Sequence[str] | None = None, *, transparent: bool = False
) -> Figure:
    """Draw the histograms of each layer or parameter as a heat map: steps to the right, values upwards.

    looks: probe records with `counts`. kind: "outputs" of layers, "gradients" or "weights" of parameters. names: which;
    all unless given. Each record counts between its own least and greatest value; within a bin the entries are taken
    to lie evenly. A colour is the square root of the share of entries, so that tails are seen.

    >>> from types import SimpleNamespace as Record
    >>> outputs = {"dense": Record(low=0.0, high=1.0, counts=(3, 1))}
    >>> figure = histogram_flow([Record(step=t, outputs=outputs) for t in range(3)])
    >>> figure.axes[0].collections[0].get_array().sum(axis=0).tolist()       # at each step, all entries
    [1.0, 1.0, 1.0]
    """
    checks.one_of("plots.histogram_flow, argument kind", kind, KINDS)
    there = dict.fromkeys(name for name in names_of(looks, kind) if counted(looks, kind, name))
    chosen = named("plots.histogram_flow, argument names", there, names)
    if not chosen:
        raise DataError("plots.histogram_flow, looks", "at least one record with a histogram", Told("none"))
    page, drawn = panels(chosen, transparent)
    for axes, name in zip(drawn, chosen, strict=True):
        _heat(axes, counted(looks, kind, name))
    return page.figure


def counted(looks: Sequence[Looked], kind: str, name: str) -> list[tuple[int, Summed]]:
    """(step, summary) of each record that has a histogram of this name."""
    return [(look.step, there) for look in looks if (there := getattr(look, kind).get(name)) and sum(there.counts)]


def shares(summary: Summed, edges: Array) -> Array:
    """The share of entries between two edges (E,) each: (E - 1,), from the histogram's own bins.

    >>> from types import SimpleNamespace
    >>> shares(SimpleNamespace(low=0.0, high=2.0, counts=(1, 3)), np.array([0.0, 1.0, 1.5, 2.0]))
    array([0.25 , 0.375, 0.375])
    """
    counts = np.asarray(summary.counts, dtype=np.float64)
    least = max(abs(summary.low), abs(summary.high), 1.0) * 1e-9  # all entries alike: a bin needs some width
    own = np.linspace(summary.low, max(summary.high, summary.low + least), len(counts) + 1)
    below = np.concatenate([[0.0], np.cumsum(counts / counts.sum())])  # share of entries below each of its own edges
    return np.diff(np.interp(edges, own, below, left=0.0, right=1.0))


def _heat(axes: Axes, found: Sequence[tuple[int, Summed]]) -> None:
    from matplotlib.colors import PowerNorm

    low, high = min(s.low for _, s in found), max(s.high for _, s in found)
    if low == high:
        low, high = low - 0.5, high + 0.5
    values = np.linspace(low, high, ROWS + 1)
    picture = np.stack([shares(s, values) for _, s in found], axis=1)  # (ROWS, T)
    steps = np.array([step for step, _ in found], dtype=np.float64)
    middles = (steps[1:] + steps[:-1]) / 2
    width = middles[0] - steps[0] if len(middles) else 0.5
    columns = np.concatenate([[steps[0] - width], middles, [steps[-1] + width]])
    axes.grid(visible=False)
    norm = PowerNorm(0.5, vmin=0, vmax=max(float(picture.max()), 1e-12))
    axes.pcolormesh(columns, values, picture, cmap="viridis", norm=norm, rasterized=True)
    along_steps(axes, steps)
