"""A square block turned about its diagonal in the vector registers:     to[k, j] = from[j, k]     for j, k < LANES

Stage d of log2(LANES) exchanges, between every two rows whose numbers differ in bit d alone, the entries whose columns
have that bit set in the one and clear in the other. Source: Eklundh, "A fast computer method for matrix transposing",
IEEE Transactions on Computers C-21 (1972).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from .intrinsics import native
from .tile import F32, I32, I64, LANES, MASK, VECTOR

ARGUMENTS = ("source", "stride", "rows", "columns", "target", "target_stride")  # strides in floats


@native
def transpose_block(
    context: Any, source: Any, stride: Any, rows: Any, columns: Any, target: Any, target_stride: Any
) -> Any:
    """`rows` and `columns` of the source, LANES at most, are there; as many rows as it has columns are stored."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.call(_function(builder.module), args)
        return target.get_dummy_value()

    return types.void(*[types.int64] * len(ARGUMENTS)), generate


def _function(module: Any) -> Any:
    name = f"transpose_{LANES}"
    found = module.globals.get(name)
    if found is not None:
        return found
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64] * len(ARGUMENTS)), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    b = ir.IRBuilder(function.append_basic_block("entry"))
    source, stride, rows, columns, target, target_stride = function.args
    mask = _mask(b, columns)
    load = _intrinsic(module, f"llvm.masked.load.v{LANES}f32.p0", VECTOR, [VECTOR.as_pointer(), I32, MASK, VECTOR])
    zero = ir.Constant(VECTOR, [0.0] * LANES)
    last = b.sub(rows, ir.Constant(I64, 1))
    lines = []
    for i in range(LANES):
        at = ir.Constant(I64, i)
        at = b.select(b.icmp_signed("<", at, last), at, last)  # a row that is not there is read as the last one
        where = b.bitcast(_at(b, source, b.mul(at, stride)), VECTOR.as_pointer())
        lines.append(b.call(load, [where, ir.Constant(I32, 4), mask, zero]))
    for i, line in enumerate(_exchanged(b, lines)):
        store, end = function.append_basic_block("store"), function.append_basic_block("end")
        b.cbranch(b.icmp_signed("<", ir.Constant(I64, i), columns), store, end)
        b.position_at_end(end)
        b.ret_void()
        b.position_at_end(store)
        where = b.bitcast(_at(b, target, b.mul(ir.Constant(I64, i), target_stride)), VECTOR.as_pointer())
        b.store(line, where).align = 4
    b.ret_void()
    return function


def _exchanged(b: Any, lines: list[Any]) -> list[Any]:
    d = 1
    while d < LANES:
        for i in range(LANES):
            if i & d == 0:
                upper, lower = lines[i], lines[i | d]
                lines[i] = _shuffled(b, upper, lower, [k if k & d == 0 else LANES + k - d for k in range(LANES)])
                lines[i | d] = _shuffled(b, upper, lower, [k + d if k & d == 0 else LANES + k for k in range(LANES)])
        d *= 2
    return lines


def _shuffled(b: Any, x: Any, y: Any, places: list[int]) -> Any:
    return b.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, LANES), places))


def _mask(b: Any, n: Any) -> Any:
    kind = ir.VectorType(I64, LANES)
    one = b.insert_element(ir.Constant(kind, ir.Undefined), n, ir.Constant(I32, 0))
    spread = _shuffled(b, one, ir.Constant(kind, ir.Undefined), [0] * LANES)
    return b.icmp_signed("<", ir.Constant(kind, [ir.Constant(I64, i) for i in range(LANES)]), spread)


def _at(b: Any, address: Any, floats: Any) -> Any:
    return b.gep(b.inttoptr(address, F32.as_pointer()), [floats])


def _intrinsic(module: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    return module.globals.get(name) or ir.Function(module, ir.FunctionType(result, arguments), name)
