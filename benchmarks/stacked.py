"""Whether small networks are trained faster together than one by one: python -m benchmarks.stacked

K networks of one shape as one program (JAX's vmap over a whole training step, NumPy's stacked products) beside the
engine, which trains one after the other. All on one core, in processor time, which other programs do not lengthen; what
counts is the time of one network's step, as every core has a process of its own. docs/guide/tuning.md has the outcome.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

ONE = ("PELLUCID_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
os.environ.update(dict.fromkeys(ONE, "1"))
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

import pellucid  # noqa: E402
from pellucid.layers import Dense  # noqa: E402

BATCH, EPOCHS, REPEATS = 32, 5, 3
NETWORKS = ((16,), (64,), (256, 128))
TOGETHER = (1, 8, 32)


def data() -> tuple[Any, Any]:
    """The digits, as many as make whole batches."""
    (x, y), _ = pellucid.datasets.digits.load_data()
    n = len(x) // BATCH * BATCH
    return (x.reshape(len(x), -1)[:n] / 16).astype("float32"), y[:n].astype("int32")


def least(work: Callable[[], object]) -> float:
    """Processor seconds of a piece of work, the least of some runs after the first."""
    work()
    took = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


def engine(widths: Sequence[int], x: Any, y: Any) -> float:
    """Seconds of a step."""
    model = pellucid.Sequential([*(Dense(w, "relu") for w in widths), Dense(10, "softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    return least(lambda: model.fit(x, y, epochs=EPOCHS, batch_size=BATCH, verbose=0)) / EPOCHS / (len(x) // BATCH)


def by_jax(widths: Sequence[int], k: int, x: Any, y: Any) -> float:
    """Seconds of a step of one of k networks with rates of their own, in one program for whole epochs."""
    sizes = [64, *widths, 10]

    def drawn(key: Any) -> list[Any]:
        keys = jax.random.split(key, len(sizes))
        shapes = zip(keys, sizes[:-1], sizes[1:], strict=False)
        return [(jax.random.normal(key, (i, o)) * (2 / i) ** 0.5, jnp.zeros(o)) for key, i, o in shapes]

    def loss(p: Any, xb: Any, yb: Any) -> Any:
        for W, b in p[:-1]:
            xb = jax.nn.relu(xb @ W + b)
        W, b = p[-1]
        return -jnp.take_along_axis(jax.nn.log_softmax(xb @ W + b), yb[:, None], 1).mean()

    def step(p: Any, m: Any, v: Any, t: Any, rate: Any, xb: Any, yb: Any) -> Any:
        g = jax.grad(loss)(p, xb, yb)
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        hat = (1 - 0.9**t, 1 - 0.999**t)
        return jax.tree.map(lambda p, m, v: p - rate * m / hat[0] / (jnp.sqrt(v / hat[1]) + 1e-7), p, m, v), m, v

    together = jax.vmap(step, (0, 0, 0, None, 0, None, None))
    rates = jnp.geomspace(1e-4, 1e-2, k)
    batches = jnp.asarray(x).reshape(-1, BATCH, 64), jnp.asarray(y).reshape(-1, BATCH)

    @jax.jit
    def epochs(p: Any, zeros: Any) -> Any:
        def one(carry: Any, batch: Any) -> Any:
            p, m, v, t = carry
            return (*together(p, m, v, t, rates, *batch), t + 1), None

        def epoch(carry: Any, _: Any) -> Any:
            return jax.lax.scan(one, carry, batches)[0], None

        return jax.lax.scan(epoch, (p, zeros, zeros, 1.0), None, length=EPOCHS)[0][0]

    p = jax.vmap(drawn)(jax.random.split(jax.random.key(0), k))
    zeros = jax.tree.map(jnp.zeros_like, p)
    return least(lambda: jax.block_until_ready(epochs(p, zeros))) / EPOCHS / (len(x) // BATCH) / k


def by_numpy(widths: Sequence[int], k: int, x: Any, y: Any, steps: int = 100) -> float:
    """The same with NumPy's products of stacks, (K, B, I) · (K, I, O), and plain gradient descent."""
    sizes, rng = [64, *widths, 10], np.random.default_rng(0)
    shapes = list(itertools.pairwise(sizes))
    weights = [(rng.normal(size=(k, i, o)) * (2 / i) ** 0.5).astype("float32") for i, o in shapes]
    biases = [np.zeros((k, 1, o), "float32") for _, o in shapes]

    def run() -> None:
        for s in range(steps):
            rows = slice(s * BATCH % len(x), s * BATCH % len(x) + BATCH)
            seen = [np.broadcast_to(x[rows], (k, BATCH, 64))]
            for j, (W, b) in enumerate(zip(weights, biases, strict=True)):
                z = seen[-1] @ W + b
                seen.append(np.maximum(z, 0) if j < len(weights) - 1 else z)
            e = np.exp(seen[-1] - seen[-1].max(-1, keepdims=True))
            d = e / e.sum(-1, keepdims=True)
            d[:, np.arange(BATCH), y[rows]] -= 1
            for j in reversed(range(len(weights))):
                dW, db = seen[j].transpose(0, 2, 1) @ d, d.sum(1, keepdims=True)
                d = (d @ weights[j].transpose(0, 2, 1)) * (seen[j] > 0)
                weights[j] -= 1e-3 / BATCH * dW
                biases[j] -= 1e-3 / BATCH * db

    return least(run) / steps / k


def main() -> None:
    x, y = data()
    print("| network | the engine | " + " | ".join(f"JAX, {k} | NumPy, {k}" for k in TOGETHER) + " |")
    print("|---" * (2 + 2 * len(TOGETHER)) + "|")
    for widths in NETWORKS:
        cells = [engine(widths, x, y)]
        for k in TOGETHER:
            cells += [by_jax(widths, k, x, y), by_numpy(widths, k, x, y)]
        name = "-".join(map(str, (64, *widths, 10)))
        print(f"| {name} | " + " | ".join(f"{1e6 * cell:.0f}" for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
