"""Where the threads wait for each other: wherever one would read what another writes, or write what another reads.

A pass over the operations of a step, which signatures tell enough of. Threads that share out two arrays in the same way
touch no numbers of each other's, and need not wait. Steps follow each other, so the last operations meet the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...program import Buffer, Op
from .signatures import IN, MARK, OUT, Use, is_serial, signature


class Access(NamedTuple):
    """One operation's use of floats `start` to `stop` of a space; `part`, where it is known which thread has what of
    them: accesses of one part and range meet no other thread's numbers. Parts of batches (`each`) of two steps differ,
    as the batches' sizes may."""

    space: str
    start: int
    stop: int
    access: str
    part: tuple[object, ...] | None
    each: int = 0


FIRST = ("first",)
Place = tuple[str, int]  # accesses of different places do not overlap
STOP, ORDER, STATUS = (("stop", 0), ("order", 0), ("status", 0))
Pending = dict[Place, list[tuple[Access, int]]]  # each access with its step


def accesses(op: Op, batch: int) -> Iterator[Access]:
    """What an operation reads and writes."""
    found, serial = signature(op.kernel), is_serial(op)
    for use, operand in zip(found.uses, op.operands, strict=False):
        if use is not None and isinstance(operand, Buffer):
            stop = operand.offset + operand.floats(batch)
            part = FIRST if serial else _part(op, use)
            yield Access(
                operand.space, operand.offset, max(stop, operand.offset + 1), use.access, part, operand.each
            )  # fmt: skip
    for use in found.also:
        yield Access(use.name, 0, 1, use.access, FIRST if serial else _part(op, use), 1)


def _part(op: Op, use: Use) -> tuple[object, ...] | None:
    if use.split in ("", "first"):
        return FIRST if use.split else None
    if use.split == "lines":
        return ("lines",)
    return "rows", 1 if use.split == "samples" else op.operands[signature(op.kernel).numbers[use.split]]


def clash(a: Access, b: Access, same_step: bool) -> bool:
    """Whether a thread's one and another thread's other may not come in either order."""
    if a.stop <= b.start or b.stop <= a.start or a.space != b.space or a.access == b.access in (IN, MARK):
        return False
    if a.part is None or a.part != b.part:
        return True
    return a.part != FIRST and (a[1:3] != b[1:3] or a.each != b.each or not (same_step or not a.each))


def races(ops: Sequence[Op], batch: int, meets: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where the threads do not meet in time: (the last operation after which they could, the one that comes too early),
    in two steps that follow each other. `meets` says after which they do, and may be changed on the way.

    The walk begins where they meet anyway, after the operation that decides; so the fewest barriers are found.
    """
    begin = 1 + max((i for i, op in enumerate(ops) if op.decides), default=-1)
    found = _by_place([list(accesses(op, batch)) for op in ops])
    pending: Pending = defaultdict(list)
    for at in range(begin, begin + 2 * len(ops)):
        step, i = divmod(at, len(ops))
        if i == 0:
            # Between two steps all look at whether to stop, and the first thread goes on to the next pass's order.
            # Whether to stop after the next step stands elsewhere.
            looks = [(STOP, Access("stop", step, step + 1, IN, None)), (ORDER, Access("order", 0, 1, OUT, FIRST))]
            if _any_clash(pending, looks, step):
                yield len(ops) - 1, i
                if meets[-1]:
                    pending.clear()
            stop = Access("stop", step + 1, step + 2, OUT, FIRST), step
            pending[STOP].append(stop)
        if _any_clash(pending, found[i], step):
            before = (i - 1) % len(ops)
            yield before, i
            if meets[before]:
                pending.clear()
                if i == 0:
                    pending[STOP].append(stop)
        for place, access in found[i]:
            pending[place].append((access, step))
        if meets[i]:
            pending.clear()
            if ops[i].decides:
                pending[STATUS].append((Access("status", 0, 1, IN, None), step))


def _by_place(found: Sequence[Sequence[Access]]) -> list[list[tuple[Place, Access]]]:
    """Each access with the place that it and all that overlap have."""
    places: dict[Place, Place] = {}
    place, end = STOP, 0
    for space, start, stop in sorted({access[:3] for op in found for access in op}):
        if space != place[0] or start >= end:
            place, end = (space, start), stop
        places[space, start], end = place, max(end, stop)
    return [[(places[access[:2]], access) for access in op] for op in found]


def _any_clash(pending: Pending, found: Sequence[tuple[Place, Access]], step: int) -> bool:
    return any(clash(a, b, then == step) for place, b in found for a, then in pending.get(place, ()))


def meetings(ops: Sequence[Op], batch: int) -> list[bool]:
    """After which operations the threads wait for each other: where it cannot be put off."""
    meets = [op.decides for op in ops]
    for before, _ in races(ops, batch, meets):
        meets[before] = True
    return meets
