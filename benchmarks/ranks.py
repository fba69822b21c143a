"""Training over several processes beside threads: how much a second core gains, and what a network of machines would.

    python -m benchmarks.ranks            measures, and writes results/ranks.json and the page
    python -m benchmarks.ranks --quick    in a minute, and writes nothing

Whoever asks mpiexec for two processes pays for one sum of the gradient in each step. Measured are a step in one process
on one and on two threads, one over two processes, and the sum alone for vectors of many lengths. A line through the
latter, latency + bytes / bandwidth, and the step of half a batch in one process foretell the step over two processes;
the same model with the numbers of a network tells where more machines stop paying.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import date
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.distribution import DataParallel, distribution, set_distribution
from pellucid.machine.asked import most_threads
from pellucid.training.distribution import together
from pellucid.training.engine import engine_of
from pellucid.training.exchange import Exchange

from . import data, machine
from .processes import ROOT
from .report import write_page

BATCHES = (32, 128, 512, 2048)
LENGTHS = (1_000, 10_000, 101_770, 400_000, 1_600_000)  # floats; the third is the gradient of 784-128-10
PARAMETERS = 101_770
NETWORKS = {"1 Gbit/s Ethernet": (50e-6, 125e6), "10 Gbit/s Ethernet": (25e-6, 1.25e9), "100 Gbit/s": (3e-6, 12.5e9)}
MACHINES = (2, 4, 8, 16, 32)
ROUNDS, TURNS, EPOCHS = 3, 150, 4
RESULTS = ROOT / "benchmarks" / "results" / "ranks.json"
PAGE = ROOT / "docs" / "guide" / "beyond_one_machine.md"
BUSY = " **Other programs ran meanwhile, so that these times say little of a quiet machine.**"


def network() -> Any:
    import pellucid
    from pellucid.layers import Dense, Rescaling

    layers = [Rescaling(1 / 255, input_shape=(784,)), Dense(128, "relu"), Dense(10, "softmax")]
    model = pellucid.Sequential(layers, seed=0)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Fixed:
    """So many threads, as many steps at once as are asked for."""

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def plan(self, limit: int) -> tuple[int, int]:
        return self.threads, limit

    def ran(self, threads: int, steps: int, seconds: float) -> None: ...


def step(batch: int, turns: int) -> float:
    """Seconds of a training step, the quickest of so many turns of a few steps."""
    x, y = (data.images()[0][name] for name in ("x", "y"))
    steps = max(1, 1024 // batch)
    x, y = x[: steps * batch], y[: steps * batch]
    model: Any = network()
    model.fit(x[:batch], y[:batch], batch_size=batch, verbose=0)
    found = []
    with together():
        program = engine_of(model).step_program(batch, x, y, None, training=True, fused=True)
        assert program is not None
        program.crew = Fixed(most_threads() if distribution() is None else 1)
        for _ in range(turns):
            began = time.perf_counter()
            program.run(None, 0, steps)
            found.append((time.perf_counter() - began) / steps)
    return min(found)


def accuracy(epochs: int) -> dict[str, float]:
    """How well MNIST is learnt in so many epochs, in batches of 128."""
    found = data.images()[0]
    model = network()
    began = time.perf_counter()
    model.fit(found["x"], found["y"], batch_size=128, epochs=epochs, verbose=0)
    seconds = time.perf_counter() - began
    return {
        "accuracy": model.evaluate(found["x_test"], found["y_test"], batch_size=1000, verbose=0)[1],
        "seconds": seconds,
    }


def sums(turns: int) -> list[float]:
    """Seconds of the sum of a gradient, for each length, the quickest of so many."""
    ranks, found = distribution(), []
    assert ranks is not None
    for n in LENGTHS:
        exchange = Exchange(ranks, np.ones(n, "float32"), [slice(0, n)], np.zeros(4))
        exchange.status, exchange.loss = np.zeros(64, "int64"), np.zeros(64)
        each = []
        for _ in range(turns):
            began = time.perf_counter()
            exchange._step(None, None)
            each.append(time.perf_counter() - began)
        found.append(min(each))
    return found


def work(task: str, number: int, in_several: bool) -> None:
    """One measurement, in a process or in several; the first prints it."""
    if in_several:
        set_distribution(DataParallel())
    kind, _, size = task.partition(":")
    found = step(int(size), number) if kind == "step" else sums(number) if kind == "sums" else accuracy(number)
    shared = distribution()
    if shared is None or shared.rank == 0:
        print(json.dumps(found))


def asked(task: str, number: int, *, ranks: int = 1, threads: int = 1) -> Any:
    """What a fresh process, or several, measure."""
    own = [sys.executable, "-m", "benchmarks.ranks", "--task", task, "--number", str(number)]
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    words = [str(shutil.which("mpiexec", path=beside)), "-n", str(ranks), *own, "--together"] if ranks > 1 else own
    paths = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    limits = {"PELLUCID_THREADS": str(threads * ranks), "OMP_NUM_THREADS": "1", "PYTHONPATH": paths}
    done = subprocess.run(
        words, cwd=ROOT, env={**os.environ, **limits}, capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode:
        raise SystemExit(f"{task} over {ranks}: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def measured(rounds: int, turns: int, epochs: int) -> dict[str, Any]:
    """Everything, in turn, round after round; the quickest of each counts, as other programs come and go."""
    kinds = {"1 thread": {}, "2 threads": {"threads": 2}, "2 processes": {"ranks": 2}}
    times: dict[str, dict[str, list[float]]] = {str(b): {kind: [] for kind in (*kinds, "half")} for b in BATCHES}
    found_sums = []
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for batch in BATCHES:
            for kind, options in kinds.items():
                times[str(batch)][kind].append(asked(f"step:{batch}", turns, **options))
            times[str(batch)]["half"].append(asked(f"step:{batch // 2}", turns))
        found_sums.append(asked("sums", turns, ranks=2))
    learnt = {kind: asked("accuracy", epochs, **options) for kind, options in kinds.items()}
    return {
        "machine": machine.described(), "data": data.images()[1], "epochs": epochs, "learnt": learnt,
        "steps": {batch: {kind: min(each) for kind, each in of.items()} for batch, of in times.items()},
        "sums": dict(zip(map(str, LENGTHS), np.min(found_sums, axis=0).tolist(), strict=True)),
    }  # fmt: skip


def line(found: dict[str, Any]) -> tuple[float, float]:
    """(latency in seconds, bandwidth in bytes a second) of the sum over two processes, by least squares of relative
    errors: each sends half of 4n bytes twice."""
    n = np.array([float(length) for length in found["sums"]])
    t = np.array(list(found["sums"].values()))
    terms = np.stack([np.ones_like(n), 4 * n], axis=1) / t[:, None]
    (a, b), *_ = np.linalg.lstsq(terms, np.ones_like(t), rcond=None)
    return float(a), float(1 / b)


def foretold(compute: float, P: int, alpha: float, bandwidth: float, size: int = 4 * PARAMETERS) -> float:
    """Seconds of a step over P machines whose shares take `compute` each: 2·(P − 1) messages of `size`/P bytes."""
    return compute + 2 * (P - 1) * (alpha + size / P / bandwidth) if P > 1 else compute


def written(found: dict[str, Any]) -> str:
    """What the page says of it."""
    a, bandwidth = line(found)
    sum_of = a + 4 * PARAMETERS / bandwidth
    of_machine = found["machine"]
    lines = [
        f"- {date.today()}, `python -m benchmarks.ranks`: the quickest of many turns each. "
        f"{of_machine['processor']}, {of_machine['cores']} cores. Load average when it began: {of_machine['load']:.1f}."
        + (BUSY if of_machine["load"] > 1 else ""),
        f"- The sum over two processes: {1e6 * a:.0f} µs + bytes / ({bandwidth / 1e9:.2f} GB/s), by which "
        f"{1e6 * sum_of:.0f} µs for these 407 kB; measured {1e6 * found['sums'][str(PARAMETERS)]:.0f} µs.",
        f"- {found['data']}, {found['epochs']} epochs in batches of 128: "
        + "; ".join(f"{k} {of['accuracy']:.4f} in {of['seconds']:.1f} s" for k, of in found["learnt"].items())
        + " (accuracy on the test's images).",
        "",
        "| rows of a batch | 1 thread | 2 threads | 2 processes | foretold | 2 threads gain | 2 processes gain |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for batch, of in found["steps"].items():
        one, two, ranks = (of[kind] for kind in ("1 thread", "2 threads", "2 processes"))
        times = " | ".join(f"{1e6 * t:,.0f} µs" for t in (one, two, ranks, of["half"] + sum_of))
        lines.append(f"| {batch} | {times} | {one / two:.2f} | {one / ranks:.2f} |")
    lines += [
        "",
        "What the same step would gain on P machines of one core each, by the model, with what such networks are said "
        "to have; bold where another doubling gains less than a quarter:",
        "",
        "| network | rows of a batch | " + " | ".join(f"P = {P}" for P in MACHINES) + " |",
        "|---|---:|" + "---:|" * len(MACHINES),
    ]
    each = found["steps"][str(BATCHES[-1])]["1 thread"] / BATCHES[-1]
    for (name, (alpha, speed)), batch in product(NETWORKS.items(), (512, 2048, 8192)):
        gains = [each * batch / foretold(each * batch / P, P, alpha, speed) for P in (*MACHINES, 2 * MACHINES[-1])]
        cells = (f"**{x:.1f}**" if after < 1.25 * x else f"{x:.1f}" for x, after in pairwise(gains))
        lines.append(f"| {name} | {batch:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--together", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        work(given.task, given.number, given.together)
        return
    found = measured(*((1, 30, 1) if given.quick else (ROUNDS, TURNS, EPOCHS)))
    if not given.quick:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
        write_page(written(found), PAGE)
    print(written(found))


if __name__ == "__main__":
    main()
