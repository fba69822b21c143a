"""What kernels need beyond Python's own words: memory at an address, numbers in a program's words, atomic counters.

Every operand of a kernel is a 64-bit word: an address, a whole number, or the bits of a float64.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import numba as nb
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

# Kernels have no exceptions to raise (a division by zero gives infinity), and may reorder sums within a vector; but
# numbers may be NaN or infinite, so that plain fastmath is out: it would let the compiler delete the looking for them.
# Nor may divisions become estimates: loops and their remainders would differ, and with them one thread and two.
FLAGS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz"}}

INT = ir.IntType(64)
TIME_UTC = 1  # of C's <time.h>
Word = int  # an int64: an address, a number, or the bits of a float64


def native(generator: Callable[..., Any]) -> Any:
    """Decorator: an instruction for kernels to use, which the function generates."""
    return intrinsic(generator)


def _pointer_to(kind: Any) -> Any:
    @native
    def pointer(context: Any, address: Any) -> Any:
        def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.inttoptr(args[0], target.get_value_type(signature.return_type))

        return types.CPointer(kind)(types.int64), generate

    return pointer


def viewer(kind: Any) -> Any:
    pointer = _pointer_to(kind)

    def view(address: Word, n: int) -> Any:
        return nb.carray(pointer(address), n)

    return nb.njit(**FLAGS)(view)


floats = viewer(types.float32)  # floats(address, n): a view of n numbers; index it from 0, for the loop to vectorize
doubles = viewer(types.float64)
ints = viewer(types.int64)
words = viewer(types.uint32)


@native
def number(context: Any, word: Any) -> Any:
    """The float64 whose bits a word holds."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), generate


@native
def atomic_add(context: Any, address: Any, amount: Any) -> Any:
    """Add to the word at an address, seen by all threads at once; returns what was there."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.atomic_rmw("add", builder.inttoptr(args[0], INT.as_pointer()), args[1], "seq_cst")

    return types.int64(types.int64, types.int64), generate


@native
def atomic_load(context: Any, address: Any) -> Any:
    """The word at an address, as the other threads have left it."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(builder.inttoptr(args[0], INT.as_pointer()), "acquire", 8)

    return types.int64(types.int64), generate


@native
def call(context: Any, function: Any, op: Any, ctx: Any, tid: Any, nt: Any) -> Any:
    """Call the kernel at an address."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [INT] * 4)
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return target.get_dummy_value()

    return types.void(*[types.int64] * 5), generate


@native
def call_nothing(context: Any, function: Any) -> Any:
    """Call a function of the system's that takes nothing, and whose answer does not matter."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(32), [])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), [])
        return target.get_dummy_value()

    return types.void(types.int64), generate


@native
def read_clock(context: Any, function: Any, place: Any) -> Any:
    """Call C's timespec_get: at `place`, two words, it writes the seconds and nanoseconds of the time of day."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        small = ir.IntType(32)
        kind = ir.FunctionType(small, [INT, small])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), [args[1], ir.Constant(small, TIME_UTC)])
        return target.get_dummy_value()

    return types.void(types.int64, types.int64), generate


def _fetcher(writing: int) -> Any:
    @native
    def fetch(context: Any, address: Any) -> Any:
        def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
            byte, small = ir.IntType(8).as_pointer(), ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [byte, small, small, small])
            name = "llvm.prefetch.p0"
            prefetch = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
            how, keep, data = ir.Constant(small, writing), ir.Constant(small, 3), ir.Constant(small, 1)
            builder.call(prefetch, [builder.inttoptr(args[0], byte), how, keep, data])
            return target.get_dummy_value()

        return types.void(types.int64), generate

    return fetch


fetch = _fetcher(0)  # asks for the cache line at an address, to be read soon
claim = _fetcher(1)  # or to be written to, which takes it from the other cores


FLUSH = 0x8040  # of the control word: results and operands below the smallest normal number count as 0


@native
def control_word(context: Any) -> Any:
    """How this thread computes with floats, as x86 has it; 0 on other processors."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = builder.alloca(ir.IntType(32))
        builder.store(ir.Constant(ir.IntType(32), 0), word)
        _with_control_word(builder, "llvm.x86.sse.stmxcsr", word)
        return builder.zext(builder.load(word), INT)

    return types.int64(), generate


@native
def set_control_word(context: Any, value: Any) -> Any:
    """Set it; nothing on other processors than x86."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = builder.alloca(ir.IntType(32))
        builder.store(builder.trunc(args[0], ir.IntType(32)), word)
        _with_control_word(builder, "llvm.x86.sse.ldmxcsr", word)
        return target.get_dummy_value()

    return types.void(types.int64), generate


def _with_control_word(builder: Any, name: str, word: Any) -> None:
    if platform.machine().lower() in ("x86_64", "amd64"):
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer()])
        function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
        builder.call(function, [builder.bitcast(word, ir.IntType(8).as_pointer())])
