"""Where things lie: the words of an operation, of a run, and of each thread. One word is 64 bits."""

from __future__ import annotations

KINDS = frozenset(
    ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "bool"]
)  # gathered as they are

# An operation: its kernel's address, its flags, its operands.
OP_WORDS = 32
KERNEL, OP_FLAGS, OPERANDS = range(3)
SERIAL, DECIDES, BARRIER = 1, 2, 4  # flags: one thread runs it; it may end the run; threads meet after it
TIMES = 8  # the flags from this bit on: how many samples each one of the batch is for it

# A job: what one run is to do. Read by all threads, written by the caller.
JOB_WORDS = 32
(
    PROGRAM, OPS, SAMPLES, BATCH, PLACE, STEPS, ORDER, SHUFFLE_KEY, SHUFFLED, RATES, TAKEN, RECORDS, COUNTERS_ADDRESS,
    COUNTERS, YIELD, DONE, SHARED_ADDRESS, SORTING, RANK, RANKS, CLOCK, ALLOWED,
) = range(22)  # fmt: skip

# What a thread knows: it alone writes this.
THREAD_WORDS = 64
B, FIRST, ROWS, OUT, T, RATE, SCRATCH, SHARED, COUNTS, PHASE, ALL, ROW, SECONDS, NANOSECONDS = range(14)
# B: samples in this batch. FIRST: place of the first one in the pass. ROWS: address of the numbers of the batch's
# samples, or 0 where they follow each other. Where several processes share a batch, these are of this one's share; ALL:
# samples of all of them; ROW: place of the first of this one's in the batch. OUT: samples done in this run before. T:
# optimizer steps taken. RATE: the learning rate's bits. SCRATCH: memory of this thread's own. SHARED, COUNTS:
# addresses.

# What all threads share, each word on a cache line of its own.
SHARED_WORDS = 64
STATUS, ARRIVED, LOSS, ABORT, STOP = 0, 8, 16, 24, 48  # STOP: for even steps; 56: for odd ones
FINE, NOT_FINITE = 0, 1

ADD, RELU, LAST = 1, 2, 4  # modes of a tile, which `tile.py` tells
SCRATCH_FLOATS = 1 << 17  # packed panels
WIDEST = SCRATCH_FLOATS // 16  # columns of W whose gradient, of a tile's rows, fits into half of that

# A summary of an array: its numbers, then a histogram. And what is told of an array to be summed up.
SUMMARY, BINS = 8, 20
SUMMARY_WORDS = 6
