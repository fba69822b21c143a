"""Measure the twelve networks, or some: python -m benchmarks.networks [--tasks ...] [--libraries ...] [--rounds 5]

A run of all networks writes docs/networks_compared.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .. import machine, report, rounds
from ..bars import Bar, faster_than, found
from ..libraries import LIBRARIES
from ..processes import ROOT, last_answer
from .tasks import NETWORKS, TRAINERS

PAGE = ROOT / "docs" / "networks_compared.md"
PEERS = tuple(name for name in TRAINERS if name != "pellucid")
WANTED = {"lenet": 1.2, "cnn": 1.2, "gpt_128": 1.2, "conv1d": 1.5, "gru": 1.5, "gpt_64": 1.5, "vit": 1.5}


def memory(name: str) -> Any:
    """Of PyTorch's peak, how much Pellucid's is."""

    def measure(results: report.Results) -> float | None:
        own, its = found(results, name, "pellucid"), found(results, name, "torch")
        return own["memory"] / its["memory"] if own and its else None

    return measure


def bars() -> tuple[Bar, ...]:
    title = {name: task.title for name, task in NETWORKS.items()}
    return (
        *(Bar(f"{title[n]}: faster than PyTorch", least, faster_than(n, "torch")) for n, least in WANTED.items()),
        Bar(f"{title['lstm']}: not behind PyTorch", 1, faster_than("lstm", "torch")),
        *(Bar(f"{title[n]}: before all others", 1, faster_than(n, *PEERS)) for n in NETWORKS),
        *(Bar(f"{title[n]}: peak memory, of PyTorch's", 0.5, memory(n), at_least=False) for n in NETWORKS),
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.networks", description=__doc__)
    parser.add_argument("--tasks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--libraries", nargs="+", choices=TRAINERS, default=[n for n in LIBRARIES if n in TRAINERS])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="of one turn")
    return parser.parse_args()


def measured(chosen: argparse.Namespace) -> report.Results:
    began = time.monotonic()

    def limits() -> Any:
        return json.loads(last_answer(["-m", "benchmarks.limits"]))

    def tell(what: str) -> None:
        print(f"{(time.monotonic() - began) / 60:5.1f} min  {what}", flush=True)

    results: report.Results = {
        "made": time.strftime("%Y-%m-%d"), "command": " ".join(["python -m benchmarks.networks", *sys.argv[1:]]),
        "rounds": chosen.rounds, "seconds": chosen.seconds, "machine": machine.described(),
        "limits": [limits()], "tasks": {}, "images": "drawn at random, as all of the data",
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        last_answer(["-m", "benchmarks.data", folder])
        plan = rounds.Plan(Path(folder), chosen.rounds, chosen.seconds, tell)
        for name in chosen.tasks:
            results["tasks"] |= rounds.measured(plan, [NETWORKS[name]], chosen.libraries)
    results["limits"].append(limits())
    results["minutes"] = (time.monotonic() - began) / 60
    return results


def main() -> None:
    chosen = arguments()
    results = measured(chosen)
    text = markdown(results)
    if chosen.tasks == list(NETWORKS):
        (report.RESULTS / "networks.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
        report.write_page(text, PAGE)
    print(text)


def markdown(results: report.Results) -> str:
    return "\n".join([
        report.conditions(results), "## The bars\n", report.bars(results, bars()),
        "## How many times as long as Pellucid\n", report.overview(results),
        "## Of what the machine can do\n", report.limits(results),
        "## Network by network\n", *(report.one_task(results, name) for name in results["tasks"]),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
