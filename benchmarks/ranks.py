"""Training over several processes beside threads: how much a second core gains, and what a network of machines would.

    python -m benchmarks.ranks            measures, and writes results/ranks.json
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
from pathlib import Path
from typing import Any

import numpy as np

from . import data, machine
from .processes import ROOT

BATCHES = (32, 128, 512, 2048)
LENGTHS = (1_000, 10_000, 101_770, 400_000, 1_600_000)  # floats; the third is the gradient of 784-128-10
PARAMETERS = 101_770
NETWORKS = {"1 Gbit/s Ethernet": (50e-6, 125e6), "10 Gbit/s Ethernet": (25e-6, 1.25e9), "100 Gbit/s": (3e-6, 12.5e9)}
ROUNDS, STEPS, EPOCHS = 5, 400, 4


def network() -> Any:
    import pellucid
    from pellucid.layers import Dense, Rescaling

    layers = [Rescaling(1 / 255, input_shape=(784,)), Dense(128, "relu"), Dense(10, "softmax")]
    model = pellucid.Sequential(layers, seed=0)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def step(batch: int, steps: int) -> float:
    """Seconds of a training step."""
    x, y = (data.images()[0][name] for name in ("x", "y"))
    rows = np.arange(batch * steps) % len(x)
    model = network()
    model.fit(x[rows[: 4 * batch]], y[rows[: 4 * batch]], batch_size=batch, verbose=0)
    xs, ys = x[rows], y[rows]
    model.fit(xs, ys, batch_size=batch, verbose=0)  # the number of threads is chosen meanwhile
    began = time.perf_counter()
    model.fit(xs, ys, batch_size=batch, verbose=0)
    return (time.perf_counter() - began) / steps


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
    """Seconds of the sum of a gradient, for each length."""
    from pellucid.distribution import distribution
    from pellucid.training.exchange import Exchange

    ranks, found = distribution(), []
    assert ranks is not None
    for n in LENGTHS:
        exchange = Exchange(ranks, np.ones(n, "float32"), [slice(0, n)], np.zeros(4))
        exchange.status, exchange.loss = np.zeros(64, "int64"), np.zeros(64)
        for _ in range(5):
            exchange._step(None, None)
        ranks.of_any(False)
        began = time.perf_counter()
        for _ in range(turns):
            exchange._step(None, None)
        found.append((time.perf_counter() - began) / turns)
    return found


def work(task: str, number: int, together: bool) -> None:
    """One measurement, in a process or in several; the first prints it."""
    from pellucid.distribution import DataParallel, distribution, set_distribution

    if together:
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


def measured(rounds: int, steps: int, epochs: int) -> dict[str, Any]:
    """Everything, in turn, round after round; the quickest of each counts, as other programs come and go."""
    kinds = {"1 thread": {}, "2 threads": {"threads": 2}, "2 processes": {"ranks": 2}}
    times: dict[str, dict[str, list[float]]] = {str(b): {kind: [] for kind in (*kinds, "half")} for b in BATCHES}
    found_sums, halves = [], {str(b): max(b // 2, 1) for b in BATCHES}
    for turn in range(rounds):
        print(f"round {turn + 1} of {rounds}", file=sys.stderr)
        for batch in BATCHES:
            n = max(20, steps * 32 // batch) if batch > 32 else steps
            for kind, options in kinds.items():
                times[str(batch)][kind].append(asked(f"step:{batch}", n, **options))
            times[str(batch)]["half"].append(asked(f"step:{halves[str(batch)]}", n))
        found_sums.append(asked("sums", 50, ranks=2))
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


def told(found: dict[str, Any]) -> str:
    """The tables of docs/guide/beyond_one_machine.md."""
    a, bandwidth = line(found)
    rows = ["| batch | 1 thread | 2 threads | 2 processes | foretold |", "|---:|---:|---:|---:|---:|"]
    for batch, of in found["steps"].items():
        sum_of = a + 4 * PARAMETERS / bandwidth
        cells = [of["1 thread"], of["2 threads"], of["2 processes"], of["half"] + sum_of]
        rows.append(f"| {batch} | " + " | ".join(f"{1e6 * t:,.0f} µs" for t in cells) + " |")
    rows += ["", f"sum over two processes: {1e6 * a:.0f} µs + bytes / {bandwidth / 1e9:.2f} GB/s", ""]
    rows += ["| network | batch | 2 | 4 | 8 | 16 | 32 |", "|---|---:|---:|---:|---:|---:|---:|"]
    each = found["steps"][str(BATCHES[-1])]["1 thread"] / BATCHES[-1]
    for name, (alpha, speed) in NETWORKS.items():
        for batch in (512, 2048, 8192):
            gains = [each * batch / foretold(each * batch / P, P, alpha, speed) for P in (2, 4, 8, 16, 32)]
            rows.append(f"| {name} | {batch} | " + " | ".join(f"{gain:.1f}" for gain in gains) + " |")
    rows += ["", *(f"{kind}: {of}" for kind, of in found["learnt"].items())]
    return "\n".join(rows)


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
    found = measured(*((1, 100, 1) if given.quick else (ROUNDS, STEPS, EPOCHS)))
    if not given.quick:
        (ROOT / "benchmarks" / "results" / "ranks.json").write_text(json.dumps(found, indent=1) + "\n")
    print(told(found))


if __name__ == "__main__":
    main()
