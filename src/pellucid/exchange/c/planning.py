"""Where each buffer lies in memory: those that are not needed at the same time share their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .writer import Buffer, Step, liveness


def owners(steps: Sequence[Step], lives: Mapping[Buffer, tuple[int, int]]) -> dict[Buffer, Buffer]:
    """The buffer in which each lies: its own, or that of what its step reads last and may be written over."""
    found: dict[Buffer, Buffer] = {}
    for i, step in enumerate(steps):
        found |= {buffer: buffer for buffer in step.within}
        buffer = step.fills
        if buffer in found or buffer.outside:
            continue
        found[buffer] = buffer
        first = step.reads[0] if step.reads else buffer
        fits = (first.size, first.type, first.outside) == (buffer.size, buffer.type, False)
        if step.in_place and first is not buffer and fits and lives[first][1] == i:
            found[buffer] = found[first]
    return found


def planned(steps: Sequence[Step], placed: Mapping[Buffer, Buffer]) -> tuple[dict[Buffer, int], dict[str, int]]:
    """(the place of each buffer, how many numbers of each type there are in all). placed: what lies in an output.

    The larger a buffer, the earlier it is placed: in the first gap among those that live when it does.
    """
    lives = liveness(steps, placed)
    roots = owners(steps, lives)
    spans: dict[Buffer, tuple[int, int]] = {}
    for buffer, root in roots.items():
        if buffer in placed:
            continue
        first, last = spans.get(root, lives[buffer])
        spans[root] = min(first, lives[buffer][0]), max(last, lives[buffer][1])
    places: dict[Buffer, int] = {}
    sizes: dict[str, int] = {}
    for root in sorted(spans, key=lambda buffer: -buffer.size):
        start = 0
        others = (b for b in places if b.type == root.type and meet(spans[b], spans[root]))
        for other in sorted(others, key=lambda buffer: places[buffer]):
            if start + root.size <= places[other]:
                break
            start = max(start, places[other] + other.size)
        places[root] = start
        sizes[root.type] = max(sizes.get(root.type, 0), start + root.size)
    return {buffer: places[root] for buffer, root in roots.items() if buffer not in placed}, sizes


def meet(a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether two spans of steps have one in common."""
    return a[0] <= b[1] and b[0] <= a[1]
