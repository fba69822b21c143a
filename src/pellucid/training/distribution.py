"""Data-parallel training: several processes share every batch, and agree on one gradient.

Rank r of P computes the gradient of its rows of a batch; the sum of all is the gradient of the whole batch, and each
rank takes the same step with it. Source: Li et al., "PyTorch Distributed", VLDB 2020, section 3.
"""

from __future__ import annotations

import os
import platform
import sys
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InvalidArgument, NotReady, Told, WrongType
from ..machine import asked

SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")  # where MPICH's and Open MPI's mpiexec tell how many processes there are
RANKS = ("PMI_RANK", "OMPI_COMM_WORLD_RANK")  # and which this is
GRACE = 5.0  # seconds that a process which failed waits for the others to fail alike


class DataParallel:
    """The processes that `mpiexec` has started, each of which trains on its rows of every batch.

        # train.py, run by: mpiexec -n 4 python train.py
        from pellucid.distribution import DataParallel, set_distribution

        set_distribution(DataParallel())
        model.fit(x, y, batch_size=256)

    All processes run the same script on the same data. `fit` and `evaluate` are then called by all of them together;
    whatever else a model does, such as `predict`, each does alone. batch_size is that of all processes together, and
    the outcome that of one process at this batch size, but for rounding; for a fixed number of processes it is the
    same to the bit. Rank 0 alone restores, writes files and shows progress.

    comm: a communicator of mpi4py; None for all processes of the job. Keras's class of this name spreads a batch over
    devices, and leaves the statistics of BatchNormalization to each (`synchronized=False`); here they are always those
    of the whole batch.
    """

    def __init__(self, comm: Any = None) -> None:
        self.comm = (_world() if comm is None else comm).Dup()  # our messages stay apart from others'
        self.rank, self.size = int(self.comm.Get_rank()), int(self.comm.Get_size())
        machines = self.gathered(np.array([zlib.crc32(platform.node().encode())], "int64"))
        self.here = int((machines == machines[self.rank]).sum())  # processes on this machine, which share its cores

    def __repr__(self) -> str:
        return f"DataParallel(rank {self.rank} of {self.size})"

    @contextmanager
    def scope(self) -> Iterator[DataParallel]:
        """Within the block, training is shared."""
        token = _CURRENT.set(self)
        try:
            yield self
        finally:
            _CURRENT.reset(token)

    def threads(self) -> int:
        """How many threads a process may start."""
        return max(1, asked.most_threads() // self.here)

    # What the processes tell each other ---------------------------------------------------------------------------

    def gathered(self, mine: Array) -> Array:
        """What each has (P, *shape), in the order of the ranks."""
        found = np.empty((self.size, *mine.shape), mine.dtype)
        self.comm.Allgather(np.ascontiguousarray(mine), found)
        return found

    def of_first(self, data: bytes) -> bytes:
        """The bytes that rank 0 has."""
        length = np.array([len(data)], "int64")
        self.comm.Bcast(length, root=0)
        whole = np.frombuffer(data, "uint8").copy() if self.rank == 0 else np.empty(int(length[0]), "uint8")
        self.comm.Bcast(whole, root=0)
        return whole.tobytes()

    def of_any(self, flag: bool) -> bool:
        """Whether it is so in any process."""
        return bool(self.gathered(np.array([flag], "int64")).any())

    def compare(self, where: str, given: Mapping[str, Any]) -> None:
        """Raise, in all processes, where they were not given the same."""
        found = self.gathered(np.array([zlib.crc32(repr(value).encode()) for value in given.values()], "int64"))
        for (name, value), differs in zip(given.items(), (found != found[0]).any(axis=0), strict=True):
            if differs:
                told = Told(f"others than {str(value)[:60]}, which process {self.rank} has")
                fix = "Give all processes the same data, model and arguments: seed whatever is drawn."
                raise InvalidArgument(f"{where} over {self.size} processes, {name}", "the same in all", told, fix)

    @contextmanager
    def ending_alike(self) -> Iterator[None]:
        """Within the block, a process that fails alone ends the job: the others would wait for it for ever."""
        try:
            yield
        except Exception as problem:
            if not self._all_fail():
                told = f"Error: process {self.rank} of {self.size}: {problem}"
                print(f"{told} The other processes are ended.", file=sys.stderr, flush=True)
                self.comm.Abort(2)
            raise

    def _all_fail(self) -> bool:
        met, until = self.comm.Ibarrier(), time.monotonic() + GRACE
        while not met.Test():
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True


_CURRENT: ContextVar[DataParallel | None] = ContextVar("distribution", default=None)  # as the user wants it
_SHARING: ContextVar[DataParallel | None] = ContextVar("sharing", default=None)  # while all processes do the same


def set_distribution(value: DataParallel | None) -> None:
    """Share all training to come; None: no longer."""
    if value is not None and not isinstance(value, DataParallel):
        raise WrongType("set_distribution, argument value", "a DataParallel or None", value)
    _CURRENT.set(value)


def distribution() -> DataParallel | None:
    """How training is shared now; None where it is not.

    >>> distribution() is None
    True
    """
    return _CURRENT.get()


def sharing() -> DataParallel | None:
    """The processes that take the present steps together; None where this one takes them alone."""
    return _SHARING.get()


@contextmanager
def together() -> Iterator[DataParallel | None]:
    """Within the block, all processes do the same, and share what steps there are."""
    shared = distribution()
    token = _SHARING.set(shared)
    try:
        with shared.ending_alike() if shared else nullcontext():
            yield shared
    finally:
        _SHARING.reset(token)


@contextmanager
def alone() -> Iterator[None]:
    """Within the block, this process does what the others do not."""
    tokens = [(of, of.set(None)) for of in (_CURRENT, _SHARING)]
    try:
        yield
    finally:
        for of, token in tokens:
            of.reset(token)


def started_by_mpiexec() -> bool:
    """Whether this process is one of several that `mpiexec` has started."""
    return any(os.environ.get(name, "1") not in ("", "0", "1") for name in SIZES)


def follows() -> bool:
    """Whether this is such a process, and not the first, which speaks for all."""
    return started_by_mpiexec() and any(os.environ.get(name, "0") != "0" for name in RANKS)


@contextmanager
def by_mpiexec() -> Iterator[DataParallel | None]:
    """Within the block, training is shared with all processes of the job, where `mpiexec` has started several. What
    fails in all of them, rank 0 tells."""
    if not started_by_mpiexec():
        yield None
        return
    shared = DataParallel()
    try:
        with shared.scope(), shared.ending_alike():
            yield shared
    except Exception:
        if shared.rank:
            sys.exit(2)
        raise


def _world() -> Any:
    """The communicator of all processes of the job."""
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as problem:  # the second where no MPI library is found
        raise NotReady(
            "DataParallel", "mpi4py and an MPI library", Told(str(problem)),
            "pip install 'pellucid[cluster]' mpich, or beside your machine's own MPI: pip install mpi4py.",
        ) from None  # fmt: skip
    return MPI.COMM_WORLD


def share_of(n: int, rank: int, ranks: int) -> tuple[int, int]:
    """(first, last + 1) of the n rows of a batch that fall to a rank: fours of rows, as random numbers are drawn.

    >>> [share_of(30, rank, 3) for rank in range(3)]
    [(0, 8), (8, 20), (20, 30)]
    """
    fours = (n + 3) // 4
    return min(n, fours * rank // ranks * 4), min(n, fours * (rank + 1) // ranks * 4)


def largest_share(n: int, ranks: int) -> int:
    """The rows of a batch that a rank may have at most."""
    return min(n, -(-((n + 3) // 4) // ranks) * 4)
