"""Batch renormalization: what a channel's running statistics make of the batch's.     all of one number a channel, (C,)

y = γ·(x̂·r + d) + β is normalization by the batch with γ·r in the place of γ and γ·d + β in that of β.
"""

from __future__ import annotations

import numpy as np

from ..intrinsics import floats, ints, number
from .base import kernel
from .functions import ZERO, f32


@kernel("batch_norm.renorm")
def renorm(op: int, ctx: int, tid: int, nt: int) -> None:
    """σ = sqrt(σ² + ε), s = max(σ_run, sqrt(ε)), r = σ/s within rmin .. rmax, d = (μ - μ_run)/s within ±dmax.

    op: μ, σ², γ, β, μ_run, σ_run, σ, r, d, γ·r, γ·d + β, C, ε, rmin, rmax, dmax.
    """
    o = ints(op, 16)
    C, epsilon, dmax = o[11], f32(number(o[12])), f32(number(o[15]))
    mean, variance, gamma, beta = floats(o[0], C), floats(o[1], C), floats(o[2], C), floats(o[3], C)
    known, spread, sigma = floats(o[4], C), floats(o[5], C), floats(o[6], C)
    ratio, shift, scaled, moved = floats(o[7], C), floats(o[8], C), floats(o[9], C), floats(o[10], C)
    least, most, floor = f32(number(o[13])), f32(number(o[14])), np.sqrt(epsilon)
    for j in range(C):
        sigma[j] = np.sqrt(variance[j] + epsilon)
        by = max(spread[j], floor)
        ratio[j] = min(max(sigma[j] / by, least), most)
        shift[j] = min(max((mean[j] - known[j]) / by, -dmax), dmax)
        scaled[j] = gamma[j] * ratio[j]
        moved[j] = gamma[j] * shift[j] + beta[j]


@kernel("batch_norm.renorm.grad")
def renorm_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dγ = r·d(γ·r) + d·dβ. op: d(γ·r), dβ, r, d, dγ, C."""
    o = ints(op, 6)
    C = o[5]
    dscaled, dbeta, ratio, shift = floats(o[0], C), floats(o[1], C), floats(o[2], C), floats(o[3], C)
    dgamma = floats(o[4], C)
    for j in range(C):
        dgamma[j] = dscaled[j] * ratio[j] + dbeta[j] * shift[j]


@kernel("batch_norm.renorm.variance")
def variance(op: int, ctx: int, tid: int, nt: int) -> None:
    """The moving variance that a moving deviation σ stands for, max(σ² - ε, 0). op: σ, the variance, C, ε."""
    o = ints(op, 4)
    C, epsilon = o[2], f32(number(o[3]))
    sigma, squared = floats(o[0], C), floats(o[1], C)
    for j in range(C):
        squared[j] = max(sigma[j] * sigma[j] - epsilon, ZERO)
