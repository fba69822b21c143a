"""Processes that share batches, played by threads: what they tell each other goes through memory instead of MPI."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid.distribution import DataParallel, set_distribution

PATIENCE = 60  # seconds after which a rank that does not come is given up


class Room:
    """Where the ranks meet."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.barrier = threading.Barrier(size, timeout=PATIENCE)
        self.given: list[Any] = [None] * size
        self.aborted = False


class ThreadComm:
    """The part of mpi4py's communicator that is used, for ranks that are threads of one process."""

    def __init__(self, room: Room, rank: int) -> None:
        self.room, self.rank = room, rank

    def Dup(self) -> ThreadComm:
        return self

    def Get_rank(self) -> int:
        return self.rank

    def Get_size(self) -> int:
        return self.room.size

    def _given(self, mine: np.ndarray) -> list[np.ndarray]:
        self.room.barrier.wait()  # whoever reads what was given before has done so
        self.room.given[self.rank] = mine.copy()
        self.room.barrier.wait()
        return self.room.given

    def Allgather(self, mine: np.ndarray, found: np.ndarray) -> None:
        found.reshape(self.room.size, -1)[:] = [one.reshape(-1) for one in self._given(mine)]

    def Alltoall(self, mine: np.ndarray, found: np.ndarray) -> None:
        found[:] = [one[self.rank] for one in self._given(mine)]

    def Bcast(self, array: np.ndarray, root: int) -> None:
        array[:] = self._given(array)[root]

    def Ibarrier(self) -> ThreadComm:
        self.room.barrier.wait()
        return self

    def Test(self) -> bool:
        return True


class Twin(ThreadComm):
    """Rank 0 of two that have the same: it need not wait for the other."""

    def __init__(self) -> None:
        super().__init__(Room(2), 0)

    def _given(self, mine: np.ndarray) -> list[np.ndarray]:
        return [mine, mine]


def as_ranks(size: int, work: Callable[[int], Any]) -> list[Any]:
    """What work(rank) gives in each of so many ranks; the error of the first that fails."""
    room = Room(size)
    found: list[Any] = [None] * size
    problems: list[tuple[int, BaseException]] = []

    def run(rank: int) -> None:
        try:
            set_distribution(DataParallel(ThreadComm(room, rank)))
            found[rank] = work(rank)
        except BaseException as problem:
            problems.append((rank, problem))
            room.barrier.abort()

    threads = [threading.Thread(target=run, args=(rank,), daemon=True) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
    if problems:
        first = [p for _, p in problems if not isinstance(p, threading.BrokenBarrierError)]
        raise (first or [problems[0][1]])[0]
    return found
