"""A search for a better network as pictures: how it went, what mattered, and where the good ones lie."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, Told
from .base import BLUE, NEUTRAL, ORANGE, PANEL, VERMILLION, Sheet, counted_along, panels, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SLICES = 12  # names drawn
MOST_LINES = 200  # trials drawn as lines
STEEP = 50.0  # the largest over the smallest number of a name, from which on its axis is logarithmic


@dataclass(frozen=True)
class Tries:
    """The trials of a search that have a score, in the order in which they began.

    numbers (T,), scores (T,); more: whether more is better; values: of each name a value for each trial, None where it
    had none.
    """

    numbers: Sequence[int]
    scores: Sequence[float]
    values: Mapping[str, Sequence[Any]]
    name: str = "score"
    more: bool = False

    def checked(self, where: str) -> Tries:
        if not len(self.scores):
            raise DataError(f"plots.{where}, trials", "at least one with a score", Told("none"))
        return self


def search_history(tries: Tries, *, transparent: bool = False) -> Figure:
    """Draw the score of each trial over its number, and the best so far as a line.

    >>> tries = Tries([0, 1, 2], [0.5, 0.2, 0.3], {"rate": [0.1, 0.01, 0.001]}, "loss")
    >>> search_history(tries).axes[0].lines[0].get_ydata().tolist()
    [0.5, 0.2, 0.2]
    """
    tries.checked("search_history")
    page, (axes,) = panels([f"{tries.name}, trial by trial"], transparent)
    scores = np.asarray(tries.scores, np.float64)
    best = np.maximum.accumulate(scores) if tries.more else np.minimum.accumulate(scores)
    axes.step(tries.numbers, best, where="post", color=VERMILLION, linewidth=2, label="best so far")
    axes.plot(tries.numbers, scores, ".", color=BLUE, label="trials")
    _upwards(axes, scores)
    counted_along(axes, "trial")
    page.legend(axes)
    return page.figure


def importances(shares: Mapping[str, float], *, transparent: bool = False) -> Figure:
    """Draw how much each name had to do with the score, the most important above.

    >>> figure = importances({"rate": 0.7, "units": 0.3})
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['units', 'rate']
    """
    if not shares:
        raise DataError("plots.importances, shares", "at least one", Told("none"))
    page = sheet(PANEL[0], 0.8 + 0.3 * len(shares), transparent)
    axes = page.panel(title="What mattered")
    named = sorted(shares.items(), key=lambda one: one[1])
    axes.barh([name for name, _ in named], [share for _, share in named], color=BLUE)
    axes.set_xlabel("share of the difference")
    return page.figure


def slices(tries: Tries, *, transparent: bool = False) -> Figure:
    """Draw the score over each name's value, a panel for each; later trials are darker."""
    tries.checked("slices")
    names = list(tries.values)[:MOST_SLICES]
    page, there = panels(names, transparent)
    for axes, name in zip(there, names, strict=True):
        rows = [i for i, value in enumerate(tries.values[name]) if value is not None]
        places, labels = _places([tries.values[name][i] for i in rows])
        scores = np.asarray([tries.scores[i] for i in rows], np.float64)
        axes.scatter(places, scores, c=rows, cmap="Blues", vmin=-len(tries.scores), s=22, edgecolors=NEUTRAL, lw=0.3)
        if labels is None and _wide(places):
            axes.set_xscale("log")
        elif labels is not None:
            axes.set_xticks(range(len(labels)), labels)
        elif all(isinstance(tries.values[name][i], int) for i in rows):
            axes.locator_params("x", integer=True, nbins="auto")  # there is no layer and a half
        _upwards(axes, scores)
    there[0].set_ylabel(tries.name)
    return page.figure


def parallel_coordinates(tries: Tries, *, transparent: bool = False) -> Figure:
    """Draw each trial as a line through its values, one upright axis for each name and the last for the score; the
    better half stands out, the best most."""
    tries.checked("parallel_coordinates")
    whole = [name for name, values in tries.values.items() if all(value is not None for value in values)]
    names = whole[: MOST_SLICES - 1]
    page = sheet(max(6.0, 1.5 * (len(names) + 1)), 3.4, transparent)
    axes = page.panel(title="Trials through the space")
    columns = [_scaled(page, axes, i, name, tries.values[name]) for i, name in enumerate(names)]
    columns.append(_scaled(page, axes, len(names), tries.name, tries.scores))
    order = np.argsort(np.asarray(tries.scores) * (-1 if tries.more else 1), kind="stable")[:MOST_LINES]
    for rank, trial in reversed(list(enumerate(order))):
        good = rank < max(1, len(order) // 2)
        colour = VERMILLION if rank == 0 else BLUE if good else NEUTRAL
        style: dict[str, Any] = {
            "linewidth": 2.4 if rank == 0 else 0.9,
            "alpha": 1.0 if rank == 0 else 0.6 if good else 0.3,
        }
        axes.plot(range(len(columns)), [column[trial] for column in columns], color=colour, **style)
    axes.set(xlim=(-0.2, len(columns) - 0.8), ylim=(-0.12, 1.12), yticks=[])
    axes.set_xticks(range(len(columns)), [*names, tries.name], rotation=20, ha="right")
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    return page.figure


def search_front(points: Array, front: Sequence[int], names: tuple[str, str], *, transparent: bool = False) -> Figure:
    """Draw two scores of each trial (T, 2), and those of the front, by their rows, joined."""
    page, (axes,) = panels(["The front"], transparent)
    axes.plot(points[:, 0], points[:, 1], ".", color=BLUE, label="trials")
    best = points[sorted(front, key=lambda i: tuple(points[i]))]
    axes.plot(best[:, 0], best[:, 1], "o-", color=ORANGE, label="front")
    axes.set(xlabel=names[0], ylabel=names[1])
    page.legend(axes)
    return page.figure


def _scaled(page: Sheet, axes: Axes, place: int, name: str, values: Sequence[Any]) -> list[float]:
    """Values from 0 to 1 along an upright axis at this place, which is drawn with what stands at its ends."""
    places, labels = _places(values)
    log = labels is None and _wide(places)
    heights = np.log(places) if log else np.asarray(places, np.float64)
    low, high = float(heights.min()), float(heights.max())
    axes.axvline(place, color=page.ink, linewidth=0.8, alpha=0.6)
    ends = (labels[0], labels[-1]) if labels else (f"{min(places):.3g}", f"{max(places):.3g}")
    for height, text in zip((-0.03, 1.03), ends, strict=True):
        axes.text(place, height, text, ha="center", va="top" if height < 0 else "bottom", color=page.ink, fontsize=8)
    if high == low:
        return [0.5] * len(places)
    return [float((height - low) / (high - low)) for height in heights]


def _places(values: Sequence[Any]) -> tuple[list[float], list[str] | None]:
    """Where values lie on an axis: numbers at themselves, words side by side, with their labels."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return [float(value) for value in values], None
    labels = sorted({str(value) for value in values})
    return [float(labels.index(str(value))) for value in values], labels


def _wide(places: Sequence[float]) -> bool:
    return min(places) > 0 and max(places) > STEEP * min(places)


def _upwards(axes: Axes, scores: Array) -> None:
    """A logarithmic axis upwards where the scores ask for one."""
    there = [float(score) for score in scores if math.isfinite(score)]
    if there and _wide(there):
        axes.set_yscale("log")
