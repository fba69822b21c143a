"""What all plots share: a sheet to draw on, colours that every eye can tell apart, and files written whole.

The colours are Okabe & Ito's, "Color Universal Design" (2008), which colour-blind readers distinguish too. Nothing
here touches pyplot or its list of open figures: a plot is an object, and is gone with the last reference to it.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import checks
from ..arrays import Array
from ..errors import InvalidArgument, MissingExtra
from ..files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Figure

BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, YELLOW = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442",
)  # fmt: skip
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
DARK = "#24292f"  # ink on white paper
NEUTRAL = "#7d8590"  # ink on no paper: reads on a light page and on a dark one
POINTS = 10.0  # the size of letters
PANEL = (4.2, 2.9)  # inches: one picture of a row that a wide page shows side by side
FORMATS = ("pdf", "png", "svg")
PIXELS = 200  # per inch, in a PNG
EARLY = 4  # times as late as the middle one: how late the last of geometric steps is


@dataclass(frozen=True)
class Sheet:
    """A figure to draw on, and the colour of its ink."""

    figure: Figure
    ink: str

    def panel(self, rows: int = 1, columns: int = 1, place: int = 1, title: str = "", **options: Any) -> Axes:
        """Axes at a place of a grid, counted from 1, row by row; the title stands at the left, above them."""
        axes: Axes = self.figure.add_subplot(rows, columns, place, facecolor="none", **options)
        axes.set_title(title, loc="left", fontsize=POINTS, fontweight="bold", color=self.ink)
        axes.spines[["top", "right"]].set_visible(False)
        for spine in axes.spines.values():
            spine.set_color(self.ink)
        for part in (axes.xaxis, axes.yaxis):
            part.label.set(color=self.ink, fontsize=POINTS - 1)
            part.get_offset_text().set(color=self.ink, fontsize=POINTS - 1)
        axes.tick_params(which="both", color=self.ink, labelcolor=self.ink, labelsize=POINTS - 1)
        axes.set_axisbelow(True)
        axes.grid(visible=True, color=self.ink, alpha=0.2, linewidth=0.6)
        return axes

    def bare(self, rows: int = 1, columns: int = 1, place: int = 1, title: str = "") -> Axes:
        """A panel without ticks, lines and grid, for a picture."""
        axes = self.panel(rows, columns, place, title)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        axes.set(xticks=[], yticks=[])
        return axes

    def legend(self, axes: Axes, **options: Any) -> None:
        """The names of what is drawn."""
        options = {"frameon": False, "fontsize": POINTS - 1, "labelcolor": self.ink, "handlelength": 1.4, **options}
        axes.legend(**options)

    def scale(self, drawn: Any, axes: Any) -> None:
        """A bar that says which colour means which number."""
        bar = self.figure.colorbar(drawn, ax=axes, fraction=0.05, pad=0.02)
        bar.outline.set_visible(False)
        bar.ax.tick_params(color=self.ink, labelcolor=self.ink, labelsize=POINTS - 1)
        bar.ax.yaxis.get_offset_text().set(color=self.ink, fontsize=POINTS - 1)


def sheet(width: float, height: float, transparent: bool) -> Sheet:
    """An empty sheet, in inches; white, or no paper at all."""
    try:
        from .picture import Picture
    except ImportError:
        raise MissingExtra("plots", "matplotlib", "plot") from None
    figure = Picture(figsize=(width, height), layout="constrained", facecolor="none" if transparent else "white")
    return Sheet(figure, NEUTRAL if transparent else DARK)


def panels(titles: Sequence[str], transparent: bool, columns: int = 3) -> tuple[Sheet, list[Axes]]:
    """A sheet with a panel for each title."""
    columns = min(len(titles), columns)
    rows = -(-len(titles) // columns)
    page = sheet(PANEL[0] * columns, PANEL[1] * rows, transparent)
    return page, [page.panel(rows, columns, i + 1, title) for i, title in enumerate(titles)]


def counted_along(axes: Axes, what: str) -> None:
    """Whole numbers along the bottom: epochs or steps."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))  # one epoch has one
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel(what)


def along_steps(axes: Axes, steps: Sequence[float] | Array) -> None:
    """Steps along the bottom, on a logarithmic scale where most of them are early ones."""
    from matplotlib.ticker import NullLocator

    counted_along(axes, "step")
    last = max(steps)
    if last > EARLY * max(sorted(steps)[len(steps) // 2], 1):
        axes.set_xscale("symlog", linthresh=1)  # with room for step 0
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlim(min(steps) - 0.2, 1.2 * last)


def logarithmic(axes: Axes, values: Sequence[float]) -> None:
    """A logarithmic scale upwards for these values, with plain numbers, over few powers of ten also at 2 and 5."""
    from matplotlib.ticker import LogLocator, NullFormatter

    positive = [v for v in finite(values) if v > 0] or [1.0]
    room = max(1.3, (max(positive) / min(positive)) ** 0.05)
    low, high = min(positive) / room, max(positive) * room
    axes.set_ylim(low, high)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 200 * low else (1.0,)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def diverging() -> Any:
    """Blue below zero, white at it, vermillion above."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("diverging", ["#003f63", BLUE, "#f7f7f7", VERMILLION, "#7a3600"])


def shades(n: int) -> list[str]:
    """n colours in an order that the eye sees: from blue over violet to orange, none too light or too dark to read."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    ramp = LinearSegmentedColormap.from_list("shades", [BLUE, "#9467bd", VERMILLION])
    return [to_hex(ramp(i / max(n - 1, 1))) for i in range(n)]


def class_colours(n: int) -> list[Any]:
    """A colour for each of n classes."""
    from matplotlib import colormaps

    few = [*SERIES, YELLOW]
    return few[:n] if n <= len(few) else [colormaps["viridis"](i / (n - 1)) for i in range(n)]


def save(figure: Figure, path: Any) -> Path:
    """Write a figure to a .svg, .pdf or .png file, whole; the same figure gives the same bytes.

    >>> figure = sheet(3, 2, transparent=True).figure
    >>> save(figure, "a.jpg")
    Traceback (most recent call last):
    pellucid.errors.InvalidArgument: plots, file a.jpg: expected a name that ends with .pdf, .png, .svg, got '.jpg'.
    """
    target = Path(checks.path("plots, argument path", path))
    kind = target.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        expected = "a name that ends with " + ", ".join(f".{name}" for name in FORMATS)
        raise InvalidArgument(f"plots, file {target}", expected, target.suffix)
    content = encoded(figure, kind)
    return write_whole(target, lambda file: file.write(content))


def encoded(figure: Figure, kind: str) -> bytes:
    """The figure as the content of a file, without a clock in it."""
    from matplotlib import rc_context

    clock = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind, {})
    content = io.BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "pellucid"}):  # letters stay letters, ids stay the same
        figure.savefig(content, format=kind, metadata=clock, dpi=PIXELS)
    return content.getvalue()


def inline_svg(figure: Figure, name: str, alt: str) -> str:
    """A figure without paper as an <svg> element for a page: in the page's font and colour of ink, described by `alt`
    for those who do not see it, and with ids that begin with `name`, which must be another for each on the page."""
    from html import escape

    text = encoded(figure, "svg").decode()
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", text))
    text = re.sub(r' id="([^"]*)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", text)
    text = re.sub(r'(url\(#|href="#)', rf"\1{name}-", text).replace(NEUTRAL, "currentColor")
    text = re.sub(r"\s*\n\s*", " ", text)
    box = re.search(r'viewBox="([^"]*)"', text)
    assert box is not None
    width, height = (float(n) * 4 / 3 for n in box[1].split()[2:])  # 3 points are 4 of a page's pixels
    head = f'<svg viewBox="{box[1]}" width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{escape(alt)}">'
    return head + text[text.index(">", text.index("<svg ")) + 1 :].replace("<defs> </defs>", "").strip()


def finite(values: Sequence[Any] | Array) -> list[float]:
    """The numbers among the values that are neither NaN nor infinite."""
    return [float(v) for v in values if math.isfinite(v)]


def named(where: str, there: Mapping[str, Any], names: Sequence[str] | None) -> list[str]:
    """The names asked for, or all there are."""
    if names is None:
        return list(there)
    return [checks.one_of(where, name, list(there)) for name in names]
