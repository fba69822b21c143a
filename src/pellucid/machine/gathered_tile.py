"""The tile whose rows lie anywhere, and whose k comes in stretches: what a convolution is made of.

    C[i, j] = start + Σ_t Σ_k A[i, t + k] · B[t, k, j]        for taps t, each K numbers of a row of A and K rows of B

`rows` is a table of where a row lies in A and where in C, `taps` one of how far behind that a tap's K numbers of A
begin and where its rows of B do, all in bytes. A picture need not be copied then, whatever the strides and the gaps.
The order of the additions is that of t and k, for every size of tile.

Source: Dukhan, "The indirect convolution algorithm", arXiv:1907.02129 (2019), with a table of rows for each tap.
"""

from __future__ import annotations

from typing import Any

from .intrinsics import native
from .tile import F32, I64, Block, Emitter, calls, int64

GATHERED = ("a", "rows", "a_k", "b", "taps", "b_k", "c", "T", "K", "m", "n", "start", "mode")


class GatheredEmitter(Emitter):
    """Writes a tile with a table of rows and one of taps."""

    kind = "gathered"
    arguments: tuple[str, ...] = GATHERED

    def _row_of_a(self, i: int) -> Any:
        return self._behind("a", self._word("rows", int64(2 * i)))

    def _row_of_c(self, i: Any) -> Any:
        return self._behind("c", self._word("rows", self.b.add(self.b.add(i, i), int64(1))))

    def _behind(self, base: str, n: Any) -> Any:
        return self.b.inttoptr(self.b.add(self.arg[base], n), F32.as_pointer())

    def _word(self, table: str, i: Any) -> Any:
        b = self.b
        return b.load(b.gep(b.inttoptr(self.arg[table], I64.as_pointer()), [i]))

    def _sum(self, a_rows: list[Any], starts: Block) -> None:
        b, entry = self.b, self.b.block
        tap, loop, end, done = (self.function.append_basic_block(name) for name in ("tap", "k", "end", "done"))
        b.cbranch(b.icmp_signed(">", self.arg["T"], int64(0)), tap, done)

        b.position_at_end(tap)
        t, before = b.phi(I64), self._phis()
        two = b.add(t, t)
        behind = self._word("taps", two)
        moved = [b.inttoptr(b.add(b.ptrtoint(row, I64), behind), F32.as_pointer()) for row in a_rows]
        of_b = self._behind("b", self._word("taps", b.add(two, int64(1))))
        b.branch(loop)

        b.position_at_end(loop)
        k, sums = b.phi(I64), self._phis()
        new = self._step(k, moved, b.gep(of_b, [b.mul(k, self.arg["b_k"])]), sums)
        next_k = b.add(k, int64(1))
        b.cbranch(b.icmp_signed("<", next_k, self.arg["K"]), loop, end)
        k.add_incoming(int64(0), tap)
        k.add_incoming(next_k, loop)
        self._come(sums, {tap: before, loop: new})

        b.position_at_end(end)
        next_t = b.add(t, int64(1))
        b.cbranch(b.icmp_signed("<", next_t, self.arg["T"]), tap, done)
        t.add_incoming(int64(0), entry)
        t.add_incoming(next_t, end)
        self._come(before, {entry: starts, end: new})

        b.position_at_end(done)
        results = self._phis()
        self._come(results, {entry: starts, end: new})
        self._store_all(results)


def make_gathered_tile(rows: int, vectors: int, masked: bool) -> Any:
    """A function of GATHERED for kernels to call."""

    @native
    def tile(context: Any, a: Any, rows_at: Any, a_k: Any, b: Any, taps: Any, b_k: Any, c: Any, T: Any, K: Any, m: Any,
             n: Any, start: Any, mode: Any) -> Any:  # fmt: skip
        return calls(GatheredEmitter, rows, vectors, masked)

    return tile
