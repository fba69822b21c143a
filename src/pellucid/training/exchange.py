"""What the processes that share a batch tell each other within a step: sums over all, in the order of the ranks.

These are operations of the step's program like any other, only that they call Python: the gradient and all that a step
counts are summed between the way back and the update; the statistics of BatchNormalization, and numbers that a loss
divides by, on the way.

The sum of the gradient is a reduce-scatter and an all-gather: each rank adds up a P-th of the vector, rank by rank, and
gives it to all. So it is the same to the bit in all of them, whatever the network between them does.
Source: Thakur, Rabenseifner & Gropp, "Optimization of collective communication operations in MPICH", 2005.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arrays import Array, aligned
from ..machine.executable import Executable
from ..machine.layout import ALL, LOSS, NOT_FINITE, STATUS
from .distribution import DataParallel, share_of

HOST = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)
OPERANDS, OF_THREAD = ctypes.c_int64 * 4, ctypes.c_int64 * 16


class Exchange:
    """The sums of one program. `gradient` (n,): its `runs` are summed. `totals`: what the epoch has counted; each step
    counts into `local` first."""

    def __init__(self, ranks: DataParallel, gradient: Array, runs: Sequence[slice], totals: Array) -> None:
        self.ranks, self.gradient, self.totals = ranks, gradient, totals
        self.local, self.pending = aligned(len(totals), "float64"), np.zeros(len(totals))
        self.made = 0  # steps summed in this run
        self.problem: BaseException | None = None
        self._lay_out(runs)
        given = {"step": self._step, "number": self._number, "sums": self._sums, "moments": self._moments}
        self._kept = {f"ranks.{name}": HOST(self._guarded(function)) for name, function in given.items()}

    def _lay_out(self, runs: Sequence[slice]) -> None:
        """The message: for each rank its part of the gradient, and behind it the numbers that all ranks get."""
        P, n = self.ranks.size, sum(run.stop - run.start for run in runs)
        k = -(-n // P // 2) * 2 if n else 0  # a part, so that what follows lies at whole words
        while P * k < n:
            k += 2
        self.flat, self.part = np.zeros((P, k), "float32"), np.empty(k, "float32")
        places = np.cumsum([0, *(run.stop - run.start for run in runs)])
        whole = self.flat.reshape(-1)
        self.pieces = [
            (self.gradient[run], whole[first:last]) for run, first, last in zip(runs, places, places[1:], strict=False)
        ]
        width = 4 * k + 8 * len(self.totals)
        self.sent, self.got = np.zeros((P, width), "uint8"), np.zeros((P, width), "uint8")
        self.to_floats, self.to_doubles = _views(self.sent, k)
        self.floats, self.doubles = _views(self.got, k)

    def join(self, machine: Executable) -> None:
        """Be part of what this runs."""
        self.status, self.loss = machine.shared, machine.shared.view("float64")

    @property
    def hosts(self) -> dict[str, int]:
        """The addresses of the operations."""
        return {name: int(ctypes.cast(call, ctypes.c_void_p).value or 0) for name, call in self._kept.items()}

    def begin(self) -> None:
        """A run begins."""
        self.made = 0
        self.local[:] = self.pending[:] = 0

    def end(self, done: int) -> bool:
        """A run has ended, after so many steps; False where there was one more, not finite, of which nothing counts."""
        if self.problem is not None:
            problem, self.problem = self.problem, None
            raise problem
        if self.made > done:
            return False
        self.totals += self.pending
        return True

    def rows(self, outputs: Array, n: int) -> Array:
        """The rows (n, ...) of a batch, of which each rank has its share in front of its outputs."""
        P = self.ranks.size
        shares = [share_of(n, rank, P) for rank in range(P)]
        mine = np.zeros((max(last - first for first, last in shares), *outputs.shape[1:]), outputs.dtype)
        first, last = shares[self.ranks.rank]
        mine[: last - first] = outputs[: last - first]
        found = self.ranks.gathered(mine)
        return np.concatenate([part[: last - first] for part, (first, last) in zip(found, shares, strict=True)])

    # The operations ----------------------------------------------------------------------------------------------

    def _guarded(self, function: Callable[[Any, Any], None]) -> Callable[[int, int, int, int], None]:
        """What the program calls: an error ends its run, and is raised behind it."""

        def call(op: int, ctx: int, tid: int, nt: int) -> None:
            if self.problem is None:
                try:
                    function(OPERANDS.from_address(op), OF_THREAD.from_address(ctx))
                except BaseException as problem:
                    self.problem = problem
            if self.problem is not None:
                self.status[STATUS] = NOT_FINITE

        return call

    def _step(self, op: Any, ctx: Any) -> None:
        """The gradient, and all that the step counts, of which the loss is the first."""
        self.totals += self.pending  # that of the step before, which has been done
        for run, piece in self.pieces:
            piece[:] = run
        self.to_floats[:], self.to_doubles[:] = self.flat, self.local
        self.ranks.comm.Alltoall(self.sent, self.got)
        np.add.reduce(self.doubles, axis=0, out=self.pending)
        if self.pieces:
            np.add.reduce(self.floats, axis=0, out=self.part)
            self.ranks.comm.Allgather(self.part, self.flat)
            for run, piece in self.pieces:
                run[:] = piece
        self.loss[LOSS] = self.pending[0]
        self.local[:] = 0
        self.made += 1

    def _number(self, op: Any, ctx: Any) -> None:
        """op: a number of 64 bits."""
        number = _at(op[0], 1, ctypes.c_double)
        number[:] = self.ranks.gathered(number).sum(axis=0)

    def _sums(self, op: Any, ctx: Any) -> None:
        """op: a (n,), b (n,), n."""
        a, b = _at(op[0], op[2]), _at(op[1], op[2])
        a[:], b[:] = self.ranks.gathered(np.stack([a, b])).sum(axis=0)

    def _moments(self, op: Any, ctx: Any) -> None:
        """Mean and variance of all samples from those of each rank's: μ = Σ nᵣ·μᵣ / n,
        σ² = Σ nᵣ·(σᵣ² + (μᵣ − μ)²) / n. op: μ (C,), σ² (C,), C."""
        mean, variance = _at(op[0], op[2]), _at(op[1], op[2])
        found = self.ranks.gathered(np.stack([mean, variance])).astype("float64")
        shares = [share_of(ctx[ALL], rank, self.ranks.size) for rank in range(self.ranks.size)]
        having = [(last - first) / ctx[ALL] for first, last in shares]
        parts = [(share, *one) for share, one in zip(having, found, strict=True) if share]
        middle = sum(share * of_rank for share, of_rank, _ in parts)
        mean[:] = middle
        variance[:] = sum(share * (of_rank + (at - middle) ** 2) for share, at, of_rank in parts)


def _views(message: Array, k: int) -> tuple[Array, Array]:
    """(the floats, the doubles) of a message's rows."""
    return message[:, : 4 * k].view("float32"), message[:, 4 * k :].view("float64")


def _at(address: int, n: int, kind: Any = ctypes.c_float) -> Array:
    """The n numbers at an address."""
    return np.ctypeslib.as_array((kind * n).from_address(address))
