"""The tile: a small block of a matrix product that stays in the vector registers while k runs.

    C[i, j] = start + Σ_k A[i, k] · B[k, j]        for the tile's rows i and columns j

Each step of k loads one row of B (a few vectors), spreads each of the tile's A[i, k] over a vector, and adds their
products to C's vectors by fused multiply-adds. Every entry of C is thus one chain of additions in the order of k,
whatever the tile's size: the same numbers come out for every batch size and every number of threads.

Source: Goto & van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34 (2008).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from .host import lanes
from .intrinsics import native
from .layout import ADD, LAST, RELU

F32, I64, I1, I32 = ir.FloatType(), ir.IntType(64), ir.IntType(1), ir.IntType(32)
LANES = lanes()
VECTOR, MASK = ir.VectorType(F32, LANES), ir.VectorType(I1, LANES)
PANEL = 2 * LANES  # columns of a full tile
ROWS = {16: 8, 8: 6, 4: 6}[LANES]  # of a full tile: as many as the registers hold beside two vectors of B
AHEAD = 16  # steps of k from asking for a row of B to reading it

# What a tile's arguments are, all of 64 bits. Strides count floats. `start`: the bias added to every row, or 0;
# `mode`: ADD to begin from what C holds, LAST to add the bias to the sums rather than them to it, RELU to end with
# max(·, 0).
ARGUMENTS = ("a", "a_row", "a_k", "b", "b_k", "c", "c_row", "K", "m", "n", "start", "mode")
Block = list[list[Any]]  # the tile's vectors, row after row


def int64(n: int) -> Any:
    """A whole number as a word of the program."""
    return ir.Constant(I64, n)


class Emitter:
    """Writes one tile of `rows` by `vectors` vectors as an LLVM function; `masked` ones may be cut short at n."""

    kind = "tile"
    arguments: tuple[str, ...] = ARGUMENTS

    def __init__(self, module: Any, rows: int, vectors: int, masked: bool) -> None:
        self.rows, self.vectors, self.masked = rows, vectors, masked
        name = f"{self.kind}_{rows}x{vectors}{'m' if masked else ''}"
        self.function = module.globals.get(name)
        if self.function is None:
            kind = ir.FunctionType(ir.VoidType(), [I64] * len(self.arguments))
            self.function = ir.Function(module, kind, name)
            self.function.linkage = "internal"
            self.function.attributes.add("noinline")
            self.module = module
            self._write()

    def _write(self) -> None:
        b = self.b = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.arg = dict(zip(self.arguments, self.function.args, strict=True))
        if self.masked:
            self._make_masks()
        self._sum([self._row_of_a(i) for i in range(self.rows)], self._starts())
        b.ret_void()

    def _sum(self, a_rows: list[Any], starts: Block) -> None:
        """Run through k, and store what comes out."""
        b, entry = self.b, self.b.block
        loop, done = self.function.append_basic_block("k"), self.function.append_basic_block("done")
        b.cbranch(b.icmp_signed(">", self.arg["K"], int64(0)), loop, done)

        b.position_at_end(loop)
        k, sums = b.phi(I64), self._phis()
        new = self._step(k, a_rows, self._at(self.arg["b"], b.mul(k, self.arg["b_k"])), sums)
        after = b.add(k, int64(1))
        b.cbranch(b.icmp_signed("<", after, self.arg["K"]), loop, done)
        k.add_incoming(int64(0), entry)
        k.add_incoming(after, loop)
        self._come(sums, {entry: starts, loop: new})

        b.position_at_end(done)
        results = self._phis()
        self._come(results, {entry: starts, loop: new})
        self._store_all(results)

    # Pieces ------------------------------------------------------------------------------------------------------

    def _phis(self) -> Block:
        """The tile's vectors, each to come from one of several blocks."""
        return [[self.b.phi(VECTOR) for _ in range(self.vectors)] for _ in range(self.rows)]

    def _come(self, phis: Block, values: dict[Any, Block]) -> None:
        """Say what they are when they come from each block."""
        for block, of_block in values.items():
            for row, new in zip(phis, of_block, strict=True):
                for phi, value in zip(row, new, strict=True):
                    phi.add_incoming(value, block)

    def _step(self, k: Any, a_rows: list[Any], b_row: Any, sums: Block) -> Block:
        """One k: the products of its column of A with its row of B are added."""
        if 2 * self.rows > ROWS:  # a tile of fewer rows waits for the memory, not for its caches
            self._foresee(b_row)
        b_vectors = [self._load(b_row, v) for v in range(self.vectors)]
        at, new = self.b.mul(k, self.arg["a_k"]), []
        for a_row, of_row in zip(a_rows, sums, strict=True):
            spread = self._spread(self.b.gep(a_row, [at]))
            new.append([self._fma(spread, b_vectors[v], of_row[v]) for v in range(self.vectors)])
        return new

    def _foresee(self, b_row: Any) -> None:
        """Have the row of B come that will be read a few steps later: a long panel lies in the second-level cache. To
        ask for memory beyond its end does no harm."""
        b, byte = self.b, ir.IntType(8).as_pointer()
        fetch = self._intrinsic("llvm.prefetch.p0", ir.FunctionType(ir.VoidType(), [byte, I32, I32, I32]))
        read, nearest, data = (ir.Constant(I32, word) for word in (0, 3, 1))
        row = b.gep(b_row, [b.mul(self.arg["b_k"], int64(AHEAD))])
        for v in range(self.vectors):
            b.call(fetch, [b.bitcast(b.gep(row, [int64(v * LANES)]), byte), read, nearest, data])

    def _make_masks(self) -> None:
        """Which lanes of each vector lie left of n."""
        places = ir.Constant(ir.VectorType(I64, LANES), [int64(i) for i in range(LANES)])
        self.masks = []
        for v in range(self.vectors):
            left = self._spread_word(self.b.sub(self.arg["n"], int64(v * LANES)))
            self.masks.append(self.b.icmp_signed("<", places, left))

    def _spread_word(self, value: Any) -> Any:
        b, kind = self.b, ir.VectorType(I64, LANES)
        one = b.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(I32, 0))
        return b.shuffle_vector(
            one, ir.Constant(kind, ir.Undefined), ir.Constant(ir.VectorType(I32, LANES), [0] * LANES)
        )

    def _row_of_a(self, i: int) -> Any:
        """The address of A's row i; rows beyond m are computed from the last one and not stored."""
        b = self.b
        row = int64(i)
        last = b.sub(self.arg["m"], int64(1))
        row = b.select(b.icmp_signed("<", row, last), row, last)
        return self._at(self.arg["a"], b.mul(row, self.arg["a_row"]))

    def _row_of_c(self, i: Any) -> Any:
        """The address of C's row i."""
        return self._at(self.arg["c"], self.b.mul(i, self.arg["c_row"]))

    def _at(self, address: Any, floats: Any) -> Any:
        return self.b.gep(self.b.inttoptr(address, F32.as_pointer()), [floats])

    def _starts(self) -> Block:
        """What each vector of C begins from: C itself, the bias, or 0."""
        b = self.b
        zero = ir.Constant(VECTOR, [0.0] * LANES)
        blocks = {name: self.function.append_basic_block(name) for name in ("add", "fresh", "bias", "begin")}
        b.cbranch(self._asks(ADD), blocks["add"], blocks["fresh"])
        b.position_at_end(blocks["add"])
        there = []
        for i in range(self.rows):
            c_row = self._row_of_c(b.select(b.icmp_signed("<", int64(i), self.arg["m"]), int64(i), int64(0)))
            there.append([self._load(c_row, v) for v in range(self.vectors)])
        b.branch(blocks["begin"])
        b.position_at_end(blocks["fresh"])
        first = b.icmp_signed("!=", self.arg["start"], int64(0))
        b.cbranch(b.and_(first, b.not_(self._asks(LAST))), blocks["bias"], blocks["begin"])
        b.position_at_end(blocks["bias"])
        bias = self._bias()
        b.branch(blocks["begin"])
        b.position_at_end(blocks["begin"])
        starts: Block = []
        for i in range(self.rows):
            starts.append([])
            for v in range(self.vectors):
                start = b.phi(VECTOR)
                start.add_incoming(there[i][v], blocks["add"])
                start.add_incoming(zero, blocks["fresh"])
                start.add_incoming(bias[v], blocks["bias"])
                starts[i].append(start)
        return starts

    def _asks(self, mode: int) -> Any:
        """Whether that is asked for."""
        return self.b.icmp_signed("!=", self.b.and_(self.arg["mode"], int64(mode)), int64(0))

    def _bias(self) -> list[Any]:
        return [self._load(self._at(self.arg["start"], int64(0)), v) for v in range(self.vectors)]

    def _with_late_bias(self, sums: Block) -> Block:
        """The sums, with the bias added in the mode that asks for it."""
        b, before = self.b, self.b.block
        late, end = self.function.append_basic_block("late"), self.function.append_basic_block("end")
        b.cbranch(self._asks(LAST), late, end)
        b.position_at_end(late)
        bias = self._bias()
        added = [[b.fadd(y, of_column) for y, of_column in zip(row, bias, strict=True)] for row in sums]
        b.branch(end)
        b.position_at_end(end)
        results = self._phis()
        self._come(results, {before: sums, late: added})
        return results

    def _load(self, row: Any, v: int) -> Any:
        b = self.b
        where = b.bitcast(b.gep(row, [int64(v * LANES)]), VECTOR.as_pointer())
        if not self.masked:
            loaded = b.load(where)
            loaded.align = 4
            return loaded
        kind = ir.FunctionType(VECTOR, [VECTOR.as_pointer(), I32, MASK, VECTOR])
        load = self._intrinsic(f"llvm.masked.load.v{LANES}f32.p0", kind)
        return b.call(load, [where, ir.Constant(I32, 4), self.masks[v], ir.Constant(VECTOR, [0.0] * LANES)])

    def _store_all(self, sums: Block) -> None:
        """Store the rows that are there, m of them."""
        b = self.b
        results = [[self._rectified(y) for y in row] for row in self._with_late_bias(sums)]
        for i in range(self.rows):
            if i:
                store, end = (self.function.append_basic_block(name) for name in ("store", "end"))
                b.cbranch(b.icmp_signed("<", int64(i), self.arg["m"]), store, end)
                b.position_at_end(end)
                b.ret_void()
                b.position_at_end(store)
            row = self._row_of_c(int64(i))
            for v in range(self.vectors):
                self._store(results[i][v], row, v)

    def _store(self, value: Any, row: Any, v: int) -> None:
        b = self.b
        where = b.bitcast(b.gep(row, [int64(v * LANES)]), VECTOR.as_pointer())
        if not self.masked:
            b.store(value, where).align = 4
            return
        kind = ir.FunctionType(ir.VoidType(), [VECTOR, VECTOR.as_pointer(), I32, MASK])
        store = self._intrinsic(f"llvm.masked.store.v{LANES}f32.p0", kind)
        b.call(store, [value, where, ir.Constant(I32, 4), self.masks[v]])

    def _spread(self, where: Any) -> Any:
        b = self.b
        one = b.load(where)
        one.align = 4
        vector = b.insert_element(ir.Constant(VECTOR, ir.Undefined), one, ir.Constant(I32, 0))
        lanes_of_0 = ir.Constant(ir.VectorType(I32, LANES), [0] * LANES)
        return b.shuffle_vector(vector, ir.Constant(VECTOR, ir.Undefined), lanes_of_0)

    def _fma(self, x: Any, y: Any, z: Any) -> Any:
        fma = self._intrinsic(f"llvm.fmuladd.v{LANES}f32", ir.FunctionType(VECTOR, [VECTOR] * 3))
        return self.b.call(fma, [x, y, z])

    def _rectified(self, y: Any) -> Any:
        """max(y, 0) in the mode that asks for it; a NaN stays one."""
        b, zero = self.b, ir.Constant(VECTOR, [0.0] * LANES)
        return b.select(self._asks(RELU), b.select(b.fcmp_ordered("<=", y, zero), zero, y), y)

    def _intrinsic(self, name: str, kind: Any) -> Any:
        return self.module.globals.get(name) or ir.Function(self.module, kind, name)


def make_tile(rows: int, vectors: int, masked: bool) -> Any:
    """A function of the ARGUMENTS for kernels to call."""

    @native
    def tile(context: Any, a: Any, a_row: Any, a_k: Any, b: Any, b_k: Any, c: Any, c_row: Any, K: Any, m: Any, n: Any,
             start: Any, mode: Any) -> Any:  # fmt: skip
        return calls(Emitter, rows, vectors, masked)

    return tile


def calls(emitter: type[Emitter], rows: int, vectors: int, masked: bool) -> Any:
    """(type, generator) of an instruction that calls a tile."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.call(emitter(builder.module, rows, vectors, masked).function, args)
        return target.get_dummy_value()

    return types.void(*[types.int64] * len(emitter.arguments)), generate
