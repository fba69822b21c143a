"""The tile's products, every size from 1 to 64 and a sweep beyond it, against float64."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from pellucid.arrays import Flat, aligned
from pellucid.machine.executable import Executable
from pellucid.machine.layout import LAST
from pellucid.program import Program
from pellucid.rng import Key

SWEEP = [(97, 130, 33), (8, 2049, 70), (300, 5, 513), (1, 784, 129), (64, 4100, 33), (130, 260, 600)]


def products(M: int, K: int, N: int, threads: int) -> None:
    """y = xW + b, dW = xᵀ·dy and dx = dy·Wᵀ for x (M, K) and W (K, N); xW alone, and with b added last."""
    nothing = Flat({})
    code = Program(M, nothing, nothing)
    x, y, dx = code.buffer((K,)), code.buffer((N,)), code.buffer((K,))
    plain, late = code.buffer((N,)), code.buffer((N,))
    W, b, dW = code.block((K, N)), code.block((N,)), code.block((K, N))
    code.emit("dense", x, W, b, y, K, N, 1, 0)
    code.emit("dense", x, W, None, plain, K, N, 1, 0)
    code.emit("dense", x, W, b, late, K, N, 1, LAST)
    code.emit("dense.weights", x, y, dW, K, N, 1)
    code.emit("dense.inputs", y, W, dx, K, N, 1, None)
    machine = Executable(code, {})
    key = Key(M * 10_000 + K * 100 + N)
    for buffer, rows in ((x, M), (W, 1), (b, 1)):
        view = machine.view(buffer, rows)
        view[...] = key.fold(buffer.offset).normal(view.shape)
    counters = aligned(2, "float64")
    machine.set(samples=M, batch=M, counters_address=counters.__array_interface__["data"][0], counters=2)
    assert machine.run(1, threads) == 1
    np.testing.assert_array_equal(machine.view(late, M), machine.view(plain, M) + machine.view(b, 1))
    x_, W_, b_ = (machine.view(v, M).astype("float64") for v in (x, W, b))
    y_ = machine.view(y, M).astype("float64")
    for found, wanted in ((y, x_ @ W_ + b_), (dW, x_.T @ y_), (dx, y_ @ W_.T)):
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(machine.view(found, M), wanted, rtol=0, atol=3e-6 * scale * max(K, M, N) ** 0.5)


@pytest.mark.parametrize("M", [1, 2, 4, 5, 8, 11, 16, 33])
def test_every_width_to_64(M: int) -> None:
    for N, K in product(range(1, 65), (1, 9, 64)):
        products(M, K, N, threads=1)


@pytest.mark.parametrize("N", [1, 10, 31, 46, 64])
def test_every_number_of_rows_to_64(N: int) -> None:
    for M in range(1, 65):
        products(M, M, N, threads=1)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("size", SWEEP)
def test_larger_ones(size: tuple[int, int, int], threads: int) -> None:
    products(*size, threads)
