"""The tile of sums over taps, number by number: what a convolution within each channel is made of.

    C[i, j] = start + Σ_t A[i, t, j] · B[t, j]        for a vector of channels j

`rows` says where a row lies in A and where in C, `taps` how far behind that a tap has its numbers of A and where those
of B are, all in bytes. One vector of B serves all rows of the tile; their sums stay in registers while t runs.

Source: Zhang, Lo & Lu, "High performance depthwise and pointwise convolutions on mobile devices", AAAI (2020).
"""

from __future__ import annotations

from typing import Any

from .gathered_tile import GatheredEmitter
from .intrinsics import native
from .tile import F32, I64, Block, calls, int64


class DepthwiseEmitter(GatheredEmitter):
    """Writes a tile of one vector of channels."""

    kind, arguments = "depthwise", ("a", "rows", "b", "taps", "c", "T", "m", "n", "start", "mode")

    def _sum(self, a_rows: list[Any], starts: Block) -> None:
        b, entry = self.b, self.b.block
        loop, done = self.function.append_basic_block("tap"), self.function.append_basic_block("done")
        b.cbranch(b.icmp_signed(">", self.arg["T"], int64(0)), loop, done)

        b.position_at_end(loop)
        t, sums = b.phi(I64), self._phis()
        two = b.add(t, t)
        behind = self._word("taps", two)
        of_b = self._load(self._behind("b", self._word("taps", b.add(two, int64(1)))), 0)
        new = []
        for row, (before,) in zip(a_rows, sums, strict=True):
            of_a = self._load(b.inttoptr(b.add(b.ptrtoint(row, I64), behind), F32.as_pointer()), 0)
            new.append([self._fma(of_a, of_b, before)])
        after = b.add(t, int64(1))
        b.cbranch(b.icmp_signed("<", after, self.arg["T"]), loop, done)
        t.add_incoming(int64(0), entry)
        t.add_incoming(after, loop)
        self._come(sums, {entry: starts, loop: new})

        b.position_at_end(done)
        results = self._phis()
        self._come(results, {entry: starts, loop: new})
        self._store_all(results)


def make_depthwise_tile(rows: int, masked: bool) -> Any:
    """A function of the emitter's arguments for kernels to call."""

    @native
    def tile(context: Any, a: Any, rows_at: Any, b: Any, taps: Any, c: Any, T: Any, m: Any, n: Any, start: Any,
             mode: Any) -> Any:  # fmt: skip
        return calls(DepthwiseEmitter, rows, 1, masked)

    return tile
