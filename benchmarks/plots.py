"""The pictures of docs/benchmarks.md: on no background, in colours that a light and a dark page can carry."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .bars import MB, Results, found, ratios
from .libraries import LIBRARIES

GREY = "#7d8590"
COLOURS = {
    "pellucid": "#e5484d", "pellucid_one": "#f5a3a5", "torch": "#f59e0b", "torch_fused": "#d97706",
    "torch_compile": "#b45309", "jax": "#8b5cf6", "keras_tf": "#0ea5a4", "keras_jax": "#22b573",
    "sklearn": "#4593f8", "onnxruntime": "#8b949e",
}  # fmt: skip
STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "pellucid", "font.family": "sans-serif", "font.size": 11,
    "text.color": GREY, "axes.labelcolor": GREY, "axes.edgecolor": GREY, "xtick.color": GREY, "ytick.color": GREY,
    "axes.facecolor": "none", "axes.spines.top": False, "axes.spines.right": False, "grid.color": GREY,
    "grid.alpha": 0.25, "figure.constrained_layout.use": True, "legend.frameon": False,
}  # fmt: skip


def bars_of(results: Results) -> list[str]:
    return [name for name, task in results["tasks"].items() if not task["group"] and found(results, name, "pellucid")]


def plain_numbers(axis: Any) -> None:
    """A logarithmic axis with a line and a number at 1, 2, 5, 10, ..."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter("{x:,g}")
    axis.set_minor_formatter(NullFormatter())
    axis.grid(visible=True)


def ratio_plot(axes: Any, results: Results) -> None:
    """One row for each task, a dot for each library with its spread, on a logarithmic scale."""
    names = bars_of(results)[::-1]
    for library in (name for name in LIBRARIES if name not in ("pellucid", "pellucid_one")):
        points = []
        for row, name in enumerate(names):
            if its := found(results, name, library):
                values = ratios(its, found(results, name, "pellucid") or its)
                points.append((row, statistics.median(values), min(values), max(values)))
        if points:
            rows, middles, least, most = zip(*points, strict=True)
            errors = [[m - low for m, low in zip(middles, least, strict=True)],
                      [high - m for m, high in zip(middles, most, strict=True)]]  # fmt: skip
            axes.errorbar(middles, rows, xerr=errors, fmt="o", color=COLOURS[library], label=LIBRARIES[library].title)
    axes.axvline(1, color=COLOURS["pellucid"], linewidth=2, label="Pellucid")
    axes.set(xscale="log", yticks=range(len(names)), xlabel="times as long as Pellucid (right: slower)")
    axes.set_yticklabels([results["tasks"][name]["title"] for name in names])
    plain_numbers(axes.xaxis)
    axes.figure.legend(loc="outside lower center", ncols=3)


def width_plot(axes: Any, results: Results) -> None:
    tasks = {int(name.split("_")[1]): name for name, task in results["tasks"].items() if task["group"] == "width"}
    for library in LIBRARIES:
        points = [(w, one["times"]) for w, name in sorted(tasks.items()) if (one := found(results, name, library))]
        if points:
            middles = [1e6 * statistics.median(times) for _, times in points]
            axes.plot([w for w, _ in points], middles, "o-", color=COLOURS[library], label=LIBRARIES[library].title)
    axes.set(xlabel="w in 10-w-w-10", ylabel="µs per step", yscale="log")
    plain_numbers(axes.yaxis)
    axes.figure.legend(loc="outside lower center", ncols=4)


def load_plot(axes: Any, results: Results) -> None:
    told = results["load"]
    libraries = list(next(iter(told["loads"].values())))
    for place, library in enumerate(libraries):
        at, heights = [], []
        for group, there in enumerate(told["loads"].values()):
            if times := there[library].get("times"):
                at.append(group + (place - (len(libraries) - 1) / 2) * 0.2)
                heights.append(1e6 * statistics.median(times))
        axes.bar(at, heights, 0.18, color=COLOURS[library], label=LIBRARIES[library].title)
    axes.set(yscale="log", ylabel="µs per step", xticks=range(len(told["loads"])))
    axes.set_xticklabels([f"{count} of {told['cores']} cores busy" for count in told["loads"]])
    plain_numbers(axes.yaxis)
    axes.figure.legend(loc="outside lower center", ncols=4)


def memory_plot(axes: Any, results: Results) -> None:
    libraries = [name for name in results["tasks"]["mnist_32"]["libraries"] if found(results, "mnist_32", name)][::-1]
    sizes = [results["tasks"]["mnist_32"]["libraries"][name]["memory"] / MB for name in libraries]
    drawn = axes.barh([LIBRARIES[name].title for name in libraries], sizes, color=[COLOURS[name] for name in libraries])
    axes.bar_label(drawn, fmt="%.0f", color=GREY, padding=3)
    axes.set(xlabel="peak memory in MB, 784-128-10, batch 32", xmargin=0.1)


PICTURES: tuple[tuple[str, str, tuple[float, float], Callable[[Any, Results], None], Callable[[Results], Any]], ...] = (
    ("benchmark_ratios.svg", "How many times as long as Pellucid each library takes", (9, 7), ratio_plot, bars_of),
    (
        "benchmark_widths.svg", "Time per step of 10-w-w-10 for each w", (8, 4), width_plot,
        lambda results: any(task["group"] == "width" for task in results["tasks"].values()),
    ),
    ("benchmark_load.svg", "Time per step while cores are busy", (8, 4), load_plot, lambda given: given.get("load")),
    (
        "benchmark_memory.svg", "Peak memory of each library", (8, 3.5), memory_plot,
        lambda results: found(results, "mnist_32", "pellucid"),
    ),
)  # fmt: skip


def draw(results: Results, folder: Path) -> list[tuple[str, str]]:
    """Draw what was measured; returns (file, what it shows) of each. Without matplotlib there are none."""
    try:
        import matplotlib
    except ImportError:
        return []
    matplotlib.use("svg")
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for file, what, size, plot, there in PICTURES:
        if not there(results):
            continue
        with pyplot.rc_context(STYLE):
            figure, axes = pyplot.subplots(figsize=size)
            plot(axes, results)
            figure.savefig(folder / file, transparent=True, metadata={"Date": None})
            pyplot.close(figure)
        drawn.append((file, what))
    return drawn
