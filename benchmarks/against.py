"""This version of Pellucid beside another one, on the same tasks, turn by turn: python -m benchmarks.against FOLDER

FOLDER is a checkout of the other version, such as `git worktree add ../before COMMIT` makes. Each line tells how many
times as fast this version is: the median of several pairs of processes, each the median of its rounds, and the least
and greatest of them. A single pair would tell little: where its memory lies moves a process by a tenth while it lives.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path

import numpy as np

from .processes import ROOT, Process, last_answer
from .tasks import TASKS

LIBRARY = "pellucid"


def arguments() -> argparse.Namespace:
    names = [name for name, task in TASKS.items() if task.kind != "reach" and LIBRARY in task.libraries]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.against", description=__doc__)
    parser.add_argument("folder", type=Path, help="a checkout of the other version")
    parser.add_argument("--tasks", nargs="+", choices=names, default=names, metavar="TASK")
    parser.add_argument("--pairs", type=int, default=6, help="of processes")
    parser.add_argument("--rounds", type=int, default=12, help="of each pair")
    parser.add_argument("--seconds", type=float, default=0.15, help="of one turn")
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    sources = [chosen.folder.resolve() / "src", ROOT / "src"]
    if not sources[0].is_dir():
        sys.exit(f"{chosen.folder}: expected a checkout of Pellucid, with a folder src")
    found: dict[str, list[float]] = {name: [] for name in chosen.tasks}
    with tempfile.TemporaryDirectory() as folder:
        last_answer(["-m", "benchmarks.data", folder])
        for _ in range(chosen.pairs):
            with contextlib.ExitStack() as stack:
                pair = [stack.enter_context(Process(LIBRARY, Path(folder), chosen.tasks, source)) for source in sources]
                for process in pair:
                    process.sleep()
                for name in chosen.tasks:
                    found[name].append(float(np.median(ratios(pair, name, chosen.rounds, chosen.seconds))))
    for name, each in found.items():
        print(f"{name:16} {np.median(each):.3f} times as fast ({min(each):.3f} to {max(each):.3f})")


def ratios(pair: list[Process], name: str, rounds: int, seconds: float) -> np.ndarray:
    """Seconds of the other version by seconds of this one, in each round; who begins changes."""
    for process in pair:
        process.ask("calibrate", name=name, seconds=seconds)
    found = []
    for number in range(rounds):
        taken = {}
        for place in (0, 1) if number % 2 else (1, 0):
            taken[place] = pair[place].ask("time", name=name)["seconds"]
        found.append(taken[0] / taken[1])
    return np.array(found)


if __name__ == "__main__":
    main()
