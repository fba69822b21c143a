"""Columns: what is done down or across rows of PANEL numbers that lie one below another, two vectors wide.

    fold_highest   to[i] = max(to[i], x[0, i], ..., x[n-1, i])         fold_sum   to[i] = to[i] + Σ_j x[j, i]
    take_from      x[j, i] = x[j, i] - by[i]                           multiply   x[j, i] = x[j, i] · by[i]

Each column is added up in the order of its rows, whatever stands beside it. A NaN is never the highest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types

from .intrinsics import native
from .tile import F32, I64, LANES, PANEL, VECTOR

VECTORS = PANEL // LANES
Combine = Callable[[Any, Any, Any], Any]  # of a builder and two vectors


def _folding(name: str, combine: Combine) -> Any:
    """An instruction (x, n, to) that brings n rows together into one."""

    def write(b: Any, row: Any, n: Any, held: Any, loop: Any, done: Any) -> None:
        before, entry = [_load(b, held, v) for v in range(VECTORS)], b.block
        b.branch(loop)
        b.position_at_end(loop)
        j, sums = b.phi(I64), [b.phi(VECTOR) for _ in range(VECTORS)]
        after = [combine(b, so_far, _load(b, row(j), v)) for v, so_far in enumerate(sums)]
        for so_far, first, new in zip(sums, before, after, strict=True):
            so_far.add_incoming(first, entry)
            so_far.add_incoming(new, loop)
        _again(b, j, n, entry, loop, done)
        b.position_at_end(done)
        for v, new in enumerate(after):
            _store(b, new, held, v)
        b.ret_void()

    return _instruction(name, write)


def _spreading(name: str, combine: Combine) -> Any:
    """An instruction (x, n, by) that changes each of n rows by one."""

    def write(b: Any, row: Any, n: Any, held: Any, loop: Any, done: Any) -> None:
        by, entry = [_load(b, held, v) for v in range(VECTORS)], b.block
        b.branch(loop)
        b.position_at_end(loop)
        j = b.phi(I64)
        for v in range(VECTORS):
            _store(b, combine(b, _load(b, row(j), v), by[v]), row(j), v)
        _again(b, j, n, entry, loop, done)
        b.position_at_end(done)
        b.ret_void()

    return _instruction(name, write)


def _instruction(name: str, write: Callable[..., None]) -> Any:
    def function(module: Any) -> Any:
        found = module.globals.get(name)
        if found is not None:
            return found
        made = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64] * 3), name)
        made.linkage = "internal"
        x, n, held = made.args
        b = ir.IRBuilder(made.append_basic_block("entry"))
        some, none, loop, done = (made.append_basic_block(part) for part in ("some", "none", "loop", "done"))
        b.cbranch(b.icmp_signed(">", n, ir.Constant(I64, 0)), some, none)
        b.position_at_end(none)
        b.ret_void()
        b.position_at_end(some)
        first = b.inttoptr(x, F32.as_pointer())

        def row(j: Any) -> Any:
            return b.gep(first, [b.mul(j, ir.Constant(I64, PANEL))])

        write(b, row, n, b.inttoptr(held, F32.as_pointer()), loop, done)
        return made

    @native
    def instruction(context: Any, x: Any, n: Any, held: Any) -> Any:
        def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
            builder.call(function(builder.module), args)
            return target.get_dummy_value()

        return types.void(*[types.int64] * 3), generate

    return instruction


def _again(b: Any, j: Any, n: Any, entry: Any, loop: Any, done: Any) -> None:
    """The end of a loop: the next row, or none."""
    after = b.add(j, ir.Constant(I64, 1))
    j.add_incoming(ir.Constant(I64, 0), entry)
    j.add_incoming(after, loop)
    b.cbranch(b.icmp_signed("<", after, n), loop, done)


def _place(b: Any, row: Any, v: int) -> Any:
    return b.bitcast(b.gep(row, [ir.Constant(I64, v * LANES)]), VECTOR.as_pointer())


def _load(b: Any, row: Any, v: int) -> Any:
    loaded = b.load(_place(b, row, v))
    loaded.align = 4
    return loaded


def _store(b: Any, value: Any, row: Any, v: int) -> None:
    b.store(value, _place(b, row, v)).align = 4


fold_highest = _folding("fold_highest", lambda b, most, x: b.select(b.fcmp_ordered(">", x, most), x, most))
fold_sum = _folding("fold_sum", lambda b, total, x: b.fadd(total, x))
take_from = _spreading("take_from", lambda b, x, by: b.fsub(x, by))
multiply = _spreading("multiply", lambda b, x, by: b.fmul(x, by))
