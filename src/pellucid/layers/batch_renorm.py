"""Batch renormalization on the compiled engine: normalization by the batch with other γ and β, which running statistics
give (Ioffe, "Batch renormalization", NeurIPS 2017)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..program import Buffer, Program

Two = tuple[Buffer, Buffer]


@dataclass
class Renormed:
    """Of a layer with C channels. stats: (μ, σ²) of the batch; affine: (γ, β); clipping: rmin, rmax, dmax."""

    code: Program
    C: int
    stats: Two
    affine: Two
    epsilon: float
    clipping: tuple[float, float, float]
    sigma: Buffer = field(init=False)  # √(σ² + ε) of the batch
    corrections: Two = field(init=False)  # r and d
    dscaled: Buffer = field(init=False)  # the gradient of γ·r

    def __post_init__(self) -> None:
        self.sigma, r, d, self.dscaled = (self.code.block((self.C,)) for _ in range(4))
        self.corrections = r, d

    def forward(self) -> Two:
        """(γ·r, γ·d + β)."""
        scaled, moved = self.code.block((self.C,)), self.code.block((self.C,))
        running = self.code.parameter("renorm_mean"), self.code.parameter("renorm_stddev")
        made = self.sigma, *self.corrections, scaled, moved
        given = *self.stats, *self.affine, *running
        self.code.emit("batch_norm.renorm", *given, *made, self.C, self.epsilon, *self.clipping)
        return scaled, moved

    def backward(self, dgamma: Buffer, dbeta: Buffer) -> None:
        """dγ, from the gradients of γ·r and of β."""
        self.code.emit("batch_norm.renorm.grad", self.dscaled, dbeta, *self.corrections, dgamma, self.C)

    def follow(self, momentum: float, renorm_momentum: float) -> None:
        """All moving statistics, after a step."""
        mean, known = self.stats[0], {name: self.code.parameter(name) for name in ("moving_mean", "moving_stddev")}
        for name, new in (("moving_mean", mean), ("moving_stddev", self.sigma)):
            self.code.emit("batch_norm.average", known[name], new, self.C, momentum)
        variance = self.code.parameter("moving_variance")
        self.code.emit("batch_norm.renorm.variance", known["moving_stddev"], variance, self.C, self.epsilon)
        for name, new in (("renorm_mean", mean), ("renorm_stddev", self.sigma)):
            self.code.emit("batch_norm.average", self.code.parameter(name), new, self.C, renorm_momentum)
