"""Where a step's time goes: each operation of Pellucid's program by itself, and all up to it, on one thread and on all.

    python -m benchmarks.profile mnist_128

What an operation adds in company is more than it takes alone where the caches don't hold what all of them use.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from pellucid.machine import layout
from pellucid.machine.asked import most_threads
from pellucid.machine.executable import Executable, address
from pellucid.training.engine import engine_of

from . import data
from .tasks import TASKS
from .workers.pellucid import compiled

TURNS = 7  # of which the quickest counts


class Timer:
    """Runs stretches of a program's operations."""

    def __init__(self, machine: Executable, rows: int, batch: int) -> None:
        self.machine, self.steps = machine, rows // batch
        self.order, self.rates = np.random.default_rng(0).permutation(rows), np.full(self.steps, 1e-5)

    def seconds(self, first: int, last: int, threads: int) -> float:
        """Of one step of operations `first` to `last`, after which the threads meet."""
        machine = self.machine
        program = address(machine.table) + 8 * layout.OP_WORDS * first
        machine.set(program=program, ops=last - first, place=0, order=address(self.order), rates=address(self.rates))
        flags = int(machine.table[last - 1, layout.OP_FLAGS])
        machine.table[last - 1, layout.OP_FLAGS] = flags | layout.BARRIER
        found = []
        for _ in range(TURNS):
            began = time.perf_counter()
            done = machine.run(self.steps, threads)
            found.append((time.perf_counter() - began) / max(done, 1))
        machine.table[last - 1, layout.OP_FLAGS] = flags
        return min(found)


def main(name: str) -> None:
    task = TASKS[name]
    found = data.images()[0] if task.data == "mnist" else data.made()[task.data]
    x, y = found["x"][: task.rows], found["y"][: task.rows]
    model: Any = compiled(task, x.dtype == "uint8", [])
    model.fit(x[: task.batch], y[: task.batch], verbose=0)
    step_program = engine_of(model).step_program(task.batch, x, y, None, training=True, fused=True)
    assert step_program is not None
    timer = Timer(step_program.machine, task.rows, task.batch)
    print(f"{task.title}, microseconds on 1 and on {most_threads()} threads: alone, and all up to here")
    for i, op in enumerate(step_program.machine.ops):
        times = [timer.seconds(first, i + 1, n) * 1e6 for first in (i, 0) for n in (1, most_threads())]
        print(f"{op.kernel:44s}" + "".join(f"{t:10.2f}" for t in times))


if __name__ == "__main__":
    main(sys.argv[1])
