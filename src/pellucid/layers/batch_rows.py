"""BatchNormalization of a long batch on the compiled engine, whose threads share out the rows, not the channels."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..program import Buffer, Program

LONG = 1 << 16  # numbers of a batch from which on this is quicker
PART = 1 << 13  # numbers that are added up by themselves: what the fastest cache holds, beside as many of dy

Two = tuple[Buffer, Buffer]
Four = tuple[Buffer, Buffer, Buffer, Buffer]


@dataclass
class Rows:
    """x (B, ..., C), whose last axis is that of the channels; (γ, β); (μ, σ², r, γ·r)."""

    code: Program
    x: Buffer
    affine: Two
    stats: Four
    parts: Buffer = field(init=False)  # sums of so many rows, by parts

    def __post_init__(self) -> None:
        C = self.x.shape[-1]
        self.M, self.C, self.R = self.x.size // C, C, max(1, PART // C)
        self.parts = self.code.block((-(-self.code.batch * self.M // self.R), 2, C))

    def forward(self, y: Buffer, epsilon: float) -> None:
        """y and the statistics."""
        gamma, beta = self.affine
        self.code.emit("batch_norm.parts", self.x, self.parts, self.M, self.C, self.R)
        self.code.emit("batch_norm.joined", self.parts, gamma, *self.stats, self.M, self.C, self.R, epsilon)
        mean, _, _, factor = self.stats
        self.code.emit("batch_norm.applied", self.x, mean, factor, beta, y, self.M, self.C, 0)

    def backward(self, dy: Buffer, sums: Four, dx: Buffer | None) -> None:
        """(dγ, dβ, dβ/M, r·dγ/M), and dx where it is wanted."""
        mean, _, r, factor = self.stats
        come = dy, self.x, mean, factor, self.affine[1]
        self.code.emit("batch_norm.slopes", *come, self.parts, self.M, self.C, self.R, 0)
        self.code.emit("batch_norm.slopes.joined", self.parts, r, *sums, self.M, self.C, self.R)
        if dx is not None:
            self.code.emit("batch_norm.through", *come, *sums[2:], dx, self.M, self.C, 0)
