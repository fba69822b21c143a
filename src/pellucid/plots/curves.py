"""Learning curves: how loss and metrics went, epoch by epoch."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, MissingExtra, Told
from ..markup import Html, block, folded, grid, heading
from .base import BLUE, VERMILLION, Sheet, counted_along, finite, inline_svg, logarithmic, named, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEEP = 20.0  # the largest over the smallest value: a curve that falls this far is drawn on a logarithmic scale
FEW = 40  # epochs, whose points are marked one by one


def learning_curves(
    history: Mapping[str, Sequence[Any]], names: Sequence[str] | None = None, *, transparent: bool = False
) -> Figure:
    """Draw loss and metrics over the epochs, on training and on validation data, and mark the best epoch.

    history: a value for each epoch under each name, "val_" before the name where it is of validation data, as
    `History.history` has them. names: which to draw, all unless given. transparent: no paper, and ink that reads on
    light and dark. The best epoch is the one of the least validation loss. A curve that falls to less than a twentieth
    is drawn on a logarithmic scale. What is not one number per epoch is left out. Raises DataError without an epoch.

    >>> figure = learning_curves({"loss": [1.0, 0.4, 0.3], "val_loss": [1.1, 0.6, 0.7], "accuracy": [0.5, 0.8, 0.9]})
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['loss', 'accuracy']
    """
    numbers = {name: values for name, given in history.items() if (values := _numbers(given)) is not None}
    measured = [name for name in numbers if not name.startswith("val_")]
    measured.sort(key=lambda name: name != "loss")  # the loss comes first, whatever order the file had
    chosen = named("plots.learning_curves, argument names", dict.fromkeys(measured), names)
    if not chosen:
        raise DataError("plots.learning_curves, history", "a number for at least one epoch", Told("none"))
    page, there = panels(chosen, transparent)
    best = best_epoch(history)
    for axes, name in zip(there, chosen, strict=True):
        _curve(page, axes, name, numbers, best)
    return page.figure


def as_html(history: Mapping[str, Sequence[Any]]) -> str:
    """The curves for a notebook, and their numbers as a table; the table alone without matplotlib."""
    numbers = {name: values for name, given in history.items() if (values := _numbers(given)) is not None}
    if not numbers:
        return block(heading("History of no epoch yet"))
    best, E = best_epoch(history), max(map(len, numbers.values()))
    head = ["", "first", "last", "least", "greatest", *([f"epoch {best}, the best"] if best else [])]
    rows = []
    for name, values in numbers.items():
        there = finite(values) or [np.nan]
        told = [values[0], values[-1], min(there), max(there)]
        told += [values[best - 1] if len(values) >= best else np.nan] if best else []
        rows.append([name, *(f"{value:.4g}" for value in told)])
    title = heading(f"History of {E} epoch{'s' if E > 1 else ''}")
    try:
        drawn = learning_curves(history, transparent=True)
    except MissingExtra:
        return block(title, grid(head, rows))
    ids = f"curves{zlib.crc32(repr(rows).encode()):x}"  # another for each history on the page
    alt = f"Loss and metrics over {E} epochs."
    return block(title, Html(inline_svg(drawn, ids, alt)), folded("Numbers", grid(head, rows)))


def best_epoch(history: Mapping[str, Sequence[Any]]) -> int | None:
    """The epoch of the least validation loss, counted from 1; None where there is no such loss for each epoch.

    >>> best_epoch({"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 2.5, 2.7]})
    2
    """
    losses = _numbers(history.get("val_loss", ()))
    if losses is None or len(losses) != len(history.get("loss", ())) or not finite(losses):
        return None
    return int(np.nanargmin(np.where(np.isfinite(losses), losses, np.nan))) + 1


def _numbers(values: Sequence[Any]) -> Array | None:
    """(E,) numbers with NaN for what is missing, or None where an epoch has something else than one number."""
    try:
        numbers = np.array([np.nan if v is None or v == "NA" else v for v in values], dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return numbers if numbers.ndim == 1 and numbers.size else None


def _curve(page: Sheet, axes: Axes, name: str, numbers: Mapping[str, Array], best: int | None) -> None:
    E = len(numbers[name])
    shown = [("training", np.arange(1, E + 1), numbers[name], BLUE, "-")]
    if (held := numbers.get(f"val_{name}")) is not None and (epochs := _validated(len(held), E, name)) is not None:
        shown.append(("validation", epochs, held, VERMILLION, "--"))
    for label, epochs, values, colour, line in shown:
        marker = "o" if E <= FEW else None
        axes.plot(epochs, values, line, color=colour, label=label, linewidth=1.8, marker=marker, markersize=2.5)
    if best is not None:
        axes.axvline(best, color=page.ink, linewidth=0.9, linestyle=":", label=f"best epoch, {best}")
    there = finite(np.concatenate([values for _, _, values, _, _ in shown]))
    if there and min(there) > 0 and max(there) > STEEP * min(there) and finite(numbers[name])[-1] < max(there) / STEEP:
        logarithmic(axes, there)
    counted_along(axes, "epoch")
    if len(shown) > 1 or best is not None:
        page.legend(axes)


def _validated(n: int, E: int, name: str) -> Array | None:
    """In which of E epochs the n validations were, if each came after the same number of epochs."""
    every = E // n
    if E // every == n:
        return np.arange(1, n + 1) * every
    warnings.warn(f"plots: {n} validations in {E} epochs do not say when; val_{name} is left out.", stacklevel=2)
    return None
