"""How activations and gradients flow through a network while it learns: lines over the steps, from probe records."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..arrays import Array
from ..errors import DataError, Told
from .base import BLUE, PANEL, POINTS, Sheet, along_steps, finite, logarithmic, named, panels, shades, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GUIDE = 1e-3  # of the update-to-weight ratio: cs231n, "Neural Networks Part 3", "Ratio of weights:updates"
LINE = 0.21  # inches, of a row of names


class Summed(Protocol):
    """An array in a few numbers, as `training.probing.Summary` is."""

    @property
    def mean(self) -> float: ...
    @property
    def std(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def saturated(self) -> float: ...
    @property
    def dead(self) -> float: ...
    @property
    def counts(self) -> tuple[int, ...]: ...
    @property
    def root_mean_square(self) -> float: ...


class Looked(Protocol):
    """One step, looked at, as `training.probing.Look` is."""

    @property
    def step(self) -> int: ...
    @property
    def outputs(self) -> Mapping[str, Summed]: ...
    @property
    def gradients(self) -> Mapping[str, Summed]: ...
    @property
    def weights(self) -> Mapping[str, Summed]: ...
    @property
    def ratios(self) -> Mapping[str, float]: ...


def activation_flow(
    looks: Sequence[Looked], names: Sequence[str] | None = None, *, transparent: bool = False
) -> Figure:
    """Draw what each layer gave over the steps: the mean of its outputs, and a band of one standard deviation.

    looks: probe records (`training.probing.Look`). names: of layers; all unless given. A band that shrinks towards zero
    from layer to layer is a signal that fades; one that grows without end, a signal that explodes.
    Raises DataError without a record.

    >>> from types import SimpleNamespace as Record
    >>> looks = [Record(step=t, outputs={"dense": Record(mean=0.5 * t, std=1.0)}) for t in (0, 10)]
    >>> activation_flow(looks).axes[0].lines[0].get_ydata()
    array([0., 5.])
    """
    chosen = _chosen("activation_flow", looks, "outputs", names)
    page, drawn = panels(chosen, transparent)
    for axes, name in zip(drawn, chosen, strict=True):
        steps, mean = series(looks, "outputs", name, "mean")
        _, std = series(looks, "outputs", name, "std")
        axes.fill_between(steps, mean - std, mean + std, color=BLUE, alpha=0.25, linewidth=0, label="± 1 std")
        axes.plot(steps, mean, color=BLUE, linewidth=1.6, label="mean")
        along_steps(axes, steps)
    page.legend(drawn[0])
    return page.figure


def gradient_flow(looks: Sequence[Looked], names: Sequence[str] | None = None, *, transparent: bool = False) -> Figure:
    """Draw the root mean square of each parameter's gradient over the steps, √(Σ g² / n), on a logarithmic scale.

    looks: probe records. names: of parameters; all unless given. The first layers are blue, the last orange; biases are
    dashed. Lines that part by powers of ten from last to first are a gradient that vanishes on its way back
    (Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010, figure 7).

    >>> from types import SimpleNamespace as Record
    >>> looks = [Record(step=t, gradients={"dense/kernel": Record(root_mean_square=10.0**-t)}) for t in range(3)]
    >>> gradient_flow(looks).axes[0].lines[0].get_ydata()
    array([1.  , 0.1 , 0.01])
    """
    chosen = _chosen("gradient_flow", looks, "gradients", names)
    lines = {name: series(looks, "gradients", name, "root_mean_square") for name in chosen}
    return _fan("root mean square of the gradient", lines, transparent)


def update_ratios(looks: Sequence[Looked], names: Sequence[str] | None = None, *, transparent: bool = False) -> Figure:
    """Draw how far a step moved each parameter, ‖Δp‖ / ‖p‖, over the steps, on a logarithmic scale.

    looks: probe records. The line at 10⁻³ is the rule of thumb of Stanford's cs231n: far above it a learning rate is
    likely too high, far below too low. Biases begin at zero, where the ratio means little.

    >>> from types import SimpleNamespace as Record
    >>> figure = update_ratios([Record(step=t, ratios={"dense/kernel": 0.002}) for t in range(3)])
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['dense/kernel', '0.001, a rule of thumb']
    """
    chosen = _chosen("update_ratios", looks, "ratios", names)
    lines = {name: series(looks, "ratios", name, "") for name in chosen}
    return _fan("size of an update / size of the parameter", lines, transparent, GUIDE)


def idle_units(looks: Sequence[Looked], names: Sequence[str] | None = None, *, transparent: bool = False) -> Figure:
    """Draw the share of each layer's units that are dead (solid) and of its outputs that are saturated (dashed).

    looks: probe records. names: of layers; all unless given. A unit is dead that gave 0 for every sample of a batch; an
    output is saturated so near the end of its activation that hardly any gradient passes. Layers where neither can be
    are left out; raises DataError if that leaves none.

    >>> from types import SimpleNamespace as Record
    >>> outputs = {"dense": Record(dead=0.25, saturated=math.nan)}
    >>> idle_units([Record(step=t, outputs=outputs) for t in range(3)]).axes[0].lines[0].get_ydata()
    array([25., 25., 25.])
    """
    layers = named("plots.idle_units, argument names", dict.fromkeys(idling(looks)), names)
    if not layers:
        raise DataError("plots.idle_units, looks", "a layer whose units can die or saturate", Told("none"))
    page = sheet(PANEL[0], PANEL[1] + LINE * _rows(2 * len(layers)), transparent)
    axes = page.panel(title="dead units and saturated outputs")
    for name, colour in zip(layers, shades(len(layers)), strict=True):
        for what, line in (("dead", "-"), ("saturated", "--")):
            steps, share = series(looks, "outputs", name, what)
            if finite(share):
                axes.plot(steps, 100 * share, line, color=colour, linewidth=1.5, label=f"{name}, {what}")
    axes.set_ylim(-3, 103)
    axes.yaxis.set_major_formatter("{x:g} %")
    along_steps(axes, [look.step for look in looks])
    _below(page)
    return page.figure


def names_of(looks: Sequence[Looked], kind: str) -> list[str]:
    """The names in the records, in the order of their first appearance."""
    return list(dict.fromkeys(name for look in looks for name in getattr(look, kind)))


def series(looks: Sequence[Looked], kind: str, name: str, what: str) -> tuple[Array, Array]:
    """(steps, values) of one number of one name, where the records have it; `what` is empty for a bare number."""
    found = [(look.step, getattr(look, kind)[name]) for look in looks if name in getattr(look, kind)]
    steps = np.array([step for step, _ in found], dtype=np.float64)
    values = [getattr(there, what) if what else there for _, there in found]
    return steps, np.array(values, dtype=np.float64)


def idling(looks: Sequence[Looked]) -> list[str]:
    """The layers whose units can die or whose outputs can saturate."""
    return [
        name
        for name in names_of(looks, "outputs")
        if finite(series(looks, "outputs", name, "dead")[1]) or finite(series(looks, "outputs", name, "saturated")[1])
    ]


def _chosen(where: str, looks: Sequence[Looked], kind: str, names: Sequence[str] | None) -> list[str]:
    """The names asked for, or all in the records; raises DataError where there are none."""
    chosen = named(f"plots.{where}, argument names", dict.fromkeys(names_of(looks, kind)), names)
    if not chosen:
        raise DataError(f"plots.{where}, looks", f"at least one record of {kind}", Told("none"))
    return chosen


def _fan(title: str, lines: Mapping[str, tuple[Array, Array]], transparent: bool, guide: float | None = None) -> Figure:
    """One panel of lines on a logarithmic scale, their names below."""
    page = sheet(PANEL[0], PANEL[1] + LINE * _rows(len(lines) + (guide is not None)), transparent)
    axes = page.panel(title=title)
    for (name, (steps, values)), colour in zip(lines.items(), shades(len(lines)), strict=True):
        line = "--" if name.rpartition("/")[2] in ("bias", "beta") else "-"
        positive = np.where(values > 0, values, math.nan)
        axes.plot(steps, positive, line, color=colour, linewidth=1.5, label=name)
    if guide is not None:
        axes.axhline(guide, color=page.ink, linewidth=1, linestyle=":", label=f"{guide:g}, a rule of thumb")
    logarithmic(axes, [v for _, values in lines.values() for v in values] + ([] if guide is None else [guide]))
    along_steps(axes, [step for steps, _ in lines.values() for step in steps])
    _below(page)
    return page.figure


def _rows(names: int) -> int:
    """Of names below a panel, two in a row."""
    return -(-names // 2)


def _below(page: Sheet) -> None:
    page.figure.legend(
        loc="outside lower left", ncols=2, frameon=False, fontsize=POINTS - 1, labelcolor=page.ink, handlelength=1.6
    )
