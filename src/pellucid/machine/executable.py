"""A program made ready to run: its operations as a table of words, its memory, and the threads that run it."""

from __future__ import annotations

import ctypes
import functools
import math
import struct
import sys
import threading
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ..arrays import Array, aligned
from ..program import Buffer, Op, Operand, Program
from . import layout
from .passes.barriers import meetings
from .passes.plan import Plan
from .passes.signatures import check_operands, is_serial

FOREVER = 1e9  # seconds


class Executable:
    """A program over memory of its own and over the model's vectors.

    Not for two callers at once: whoever calls from several threads has one for each.
    """

    def __init__(
        self, program: Program, vectors: Mapping[str, Array], *, reuse: bool = False, alone: bool = False,
        hosts: Mapping[str, int] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        """`reuse`: memory of what is no longer needed is used again, since nobody will look at it. `alone`: one thread
        will run it, so that operations follow each other. `hosts`: addresses of kernels that are functions of
        Python's."""
        self.program, self.vectors = program, dict(vectors)
        self.ops = [op for section in program.sections.values() for op in section]
        for op in self.ops:
            check_operands(op)
        meets = [True] * len(self.ops) if alone else meetings(self.ops, program.batch)
        self.plan = Plan(program, self.ops, meets) if reuse and not program.keeps else None
        if self.plan is not None:
            self.ops = [self.plan.moved(op) for op in self.ops]
        self.work = aligned(self.plan.size if self.plan else program.size, "float32")
        for buffer, values in program.constants:
            self.view(buffer, 1)[...] = values
        self.bases = {"work": address(self.work), **{name: address(v) for name, v in self.vectors.items()}}
        from .library import library  # here, as it loads LLVM

        kernels = library().need(["run", *(op.kernel for op in self.ops if op.kernel not in hosts)])
        addresses = {**kernels, **hosts}
        self.entry = library().function("run")
        self.table = aligned(len(self.ops) * layout.OP_WORDS, "int64").reshape(-1, layout.OP_WORDS)
        self.bound: dict[str, list[tuple[int, int, int]]] = {}  # name -> (operation, word, offset) that point there
        for i, op in enumerate(self.ops):
            self._write(i, op, meets[i], addresses)
        self.job = aligned(layout.JOB_WORDS, "int64")
        self.shared = aligned(layout.SHARED_WORDS, "int64")
        self.threads: list[Array] = []
        self.scratch: list[Array] = []
        self.kept: dict[str, Array] = {}  # what the job points at
        self.packed: dict[str, tuple[Array, Array]] = {}  # what was bound, and how it is read
        job = self.job
        job[layout.PROGRAM], job[layout.OPS] = address(self.table), len(self.ops)
        job[layout.SHARED_ADDRESS], job[layout.YIELD] = address(self.shared), give_way()
        job[layout.CLOCK] = clock()
        job[layout.RANKS] = 1

    def _write(self, i: int, op: Op, meets: bool, addresses: Mapping[str, int]) -> None:
        """One operation's words. `meets`: the threads wait for each other after it."""
        flags = layout.SERIAL * is_serial(op) | layout.DECIDES * op.decides | layout.BARRIER * meets
        flags |= op.times << layout.TIMES
        row = self.table[i]
        row[layout.KERNEL], row[layout.OP_FLAGS] = addresses[op.kernel], flags
        for word, operand in enumerate(op.operands, layout.OPERANDS):
            if isinstance(operand, Buffer) and operand.space not in self.bases:
                self.bound.setdefault(operand.space, []).append((i, word, 4 * operand.offset))
            else:
                row[word] = self._word(operand)

    def _word(self, operand: Operand) -> int:
        if operand is None:
            return 0
        if isinstance(operand, Buffer):
            return self.bases[operand.space] + 4 * operand.offset
        if isinstance(operand, float):
            return int(struct.unpack("<q", struct.pack("<d", operand))[0])
        return signed(operand)

    def bind(self, name: str, array: Array) -> None:
        """Let the operands of this name point at an array, until the next time."""
        self.kept[name] = array
        for i, word, offset in self.bound.get(name, ()):
            self.table[i, word] = address(array) + offset

    def bind_word(self, name: str, word: int) -> None:
        """Let the operands of this name be this word, until the next time."""
        for i, place, _ in self.bound.get(name, ()):
            self.table[i, place] = signed(word)

    def bind_rows(self, name: str, array: Array) -> Array:
        """Let the operation that gathers `name` read these rows (N, ...), by the kernel for their dtype."""
        from .library import library

        known = self.packed.get(name)
        rows = known[1] if known is not None and known[0] is array else packed_rows(array)
        self.packed[name] = array, rows
        self.bind(name, rows)
        for i, word, _ in self.bound.get(name, ()):
            if word == layout.OPERANDS:
                kernel = f"gather.{rows.dtype.name}"
                self.table[i, layout.KERNEL] = library().need([kernel])[kernel]
                self.table[i, word + 1] = rows.strides[0]
        return rows

    def set(self, **words: int) -> None:
        """Fill in words of the job by their names in `layout`."""
        for name, value in words.items():
            self.job[getattr(layout, name.upper())] = signed(value)

    def view(self, buffer: Buffer, rows: int) -> Array:
        """The numbers that a buffer of the work memory holds now, for so many samples."""
        buffer = self.plan.buffer(buffer) if self.plan else buffer
        shape = (rows * buffer.each, *buffer.shape) if buffer.each else buffer.shape
        return self.work[buffer.offset : buffer.offset + math.prod(shape)].reshape(shape)

    def ready(self, threads: int) -> None:
        """Memory for so many threads."""
        while len(self.threads) < threads:
            self.threads.append(aligned(layout.THREAD_WORDS, "int64"))
            self.scratch.append(aligned(layout.SCRATCH_FLOATS, "float32"))
            self.threads[-1][layout.SCRATCH] = address(self.scratch[-1])
        self.call = (address(self.job), address(self.threads[0]), 0, 1)

    def go(self, samples: int, steps: int) -> None:
        """Run over the samples in their order on this thread; `ready` and `bind` come before."""
        job = self.job
        job[layout.SAMPLES], job[layout.STEPS] = samples, steps
        self.entry(*self.call)

    def run(self, steps: int, threads: int = 1, seconds: float = FOREVER) -> int:
        """Run so many steps; how many were done. Fewer, if one was not finite: that one has changed nothing. Fewer,
        too, if several threads have taken more than `seconds` for those until then."""
        self.ready(threads)
        job, shared = self.job, self.shared
        job[layout.STEPS], job[layout.DONE], job[layout.ALLOWED] = steps, 0, int(seconds * 1e9)
        shared[:] = 0
        calls = [(address(job), address(ctx), i, threads) for i, ctx in enumerate(self.threads[:threads])]
        helpers = []
        try:
            for call in calls[1:]:
                helpers.append(threading.Thread(target=self.entry, args=call, daemon=True))
                helpers[-1].start()
            self.entry(*calls[0])
        except BaseException:
            shared[layout.ABORT] = 1  # whoever waits for a thread that will not come
            raise
        finally:
            for helper in helpers:
                if helper.ident is not None:
                    helper.join()
        return int(job[layout.DONE])


def call_kernel(name: str, *operands: int) -> None:
    """Call one kernel by itself, on this thread."""
    from .library import library

    words = np.array([signed(word) for word in operands], "int64")
    library().function(name)(address(words), 0, 0, 1)


def signed(word: int) -> int:
    """A word of 64 bits, such as a key, as a signed number."""
    return word if word < 1 << 63 else word - (1 << 64)


def address(array: Array) -> int:
    """Where an array's numbers begin."""
    return int(array.__array_interface__["data"][0])


def packed_rows(array: Array) -> Array:
    """The array, copied only if no kernel reads it as it is: numbers of a row apart, or of a rare kind."""
    if array.dtype.name not in layout.KINDS:
        return array.astype("float32")
    if not array.dtype.isnative:
        return array.astype(array.dtype.newbyteorder("="))
    row = array[:1]
    return array if row.flags.c_contiguous and array.strides[0] >= 0 else np.ascontiguousarray(array)


@functools.cache
def give_way() -> int:
    """The address of the system's function that lets another thread have the core."""
    return _of_system("SwitchToThread", "kernel32") if sys.platform == "win32" else _of_system("sched_yield")


@functools.cache
def clock() -> int:
    """The address of C's timespec_get."""
    return _of_system("_timespec64_get", "ucrtbase") if sys.platform == "win32" else _of_system("timespec_get")


def _of_system(function: str, library: str | None = None) -> int:
    return int(ctypes.cast(getattr(ctypes.CDLL(library), function), ctypes.c_void_p).value or 0)
