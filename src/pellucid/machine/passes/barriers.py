"""Where the threads wait for each other: wherever one would read what another writes, or write what another reads.

A pass over the operations of a step, which signatures tell enough of. Threads that share out two arrays in the same way
touch no numbers of each other's, and need not wait. Steps follow each other, so the last operations meet the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...program import Buffer, Op
from .signatures import IN, MARK, OUT, Use, is_serial, signature


class Access(NamedTuple):
    """One operation's use of floats `start` to `stop` of a space; `part`, where it is known which thread has what of
    them: accesses of one part and range meet no other thread's numbers."""

    space: str
    start: int
    stop: int
    access: str
    part: tuple[object, ...] | None


FIRST = ("first",)


def accesses(op: Op, batch: int, step: int) -> Iterator[Access]:
    """What an operation reads and writes. Parts of batches of two steps differ, as the batches' sizes may."""
    found, serial = signature(op.kernel), is_serial(op)
    for use, operand in zip(found.uses, op.operands, strict=False):
        if use is not None and isinstance(operand, Buffer):
            stop = operand.offset + operand.size * (batch if operand.each else 1)
            part = FIRST if serial else _part(op, use, step if operand.each else None)
            yield Access(operand.space, operand.offset, max(stop, operand.offset + 1), use.access, part)
    for use in found.also:
        yield Access(use.name, 0, 1, use.access, FIRST if serial else _part(op, use, step))


def _part(op: Op, use: Use, step: int | None) -> tuple[object, ...] | None:
    if use.split in ("", "first"):
        return FIRST if use.split else None
    if use.split == "lines":
        return "lines", step
    return "rows", 1 if use.split == "samples" else op.operands[signature(op.kernel).numbers[use.split]], step


def clash(a: Access, b: Access) -> bool:
    """Whether a thread's one and another thread's other may not come in either order."""
    if a.space != b.space or a.stop <= b.start or b.stop <= a.start or a.access == b.access in (IN, MARK):
        return False
    alone = a.part == b.part == FIRST
    return not (alone or (a.part is not None and a.part == b.part and a[1:3] == b[1:3]))


def races(ops: Sequence[Op], batch: int, meets: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where the threads do not meet in time: (the last operation after which they could, the one that comes too early),
    in two steps that follow each other. `meets` says after which they do, and may be changed on the way.

    The walk begins where they meet anyway, after the operation that decides; so the fewest barriers are found.
    """
    begin = 1 + max((i for i, op in enumerate(ops) if op.decides), default=-1)
    pending: list[Access] = []
    for at in range(begin, begin + 2 * len(ops)):
        step, i = divmod(at, len(ops))
        if i == 0:
            # Between two steps all look at whether to stop, and the first thread goes on to the next pass's order.
            # Whether to stop after the next step stands elsewhere.
            if _any_clash(pending, [Access("stop", step, step + 1, IN, None), Access("order", 0, 1, OUT, FIRST)]):
                yield len(ops) - 1, i
                if meets[-1]:
                    pending = []
            pending.append(Access("stop", step + 1, step + 2, OUT, FIRST))
        found = list(accesses(ops[i], batch, step))
        if _any_clash(pending, found):
            before = (i - 1) % len(ops)
            yield before, i
            if meets[before]:
                pending = pending[-1:] if i == 0 else []
        pending += found
        if meets[i]:
            pending = [Access("status", 0, 1, IN, None)] if ops[i].decides else []


def _any_clash(pending: Sequence[Access], found: Sequence[Access]) -> bool:
    return any(clash(a, b) for b in found for a in pending)


def meetings(ops: Sequence[Op], batch: int) -> list[bool]:
    """After which operations the threads wait for each other: where it cannot be put off."""
    meets = [op.decides for op in ops]
    for before, _ in races(ops, batch, meets):
        meets[before] = True
    return meets
