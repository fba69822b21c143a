"""From the numbers of a run to the tables in docs/benchmarks.md: python -m benchmarks.report [NAME]"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

from .bars import BARS, MB, Bar, Results, found, peak, ratios
from .libraries import LIBRARIES
from .processes import ROOT

RESULTS = Path(__file__).parent / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
LIMITS = ("flops", "bandwidth")
APART = 0.25  # a loss that differs from Pellucid's by more than this share is pointed at


def digits(value: float) -> str:
    """Three digits.

    >>> digits(0.012345), digits(12.345), digits(12345.6)
    ('0.0123', '12.3', '12,346')
    """
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".")


def seconds(value: float) -> str:
    """A time in the unit that suits it.

    >>> seconds(3.2e-6), seconds(0.0123), seconds(2.5)
    ('3.20 µs', '12.3 ms', '2.50 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size * (1 if unit == "s" else 10):
            return f"{digits(value / size)} {unit}"
    return f"{digits(value * 1e6)} µs"


def spread(values: list[float], write: Any = digits) -> str:
    """The median, and from where to where it went."""
    middle = write(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({write(min(values))} to {write(max(values))})"


def table(head: list[str], rows: list[list[str]]) -> str:
    aligned = ["---"] * 2 if len(head) == 2 else ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, aligned, *rows]) + "\n"


def title(library: str) -> str:
    return LIBRARIES[library].title


def not_measured(one: dict[str, Any]) -> str:
    return f"not measured: {one.get('not_measured', 'it ended too soon')}"


# The tables ------------------------------------------------------------------------------------------------------


def conditions(results: Results) -> str:
    machine, limits = results["machine"], results.get("limits", [])
    lines = [
        f"- Made on {results['made']} by `{results['command']}`, in {results['minutes']:.0f} minutes: "
        f"{results['rounds']} rounds, turns of about {results['seconds']} s.",
        f"- Processor: {machine['processor']}, {machine['cores']} cores; {machine['memory'] / 2**30:.0f} GiB of memory;"
        f" {machine['system']}. Load average when it began: {machine['load']:.2f}.",
        "- Versions: " + ", ".join(f"{name} {number}" for name, number in machine["versions"].items()) + ".",
        f"- Images: {results['images']}.",
    ]
    if limits:
        flops, moved = ([digits((peak(results, kind, of) or 0) / 1e9) for of in ("one", "all")] for kind in LIMITS)
        lines.append(
            f"- Limits measured in this run: {flops[0]} GFLOP/s with one core, {flops[1]} with all (chains of FMAs on"
            f" {limits[0]['lanes']} floats); memory {moved[0]} GB/s with one core, {moved[1]} with all."
        )
    return "\n".join(lines) + "\n"


def bars(results: Results, wanted_of: tuple[Bar, ...] = BARS) -> str:
    rows = []
    for bar in wanted_of:
        value = bar.measure(results)
        wanted = f"{'at least' if bar.at_least else 'at most'} {bar.limit:g} {bar.unit}"
        told = (
            ["", "not measured"]
            if value is None
            else [f"{digits(value)} {bar.unit}", "met" if bar.met(value) else "**not met**"]
        )
        rows.append([bar.what, wanted, *told])
    return table(["bar", "wanted", "measured", ""], rows)


def overview(results: Results) -> str:
    """Times of Pellucid, and ratios to it, for every task that is not one of a group."""
    tasks = {name: task for name, task in results["tasks"].items() if not task["group"]}
    peers = [name for name in LIBRARIES if name != "pellucid" and any(name in t["libraries"] for t in tasks.values())]
    rows = []
    for name, task in tasks.items():
        own = found(results, name, "pellucid")
        cells = [task["title"], seconds(statistics.median(own["times"])) if own else "not measured"]
        for peer in peers:
            its = found(results, name, peer)
            cells.append(f"{digits(statistics.median(ratios(its, own)))} x" if own and its else "")
        rows.append(cells)
    return table(["task", "Pellucid", *map(title, peers)], rows)


def limits(results: Results) -> str:
    """What Pellucid's training and prediction reach of the machine's limits."""
    flops, most_bytes = peak(results, "flops"), peak(results, "bandwidth")
    rows = []
    for name, task in results["tasks"].items():
        own = found(results, name, "pellucid")
        if own is None or task["group"] or task["kind"] == "reach" or not flops or not most_bytes:
            continue
        step = statistics.median(own["times"])
        cells = [task["title"], seconds(step)]
        for amount, most in ((task["flops"], flops), (task["traffic"], most_bytes)):
            cells += [digits(amount / step / 1e9), f"{100 * amount / step / most:.0f} %"] if amount else ["", ""]
        rows.append([*cells, f"{own['memory'] / MB:.0f} MB"])
    head = ["task", "time", "GFLOP/s", "of the FMA peak", "GB/s", "of the bandwidth", "peak memory"]
    return table(head, rows) if rows else "not measured\n"


def one_task(results: Results, name: str) -> str:
    """Every library at one task."""
    task, own = results["tasks"][name], found(results, name, "pellucid")
    reaching = task["kind"] == "reach"
    rows, notes = [], [task["said"]] if task["said"] else []
    for library, one in task["libraries"].items():
        if not found(results, name, library):
            rows.append([title(library), not_measured(one), "", "", ""])
            continue
        ratio = spread(ratios(one, own)) + " x" if own else ""
        last = f"{one['check']:.4g}" if not reaching else ", ".join(
            f"{epochs} ({accuracy:.2%})" for epochs, accuracy in zip(one["epochs"], one["accuracy"], strict=True)
        )  # fmt: skip
        if task["kind"] == "train" and own and abs(one["check"] / own["check"] - 1) > APART:
            last += " (apart)"
        rows.append([title(library), spread(one["times"], seconds), ratio, f"{one['memory'] / MB:.0f} MB", last])
        notes += [f"{title(library)}: {note}" for note in one.get("notes", [])]
    kinds = {"train": ("time per step", "loss"), "predict": ("time", "mean of the highest probability")}
    what, check = kinds.get(task["kind"], ("time", "epochs (test accuracy), for each seed"))
    text = f"### {task['title']}\n\n" + table(["library", what, "ratio", "peak memory", check], rows)
    return text + "".join(f"\n{note}\n" for note in notes)


def widths(results: Results) -> str:
    tasks = {name: task for name, task in results["tasks"].items() if task["group"] == "width"}
    libraries = list(next(iter(tasks.values()))["libraries"])
    rows = [
        [task["title"]]
        + [
            spread(one["times"], seconds) if (one := found(results, name, library)) else "not measured"
            for library in libraries
        ]
        for name, task in tasks.items()
    ]
    return table(["network", *map(title, libraries)], rows)


def load(results: Results) -> str:
    told = results["load"]
    libraries = list(next(iter(told["loads"].values())))
    rows = []
    for library in libraries:
        cells = [title(library)]
        for found_there in told["loads"].values():
            one = found_there[library]
            cells.append(spread(one["times"], seconds) if one.get("times") else not_measured(one))
        rows.append(cells)
    return table(["library", *(f"{count} of {told['cores']} cores busy" for count in told["loads"])], rows)


def startup(results: Results) -> str:
    rows = []
    sizes = results.get("sizes", {})
    for library in dict.fromkeys([*results.get("startup", {}), *sizes]):
        one, size = results.get("startup", {}).get(library, {}), sizes.get(library, {})
        cells = [spread(one[part], seconds) if one.get(part) else "" for part in ("import", "first_step", "first_ever")]
        if "not_measured" in one:
            cells[0] = not_measured(one)
        weight = f"{size['bytes'] / MB:,.0f} MB in {size['packages']} packages" if "bytes" in size else ""
        rows.append([title(library), *cells, weight or (not_measured(size) if size else "")])
    return table(["library", "import", "start to first step", "the same, first run ever", "installed"], rows)


def usage() -> str:
    return table(["library", "used by"], [[one.title, one.said + "."] for one in LIBRARIES.values()])


# The page --------------------------------------------------------------------------------------------------------


def markdown(results: Results, pictures: list[tuple[str, str]]) -> str:
    """All tables, and links to the pictures: (file, what it shows)."""
    parts = [conditions(results), "## The bars\n", bars(results)]
    if tasks := results["tasks"]:
        parts += [
            "## How many times as long as Pellucid\n",
            overview(results),
            "## Of what the machine can do\n",
            limits(results),
        ]
    parts += [f"![{what}](images/{file})\n" for file, what in pictures]
    if any(task["group"] == "width" for task in tasks.values()):
        parts += ["## Width by width\n", widths(results)]
    if results.get("load"):
        parts += ["## Beside other programs\n", load(results)]
    if results.get("startup") or results.get("sizes"):
        parts += ["## Start-up and size\n", startup(results)]
    parts += ["## Task by task\n"] * bool(tasks) + [
        *(one_task(results, name) for name, task in tasks.items() if not task["group"])
    ]
    return "\n".join([*parts, "## How each library is used\n", usage()])


def write_page(text: str, page: Path = PAGE) -> None:
    """Put it between the marks of the page; what is written by hand around them stays."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{after}", "utf-8")


def main(name: str = "latest") -> None:
    from . import plots

    results = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    write_page(markdown(results, plots.draw(results, PAGE.parent / "images")))


if __name__ == "__main__":
    main(*sys.argv[1:])
