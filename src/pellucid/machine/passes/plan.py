"""Where in the work memory each buffer lies: what is no longer needed makes room for what comes later.

A pass over the operations of a step and the barriers between them. A buffer is in use from the stretch between two
barriers in which it is first written to the one in which it is last read; two that are never in use in the same stretch
may share memory, and no thread has to wait for that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import TypeGuard

from ...program import Buffer, Op, Operand, Program
from .signatures import OUT, signature


class Plan:
    """Where the blocks of a program's work memory lie, and how many floats they need together."""

    def __init__(self, program: Program, ops: Sequence[Op], meets: Sequence[bool]) -> None:
        self.starts = [start for start, _ in program.blocks]
        self.places = list(self.starts)
        self.size = 0
        sizes = [size for _, size in program.blocks]
        stretches = self._stretches(program, ops, meets)
        placed: list[int] = []
        for i in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
            others = sorted((self.places[j], sizes[j]) for j in placed if stretches[i] & stretches[j])
            self.places[i] = _lowest(sizes[i], others)
            self.size = max(self.size, self.places[i] + sizes[i] * bool(stretches[i]))
            placed.append(i)

    def _stretches(self, program: Program, ops: Sequence[Op], meets: Sequence[bool]) -> list[int]:
        """Of each block, the stretches in which it is in use, as bits of a number; 0 if nothing uses it.

        What holds a constant, or is read before it is written, as it stays from step to step, is in use all the time.
        """
        before = list(accumulate(meets, initial=0))
        last, always = before[-1], (2 << before[-1]) - 1
        first: dict[int, int] = {}
        found = [0] * len(self.starts)
        for op, stretch in zip(ops, before, strict=False):
            for use, operand in zip(signature(op.kernel).uses, op.operands, strict=False):
                if use is None or not _is_work(operand):
                    continue
                i = self._block(operand)
                began = first.setdefault(i, stretch)
                found[i] |= always if not found[i] and use.access != OUT else (2 << stretch) - (1 << began)
        for buffer, _ in program.constants:
            found[self._block(buffer)] = always
        ends = 1 | 1 << last  # what comes after the last barrier goes on while the next step begins
        return [bits | ends if bits & ends else bits for bits in found]

    def _block(self, buffer: Buffer) -> int:
        return bisect_right(self.starts, buffer.offset) - 1

    def buffer(self, buffer: Buffer) -> Buffer:
        """A buffer of the work memory, where it is to lie."""
        i = self._block(buffer)
        if self.starts[i] == self.places[i]:
            return buffer
        return replace(buffer, offset=buffer.offset - self.starts[i] + self.places[i])

    def moved(self, op: Op) -> Op:
        """An operation, its operands where they are to lie."""
        operands = tuple(self.buffer(o) if _is_work(o) else o for o in op.operands)
        return Op(op.kernel, operands, op.serial, op.decides)


def _is_work(operand: Operand) -> TypeGuard[Buffer]:
    return isinstance(operand, Buffer) and operand.space == "work"


def _lowest(size: int, taken: Sequence[tuple[int, int]]) -> int:
    """The first place where so many floats are free."""
    at = 0
    for start, length in taken:
        if at + size <= start:
            return at
        at = max(at, start + length)
    return at
