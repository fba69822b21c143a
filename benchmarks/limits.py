"""What this machine can do at most: fused multiply-adds per second, and bytes per second to and from memory.

Run as a program it prints both as JSON. Sources: independent chains of FMAs, as many as hide their latency (Fog,
"Instruction tables"); the triad a = b + s·c of McCalpin's STREAM.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .rounds import cores

SHAPES = ((16, 20), (16, 12), (8, 12), (8, 20), (4, 20))  # (floats in a vector, chains)
WIDEST = {"avx512f": 16, "avx2": 8}
TRIAL, RUN, REPEATS = 0.01, 0.06, 7
FLOATS = 16_000_000  # of each of the triad's three arrays, in float64: 128 MB


def fma_kernel(lanes: int, chains: int) -> Callable[[float, int], float]:
    """A function (seed, n): n turns of a loop with one FMA in each chain."""

    @intrinsic
    def spin(typing: Any, seed: Any, n: Any) -> Any:
        def emit(context: Any, b: Any, signature: Any, arguments: Any) -> Any:
            F32, I64, I32 = ir.FloatType(), ir.IntType(64), ir.IntType(32)
            vector = ir.VectorType(F32, lanes)
            kind = ir.FunctionType(vector, [vector] * 3)
            fma = cgutils.get_or_insert_function(b.module, kind, f"llvm.fma.v{lanes}f32")

            def spread(value: Any) -> Any:
                one = b.insert_element(ir.Constant(vector, ir.Undefined), value, I32(0))
                zeros = ir.Constant(ir.VectorType(I32, lanes), [0] * lanes)
                return b.shuffle_vector(one, ir.Constant(vector, ir.Undefined), zeros)

            factor, start = spread(arguments[0]), [spread(b.fadd(arguments[0], F32(i))) for i in range(chains)]
            before, loop, after = b.block, b.append_basic_block("loop"), b.append_basic_block("after")
            b.branch(loop)
            b.position_at_end(loop)
            left = b.phi(I64)
            sums = [b.phi(vector) for _ in range(chains)]
            new = [b.call(fma, [s, factor, factor]) for s in sums]
            fewer = b.sub(left, I64(1))
            b.cbranch(b.icmp_signed(">", fewer, I64(0)), loop, after)
            left.add_incoming(arguments[1], before)
            left.add_incoming(fewer, loop)
            for s, first, following in zip(sums, start, new, strict=True):
                s.add_incoming(first, before)
                s.add_incoming(following, loop)
            b.position_at_end(after)
            total = new[0]
            for following in new[1:]:
                total = b.fadd(total, following)
            return b.extract_element(total, I32(0))

        return types.float32(types.float32, types.int64), emit

    @nb.njit(nb.float32(nb.float32, nb.int64), nogil=True)
    def kernel(seed: float, n: int) -> float:
        return spin(seed, n)

    return kernel


@nb.njit(nogil=True, fastmath=True, error_model="numpy")
def triad(a: Any, b: Any, c: Any, s: float) -> None:
    for i in range(len(a)):
        a[i] = b[i] + s * c[i]


def together(work: Callable[[int], Any], threads: int) -> float:
    """Seconds until all threads have done their work."""
    crew = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    began = time.perf_counter()
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    return time.perf_counter() - began


def best(work: Callable[[int], Any], threads: int) -> float:
    return min(together(work, threads) for _ in range(REPEATS))


def fma_peak(kernel: Callable[[float, int], float], each: int, threads: int) -> float:
    """Operations per second, a multiplication and an addition for each FMA."""

    def work(turns: int) -> Callable[[int], Any]:
        return lambda _: kernel(0.5, turns)

    turns = 1000
    while (taken := together(work(turns), 1)) < TRIAL:
        turns *= 4
    turns = int(turns * RUN / taken)
    return 2 * each * turns * threads / best(work(turns), threads)


def bandwidth(threads: int) -> float:
    """Bytes per second that the triad reads and writes: 24 for each place."""
    arrays = [np.ones(FLOATS) for _ in range(3)]
    parts = [[a[i * FLOATS // threads : (i + 1) * FLOATS // threads] for a in arrays] for i in range(threads)]
    triad(*(a[:8] for a in arrays), 3.0)
    return 24 * FLOATS / best(lambda i: triad(*parts[i], 3.0), threads)


def measured() -> dict[str, Any]:
    """{"flops": {"one": ..., "all": ...}, "bandwidth": {...}, "lanes": ..., "cores": ...}"""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    widest = max([lanes for name, lanes in WIDEST.items() if features.get(name)], default=4)
    found = []
    for lanes, chains in SHAPES:
        if lanes <= widest:
            kernel = fma_kernel(lanes, chains)
            found.append((fma_peak(kernel, lanes * chains, 1), lanes, chains, kernel))
    one, lanes, chains, kernel = max(found, key=lambda row: row[0])
    return {
        "flops": {"one": one, "all": fma_peak(kernel, lanes * chains, cores())},
        "bandwidth": {"one": bandwidth(1), "all": bandwidth(cores())},
        "lanes": lanes, "chains": chains, "cores": cores(),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measured()))
