"""Measure everything, which also writes docs/benchmarks.md, or some of it: python -m benchmarks.run --help"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import load, machine, report, rounds, sizes, startup
from .libraries import LIBRARIES
from .processes import Failed, last_answer
from .rounds import Plan
from .tasks import TASKS

OTHERS = ("limits", "sizes", "startup", "load")
QUICK = ("limits", "sizes", "startup", "mnist_32", "xor", "tabular", "predict_one")
BUSY = 0.5  # a load average above which something else is running
SLOW_TO_START = "torch_compile"  # left out of a quick run


def arguments() -> argparse.Namespace:
    names = [*OTHERS, "width", *(name for name, task in TASKS.items() if not task.group)]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--tasks", nargs="+", choices=names, metavar="TASK", help=f"some of: {', '.join(names)}")
    parser.add_argument("--libraries", nargs="+", choices=LIBRARIES, default=[], metavar="LIBRARY",
                        help=f"some of: {', '.join(LIBRARIES)}")  # fmt: skip
    parser.add_argument("--rounds", type=int, help="5 unless given, 2 of a quick run")
    parser.add_argument("--seconds", type=float, help="of one turn: 0.5 unless given, 0.1 of a quick run")
    parser.add_argument("--quick", action="store_true", help="a few tasks in under three minutes")
    parser.add_argument("--name", help='of the file in results/: "latest" of a whole run, else "quick" or "part"')
    return parser.parse_args()


class Run:
    """What is measured so far, written down after every step: an accident later loses nothing."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        quick = chosen.quick
        self.began = time.monotonic()
        self.wanted = set(chosen.tasks or (QUICK if quick else [*OTHERS, "width", *TASKS]))
        self.libraries = chosen.libraries or [n for n in LIBRARIES if not (quick and n == SLOW_TO_START)]
        self.whole = not (chosen.tasks or chosen.libraries or quick)
        name = chosen.name or ("latest" if self.whole else "quick" if quick else "part")
        self.path = report.RESULTS / f"{name}.json"
        self.rounds = chosen.rounds or (2 if quick else 5)
        self.seconds = chosen.seconds or (0.1 if quick else 0.5)
        self.command = command(chosen)
        self.results: dict[str, Any] = {
            "made": time.strftime("%Y-%m-%d"), "command": self.command, "rounds": self.rounds, "seconds": self.seconds,
            "minutes": 0.0, "machine": machine.described(), "limits": [],
            "tasks": {}, "sizes": {}, "startup": {}, "load": {},
        }  # fmt: skip

    def tell(self, what: str) -> None:
        print(f"{(time.monotonic() - self.began) / 60:5.1f} min  {what}", flush=True)

    def keep(self, **found: Any) -> None:
        self.results |= found
        self.results["minutes"] = (time.monotonic() - self.began) / 60
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(json.dumps(self.results, indent=1) + "\n", "utf-8")

    def part(self, name: str, measure: Callable[[], Any]) -> None:
        if name in self.wanted:
            self.keep(**{name: measure()})

    def limits(self) -> list[Any]:
        self.tell("the machine's limits")
        try:
            return [*self.results["limits"], json.loads(last_answer(["-m", f"{__package__}.limits"]))]
        except Failed as problem:
            self.tell(f"not measured: {problem}")
            return self.results["limits"]

    def all(self, folder: Path) -> None:
        if (others := self.results["machine"]["load"]) > BUSY:
            self.tell(f"other programs are running (load average {others:.2f}): the times will not be worth much")
        self.keep(images=last_answer(["-m", f"{__package__}.data", str(folder)]))
        plan = Plan(folder, self.rounds, self.seconds, self.tell)
        self.part("limits", self.limits)
        self.part("sizes", lambda: sizes.measured(self.libraries))
        self.part("startup", lambda: startup.measured(plan, self.libraries))
        groups: dict[str, list[Any]] = {}
        for name, task in TASKS.items():
            if task.group != "busy" and (task.group or name) in self.wanted:
                groups.setdefault(task.group or name, []).append(task)
        for tasks in groups.values():
            able = [library for library in self.libraries if library in tasks[0].libraries]
            if able:
                self.keep(tasks=self.results["tasks"] | rounds.measured(plan, tasks, able))
        self.part("load", lambda: load.measured(plan, self.libraries))
        self.part("limits", self.limits)


def command(chosen: argparse.Namespace) -> str:
    """The command that repeats this run, for the page."""
    words = [
        word for flag in ("tasks", "libraries") if (given := getattr(chosen, flag)) for word in (f"--{flag}", *given)
    ]
    words += [f"--{flag} {given:g}" for flag in ("rounds", "seconds") if (given := getattr(chosen, flag))]
    words += ["--quick"] if chosen.quick else []
    return f"make bench ARGS='{' '.join(words)}'" if words else "make bench"


def main() -> None:
    chosen = arguments()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode, as the peers have theirs
    run = Run(chosen)
    with tempfile.TemporaryDirectory() as folder:
        run.all(Path(folder))
    print(report.bars(run.results))
    if run.whole:
        report.main(run.path.stem)
        run.tell("written into docs/benchmarks.md")
    else:
        run.tell(f"kept in results/{run.path.name}")


if __name__ == "__main__":
    main()
