"""The interpreter: step after step, one operation after another. Every thread runs it; they meet where they must."""

from __future__ import annotations

from typing import Any

from ..intrinsics import (
    FLUSH,
    atomic_add,
    atomic_load,
    call,
    call_nothing,
    control_word,
    doubles,
    ints,
    read_clock,
    set_control_word,
)
from ..layout import (
    ABORT,
    ALL,
    ALLOWED,
    ARRIVED,
    BARRIER,
    BATCH,
    CLOCK,
    COUNTERS,
    COUNTERS_ADDRESS,
    COUNTS,
    DECIDES,
    DONE,
    FINE,
    FIRST,
    KERNEL,
    NANOSECONDS,
    OP_FLAGS,
    OP_WORDS,
    OPERANDS,
    OPS,
    ORDER,
    OUT,
    PHASE,
    PLACE,
    PROGRAM,
    RANK,
    RANKS,
    RATE,
    RATES,
    RECORDS,
    ROW,
    ROWS,
    SAMPLES,
    SECONDS,
    SERIAL,
    SHARED,
    SHARED_ADDRESS,
    SHUFFLE_KEY,
    SHUFFLED,
    SORTING,
    STATUS,
    STEPS,
    STOP,
    TAKEN,
    TIMES,
    YIELD,
    B,
    T,
)
from .base import inline, kernel
from .random import fold, permutation

PATIENCE = 2000  # looks at the barrier before the core is offered to others


@inline
def meet(ctx: int, nt: int, give_way: int) -> bool:
    """Wait until all threads have come here. Whoever waits long lets the system run something else: the thread that is
    late may be waiting for this very core. False: give up at once."""
    c = ints(ctx, 64)
    c[PHASE] += 1
    arrived = c[SHARED] + 8 * ARRIVED
    everyone = nt * c[PHASE]
    if atomic_add(arrived, 1) + 1 >= everyone:
        return True
    looks = 0
    while atomic_load(arrived) < everyone:
        looks += 1
        if looks > PATIENCE:
            call_nothing(give_way)
            if atomic_load(c[SHARED] + 8 * ABORT) != 0:
                return False
    return True


@inline
def now(ctx: int, clock: int) -> Any:
    """The time of day in nanoseconds."""
    c = ints(ctx, 64)
    read_clock(clock, ctx + 8 * SECONDS)
    return 1_000_000_000 * c[SECONDS] + (c[NANOSECONDS] & 0xFFFFFFFF)  # Windows writes 32 bits there


@inline
def share_samples(n: int, rank: int, ranks: int) -> Any:
    """(first, last + 1) of the n samples of a batch that fall to a process: fours, as random numbers are drawn."""
    fours = (n + 3) // 4
    return min(n, fours * rank // ranks * 4), min(n, fours * (rank + 1) // ranks * 4)


@inline
def epoch_done(job: int) -> None:
    """Write what was counted in the epoch beside the others', and count from 0."""
    j = ints(job, 32)
    n = j[COUNTERS]
    if j[RECORDS] != 0:
        counted, record = doubles(j[COUNTERS_ADDRESS], n), doubles(j[RECORDS], n)
        for i in range(n):
            record[i] = counted[i]
            counted[i] = 0.0
        j[RECORDS] += 8 * n


@inline
def steps(job: int, ctx: int, tid: int, nt: int) -> None:
    """STEPS steps of a program, from batch PLACE of a pass on; pass follows pass, each in a new order if SHUFFLED."""
    j, c = ints(job, 32), ints(ctx, 64)
    shared = ints(j[SHARED_ADDRESS], 64)
    c[SHARED], c[COUNTS] = j[SHARED_ADDRESS], j[COUNTERS_ADDRESS]
    c[OUT], c[PHASE] = 0, 0
    samples, batch, give_way = j[SAMPLES], j[BATCH], j[YIELD]
    place, order = j[PLACE], j[ORDER]
    taken, rates, program, operations = j[TAKEN], j[RATES], j[PROGRAM], j[OPS]
    rank, ranks = j[RANK], j[RANKS]
    until = 0
    if nt == 1:
        j[DONE], shared[STATUS] = 0, FINE
    elif tid == 0:
        until = now(ctx, j[CLOCK]) + j[ALLOWED]
    for step in range(j[STEPS]):
        if place == 0 and j[SHUFFLED] != 0:
            if tid == 0:
                permutation(fold(fold(j[SHUFFLE_KEY], taken + step), 0), samples, order, j[SORTING])
            if nt > 1 and not meet(ctx, nt, give_way):
                return
        if nt > 1 and tid == 0:
            late = now(ctx, j[CLOCK]) > until
            shared[STOP + 8 * (step & 1)] = late  # for all to read when the step is done: so they agree
        whole = min(batch, samples - place * batch)
        first, end = share_samples(whole, rank, ranks)
        mine = end - first
        c[B], c[ROW], c[ALL] = mine, first, whole
        c[FIRST] = place * batch + first
        c[ROWS] = order + 8 * c[FIRST] if order != 0 else 0
        c[T] = taken + step
        if rates != 0:
            c[RATE] = ints(rates + 8 * step, 1)[0]
        for i in range(operations):
            op = program + 8 * OP_WORDS * i
            o = ints(op, OP_WORDS)
            flags = o[OP_FLAGS]
            times = flags >> TIMES
            if times > 1:
                c[B], c[ROW], c[ALL] = mine * times, first * times, whole * times
            if flags & SERIAL == 0:
                call(o[KERNEL], op + 8 * OPERANDS, ctx, tid, nt)
            elif tid == 0:
                call(o[KERNEL], op + 8 * OPERANDS, ctx, 0, 1)
            if times > 1:
                c[B], c[ROW], c[ALL] = mine, first, whole
            if nt > 1 and flags & BARRIER != 0 and not meet(ctx, nt, give_way):
                return
            if flags & DECIDES != 0 and shared[STATUS] != FINE:
                return
        c[OUT] += mine
        place += 1
        if place * batch >= samples:
            place = 0
            if tid == 0:
                epoch_done(job)
        if tid == 0:
            j[DONE] = step + 1
        if nt > 1 and shared[STOP + 8 * (step & 1)] != 0:
            return


@kernel("run")
def run(job: int, ctx: int, tid: int, nt: int) -> None:
    """`steps`, with numbers too small to be normal taken for 0: they slow a processor down, up to a hundredfold."""
    before = control_word()
    set_control_word(before | FLUSH)
    steps(job, ctx, tid, nt)
    set_control_word(before)
