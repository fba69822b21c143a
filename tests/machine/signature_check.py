"""Whether kernels do what their signatures say, tried on the memory of a real program, operation after operation.

Each operation is run by itself: once from memory in which all that it is not said to read is rubbish, and once for each
of several threads, from memory in which the other threads' parts are rubbish too.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pellucid.arrays import aligned
from pellucid.machine import layout
from pellucid.machine.executable import Executable, address
from pellucid.machine.library import SIGNATURE
from pellucid.machine.passes.signatures import Use, is_serial, signature
from pellucid.program import Buffer, Op

THREADS = 3
OFTEN = 2  # how many times each kernel is tried
Memory = dict[str, np.ndarray]


class Operand(NamedTuple):
    """What an operand is said to be: where it lies, and of which rows or lines each thread has its part."""

    use: Use
    space: str
    start: int
    stop: int
    rows: int | None  # None: by lines, if it is shared out at all

    def part(self, thread: int) -> slice:
        """The floats that are this thread's."""
        n = self.stop - self.start
        if not self.use.split:
            return slice(self.start, self.stop)
        if self.use.split == "first":
            return slice(self.start, self.start if thread else self.stop)
        if self.rows is None:
            blocks = (n + 15) // 16
            lo, hi = (min(n, blocks * t // THREADS * 16) for t in (thread, thread + 1))
        else:
            lo, hi = (self.rows * t // THREADS * (n // self.rows) for t in (thread, thread + 1))
        return slice(self.start + lo, self.start + hi)


class Checker:
    """Counts in `tried` how often each kernel was."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()

    def check(self, machine: Executable, batch: int) -> None:
        """Go through a step of a program that is ready to run."""
        machine.ready(1)
        counters = aligned(64, "float64")
        context = machine.threads[0]
        context[:] = 0
        for word, value in {
            layout.B: batch, layout.ALL: batch, layout.T: 2, layout.SCRATCH: address(machine.scratch[0]),
            layout.RATE: struct.unpack("<q", struct.pack("<d", 0.01))[0],
            layout.SHARED: address(machine.shared), layout.COUNTS: address(counters),
        }.items():  # fmt: skip
            context[word] = value
        arrays = {"work": machine.work, **machine.vectors, **machine.kept, "shared": machine.shared.view("float64")}
        for i, op in enumerate(machine.ops):
            name = op.kernel
            if name.startswith("ranks."):
                continue  # a function of Python's
            if name == "gather.float32":  # rows of other kinds are bound later
                name = f"gather.{machine.packed[op.operands[0].space][1].dtype.name}"  # type: ignore[union-attr]
            run = Runner(machine, i, arrays)
            context[[layout.B, layout.ALL]] = batch * max(op.times, 1)
            if self.tried[name] < OFTEN:
                self.tried[name] += 1
                check_one(run, op, batch)
            else:
                run()


class Runner:
    """Runs one operation on the program's own memory, or on what that is filled with before."""

    def __init__(self, machine: Executable, i: int, arrays: Memory) -> None:
        self.arrays, self.context = arrays, address(machine.threads[0])
        self.function = SIGNATURE(int(machine.table[i, layout.KERNEL]))
        self.words = address(machine.table[i]) + 8 * layout.OPERANDS

    def __call__(self, thread: int = 0, threads: int = 1) -> None:
        self.function(self.words, self.context, thread, threads)

    def memory(self) -> Memory:
        return {space: array.copy() for space, array in self.arrays.items()}

    def fill(self, memory: Memory) -> None:
        for space, array in self.arrays.items():
            array[...] = memory[space]


def operands(run: Runner, op: Op, batch: int) -> Iterator[Operand]:
    found = signature(op.kernel)
    for use, buffer in zip(found.uses, op.operands, strict=False):
        if use is None or not isinstance(buffer, Buffer):
            continue
        start, stop = buffer.offset, buffer.offset + buffer.floats(batch)
        if buffer.space in ("x", "y", "weights", "classes") or buffer.space[:3] == "out":
            start, stop = 0, run.arrays[buffer.space].size
        rows = None
        if use.split not in ("", "lines", "first"):
            count = 1 if use.split == "samples" else op.operands[found.numbers[use.split]]
            assert isinstance(count, int)
            rows = count * (batch * buffer.each if buffer.each else 1)
        yield Operand(use, buffer.space, start, stop, rows)
    for use in found.also:
        place = {"loss": layout.LOSS, "status": layout.STATUS}.get(use.name)
        if place is not None:
            yield Operand(use, "shared", place, place + 1, None)


def rubbish(array: np.ndarray, turn: int) -> np.ndarray:
    """Other numbers; whole ones, which say where something is, stay."""
    if array.dtype.kind != "f":
        return array.copy()
    with np.errstate(all="ignore"):  # some are not floats at all
        return array * np.array(-1.5 - turn, array.dtype) + np.array(0.7, array.dtype)


def spoilt(memory: Memory, kept: list[tuple[str, slice]], turn: int) -> Memory:
    """The memory with rubbish everywhere but in these places."""
    found = {space: rubbish(array, turn) for space, array in memory.items()}
    for space, where in kept:
        found[space].reshape(-1)[where] = memory[space].reshape(-1)[where]
    return found


def same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Where both have the same bits, or are NaN."""
    return (a == b) & (np.signbit(a) == np.signbit(b)) | ((a != a) & (b != b)) if a.dtype.kind == "f" else a == b


def check_one(run: Runner, op: Op, batch: int) -> None:
    """One operation as its signature has it; it is done afterwards."""
    before, given = run.memory(), list(operands(run, op, batch))
    run()
    after = run.memory()
    writable = {space: np.zeros(array.size, bool) for space, array in before.items()}
    for one in given:
        if one.use.writes:
            writable[one.space][one.start : one.stop] = True
    _check_reads(run, op, given, before, after, writable)
    if not is_serial(op):
        for thread in range(THREADS):
            _check_part(run, op, given, before, after, thread)
    run.fill(after)


def _check_reads(
    run: Runner, op: Op, given: list[Operand], before: Memory, after: Memory, writable: dict[str, np.ndarray]
) -> None:
    """What it is said to read is enough: whatever else memory holds, it writes the same, or leaves what is there."""
    reads = [(one.space, slice(one.start, one.stop)) for one in given if one.use.reads]
    reads.append(("shared", slice(layout.STATUS, layout.STATUS + 1)))
    for turn in (0, 1):
        memory = spoilt(before, reads, turn)
        run.fill(memory)
        run()
        for space, array in run.memory().items():
            unchanged = same(array, memory[space]).reshape(-1)
            assert (unchanged | writable[space]).all(), f"{op.kernel} writes elsewhere in {space}"
            fine = unchanged | same(array, after[space]).reshape(-1) | ~writable[space]
            assert fine.all(), f"{op.kernel} reads more than it says, for {space}"


def _check_part(run: Runner, op: Op, given: list[Operand], before: Memory, after: Memory, thread: int) -> None:
    """A thread reads and writes its own parts, where there are parts, as one thread alone would have."""
    kept = [(one.space, one.part(thread)) for one in given if one.use.reads or one.use.split == ""]
    memory = spoilt(before, [*kept, ("shared", slice(layout.STATUS, layout.STATUS + 1))], 0)
    run.fill(memory)
    run(thread, THREADS)
    for one in given:
        if not one.use.writes:
            continue
        got, there, wanted = (a[one.space].reshape(-1) for a in (run.arrays, memory, after))
        own = np.zeros(got.size, bool)
        own[one.part(thread)] = True
        others = ~own
        others[: one.start] = others[one.stop :] = False
        told = f"{op.kernel}: thread {thread} of {THREADS}, {one.use.name}"
        assert same(got, there)[others].all(), f"{told} writes beyond its part"
        assert (same(got, wanted) | same(got, there))[own].all(), f"{told} reads beyond its part"
